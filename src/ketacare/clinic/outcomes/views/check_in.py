"""The phone check-in: a signed link, one question to a screen, no account, no chart (K1)."""

from __future__ import annotations

from datetime import datetime
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.links.fresh import fresh_page
from ketacare.clinic.links.pages import View, calls_for_help, crisis_page, crisis_words, see_other
from ketacare.clinic.links.strangers import not_mine_page
from ketacare.clinic.outcomes import actions, forms, queries
from ketacare.clinic.outcomes import fresh as asked_anew
from ketacare.clinic.outcomes.actions.telling import WORDS_MOST, are_too_long
from ketacare.clinic.outcomes.forms import Question
from ketacare.clinic.outcomes.models import AskState
from ketacare.clinic.outcomes.views import late
from ketacare.clinic.outcomes.views.arrival import (
    CheckIn,
    arrives,
    arrives_though_closed,
    concerns,
    not_open,
    past_the_year,
)
from ketacare.clinic.safety.models import ConcernState
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.safety.reader import danger_words

# How the page of help calls itself to the switches of language and letters on it.
HELP = "help"


@require_http_methods(["GET", "POST"])
@arrives
def check_in(visit: CheckIn) -> HttpResponseBase:
    """Where the patient left off. What is posted here is the birth year alone, which the door has read."""
    if visit.request.method == "POST":
        return see_other(visit.url("check-in"))
    asked = forms.questions(visit.ask)
    step = first_open(visit, asked)
    # The reply that led to the page of help may have been lost on its way. Where nobody has answered yet a concern is
    # about silence, and a link that was sent on would tell of it.
    if visit.ask.devices and awaits_help(visit):
        return see_other(visit.url("check-in-crisis", step - 1))
    return show(visit, asked, step) if step <= len(asked) else HttpResponseRedirect(last_page(visit))


def first_open(visit: CheckIn, asked: list[Question]) -> int:
    """The first step that waits for an answer; past the questions come their own words, and past those the end."""
    for step, question in enumerate(asked, start=1):
        if not question.is_answered(queries.values(visit.ask, question.sheet.id)):
            return step
    return len(asked) + (2 if queries.told(visit.ask) else 1)


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
    if not queries.standing(visit.ask, visit.at, is_theirs=True).opens:
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
        explained=forms.explained(visit.ask, question),
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
        typed = visit.request.POST.get("words", "")
        if are_too_long(typed):
            return words_page(visit, typed, error=visit.say("words_too_long", most=WORDS_MOST), status=422)
        know(visit)
        actions.tell(ask=visit.ask, words=typed, by=visit.actor, at=visit.at)
        return see_other(crisis_after_words(visit) if said_now(visit) else visit.url("check-in-end"))
    told = queries.told(visit.ask)
    return words_page(visit, told.words if told else "")


def words_page(visit: CheckIn, told: str, *, error: str = "", status: int = 200) -> HttpResponse:
    return visit.page(
        "outcomes/words.jinja",
        status,
        action=visit.url("check-in-words"),
        skip=visit.url("check-in-end"),
        back=visit.url("check-in-step", len(forms.questions(visit.ask))),
        told=told,
        error=error,
        most=WORDS_MOST,
        overdue=warnings([danger_words().sheet.header], local_day(visit.at, visit.form.clinic.zone)),
    )


@require_http_methods(["GET", "POST"])
@arrives_though_closed
def end(visit: CheckIn) -> HttpResponseBase:
    """Send; and afterwards, thanks. The link is used then."""
    standing = visit.standing
    if not standing.opens and "late" in visit.request.GET:
        return visit.closed("untaken")
    if standing.why == "used":
        help_now = crisis_words(visit, concerns(visit.ask)) if visit.is_known and urgent(visit) else {}
        return visit.page("outcomes/sent.jinja", help_now=help_now, done=True)
    return send(visit) if visit.takes_answers else not_open(visit, standing.why)


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
    return crisis_page(visit, concerns(visit.ask) if visit.is_known else [], back=back, go_on="", here=HELP)


@require_GET
@arrives_though_closed
def crisis(visit: CheckIn, step: int) -> HttpResponse:
    """After an answer that a person must hear: calm, two buttons, and when somebody will answer."""
    steps = len(forms.questions(visit.ask))
    told = concerns(visit.ask) if visit.is_known else []
    if step > steps:
        return crisis_page(
            visit, told, back=visit.url("check-in-words"), go_on=visit.url("check-in-end"), here=str(step)
        )
    go_on = visit.url("check-in-step", step + 1) if step < steps else last_page(visit)
    back = visit.url("check-in-step", step) if step else ""  # nothing lies before the first question
    return crisis_page(visit, told, back=back, go_on=go_on, here=str(step))


@require_http_methods(["GET", "POST"])
@arrives_though_closed
def fresh(visit: CheckIn) -> HttpResponse:
    """A link whose day is over, of a form that still takes answers."""
    ask, is_theirs = visit.ask, asked_anew.is_their_device(visit.ask.patient, visit.device)
    return fresh_page(
        visit,
        is_stale=visit.standing.why == "stale",
        send=lambda: actions.send_fresh(ask, by=visit.actor, at=visit.at, is_theirs=is_theirs),
        became=lambda: asked_anew.became(ask, visit.at),
    )


@require_http_methods(["GET", "POST"])
@arrives_though_closed
def not_mine(visit: CheckIn) -> HttpResponseBase:
    """It reached somebody else. Not where it has been answered: that is the patient's own telephone."""
    if visit.device in visit.ask.devices:
        return see_other(visit.url("check-in"))
    return not_mine_page(visit, lambda: actions.not_theirs(visit.ask, by=visit.actor, at=visit.at))


@require_POST
@arrives_though_closed
def language(visit: CheckIn) -> HttpResponse:
    """The other language, kept for this form."""
    actions.other_language(visit.ask, by=visit.actor, at=visit.at)
    return see_other(came_from(visit))


@require_POST
@arrives_though_closed
def large_print(visit: CheckIn) -> HttpResponse:
    """Larger letters, kept for this form."""
    actions.other_print(visit.ask, by=visit.actor, at=visit.at)
    return see_other(came_from(visit))


def came_from(visit: CheckIn) -> str:
    """Help stays where it is; from any other page the form goes on."""
    here = visit.request.POST.get("here", "")
    if here == HELP:
        return visit.url("check-in-help")
    is_step = here in {str(step) for step in range(len(forms.questions(visit.ask)) + 2)}
    return visit.url("check-in-crisis", int(here)) if is_step else visit.url("check-in")
