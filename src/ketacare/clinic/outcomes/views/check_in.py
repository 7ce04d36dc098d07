"""The phone check-in: a signed link, one question to a screen, no account, no chart (K1).

Whoever opens the link on another device than the one that has answered gives the birth year first: a forwarded link
shows no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.links.pages import Arrival, View, arriving, calls_for_help, crisis_page, crisis_words, see_other
from ketacare.clinic.outcomes import access, actions, forms, letters, queries
from ketacare.clinic.outcomes.actions.telling import WORDS_MOST
from ketacare.clinic.outcomes.forms import Question
from ketacare.clinic.outcomes.models import Ask, AskState
from ketacare.clinic.outcomes.views import late
from ketacare.clinic.outcomes.views.device import device_of, with_device
from ketacare.clinic.people.access import by_link
from ketacare.clinic.safety.models import Concern, ConcernState
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.safety.reader import danger_words

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

    def frame(self) -> dict[str, Any]:
        large = self.ask.large_print
        message = self.ask.messages.order_by("send_after").first()
        return super().frame() | {
            "large": large,
            "print_url": self.url("check-in-print"),
            "print_words": self.say("usual_print" if large else "large_print"),
            "stop_url": letters.stop_link(message) if message else "",
            "crisis_line": crisis_line(self.ask.clinic, self.language),
            "form_key": self.ask.pk,
            "made": late.stamp(self.ask, self.at),
        }


def find(request: HttpRequest, token: str) -> CheckIn:
    return CheckIn(request, token, access.ask_by_link(token))


def held(visit: CheckIn) -> HttpResponse | None:
    """What is shown instead when the form does not open."""
    standing = queries.standing(visit.ask, visit.at)
    if standing.opens or late.is_taken(visit.request, visit.ask, visit.at):
        return None
    return told_too_late(visit, standing.why) or not_open(visit, standing.why)


def told_too_late(visit: CheckIn, why: str) -> HttpResponse | None:
    """What was answered on a page that was made in time, and cannot be entered: somebody calls about it."""
    said = late.said_in_time(visit.request, visit.ask)
    if said is None:
        return None
    duty, raised = actions.answer_not_taken(
        ask=visit.ask, instrument=said.instrument, answers=said.answers, why=why, by=visit.actor, at=visit.at
    )
    if any(calls_for_help(concern) for concern in raised):
        return see_other(visit.url("check-in-crisis", said.step))
    # Not the closed page itself: an answer of 4xx would take the duty back with everything else.
    return see_other(visit.url("check-in-end") + "?late=1") if duty else None


def not_open(visit: CheckIn, why: str) -> HttpResponse:
    opens = {"day": visit.day(visit.ask.opens_at), "clock": visit.clock(visit.ask.opens_at)}
    if why == "expired" and visit.is_known and visit.ask.answers.exists():
        why = "over"
    return visit.closed(why, 200 if why == "early" else 410, opens=opens)


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
    said = late.said_in_time(visit.request, visit.ask)
    if said is not None and typed is None:
        raised = actions.heed_unknown(
            ask=visit.ask, instrument=said.instrument, answers=said.answers, by=visit.actor, at=visit.at
        )
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


def ask_year(
    visit: CheckIn, carried: list[tuple[str, str]], *, error: str = "", status: int = 200, **more: Any
) -> HttpResponse:
    context = {"action": visit.request.path, "carried": carried, "error": error, "form_key": "", "stop_url": ""}
    return visit.page("links/door.jinja", status, **(context | more))


@require_http_methods(["GET", "POST"])
@arrives
def check_in(visit: CheckIn) -> HttpResponseBase:
    """Where the patient left off. What is posted here is the birth year alone, which the door has read."""
    if visit.request.method == "POST":
        return see_other(visit.url("check-in"))
    asked = forms.questions(visit.ask)
    for step, question in enumerate(asked, start=1):
        if not question.is_answered(queries.values(visit.ask, question.sheet.id)):
            # The reply that led to the page of help may have been lost on its way.
            if step > 1 and awaits_help(visit):
                return see_other(visit.url("check-in-crisis", step - 1))
            return show(visit, asked, step)
    return HttpResponseRedirect(last_page(visit))


def last_page(visit: CheckIn) -> str:
    """Room for the patient's own words, and then the sending."""
    return visit.url("check-in-words" if visit.ask.has_words else "check-in-end")


def brings_the_next(view: View) -> View:
    """A page that asks for it gets the next question as the answer, and under its address: on a slow line each question
    is a trip less. Whatever else comes next, the page of help first of all, is gone to."""

    @wraps(view)
    def inner(request: HttpRequest, token: str, step: int) -> HttpResponseBase:
        answer = view(request, token, step)
        following = reverse("check-in-step", args=[token, step + 1])
        if "X-Brings-Next" not in request.headers or answer.status_code != 303 or answer["Location"] != following:
            return answer
        request.method = "GET"
        page = view(request, token, step + 1)
        page["Content-Location"] = following
        return page if page.status_code == 200 else answer

    return inner


@require_http_methods(["GET", "POST"])
@brings_the_next
@arrives
def step(visit: CheckIn, step: int) -> HttpResponseBase:
    """One question; answered, it is kept and watched at once, and the next one comes."""
    asked = forms.questions(visit.ask)
    if not 1 <= step <= len(asked):
        return HttpResponseRedirect(visit.url("check-in"))
    if visit.request.method == "GET":
        return show(visit, asked, step)
    try:
        answer = forms.read(asked[step - 1], visit.request.POST, visit.ask.language)
    except Refused as refused:
        return show(visit, asked, step, error=refused.refusals[0].rule, status=422)
    keep(visit, asked[step - 1], answer)
    return see_other(after(visit, step, len(asked)))


def keep(visit: CheckIn, question: Question, answer: dict[str, int | None]) -> None:
    know(visit)
    actions.keep_answers(
        patient=visit.ask.patient,
        instrument=question.sheet.id,
        answers=answer,
        source="patient",
        happened_at=answered_at(visit),
        by=visit.actor,
        at=visit.at,
        ask=visit.ask,
        further=True,
    )


def know(visit: CheckIn) -> None:
    """This browser has answered. What comes after the end, because it was given before, is said in the audit."""
    actions.know_device(ask=visit.ask, device=visit.device, by=visit.actor, at=visit.at)
    if not queries.standing(visit.ask, visit.at).opens:
        actions.note_late(ask=visit.ask, by=visit.actor, at=visit.at)


def answered_at(visit: CheckIn) -> datetime:
    """When it was tapped, if it had to wait for the connection: never before the form opened, never still to come."""
    said = late.tapped_at(visit.request)
    return said if said is not None and visit.ask.opens_at <= said <= visit.at else visit.at


def after(visit: CheckIn, step: int, steps: int) -> str:
    """The crisis page before anything else, if this answer raised a concern; otherwise the next question."""
    if said_now(visit):
        return visit.url("check-in-crisis", step)
    return visit.url("check-in-step", step + 1) if step < steps else last_page(visit)


def said_now(visit: CheckIn) -> bool:
    return any(calls_for_help(concern) for concern in concerns(visit.ask) if concern.raised_at == visit.at)


def concerns(ask: Ask) -> list[Concern]:
    sources = [ask.pk, *ask.answers.values_list("pk", flat=True), *queries.all_told(ask).values_list("pk", flat=True)]
    # What came too late and was said anew has the call about it for its source.
    sources += [ask.duty_id, *queries.late_calls(ask).values_list("pk", flat=True)]
    return list(Concern.objects.filter(source_id__in=sources).order_by("tier"))


def ticked_now(visit: CheckIn) -> list[str] | None:
    """What was just sent, and not what was answered before; None where nothing was sent."""
    sent = visit.request.POST
    return None if visit.request.method != "POST" else [] if sent.get("none") else sent.getlist("several")


def show(visit: CheckIn, asked: list[Question], step: int, *, error: str = "", status: int = 200) -> HttpResponse:
    question = asked[step - 1]
    values = queries.values(visit.ask, question.sheet.id)
    return visit.page(
        "outcomes/question.jinja",
        status,
        question=question,
        values=values,
        ticked=ticked_now(visit),
        action=visit.url("check-in-step", step),
        progress=visit.say("progress", step=step, steps=len(asked)),
        back=visit.url("check-in-step", step - 1) if step > 1 else "",
        finish=visit.url("check-in-end") if visit.ask.key == "same_evening" and step > 1 else "",
        foreign=not visit.ask.language.startswith(question.sheet.language),
        error=error,
        about=forms.about(question),
        event=forms.event_of(visit.ask, question),
        overdue=warnings([question.sheet.header], local_day(visit.at, visit.form.clinic.zone)),
    )


def crisis_after_words(visit: CheckIn) -> str:
    """Their own words come after the last question."""
    return visit.url("check-in-crisis", len(forms.questions(visit.ask)) + 1)


@require_http_methods(["GET", "POST"])
@arrives
def own_words(visit: CheckIn) -> HttpResponseBase:
    """What the patient wants to say besides. Apart from every score."""
    if visit.request.method == "POST":
        know(visit)
        actions.tell(ask=visit.ask, words=visit.request.POST.get("words", ""), by=visit.actor, at=visit.at)
        return see_other(crisis_after_words(visit) if said_now(visit) else visit.url("check-in-end"))
    told = queries.told(visit.ask)
    return visit.page(
        "outcomes/words.jinja",
        action=visit.url("check-in-words"),
        skip=visit.url("check-in-end"),
        back=visit.url("check-in-step", len(forms.questions(visit.ask))),
        told=told.words if told else "",
        most=WORDS_MOST,
        overdue=warnings([danger_words().sheet.header], local_day(visit.at, visit.form.clinic.zone)),
    )


@require_http_methods(["GET", "POST"])
@arrives_though_closed
def end(visit: CheckIn) -> HttpResponseBase:
    """Send; and afterwards, thanks. The link is used then."""
    standing = queries.standing(visit.ask, visit.at)
    if not standing.opens and "late" in visit.request.GET:
        return visit.closed("untaken")
    if standing.why == "used":
        return visit.page("outcomes/sent.jinja", urgent=visit.is_known and urgent(visit), done=True)
    if not standing.opens and not late.is_taken(visit.request, visit.ask, visit.at):
        return not_open(visit, standing.why)
    return send(visit)


@past_the_year
def send(visit: CheckIn) -> HttpResponseBase:
    if visit.request.method == "POST":
        know(visit)
        actions.finish(visit.ask, by=visit.actor, at=visit.at)
        return see_other(visit.url("check-in-end"))
    asked = forms.questions(visit.ask)
    left = [one for one in asked if not one.is_answered(queries.values(visit.ask, one.sheet.id))]
    back = visit.url("check-in-step", asked.index(left[0]) + 1 if left else len(asked))
    return visit.page("outcomes/end.jinja", left=len(left), back=back, action=visit.url("check-in-end"))


def awaits_help(visit: CheckIn) -> bool:
    """Something said in this form calls for help, and nobody has seen it yet."""
    return any(calls_for_help(one) for one in concerns(visit.ask) if one.state == ConcernState.OPEN)


def urgent(visit: CheckIn) -> bool:
    return any(calls_for_help(concern) for concern in concerns(visit.ask))


@require_GET
@arrives_though_closed
def help_page(visit: CheckIn) -> HttpResponse:
    """Always in the same corner; open even when the form is not. Elsewhere it tells nothing of what was answered."""
    back = visit.url("check-in") if visit.ask.state != AskState.ANSWERED else ""
    return crisis_page(visit, concerns(visit.ask) if visit.is_known else [], back=back, go_on="")


@require_GET
@arrives_though_closed
def crisis(visit: CheckIn, step: int) -> HttpResponse:
    """After an answer that a person must hear: calm, two buttons, and when somebody will answer."""
    steps = len(forms.questions(visit.ask))
    told = concerns(visit.ask) if visit.is_known else []
    if step > steps:
        return crisis_page(visit, told, back=visit.url("check-in-words"), go_on=visit.url("check-in-end"))
    go_on = visit.url("check-in-step", step + 1) if step < steps else last_page(visit)
    return crisis_page(visit, told, back=visit.url("check-in-step", step), go_on=go_on)


@require_POST
@arrives_though_closed
def language(visit: CheckIn) -> HttpResponse:
    """The other language, kept for this form."""
    actions.other_language(visit.ask, by=visit.actor, at=visit.at)
    return see_other(visit.url("check-in"))


@require_POST
@arrives_though_closed
def large_print(visit: CheckIn) -> HttpResponse:
    """Larger letters, kept for this form."""
    actions.other_print(visit.ask, by=visit.actor, at=visit.at)
    return see_other(visit.url("check-in"))
