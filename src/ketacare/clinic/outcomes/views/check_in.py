"""The phone check-in: a signed link, one question to a screen, no account, no chart (K1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.outcomes import access, actions, forms, queries
from ketacare.clinic.outcomes.access import Link
from ketacare.clinic.outcomes.forms import Question, say
from ketacare.clinic.outcomes.models import Ask, AskState
from ketacare.clinic.people.access import NotHere, by_link
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.safety.models import Concern, Tier
from ketacare.clinic.tenancy.once import answer_once
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.safety import reader as safety_reader

LINK = by_link("a patient answers one form by a signed, single-use link")


@dataclass(frozen=True)
class CheckIn:
    """A request that came by a good link."""

    request: HttpRequest
    token: str
    ask: Ask

    @property
    def at(self) -> datetime:
        at: datetime = self.request.at  # type: ignore[attr-defined]
        return at

    @property
    def actor(self) -> Link:
        return access.link_actor(
            self.ask,
            request_id=self.request.request_id,  # type: ignore[attr-defined]
            address=self.request.META.get("REMOTE_ADDR", ""),
        )

    def url(self, name: str, *more: Any) -> str:
        return reverse(name, args=[self.token, *more])

    def say(self, key: str, **values: object) -> str:
        return say(self.ask.language, key, **values)

    def clock(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self.ask.clinic.zone)).strftime("%H:%M")

    def day(self, at: datetime) -> str:
        return at.astimezone(ZoneInfo(self.ask.clinic.zone)).strftime("%d-%b-%Y")

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        clinic = self.ask.clinic
        frame = {
            "lang": self.ask.language,
            "say": self.say,
            "help": self.url("check-in-help"),
            "clinic_telephone": clinic.telephone,
            "language_url": self.url("check-in-language"),
        }
        return render(self.request, f"outcomes/{template}.jinja", frame | context, status=status)


View = Callable[..., HttpResponseBase]


def arrives(*, closed: bool = False) -> Callable[[View], View]:
    """Open the link, enter its tenant, answer each POST once. `closed` pages also open when the form does not."""

    def wrap(view: View) -> View:
        @wraps(view)
        def inner(request: HttpRequest, token: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                visit = CheckIn(request, token, access.ask_by_link(token))
            except NotHere:
                return unknown(request)
            request.link_clinic = visit.ask.clinic  # type: ignore[attr-defined]
            standing = queries.standing(visit.ask, visit.at)
            if not standing.opens and not closed:
                return not_open(visit, standing.why)
            if request.method != "POST":
                return view(visit, *args, **kwargs)
            return once(visit, lambda: view(visit, *args, **kwargs))

        return LINK(inner)

    return wrap


def once(visit: CheckIn, respond: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    try:
        return answer_once(
            visit.request,
            organisation_id=visit.ask.organisation_id,
            actor_id=visit.ask.pk,
            at=visit.at,
            respond=respond,
        )
    except Refused as refused:
        return visit.page("closed", refused.status, why="retry")


def unknown(request: HttpRequest) -> HttpResponse:
    """A forged, cut or withdrawn link: nothing of anybody, and where to find help."""
    language = "es" if request.headers.get("Accept-Language", "").lower().startswith("es") else "en"
    context = {"lang": language, "say": lambda key, **values: say(language, key, **values), "why": "unknown"}
    return render(request, "outcomes/closed.jinja", context | {"help": "tel:988", "clinic_telephone": ""}, status=404)


def not_open(visit: CheckIn, why: str) -> HttpResponse:
    opens = {"day": visit.day(visit.ask.opens_at), "clock": visit.clock(visit.ask.opens_at)}
    return visit.page("closed", 200 if why == "early" else 410, why=why, opens=opens)


@require_GET
@arrives()
def check_in(visit: CheckIn) -> HttpResponseBase:
    """Where the patient left off."""
    asked = forms.questions(visit.ask)
    for step, question in enumerate(asked, start=1):
        if not question.is_answered(queries.values(visit.ask, question.sheet.id)):
            return show(visit, asked, step)
    return HttpResponseRedirect(visit.url("check-in-end"))


@require_http_methods(["GET", "POST"])
@arrives()
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
    actions.keep_answers(
        patient=visit.ask.patient,
        instrument=question.sheet.id,
        answers=answer,
        source="patient",
        happened_at=visit.at,
        by=visit.actor,
        at=visit.at,
        ask=visit.ask,
        further=True,
    )


def after(visit: CheckIn, step: int, steps: int) -> str:
    """The crisis page before anything else, if this answer raised a concern; otherwise the next question."""
    if any(calls_for_help(concern) for concern in concerns(visit.ask).filter(raised_at=visit.at)):
        return visit.url("check-in-crisis", step)
    return visit.url("check-in-step", step + 1) if step < steps else visit.url("check-in-end")


def concerns(ask: Ask) -> Any:
    sources = [ask.pk, *ask.answers.values_list("pk", flat=True)]
    return Concern.objects.filter(source_id__in=sources).order_by("tier")


def calls_for_help(concern: Concern) -> bool:
    """Whoever needs a person today, and whoever has thought of ending their life at all."""
    return concern.tier < Tier.BEFORE_NEXT_DOSE or concern.reason_code.startswith("s1.")


def show(visit: CheckIn, asked: list[Question], step: int, *, error: str = "", status: int = 200) -> HttpResponse:
    question = asked[step - 1]
    values = queries.values(visit.ask, question.sheet.id)
    return visit.page(
        "question",
        status,
        question=question,
        values=values,
        action=visit.url("check-in-step", step),
        progress=visit.say("progress", step=step, steps=len(asked)),
        back=visit.url("check-in-step", step - 1) if step > 1 else "",
        finish=visit.url("check-in-end") if visit.ask.key == "same_evening" and step > 1 else "",
        foreign=not visit.ask.language.startswith(question.sheet.language),
        error=error,
    )


@require_http_methods(["GET", "POST"])
@arrives(closed=True)
def end(visit: CheckIn) -> HttpResponseBase:
    """Send; and afterwards, thanks. The link is used then."""
    standing = queries.standing(visit.ask, visit.at)
    if standing.why == "used":
        return visit.page("sent", urgent=urgent(visit))
    if not standing.opens:
        return not_open(visit, standing.why)
    if visit.request.method == "POST":
        actions.finish(visit.ask, by=visit.actor, at=visit.at)
        return see_other(visit.url("check-in-end"))
    asked = forms.questions(visit.ask)
    left = [one for one in asked if not one.is_answered(queries.values(visit.ask, one.sheet.id))]
    back = visit.url("check-in-step", asked.index(left[0]) + 1 if left else len(asked))
    return visit.page("end", left=len(left), back=back, action=visit.url("check-in-end"))


def urgent(visit: CheckIn) -> bool:
    return any(calls_for_help(concern) for concern in concerns(visit.ask))


@require_GET
@arrives(closed=True)
def help_page(visit: CheckIn) -> HttpResponse:
    """Always in the same corner; open even when the form is not."""
    back = visit.url("check-in") if visit.ask.state != AskState.ANSWERED else ""
    return crisis_page(visit, back=back, go_on="")


@require_GET
@arrives(closed=True)
def crisis(visit: CheckIn, step: int) -> HttpResponse:
    """After an answer that a person must hear: calm, two buttons, and when somebody will answer."""
    steps = len(forms.questions(visit.ask))
    go_on = visit.url("check-in-step", step + 1) if step < steps else visit.url("check-in-end")
    return crisis_page(visit, back=visit.url("check-in-step", step), go_on=go_on)


def crisis_page(visit: CheckIn, *, back: str, go_on: str) -> HttpResponse:
    line = safety_reader.crisis_line(visit.ask.clinic.country)
    grave = next((concern for concern in concerns(visit.ask) if calls_for_help(concern)), None)
    return visit.page(
        "crisis",
        title=visit.say("crisis_title" if grave else "help_title"),
        words=visit.say(
            "crisis_words" if grave else "help_words",
            emergency=line.emergency if line else visit.say("emergency_unknown"),
        ),
        line=line,
        promise=promise(visit, grave),
        back=back,
        go_on=go_on,
    )


def promise(visit: CheckIn, concern: Concern | None) -> str:
    """Only what will be true."""
    clinic = visit.ask.clinic
    if concern is None:
        return visit.say("help_hours", opens=f"{clinic.opens_at:%H:%M}", closes=f"{clinic.closes_at:%H:%M}")
    given = safety.promise(clinic, concern, visit.at)
    if given.by is not None:
        return visit.say("someone_reads", by=visit.clock(given.by))
    assert given.opens is not None
    return visit.say("nobody_reads", day=visit.day(given.opens), clock=visit.clock(given.opens))


@require_POST
@arrives(closed=True)
def language(visit: CheckIn) -> HttpResponse:
    """The other language, kept for this form."""
    visit.ask.language = "en" if visit.ask.language.startswith("es") else "es"
    visit.ask.save(update_fields=["language"])
    return see_other(visit.url("check-in"))


def see_other(url: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": url})
