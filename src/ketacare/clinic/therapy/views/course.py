"""The course of therapy beside the course of doses."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from ketacare.clinic.people.access import actor_of, guarded, patient_of
from ketacare.clinic.therapy import queries
from ketacare.clinic.therapy.views.page import now, page
from ketacare.medicine.therapy import reader


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
        goals=queries.scaled(patient),
        homework=[(row, queries.so_far(row, at)) for row in queries.homework_of(patient)[:3]],
        plan=queries.relapse_plan(patient),
        placement=queries.placement_of(patient),
        limit=reader.placement().limit,
        studied=reader.windows().rows,
        reasons=practice.missed,
        sayers=practice.said_by,
    )
