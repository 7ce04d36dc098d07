"""Who comes by the link of a check-in, and whether it opens: a day for a link (K1), the form's own time, the device.

Whoever opens the link on another device than the one that has answered gives the birth year first: a forwarded link
shows no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from ketacare.clinic.links.fresh import stale_page
from ketacare.clinic.links.pages import Arrival, View, arriving, calls_for_help, crisis_words, see_other
from ketacare.clinic.outcomes import access, actions, forms, letters, queries
from ketacare.clinic.outcomes.models import Ask, AskState
from ketacare.clinic.outcomes.strangers import went_elsewhere
from ketacare.clinic.outcomes.views import late
from ketacare.clinic.outcomes.views.device import device_of, with_device
from ketacare.clinic.people.access import by_link
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.help import crisis_line

LINK = by_link("a patient answers one form by a signed, single-use link")
YEAR = "birth_year"
NOT_TYPED = ("once", "csrfmiddlewaretoken", YEAR)


@dataclass(frozen=True)
class CheckIn(Arrival[Ask]):
    """A request that came by the link of an ask."""

    routes = "check-in"
    phrases = forms.PHRASES

    @property
    def ask(self) -> Ask:
        return self.form

    @property
    def zone(self) -> str:
        wish = queries.wish(self.form.patient)
        return (wish.zone if wish else "") or super().zone

    @property
    def device(self) -> str:
        """What this browser was given when it came first; signed, and it names nobody."""
        return device_of(self.request)

    @property
    def is_known(self) -> bool:
        """Nothing has been answered, or it was answered here. A form that shows words of their own, as the event of a
        PCL-5, opens to nobody by its link alone (K1, H28)."""
        return self.device in self.ask.devices or not (self.ask.devices or forms.shows_event(self.ask))

    @property
    def ends(self) -> datetime:
        return access.link_ends(self.ask, self.token)

    @property
    def standing(self) -> queries.Standing:
        is_theirs = self.device in self.ask.devices
        return queries.standing(self.ask, self.at, ends=self.ends, is_theirs=is_theirs)

    @property
    def went_elsewhere(self) -> bool:
        """Said not to be for whoever got it. Where it has been answered it goes on: that is the patient's own."""
        if self.device in self.ask.devices:
            return False
        return went_elsewhere(self.ask.patient, access.handed_out(self.ask, self.token))

    @property
    def takes_answers(self) -> bool:
        """It is open; or what comes late was given in time. Who began before the link ended goes on where they began:
        it is their browser that is known then, and not the link."""
        if self.went_elsewhere:
            return False
        if self.standing.why == "stale":
            return self.device in self.ask.devices or late.begun_in_time(self.request, self.ask, self.ends)
        return self.standing.opens or late.is_taken(self.request, self.ask, self.at)

    def frame(self) -> dict[str, Any]:
        large = self.ask.large_print
        message = self.ask.messages.order_by("send_after").first()
        return super().frame() | {
            "large": large,
            "print_url": self.url("check-in-print"),
            "print_words": self.say("usual_print" if large else "large_print"),
            "not_mine": "" if self.device in self.ask.devices else self.url("check-in-not-mine"),
            "stop_url": letters.stop_link(message) if message else "",
            "crisis_line": crisis_line(self.ask.clinic, self.language),
            "form_key": self.ask.pk,
            "made": late.stamp(self.ask, self.at),
        }


def find(request: HttpRequest, token: str) -> CheckIn:
    return CheckIn(request, token, access.ask_by_link(token))


def held(visit: CheckIn) -> HttpResponse | None:
    """What is shown instead when the form does not open."""
    if visit.takes_answers:
        return None
    is_over = visit.ask.state in (AskState.ANSWERED, AskState.STOPPED)
    why = "elsewhere" if visit.went_elsewhere and not is_over else visit.standing.why
    return told_too_late(visit, why) or not_open(visit, why)


def told_too_late(visit: CheckIn, why: str) -> HttpResponse | None:
    """What was answered on a page that was made in time, and cannot be entered: somebody calls about it."""
    said = late.said_in_time(visit.request, visit.ask)
    if said is None:
        return words_too_late(visit, why)
    duty, raised = actions.answer_not_taken(
        ask=visit.ask, instrument=said.instrument, answers=said.answers, why=why, by=visit.actor, at=visit.at
    )
    if any(calls_for_help(concern) for concern in raised):
        return see_other(visit.url("check-in-crisis", said.step))
    # Not the closed page itself: an answer of 4xx would take the duty back with everything else.
    return see_other(visit.url("check-in-end") + "?late=1") if duty else None


def words_too_late(visit: CheckIn, why: str) -> HttpResponse | None:
    """Own words are kept all the same, and somebody reads them: at once where they speak of danger (H13)."""
    words = late.words_in_time(visit.request, visit.ask)
    row = actions.tell_too_late(ask=visit.ask, words=words, why=why, by=visit.actor, at=visit.at) if words else None
    if row is None:
        return None
    if any(concern.source_id == row.pk for concern in concerns(visit.ask)):
        return see_other(visit.url("check-in-crisis", len(forms.questions(visit.ask)) + 1))
    return see_other(visit.url("check-in-end") + "?late=1")


def not_open(visit: CheckIn, why: str) -> HttpResponse:
    opens = {"day": visit.day(visit.ask.opens_at), "clock": visit.clock(visit.ask.opens_at)}
    if why == "expired" and visit.is_known and visit.ask.answers.exists():
        why = "over"
    return stale_page(visit) if why == "stale" else visit.closed(why, 200 if why == "early" else 410, opens=opens)


def past_the_year(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """What was answered is shown only where it was answered, or after the birth year."""

    @wraps(view)
    def inner(visit: CheckIn, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(visit, *args, **kwargs) if visit.is_known else door(visit, view, *args, **kwargs)

    return inner


def arrives(view: Callable[..., HttpResponseBase]) -> View:
    return with_device(arriving(find, LINK, held=held)(past_the_year(view)))


def arrives_though_closed(view: Callable[..., HttpResponseBase]) -> View:
    return with_device(arriving(find, LINK)(view))


def door(visit: CheckIn, view: Callable[..., HttpResponseBase], *args: Any, **kwargs: Any) -> HttpResponseBase:
    """Ask for the year. What was tapped meanwhile is carried along, and kept once it is right."""
    carried = [
        (name, value)
        for name, values in visit.request.POST.lists()
        if name not in NOT_TYPED
        for value in values
        if isinstance(value, str)
    ]
    typed = visit.request.POST.get(YEAR)
    raised = said_unknown(visit) if typed is None else []
    if any(calls_for_help(concern) for concern in raised):
        return ask_year(visit, carried, **crisis_words(visit, raised))
    if typed is None:
        return ask_year(visit, carried, status=200 if visit.request.method == "GET" else 422)
    if not (typed.strip().isascii() and typed.strip().isdecimal() and len(typed.strip()) == len("1985")):
        return ask_year(visit, carried, error=visit.say("door_unread"), status=422)
    if not actions.try_year(ask=visit.ask, year=int(typed), by=visit.actor, at=visit.at):
        visit.ask.refresh_from_db()
        # Not the closed page itself: an answer of 4xx would take the lock back with everything else.
        if visit.ask.locked_at is not None:
            return see_other(visit.url("check-in"))
        return ask_year(visit, carried, error=visit.say("door_wrong"))
    actions.know_device(ask=visit.ask, device=visit.device, by=visit.actor, at=visit.at)
    return view(visit, *args, **kwargs) if carried else see_other(visit.request.path)


def said_unknown(visit: CheckIn) -> list[Concern]:
    """What was said on a browser that is not known raises its concern before the year is asked for."""
    said, words = late.said_in_time(visit.request, visit.ask), late.words_in_time(visit.request, visit.ask)
    if said is not None:
        return actions.heed_unknown(
            ask=visit.ask, instrument=said.instrument, answers=said.answers, by=visit.actor, at=visit.at
        )
    row = actions.tell_unknown(ask=visit.ask, words=words, by=visit.actor, at=visit.at) if words else None
    return [one for one in concerns(visit.ask) if row is not None and one.source_id == row.pk]


def ask_year(
    visit: CheckIn, carried: list[tuple[str, str]], *, error: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    context = {"action": visit.request.path, "carried": carried, "error": error, "form_key": "", "stop_url": ""}
    return visit.page("links/door.jinja", status, **(context | more))


def concerns(ask: Ask) -> list[Concern]:
    sources = [ask.pk, *ask.answers.values_list("pk", flat=True), *queries.all_told(ask).values_list("pk", flat=True)]
    # What came too late and was said anew has the call about it for its source.
    sources += [ask.duty_id, *queries.late_calls(ask).values_list("pk", flat=True)]
    return list(Concern.objects.filter(source_id__in=sources).order_by("tier"))
