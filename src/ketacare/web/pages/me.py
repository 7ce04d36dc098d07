"""The patient's own page: the curve in plain words, what comes next, and who opened the record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.audit import queries as audit
from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.dosing.actions import helping
from ketacare.clinic.dosing.models import UNDER_WATCH, Session
from ketacare.clinic.outcomes import access as links
from ketacare.clinic.outcomes import queries
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, guarded
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.scheduling.models import Visit, VisitState
from ketacare.medicine.outcomes.terms import Change, Instrument, Trajectory
from ketacare.medicine.safety import reader as safety_reader
from ketacare.web.pages.outcome import curve, doses_of, number, told_of

NEWEST = 30
PARTS = {
    "demographics": "name and contact details",
    "appointments": "appointments",
    "scores": "questionnaires",
    "concerns": "safety answers",
    "therapy": "therapy visits",
    "preparation": "preparation for a dose",
    "journal": "journal, what you shared",
    "therapy_notes": "a therapist’s private notes, their own alone",
    "session": "treatment session",
    "people.breakglass": "opened the record in an emergency, without being assigned to you",
    "emergency": "review of an opening in an emergency",
}


@require_GET
@guarded("scores", "R")
def me(request: HttpRequest) -> HttpResponse:
    """Own record only; nothing that staff have in draft is read here."""
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    if actor.role != Role.PT or actor.patient_id is None:
        raise NotHere
    patient = access.patient_of(actor, actor.patient_id, "scores", at=at, purpose="own record")
    told = told_of(patient, doses_of(patient, with_mg=False), actor.zone)
    sheet = queries.instrument("phq-9")
    course = told.answered.trajectory(sheet.id, [dose.at for dose in told.doses])
    person = people.demographics(patient)
    context = {
        "name": person.preferred or person.given,
        "plain": plain(sheet, course),
        "curve": curve(told, sheet.id),
        "asks": [(ask, reverse("check-in", args=[links.token_for(ask)])) for ask in queries.open_asks(patient, at)],
        "visits": coming(patient, at),
        "opened": who_opened(patient),
        "decided": candidacy.released_to(patient),
        "line": safety_reader.crisis_line(patient.clinic.country),
        "telephone": patient.clinic.telephone,
        "in_session": session_now(actor) is not None,
        "called": request.GET.get("called") == "1",
    }
    return render(request, "me.jinja", context)


@require_POST
@guarded("alarms", "C")
def call_help(request: HttpRequest) -> HttpResponse:
    """The patient, from their own page, while their session runs (H11)."""
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    session = session_now(actor)
    if session is None:
        raise NotHere
    helping.call_help(session=session, place="patient", by=actor, at=at)
    return HttpResponseRedirect(reverse("me") + "?called=1")


def session_now(actor: Actor) -> Session | None:
    """Their own session under way; staff have the chair for that."""
    if actor.role != Role.PT or actor.patient_id is None:
        return None
    rows = Session.objects.filter(visit__patient_id=actor.patient_id, state__in=UNDER_WATCH)
    return rows.select_related("visit__patient", "visit__chair", "visit__clinic").first()


def coming(patient: Patient, at: datetime) -> list[Visit]:
    visits = Visit.objects.filter(patient=patient, ends_at__gt=at).exclude(state=VisitState.CANCELLED)
    return list(visits.order_by("starts_at")[:6])


def plain(sheet: Instrument, course: Trajectory) -> list[str]:
    """The curve in sentences a tired person can read, with what it cannot say."""
    latest = course.latest
    if latest is None:
        return ["There is no score yet. The first one appears here after you answer a questionnaire."]
    words = [f"Your last {sheet.name} score is {number(latest.point.total)} out of 27. Lower is better."]
    if course.baseline is not None and course.baseline is not latest.point:
        words.append(f"Before treatment it was {number(course.baseline.total)}.")
        words += change_in_plain_words(latest.change)
    words.append("Scores go up and down from week to week; one number alone says little. You know best how you feel.")
    return words


def change_in_plain_words(change: Change | None) -> list[str]:
    said = {
        Change.RESPONSE: "It has fallen by at least half since then; clinicians call that a response.",
        Change.PARTIAL: "It has come down, though by less than half so far.",
        Change.NONE: "It is about where it was. For many people it takes several treatments to know.",
        Change.WORSE: "It has gone up. Your clinic can see this too; please tell them how you are.",
    }
    return [said[change]] if change is not None else []


@dataclass(frozen=True)
class Opening:
    who: str
    part: str
    at: datetime


def who_opened(patient: Patient) -> list[Opening]:
    """Who opened this record, newest first, in plain words. Every opening is kept; the newest are shown."""
    lines = list(audit.opened_by(patient.pk).filter(verb__in=("chart.open", "emergency.open"))[:NEWEST])
    names = dict(User.objects.filter(pk__in={line.actor_id for line in lines}).values_list("pk", "name"))
    return [Opening(opener(line, names), PARTS.get(line.object_kind, "record"), line.at) for line in lines]


def opener(line: Any, names: dict[Any, str]) -> str:
    if line.actor_id is None:
        return "Ketacare itself"
    role = Role(line.role).label.lower() if line.role else "staff"
    return "You" if line.role == Role.PT else f"{names.get(line.actor_id, 'Somebody')} ({role})"
