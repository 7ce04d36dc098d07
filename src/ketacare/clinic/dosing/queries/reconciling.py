"""Medicines on the day of a dose: was the list gone through, and what follows now.

A check that cannot run is a third answer beside "nothing found" and "something found": it is shown as failed and it
blocks (H15). Hours pass while one waits, so what follows is worked out anew each time it is asked.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import MedicineEntry, MedicineList
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.candidacy.rules import clearances, told_otherwise
from ketacare.medicine.candidacy.rules import medicines as judging
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.rules.lasting import lasting
from ketacare.medicine.candidacy.terms import Case, Knowledge, Signatures, Stage
from ketacare.medicine.evidence.terms import Effect, Fact, Reason, Result

ITEM, CHECK = "medicines", "RD-13"
FAILED = "What these medicines do beside ketamine could not be worked out. This is not the same as nothing found."
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Checked:
    """What the list comes to now; `failed` in words where that could not be found out."""

    row: MedicineList | None
    listed: candidacy.ShownList | None = None
    reasons: tuple[Reason, ...] = ()
    failed: str = ""

    @property
    def holding(self) -> tuple[Reason, ...]:
        return tuple(one for one in self.reasons if one.holds_back and one.effect is not Effect.CAUTION)

    @property
    def unchecked(self) -> dict[UUID, MedicineEntry]:
        """What a prescriber goes on with though nobody could match it: it holds nothing and is unchecked (RUL-13)."""
        listed = self.listed.medicines if self.listed else ()
        return {one.entry.key: one.entry for one in listed if one.judged.drug is None and one.entry.accepted}

    @property
    def beyond_prescriber(self) -> tuple[Reason, ...]:
        """Of these, what the prescriber's word alone does not lift: a stop, or what two must sign (RUL-12)."""
        return tuple(one for one in self.holding if one.override != Signatures.PRESCRIBER)

    @property
    def unknown_of_two(self) -> tuple[str, ...]:
        """What nobody lifts because it is not known: found out, it may be nothing."""
        open_ones = [one for one in self.beyond_prescriber if one.result is Result.UNKNOWN]
        return tuple(dict.fromkeys(name for one in open_ones for name in one.missing))


@looked_up
def checked(session: Session, at: datetime, zone: str) -> Checked:
    """The medicine rows for this dose. Whatever goes wrong is told as a failed check, never as an empty one."""
    row = None
    try:
        row, knowledge = candidacy.medicines(session.visit.patient), candidacy.sheet(session.visit.patient)
        case = replace(candidacy.case_now(session.visit.patient, at=at, zone=zone), stage=Stage.DOSE)
        case = replace(case, clearances=(*case.clearances, *candidacy.signed_together(session.visit.patient)))
        reasons = weighed(case, knowledge)
        odd = told_otherwise.disagreements(case, reasons, lambda other: weighed(other, knowledge))
        return Checked(row, candidacy.shown_medicines(row, case, knowledge), (*reasons, *odd))
    except Exception:
        log.exception("the medicine check failed")
        return Checked(row, failed=FAILED)


def weighed(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """What the medicine rows say of this list, with what is lifted."""
    case = with_derived(case, knowledge)
    by_path = frozenset(path.stop for path in knowledge.exceptions.paths)
    return clearances.applied(judging.reasons(case, knowledge), lasting(case, knowledge), by_path)


def dose_case(patient: Patient, *, at: datetime, zone: str) -> Case:
    """The person's case asked as "may this dose be given today?", with what follows from today's readings."""
    case = candidacy.case_now(patient, at=at, zone=zone)
    return with_derived(replace(case, stage=Stage.DOSE), candidacy.sheet(patient))


def signed_today(session: Session) -> TimelineEntry | None:
    """The reconciliation of this visit, if the list it was about still stands."""
    entry = timeline.latest_by_name(session.visit, Kind.FACT).get(ITEM)
    if entry is None or "list" not in entry.body:
        return entry
    row = candidacy.medicines(session.visit.patient)
    return entry if row is not None and str(row.pk) == entry.body["list"] else None


def holding_words(session: Session, at: datetime) -> str:
    """What holds back as each row says it, what more than the prescriber must sign first: whoever signs reads these,
    and no list of what might be so. Nothing where nothing does."""
    found = checked(session, at, session.visit.clinic.zone)
    graver = found.beyond_prescriber
    named = "; ".join(one.words for one in (*graver, *(one for one in found.holding if one not in graver)))
    whose = "this needs more than the prescriber's word and is not cleared" if graver else "prescriber decides"
    return f"{named}: {whose}" if named else ""


def facts_now(session: Session, at: datetime, zone: str) -> list[Fact]:
    """What the readiness list reads: nothing where nobody signed, the list changed since, or the check failed."""
    entry = signed_today(session)
    if entry is None or "list" not in entry.body:
        return []
    found = checked(session, at, zone)
    if found.failed:
        return []
    who = entry.recorded_by.name if entry.recorded_by else ""
    return [
        Fact("medicines_reconciled", True, None, entry.happened_at, who),
        Fact("interacting_medicine_taken", bool(found.holding), None, at, who),
        Fact("medicine_not_lifted", bool(found.beyond_prescriber), None, at, who),
    ]
