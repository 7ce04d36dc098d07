"""The phone check-in: a signed link, one question to a screen, no account, no chart (K1)."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.links.pages import Arrival, arriving, calls_for_help, crisis_page, see_other
from ketacare.clinic.outcomes import access, actions, forms, queries
from ketacare.clinic.outcomes.forms import Question
from ketacare.clinic.outcomes.models import Ask, AskState
from ketacare.clinic.people.access import by_link
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.refusals import Refused

LINK = by_link("a patient answers one form by a signed, single-use link")


@dataclass(frozen=True)
class CheckIn(Arrival[Ask]):
    """A request that came by the link of an ask."""

    routes = "check-in"
    phrases = forms.PHRASES

    @property
    def ask(self) -> Ask:
        return self.form


def find(request: HttpRequest, token: str) -> CheckIn:
    return CheckIn(request, token, access.ask_by_link(token))


def held(visit: CheckIn) -> HttpResponse | None:
    """What is shown instead when the form does not open."""
    standing = queries.standing(visit.ask, visit.at)
    return None if standing.opens else not_open(visit, standing.why)


def not_open(visit: CheckIn, why: str) -> HttpResponse:
    opens = {"day": visit.day(visit.ask.opens_at), "clock": visit.clock(visit.ask.opens_at)}
    return visit.closed(why, 200 if why == "early" else 410, opens=opens)


arrives = arriving(find, LINK, held=held)
arrives_though_closed = arriving(find, LINK)


@require_GET
@arrives
def check_in(visit: CheckIn) -> HttpResponseBase:
    """Where the patient left off."""
    asked = forms.questions(visit.ask)
    for step, question in enumerate(asked, start=1):
        if not question.is_answered(queries.values(visit.ask, question.sheet.id)):
            return show(visit, asked, step)
    return HttpResponseRedirect(visit.url("check-in-end"))


@require_http_methods(["GET", "POST"])
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
    if any(calls_for_help(concern) for concern in concerns(visit.ask) if concern.raised_at == visit.at):
        return visit.url("check-in-crisis", step)
    return visit.url("check-in-step", step + 1) if step < steps else visit.url("check-in-end")


def concerns(ask: Ask) -> list[Concern]:
    sources = [ask.pk, *ask.answers.values_list("pk", flat=True)]
    return list(Concern.objects.filter(source_id__in=sources).order_by("tier"))


def show(visit: CheckIn, asked: list[Question], step: int, *, error: str = "", status: int = 200) -> HttpResponse:
    question = asked[step - 1]
    values = queries.values(visit.ask, question.sheet.id)
    return visit.page(
        "outcomes/question.jinja",
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
@arrives_though_closed
def end(visit: CheckIn) -> HttpResponseBase:
    """Send; and afterwards, thanks. The link is used then."""
    standing = queries.standing(visit.ask, visit.at)
    if standing.why == "used":
        return visit.page("outcomes/sent.jinja", urgent=urgent(visit))
    if not standing.opens:
        return not_open(visit, standing.why)
    if visit.request.method == "POST":
        actions.finish(visit.ask, by=visit.actor, at=visit.at)
        return see_other(visit.url("check-in-end"))
    asked = forms.questions(visit.ask)
    left = [one for one in asked if not one.is_answered(queries.values(visit.ask, one.sheet.id))]
    back = visit.url("check-in-step", asked.index(left[0]) + 1 if left else len(asked))
    return visit.page("outcomes/end.jinja", left=len(left), back=back, action=visit.url("check-in-end"))


def urgent(visit: CheckIn) -> bool:
    return any(calls_for_help(concern) for concern in concerns(visit.ask))


@require_GET
@arrives_though_closed
def help_page(visit: CheckIn) -> HttpResponse:
    """Always in the same corner; open even when the form is not."""
    back = visit.url("check-in") if visit.ask.state != AskState.ANSWERED else ""
    return crisis_page(visit, concerns(visit.ask), back=back, go_on="")


@require_GET
@arrives_though_closed
def crisis(visit: CheckIn, step: int) -> HttpResponse:
    """After an answer that a person must hear: calm, two buttons, and when somebody will answer."""
    steps = len(forms.questions(visit.ask))
    go_on = visit.url("check-in-step", step + 1) if step < steps else visit.url("check-in-end")
    return crisis_page(visit, concerns(visit.ask), back=visit.url("check-in-step", step), go_on=go_on)


@require_POST
@arrives_though_closed
def language(visit: CheckIn) -> HttpResponse:
    """The other language, kept for this form."""
    visit.ask.language = "en" if visit.ask.language.startswith("es") else "es"
    visit.ask.save(update_fields=["language"])
    return see_other(visit.url("check-in"))
