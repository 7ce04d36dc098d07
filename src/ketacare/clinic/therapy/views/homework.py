"""One small act a day: given by the therapist, ticked by the patient with a link in well under a minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.links.pages import Arrival, arriving, crisis_page, see_other
from ketacare.clinic.people.access import Actor, actor_of, by_link, guarded, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import access, actions, queries
from ketacare.clinic.therapy.models import Homework
from ketacare.clinic.therapy.views.page import PHRASES, acted, now, own_page, page
from ketacare.medicine.therapy import reader

ANSWERS = ("done", "not")
LINK = by_link("a patient ticks one small act a day by a signed link")


@require_http_methods(["GET", "POST"])
@guarded("therapy", "R")
def patient_homework(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What was given, day by day; and the form of the next."""
    actor, at = actor_of(request), now(request)
    patient = patient_of(actor, patient_id, "therapy", "C" if request.method == "POST" else "R", at=at)
    if request.method == "POST":
        return acted(request, lambda: act(request, patient, actor), lambda refusals: form(request, patient, refusals))
    return form(request, patient)


def act(request: HttpRequest, patient: Patient, actor: Actor) -> object:
    at = now(request)
    said = {name: str(value) for name, value in request.POST.items()}
    if said.get("do") == "end":
        homework = access.of_patient(said.get("homework", ""), patient, Homework)
        assert isinstance(homework, Homework)
        return actions.end_homework(homework=homework, by=actor, at=at)
    last = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, starts_at__lte=at).order_by("starts_at").last()
    return actions.give_homework(patient=patient, said=said, visit=last, by=actor, at=at)


def form(request: HttpRequest, patient: Patient, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    at, practice = now(request), reader.practice()
    given = list(queries.homework_of(patient)[:6])
    return page(
        request,
        "homework",
        patient,
        refusals,
        given=[(row, queries.so_far(row, at)) for row in given],
        practice=practice,
        skills=[(skill.id, skill.title) for skill in practice.skills],
        today=local_day(at, actor_of(request).zone).isoformat(),
        titles={skill.id: skill.title for skill in practice.skills},
    )


@require_GET
@guarded("small_acts", "R")
def my_homework(request: HttpRequest) -> HttpResponse:
    """The patient's own: what is to be ticked now, each with the page of its link."""
    at = now(request)
    patient = access.own_record(actor_of(request), "small_acts", at=at)
    given = [
        (row, queries.so_far(row, at), reverse("homework", args=[access.token_for(row)]))
        for row in queries.open_homework(patient, at)
    ]
    return own_page(request, "therapy/my_acts.jinja", patient, given=given)


# -- by link -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Ticking(Arrival[Homework]):
    """A request that came by the link of a small act."""

    routes = "homework"
    phrases = PHRASES
    sheets = ("practice", "goals")


def find(request: HttpRequest, token: str) -> Ticking:
    return Ticking(request, token, access.homework_by_link(token))


def held(visit: Ticking) -> HttpResponse | None:
    homework = visit.form
    if homework.ended_at is not None or visit.at >= homework.link_until:
        return visit.closed("expired")
    return None


arrives = arriving(find, LINK, held=held)
arrives_though_closed = arriving(find, LINK)


@require_http_methods(["GET", "POST"])
@arrives
def homework(visit: Ticking) -> HttpResponseBase:
    """One act, two buttons, a mood if one likes: under 20 seconds."""
    if visit.request.method == "GET":
        return ticking_page(visit)
    posted = visit.request.POST
    mood = posted.get("mood", "").strip()
    if posted.get("answer") not in ANSWERS:  # no answer is none, never "not done" (I14)
        return ticking_page(visit, visit.say("answer_wrong"), mood)
    try:
        day = date.fromisoformat(posted.get("day", ""))  # the day of the page, not of the moment it is sent
    except ValueError:
        return ticking_page(visit, visit.say("day_wrong"), mood)
    try:
        actions.tick(
            homework=visit.form,
            day=day,
            done=posted.get("answer") == "done",
            mood=mood,
            by=visit.actor,
            at=visit.at,
        )
    except Refused as refused:
        said = visit.say("mood_wrong" if refused.refusals[0].field == "mood" else "day_wrong")
        return ticking_page(visit, said, mood)
    return see_other(visit.url("homework"))


def ticking_page(visit: Ticking, error: str = "", mood: str = "") -> HttpResponse:
    days = queries.so_far(visit.form, visit.at)
    begun = [one for one in days if one.has_begun]
    skill = reader.practice().skill(visit.form.skill) if visit.form.skill else None
    return visit.page(
        "therapy/tick.jinja",
        422 if error else 200,
        homework=visit.form,
        days=days,
        today=next((one for one in begun if one.is_today), None),
        missing=[one for one in begun if one.tick is None and not one.is_today],
        skill=skill.in_language(visit.form.language) if skill else None,
        opens=visit.form.first_on,
        action=visit.url("homework"),
        error=error,
        mood=mood,
    )


@require_GET
@arrives_though_closed
def homework_help(visit: Ticking) -> HttpResponse:
    return crisis_page(visit, [], back=visit.url("homework"), go_on="")


@require_POST
@arrives_though_closed
def homework_language(visit: Ticking) -> HttpResponse:
    actions.other_language(homework=visit.form, by=visit.actor, at=visit.at)
    return see_other(visit.url("homework"))
