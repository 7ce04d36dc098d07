"""The open evaluation, and what was decided."""

from __future__ import annotations

from uuid import UUID

from ketacare.clinic.candidacy.models import Evaluation, EvaluationState, Judgement
from ketacare.clinic.people.models import Patient


def open_evaluation(patient: Patient) -> Evaluation | None:
    return Evaluation.objects.filter(patient=patient, state=EvaluationState.OPEN).first()


def judgements(patient_ids: list[UUID]) -> list[Judgement]:
    """Decisions that stand, of several people, oldest first: the last of each is the newest."""
    return list(Judgement.objects.current().filter(patient__in=patient_ids).order_by("recorded_at"))


def judgement(patient: Patient) -> Judgement | None:
    """The newest decision that stands."""
    row: Judgement | None = (
        Judgement.objects.current()
        .filter(patient=patient)
        .select_related("recorded_by", "evaluation", "agreed_with")
        .order_by("recorded_at")
        .last()
    )
    return row
