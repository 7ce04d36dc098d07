"""The course of therapy beside the course of doses."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from ketacare.clinic.people.access import actor_of, guarded, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.therapy import queries
from ketacare.clinic.therapy.queries import DoseWindow
from ketacare.clinic.therapy.views.page import now, page
from ketacare.medicine.therapy import reader
from ketacare.medicine.therapy.terms import WindowState


@require_GET
@guarded("therapy", "R")
def therapy_course(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """One picture, and every window in words: used by what, open until when, missed why."""
    actor, at = actor_of(request), now(request)
    patient = patient_of(actor, patient_id, "therapy", at=at)
    told = queries.windows(patient, at)
    practice = reader.practice()
    return page(
        request,
        "course",
        patient,
        course=queries.course(patient, at, told),
        windows=told,
        act=next_act(told, patient, at),
        goals=queries.scaled(patient),
        homework=[(row, queries.so_far(row, at)) for row in queries.homework_of(patient)[:3]],
        plan=queries.relapse_plan(patient),
        placement=queries.placement_of(patient),
        limit=reader.placement().limit,
        studied=reader.windows().rows,
        reasons=practice.missed,
        sayers=practice.said_by,
    )


def next_act(told: list[DoseWindow], patient: Patient, at: datetime) -> dict[str, str] | None:
    """The one thing that waits for a therapist here: a window that is open, one that was missed without a word, the
    first preparation."""
    open_now = next((one for one in told if one.window and one.window.holds(at) and not one.notes), None)
    if open_now is not None and open_now.state in (WindowState.OPEN, WindowState.BOOKED, WindowState.MISSED):
        return {
            "label": f"Integration visit, {numbered(open_now)}",
            "href": reverse("therapy", args=[open_now.visit.pk]),
        }
    silent = next((one for one in told if one.needs_a_word), None)
    if silent is not None:
        href = reverse("therapy", args=[silent.visit.pk]) + "#missed"
        return {"label": f"Say why the window of {numbered(silent)} was missed", "href": href}
    if queries.preparation(patient) is None:
        return {"label": "Prepare", "href": reverse("preparation", args=[patient.pk])}
    return None


def numbered(one: DoseWindow) -> str:
    return f"dose {one.visit.number_in_course}" if one.visit.number_in_course else "the dose"
