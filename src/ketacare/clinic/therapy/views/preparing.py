"""Preparation, and what of it is shown at the chair."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET, require_http_methods

from ketacare.clinic.people.access import actor_of, guarded, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.therapy import actions, queries
from ketacare.clinic.therapy.views.page import acted, now, page
from ketacare.medicine.therapy import reader
from ketacare.medicine.therapy.terms import Placed


@require_http_methods(["GET", "POST"])
@guarded("preparation", "R")
def preparation(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """One visit of preparation; the last one is there to be gone through again."""
    actor, at = actor_of(request), now(request)
    act = "C" if request.method == "POST" else "R"
    patient = patient_of(actor, patient_id, "preparation", act, at=at)

    def keep() -> object:
        said = {name: value for name, value in request.POST.items() if isinstance(value, str)}
        said.setdefault("before", "")
        checklist, shown = request.POST.getlist("checklist"), request.POST.getlist("shown")
        return actions.write_preparation(patient=patient, said=said, checklist=checklist, shown=shown, by=actor, at=at)

    if request.method == "POST":
        return acted(request, keep, lambda refusals: form(request, patient, refusals))
    return form(request, patient)


def form(request: HttpRequest, patient: Patient, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    practice, windows = reader.practice(), reader.windows()
    actor, before = actor_of(request), queries.preparation(patient)
    today = local_day(now(request), actor.zone)
    return page(
        request,
        "preparation",
        patient,
        refusals,
        before=before,
        # Mood, sleep and what was gone through are of their day: only on that day does the form hold them already.
        is_of_today=before is not None and local_day(before.happened_at, actor.zone) == today,
        plan=supervision.calming_plan(patient),
        checklist=list(practice.checklist.items()),
        shown_options=list(practice.shown.items()),
        placements_words=[(row.id, f"{row.title}, {hours(row)}") for row in windows.rows if row.has_hours],
        chosen_checks=request.POST.getlist("checklist"),
        chosen_shown=request.POST.getlist("shown"),
        house=reader.placement(),
    )


def hours(row: Placed) -> str:
    return f"{row.opens.integer} to {row.closes.integer} h" if row.opens and row.closes else ""


@require_GET
@guarded("prepared", "R")
def prepared(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """For whoever is at the chair: what must be known, and what the patient agreed to show. No auditor is at it."""
    actor, at = actor_of(request), now(request)
    patient = patient_of(actor, patient_id, "prepared", at=at)
    return page(request, "prepared", patient, prepared=queries.prepared_for_chair(patient))
