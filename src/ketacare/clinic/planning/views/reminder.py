"""What a patient reads before a visit by link, and answers in one tap. No name, no diagnosis, no drug of ours, and not
what kind of visit it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.http.request import HttpRequest
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.candidacy.queries.medicines_sheet import Sheet
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.links.pages import Arrival, arriving, crisis_page, see_other
from ketacare.clinic.links.strangers import not_mine_page
from ketacare.clinic.links.words import Phrases
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.strangers import went_elsewhere
from ketacare.clinic.people.access import by_link
from ketacare.clinic.planning import access, actions
from ketacare.clinic.planning.models import Reminder, ReminderReply, Reply
from ketacare.clinic.planning.queries import reminding
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.safety.queries import SAID_IN_REMINDER
from ketacare.clinic.scheduling.models import VisitKind, VisitState
from ketacare.clinic.tenancy.refusals import Refused

ESCORT = ("escort_name", "escort_phone")
LINK = by_link("a patient reads and answers one reminder by a signed link")


@dataclass(frozen=True)
class Opened(Arrival[Reminder]):
    """A request that came by the link of a reminder."""

    routes = "reminder"
    sheets = ("planning-1",)
    phrases = Phrases(Path(__file__).parent.parent / "words.toml")

    def frame(self) -> dict[str, Any]:
        return super().frame() | {"not_mine": self.url("reminder-not-mine")}

    def day(self, at: datetime) -> str:
        """As on the sheet of their medicines."""
        return Sheet(self.language, self.zone).on(at)

    def moment(self, at: datetime) -> str:
        return f"{self.day(at)}, {self.clock(at)}"


def find(request: HttpRequest, token: str) -> Opened:
    return Opened(request, token, access.reminder_by_link(token))


def held(opened: Opened) -> HttpResponse | None:
    closed = closed_now(opened)
    raised = heed(opened) if closed is not None and opened.request.method == "POST" else []
    # Not the closed page itself: an answer of 4xx would take the concern back with everything else.
    return crisis_page(opened, raised, back="", go_on="") if raised else closed


def heed(opened: Opened) -> list[Concern]:
    """Danger in what was typed for something else, whatever becomes of the answer (H13)."""
    raised, _ = outcomes.heed_words(
        patient=opened.form.patient,
        texts=[opened.request.POST.get(name, "") for name in ESCORT],
        of=opened.form,
        reason_code=SAID_IN_REMINDER,
        by=opened.actor,
        at=opened.at,
    )
    return raised


def closed_now(opened: Opened) -> HttpResponse | None:
    over = opened.at >= opened.form.link_until or opened.form.visit.state != VisitState.BOOKED
    goes_on = opened.form.visit.kind == VisitKind.INTEGRATION  # the work after a dose that was given
    if not over and not goes_on and pausing.paused_since(opened.form.patient_id) is not None:
        return opened.closed("paused", 200)  # nobody fasts, and nobody comes, for a dose that is not given
    if not over and went_elsewhere(opened.form.patient, access.handed_out(opened.form, opened.token)):
        return opened.closed("elsewhere")
    return opened.closed("expired") if over else None


arrives = arriving(find, LINK, held=held)
arrives_though_closed = arriving(find, LINK)


@require_http_methods(["GET", "POST"])
@arrives
def reminder(opened: Opened) -> HttpResponseBase:
    if opened.request.method == "POST":
        fields, raised = opened.request.POST, heed(opened)
        try:
            actions.record_reply(
                reminder=opened.form,
                reply=fields.get("reply", ""),
                escort_name=fields.get("escort_name", ""),
                escort_phone=fields.get("escort_phone", ""),
                by=opened.actor,
                at=opened.at,
            )
        except Refused as refused:
            if raised:
                return crisis_page(opened, raised, back=opened.url("reminder"), go_on="")
            is_reply = refused.refusals[0].field == "reply"
            return reading_page(opened, opened.say("reply_missing" if is_reply else "escort_too_long"))
        if raised:
            return crisis_page(opened, raised, back=opened.url("reminder"), go_on="")
        return see_other(opened.url("reminder"))
    return reading_page(opened)


def reading_page(opened: Opened, error: str = "") -> HttpResponse:
    form, visit = opened.form, opened.form.visit
    replies = opened.form.replies.order_by("recorded_at")
    last, waits = reminding.since_it_moved(opened.form, replies).last(), actions.is_to_wait(form)
    return opened.page(
        "planning/reminder.jinja",
        422 if error else 200,
        error=error,
        typed=opened.request.POST if error else None,
        before=reminding.before(form, at=opened.at, zone=form.clinic.zone) if form.is_of_a_dose else None,
        visit=visit,
        day=opened.day(visit.starts_at),
        clock_words=opened.clock(visit.starts_at),
        moment=opened.moment,
        waits=waits,
        said=said(opened, last, waits) if last else "",
        escort_wanted=escort_wanted(last) if last and last.reply == Reply.YES and form.is_of_a_dose else "",
        escort=replies.last(),
        replies=[(value, opened.say(f"reply_{value}")) for value in form.replies_asked],
        action=opened.url("reminder"),
        address=opened.form.clinic.address,
    )


def said(opened: Opened, last: ReminderReply, waits: bool) -> str:
    """What follows from the last answer; while they are to wait, that stands alone."""
    if waits:
        return ""
    if last.reply == Reply.ATE:
        until = reminding.fasting_of(opened.form).food_until
        in_time = until is not None and opened.at < until
        return opened.say("ate_in_time", when=opened.moment(until)) if until and in_time else ""
    return opened.say(f"replied_{last.reply}")


def escort_wanted(last: ReminderReply) -> str:
    """Which words ask for what is still missing of who takes them home."""
    if not last.escort_name and not last.escort_phone:
        return "escort_missing"
    if not last.escort_name:
        return "escort_name_missing"
    return "" if actions.can_be_called(last) else "escort_phone_missing"


@require_GET
@arrives_though_closed
def reminder_help(opened: Opened) -> HttpResponseBase:
    return crisis_page(opened, [], back=opened.url("reminder"), go_on="")


@require_http_methods(["GET", "POST"])
@arrives_though_closed
def reminder_not_mine(opened: Opened) -> HttpResponseBase:
    return not_mine_page(opened, lambda: outcomes.not_theirs(opened.form, by=opened.actor, at=opened.at))


@require_POST
@arrives_though_closed
def reminder_language(opened: Opened) -> HttpResponseBase:
    """The other language, kept for this form."""
    actions.other_language(reminder=opened.form, by=opened.actor, at=opened.at)
    return see_other(opened.url("reminder"))
