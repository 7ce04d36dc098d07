"""Medicines on the day of a dose: was the list gone through, what follows now, and what changed since last time.

A check that cannot run is a third answer beside "nothing found" and "something found": it is shown as failed and it
blocks (H15). Hours pass while one waits, so what follows is worked out anew each time it is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.models import CapacityAssessment, HistoryAnswer, ListState, MedicineList
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people.models import Allergies, BodyMeasure, Patient
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.candidacy.rules import clearances
from ketacare.medicine.candidacy.rules import medicines as judging
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.rules.lasting import lasting
from ketacare.medicine.candidacy.terms import Case, Signatures, Stage
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
        case = dose_case(session.visit.patient, at=at, zone=zone)
        said = judging.reasons(case, knowledge)
        case = replace(case, clearances=(*case.clearances, *candidacy.signed_together(session.visit.patient)))
        by_path = frozenset(path.stop for path in knowledge.exceptions.paths)
        reasons = clearances.applied(said, lasting(case, knowledge), by_path)
        return Checked(row, candidacy.shown_medicines(row, case, knowledge), tuple(reasons))
    except Exception:
        log.exception("the medicine check failed")
        return Checked(row, failed=FAILED)


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


# -- what changed since the last visit --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """One area, as it was at the last visit and as it is now."""

    title: str
    before: str
    now: str

    @property
    def changed(self) -> bool:
        return self.before != self.now


ANSWERS = {
    "Pregnancy": ("childbearing_potential", "pregnancy_test", "period_late_over_7_days", "contraception"),
    "Mind": ("active_psychosis", "mania_now", "delirium"),
    "Bladder": ("bladder_symptoms", "haematuria"),
    "Substances": ("cannabis_daily", "alcohol_units_per_week", "illicit_use_on", "ketamine_misuse_on"),
}
NOT_ASKED = "not asked"


def last_visit_at(visit: Visit) -> datetime | None:
    """When the last dose before this one began; before the first dose, when the person was accepted."""
    earlier = visit.patient.visits.filter(dosing__started_at__isnull=False, starts_at__lt=visit.starts_at)
    last = earlier.order_by("-starts_at").select_related("dosing").first()
    if last is not None:
        return last.dosing.started_at
    accepted = candidacy.judgement(visit.patient)
    return accepted.happened_at if accepted else None


def changes(visit: Visit, since: datetime | None, at: datetime) -> list[Change]:
    """Each area then and now, from facts that are only ever added."""
    patient, then = visit.patient, since or visit.created_at
    events = [name for name, kind in candidacy.kinds().items() if kind.kind == "date or no"]
    return [
        Change("Medicines", medicines_words(patient, then), medicines_words(patient, at)),
        Change("Allergies", allergies_words(patient, then), allergies_words(patient, at)),
        area_change(patient, "Events", events, then, at),
        *(area_change(patient, title, names, then, at) for title, names in ANSWERS.items()),
        Change("Capacity", capacity_words(patient, then), capacity_words(patient, at)),
        Change("Weight", weight_words(patient, then), weight_words(patient, at)),
        Change("PHQ-9", score_words(patient, then), score_words(patient, at)),
    ]


def area_change(patient: Patient, title: str, names: Iterable[str], then: datetime, at: datetime) -> Change:
    asked = list(names)
    return Change(title, answers_words(patient, asked, then), answers_words(patient, asked, at))


def medicines_words(patient: Patient, at: datetime) -> str:
    row = candidacy.medicines_at(patient, at)
    if row is None or row.state == ListState.NOT_ASKED:
        return NOT_ASKED
    told = [f"{one.name} {one.how}".strip() for one in row.medicines]
    return "; ".join(sorted(told, key=str.casefold)) or "none"


def as_of(kind: Any, patient: Patient, at: datetime, **only: Any) -> Any:
    return kind.objects.filter(patient=patient, recorded_at__lte=at, **only).order_by("recorded_at").last()


def allergies_words(patient: Patient, at: datetime) -> str:
    row = as_of(Allergies, patient, at)
    if row is None:
        return NOT_ASKED
    return "; ".join(entry["substance"] for entry in row.entries) or row.get_state_display().lower()


def answers_words(patient: Patient, names: Iterable[str], at: datetime) -> str:
    """The newest answer to each question by then; a plain no says nothing."""
    rows = HistoryAnswer.objects.filter(patient=patient, name__in=list(names), recorded_at__lte=at)
    newest = {row.name: row for row in rows.order_by("recorded_at")}
    kinds = candidacy.kinds()
    said = [
        f"{kinds[name].title}: {candidacy.in_words(kinds[name], row.answer)}"
        for name, row in sorted(newest.items())
        if row.answer not in ("no", "none", "negative")
    ]
    return "; ".join(said) or ("nothing" if newest else NOT_ASKED)


def capacity_words(patient: Patient, at: datetime) -> str:
    """The newest assessment of the four abilities by then, with what was written of a doubt."""
    row = as_of(CapacityAssessment, patient, at)
    if row is None:
        return NOT_ASKED
    held = {True: "has it", False: "does not have it", None: "not settled"}[row.holds]
    return f"{held}: {row.words}" if row.words else held


def weight_words(patient: Patient, at: datetime) -> str:
    row = as_of(BodyMeasure, patient, at)
    return NOT_ASKED if row is None else f"{row.weight_kg.normalize():f} kg"


def score_words(patient: Patient, at: datetime) -> str:
    row = as_of(Score, patient, at, instrument="phq-9")
    return NOT_ASKED if row is None or row.total is None else f"{row.total.normalize():f}"
