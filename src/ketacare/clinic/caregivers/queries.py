"""Who may see something, what exactly, and when they looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import PlanState, SafetyPlan
from ketacare.clinic.caregivers.models import Caregiver, Part
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit, VisitState
from ketacare.clinic.therapy import queries as therapy
from ketacare.medicine.careplan import reader
from ketacare.medicine.careplan.terms import Topic
from ketacare.medicine.safety import reader as safety

OPENED = "caregiver.open"
# What of the plan for staying well helps whoever helps. Triggers, medicines and the rest stay the patient's.
WELL = ("early_signs", "helps", "call")
MOST_DATES = 6


def caregivers(patient: Patient) -> list[Caregiver]:
    """Those who were named, the newest first; ended ones stay readable."""
    return list(Caregiver.objects.filter(patient=patient).order_by("-created_at"))


def openings(rows: Sequence[Caregiver]) -> dict[UUID, datetime]:
    """When each looked last."""
    lines = Line.objects.filter(verb=OPENED, object_id__in=[str(row.pk) for row in rows]).order_by("at")
    return {UUID(line.object_id): line.at for line in lines}


def names(patient: Patient) -> dict[UUID, str]:
    return {row.pk: row.name for row in caregivers(patient)}


@dataclass(frozen=True)
class View:
    """The caregiver's page: nothing of the record is in it that is not listed in `parts`."""

    parts: tuple[Part, ...]
    who: str
    visits: tuple[Visit, ...]
    is_paused: bool
    topics: tuple[Topic, ...]
    safety_plan: tuple[tuple[str, tuple[str, ...]], ...]
    well: tuple[tuple[str, tuple[str, ...]], ...]
    score: tuple[Decimal, datetime] | None


def view_of(row: Caregiver, at: datetime) -> View:
    """What is not agreed to is not even read."""
    person = people.demographics(row.patient)
    return View(
        parts=row.parts,
        who=person.preferred or person.given,
        visits=tuple(coming(row.patient, at)),
        is_paused=pausing.paused_since(row.patient) is not None,
        topics=tuple(topic for topic in reader.education().topics if topic.caregiver),
        safety_plan=plan_lines(row.patient) if Part.SAFETY_PLAN in row.parts else (),
        well=well_lines(row.patient) if Part.WELL in row.parts else (),
        score=last_score(row.patient) if Part.SCORES in row.parts else None,
    )


def coming(patient: Patient, at: datetime) -> list[Visit]:
    rows = Visit.objects.filter(patient=patient, ends_at__gt=at).exclude(state=VisitState.CANCELLED)
    return list(rows.order_by("starts_at")[:MOST_DATES])


def plan_lines(patient: Patient) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The newest safety plan that was made, field by field: a later offer that was refused takes none away."""
    made = (plan for plan in candidacy.safety_plans(patient) if plan.state == PlanState.MADE)
    plan: SafetyPlan | None = next(made, None)
    if plan is None:
        return ()
    fields = safety.safety_plan_sheet().fields
    return tuple((field.id, lines_of(plan.entries[field.id])) for field in fields if plan.entries.get(field.id))


def well_lines(patient: Patient) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The plan for staying well as it stands now, in the patient's words."""
    plan = therapy.relapse_plan(patient)
    return tuple((name, lines_of(plan.values[name])) for name in WELL if plan.values.get(name)) if plan else ()


def lines_of(words: str) -> tuple[str, ...]:
    return tuple(line for line in words.splitlines() if line.strip())


def last_score(patient: Patient) -> tuple[Decimal, datetime] | None:
    rows = Score.objects.current().filter(patient=patient, instrument="phq-9", total__isnull=False)
    row = rows.order_by("-happened_at").first()
    return None if row is None or row.total is None else (row.total, row.happened_at)
