"""What was prepared, and how much of it may be shown at the chair."""

from __future__ import annotations

from dataclasses import dataclass

from ketacare.clinic.people.models import Patient
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.supervision.models import CalmingPlan
from ketacare.clinic.therapy.models import Preparation, RelapsePlan
from ketacare.medicine.therapy import reader


def preparation(patient: Patient) -> Preparation | None:
    """As it stands: it holds for the next dose too, until it is gone through again."""
    return Preparation.objects.current().filter(patient=patient).select_related("recorded_by").first()


def relapse_plan(patient: Patient) -> RelapsePlan | None:
    return RelapsePlan.objects.current().filter(patient=patient).select_related("recorded_by").first()


@dataclass(frozen=True)
class Prepared:
    """For whoever is at the chair: what must be known, what the patient agreed to show, and what calms them."""

    row: Preparation
    shown: list[tuple[str, str]]
    kept: int
    plan: CalmingPlan | None


def prepared_for_chair(patient: Patient) -> Prepared | None:
    row = preparation(patient)
    if row is None:
        return None
    titles = reader.practice().shown
    filled = {name: getattr(row, name) for name in titles if getattr(row, name)}
    shown = [(titles[name], filled[name]) for name in titles if name in row.shown and name in filled]
    return Prepared(row, shown, len(filled) - len(shown), supervision.calming_plan(patient))
