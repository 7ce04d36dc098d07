"""Clearances, and what was accepted by name, whose end is to be told (H14)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef

from ketacare.clinic.candidacy.models import Choice, ClearanceAnswer, Judgement
from ketacare.clinic.candidacy.models.clearance import GIVEN
from ketacare.clinic.candidacy.queries.decision import judgements
from ketacare.clinic.candidacy.queries.vocabulary import following, sheet
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import one_look

A_YEAR = timedelta(days=366)  # nothing is told earlier, whatever a clinic's own sheet says
ENDS_SOON, ENDED = "clearance.ends_soon", "clearance.ended"


def place_of_clearance(row: ClearanceAnswer) -> str:
    """Where it stands on the page of clearances; a duty about its end is known by it."""
    return f"/patients/{row.patient_id}/clearances/#given-{row.pk}"


def ending(at: datetime) -> list[ClearanceAnswer]:
    """Clearances of the entered tenant whose end is near or past and not told yet. What a newer word about the
    same replaced is not told, nor what was given for somebody who was declined since."""
    newer = ClearanceAnswer.objects.current().filter(
        patient=OuterRef("patient"), criterion=OuterRef("criterion"), recorded_at__gt=OuterRef("recorded_at")
    )
    rows = (
        ClearanceAnswer.objects.current()
        .filter(~Exists(newer), withdrawn=False, verdict__in=GIVEN, until__lte=at.date() + A_YEAR)
        .select_related("patient", "clinic")
    )
    told = told_of(rows, at)
    near = [row for row in rows if row not in told]
    declined = {row.patient_id: row.choice == Choice.NO for row in judgements([row.patient_id for row in near])}
    with one_look():  # whose times count is asked once of each person, and of each clinic
        return [row for row in near if not declined.get(row.patient_id) and is_near(row, at)]


def told_of(rows: Iterable[ClearanceAnswer], at: datetime) -> set[ClearanceAnswer]:
    """Of which the end, or that it has ended, was told before."""
    kinds = {row: ENDS_SOON if row.holds_on(local_day(at, row.clinic.zone)) else ENDED for row in rows}
    links = [place_of_clearance(row) for row in rows]
    duties = Duty.objects.filter(kind__in=(ENDS_SOON, ENDED), link__in=links)
    told = set(duties.values_list("kind", "link"))
    return {row for row, kind in kinds.items() if (kind, place_of_clearance(row)) in told}


def is_near(row: ClearanceAnswer, at: datetime) -> bool:
    """By the clinic's own day, and the days that its sheet names."""
    assert row.until is not None  # a clearance that is given has its last day
    return (row.until - local_day(at, row.clinic.zone)).days <= following(row.patient).told_before_end.integer


# -- what was accepted by name --------------------------------------------------------------------------------------

ACCEPTANCE_ENDS = "acceptance_ends"


@dataclass(frozen=True)
class AcceptanceEnd:
    """The first that ends of what a decision accepted by name."""

    judgement: Judgement
    until: date
    criterion: str


def acceptances_untold(at: datetime) -> list[AcceptanceEnd]:
    """Decisions of the entered tenant from before the last day was written down with them, of people in a course, of
    which nobody was told that they end."""
    accepted = Judgement.objects.current().filter(choice=Choice.ACCEPT).exclude(overrides=[])
    people = list(accepted.values_list("patient_id", flat=True))
    newest = {row.patient_id: row for row in judgements(people)}
    told = set(Duty.objects.filter(kind=ACCEPTANCE_ENDS, patient__in=people).values_list("patient_id", flat=True))
    found = []
    with one_look():
        for patient_id, row in newest.items():
            is_open = row.choice == Choice.ACCEPT and row.in_force and not any(one.get("until") for one in row.against)
            if is_open and patient_id not in told and enrolment.current_enrolment(row.patient) is not None:
                found += first_end(row)
    return found


def first_end(row: Judgement) -> list[AcceptanceEnd]:
    """By the sheets that count for this person; what counts for ever ends nothing."""
    on = local_day(row.happened_at, row.clinic.zone)
    by_name = {(one["criterion"], one["override"]) for one in row.against}
    ends = [
        AcceptanceEnd(row, on + timedelta(days=part.valid_days), part.id)
        for part in sheet(row.patient).contraindications.criteria
        if part.valid_days and (part.id, part.override) in by_name
    ]
    return sorted(ends, key=lambda end: end.until)[:1]
