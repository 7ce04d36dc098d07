"""Clearances, and what was accepted by name, whose end is to be told (H14)."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Exists, OuterRef

from ketacare.clinic.candidacy.models import Choice, ClearanceAnswer, Judgement
from ketacare.clinic.candidacy.models.clearance import GIVEN
from ketacare.clinic.candidacy.queries.answer import answer_so_far
from ketacare.clinic.candidacy.queries.clearing import counted_now
from ketacare.clinic.candidacy.queries.decision import judgements
from ketacare.clinic.candidacy.queries.vocabulary import following, sheet
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import one_look
from ketacare.clinic.tenancy.models import Clinic

A_YEAR = timedelta(days=366)  # nothing is told earlier, whatever a clinic's own sheet says
ENDS_SOON, ENDED = "clearance.ends_soon", "clearance.ended"


def place_of_clearance(row: ClearanceAnswer) -> str:
    """Where it stands on the page of clearances; a duty about its end is known by it."""
    return f"/patients/{row.patient_id}/clearances/#given-{row.pk}"


@dataclass(frozen=True)
class ClearanceEnd:
    """A clearance with its last day: as it was written or, where its row lets it count no longer, that one."""

    row: ClearanceAnswer
    until: date
    fault: Exception | None = None  # why it could not be judged

    @property
    def place(self) -> str:
        return place_of_clearance(self.row)

    def fail(self) -> None:
        """Told as what a round could not do."""
        if self.fault is not None:
            raise self.fault

    def kind(self, at: datetime) -> str:
        return ENDS_SOON if local_day(at, self.row.clinic.zone) <= self.until else ENDED


def ending(at: datetime, to_judge: Container[UUID]) -> tuple[list[ClearanceEnd], list[ClearanceEnd]]:
    """Clearances of the entered tenant whose end is near or past and not told yet, those of the clinics `to_judge` as
    their rows count them; and those that could not be judged, which count as they were written. What a newer word about
    the same replaced is not told, nor what was given for somebody who was declined since."""
    newer = ClearanceAnswer.objects.current().filter(
        patient=OuterRef("patient"), criterion=OuterRef("criterion"), recorded_at__gt=OuterRef("recorded_at")
    )
    rows = (
        ClearanceAnswer.objects.current()
        .filter(~Exists(newer), withdrawn=False, verdict__in=GIVEN, until__lte=at.date() + A_YEAR)
        .select_related("patient", "clinic")
    )
    told = told_of(rows)
    ends = [ClearanceEnd(row, row.until) for row in rows if row.until is not None and (ENDED, row.pk) not in told]
    declined = {row.patient_id: row.choice == Choice.NO for row in judgements([end.row.patient_id for end in ends])}
    asked = [end for end in ends if not declined.get(end.row.patient_id)]
    with one_look():  # whose times count is asked once of each person, and of each clinic
        counted = as_judged([end for end in asked if end.row.clinic_id in to_judge], at)
        found = [counted.get(end.row.pk, end) for end in asked]
        due = [end for end in found if (end.kind(at), end.row.pk) not in told and is_near(end, at)]
        return due, [end for end in found if end.fault is not None]


def told_of(rows: Iterable[ClearanceAnswer]) -> set[tuple[str, UUID]]:
    """Of which it was told before that it ends, or that it has ended."""
    places = {place_of_clearance(row): row.pk for row in rows}
    duties = Duty.objects.filter(kind__in=(ENDS_SOON, ENDED), link__in=list(places))
    return {(kind, places[link]) for kind, link in duties.values_list("kind", "link")}


def is_near(end: ClearanceEnd, at: datetime) -> bool:
    """By the clinic's own day, and the days that its sheet names."""
    row = end.row
    return (end.until - local_day(at, row.clinic.zone)).days <= following(row.patient).told_before_end.integer


JUDGED_FROM = 7  # o'clock in the clinic: every person with a clearance is judged, which no hourly round should do


def clinics_to_judge(at: datetime, judged: Mapping[UUID, date]) -> dict[UUID, date]:
    """Clinics of the entered tenant whose clearances are to be judged now, and their day: once a day, from the hour on,
    whenever somebody first looks."""
    now = {clinic.pk: at.astimezone(ZoneInfo(clinic.zone)) for clinic in Clinic.objects.all()}
    return {
        clinic: local.date()
        for clinic, local in now.items()
        if local.hour >= JUDGED_FROM and judged.get(clinic) != local.date()
    }


def as_judged(ends: Iterable[ClearanceEnd], at: datetime) -> dict[UUID, ClearanceEnd]:
    """By the row that each is about; what something found since has ended is told on the page, and at the chair. Each
    person by themselves: a fault in one keeps nobody else's from being told."""
    found: dict[UUID, ClearanceEnd] = {}
    for patient in {end.row.patient: None for end in ends}:
        theirs = [end for end in ends if end.row.patient_id == patient.pk]
        try:
            with transaction.atomic():
                found |= _of_one(patient, theirs, at)
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:  # noqa: BLE001 - told by the round, once the others are done
            found |= {end.row.pk: replace(end, fault=fault) for end in theirs}
    return found


def _of_one(patient: Patient, ends: Sequence[ClearanceEnd], at: datetime) -> dict[UUID, ClearanceEnd]:
    found: dict[UUID, ClearanceEnd] = {}
    counted = counted_now(answer_so_far(patient, at=at, zone=ends[0].row.clinic.zone), patient)
    for end in ends:
        clearance = counted[end.row.pk][0] if end.row.pk in counted else None
        if clearance is not None and not clearance.ended_by and clearance.until is not None:
            found[end.row.pk] = ClearanceEnd(end.row, min(end.until, clearance.until))
    return found


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
