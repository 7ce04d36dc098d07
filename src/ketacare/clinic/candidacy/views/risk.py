"""Suicide risk on the evaluation: the screener, a clinician's finding, and calls; each put right by amending."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from ketacare.clinic.candidacy import access, actions, forms, queries
from ketacare.clinic.candidacy.models import RiskAssessment, RiskScreening
from ketacare.clinic.candidacy.views.amend import amended
from ketacare.clinic.candidacy.views.evaluation import saving
from ketacare.clinic.candidacy.views.page import patient_for
from ketacare.clinic.people.access import actor_of, guarded, moment_of
from ketacare.clinic.people.models import Patient


@saving("risk")
def screening(request: HttpRequest, patient: Patient) -> None:
    actor, at = actor_of(request), moment_of(request)
    actions.record_screening(
        patient=patient,
        happened_at=forms.asked_at(request.POST, at, actor.zone),
        by=actor,
        at=at,
        **forms.screening_from(request.POST),
    )


@saving("risk")
def call(request: HttpRequest, patient: Patient) -> None:
    actions.record_call(
        patient=patient,
        result=request.POST.get("result", ""),
        words=request.POST.get("words", ""),
        by=actor_of(request),
        at=moment_of(request),
    )


@saving("risk")
def assessment(request: HttpRequest, patient: Patient) -> None:
    """A finding, or a full assessment, for which the action asks for a signature's right."""
    actor, at = actor_of(request), moment_of(request)
    actions.record_assessment(
        patient=patient,
        happened_at=forms.asked_at(request.POST, at, actor.zone),
        by=actor,
        at=at,
        **forms.assessment_from(request.POST),
    )


@guarded("evaluation", "C")
def amend_screening(request: HttpRequest, patient_id: UUID, screening_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "C")
    row = access.fact_of(RiskScreening, patient, screening_id)

    def save() -> None:
        actions.record_screening(
            patient=patient,
            happened_at=row.happened_at,
            amends=row,
            amend_reason=request.POST.get("amend_reason", ""),
            by=actor_of(request),
            at=moment_of(request),
            **forms.screening_from(request.POST),
        )

    more = {
        "kind": "screening",
        "row": row,
        "risk_questions": queries.risk_questions(),
        "screener_forms": queries.SCREENER_FORMS,
    }
    return amended(request, patient, save, more)


@guarded("evaluation", "C")
def amend_assessment(request: HttpRequest, patient_id: UUID, assessment_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "C")
    row = access.fact_of(RiskAssessment, patient, assessment_id)

    def save() -> None:
        actions.record_assessment(
            patient=patient,
            happened_at=row.happened_at,
            amends=row,
            amend_reason=request.POST.get("amend_reason", ""),
            by=actor_of(request),
            at=moment_of(request),
            **forms.assessment_from(request.POST),
        )

    return amended(request, patient, save, {"kind": "assessment", "row": row, "found_tiers": queries.FOUND_TIERS})
