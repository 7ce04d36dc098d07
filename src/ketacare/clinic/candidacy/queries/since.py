"""What was written down after a decision, by the names under which the sheets read it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db.models import Q

from ketacare.clinic.candidacy.models import (
    CapacityAssessment,
    HistoryAnswer,
    Judgement,
    MedicineList,
    NothingTried,
    RiskScreening,
    TreatmentCourse,
    TrialEntry,
    TrialRuling,
    Vitals,
)
from ketacare.clinic.candidacy.queries.facts import read_from_scale
from ketacare.clinic.candidacy.queries.risk import RISK_UNSAID
from ketacare.clinic.candidacy.queries.vocabulary import ALLERGIC
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people.models import Allergies, BodyMeasure, PatientFact

TRIALS = "trials"
# What is kept as a list or a measure, and what a criterion reads from it.
READ_FROM: tuple[tuple[type[PatientFact], frozenset[str]], ...] = (
    (Allergies, frozenset({ALLERGIC})),
    (BodyMeasure, frozenset({"weight_kg", "bmi"})),
    (Vitals, frozenset({"pulse_per_min", "spo2_percent"})),
    (CapacityAssessment, frozenset({"capacity"})),
    *((kind, frozenset({TRIALS})) for kind in (TrialEntry, TrialRuling, TreatmentCourse, NothingTried)),
)
OF_A_SCREENER = ("cssrs", "risk_tier")


@dataclass(frozen=True)
class Since:
    """Told after the decision: `answered`, by a question or the list of medicines; `kept`, by another list, a measure
    or a scale; and whether somebody asked about suicide again, or it was left unsaid."""

    answered: frozenset[str]
    kept: frozenset[str]
    screened: bool

    def is_answered(self, reads: Collection[str]) -> bool:
        return bool(self.answered & set(reads)) or (self.screened and any(r.startswith(OF_A_SCREENER) for r in reads))

    def is_kept(self, reads: Collection[str]) -> bool:
        """A fact of one trial is called by its medicine: "sertraline: dose"."""
        return bool(self.kept & {TRIALS if ": " in name or name == "courses" else name for name in reads})


NOTHING = Since(frozenset(), frozenset(), False)


def told_since(row: Judgement) -> Since:
    later = Q(recorded_at__gt=row.recorded_at) | Q(happened_at__gt=row.happened_at)
    of_them = later & Q(patient=row.patient)
    names = set(HistoryAnswer.objects.filter(of_them).values_list("name", flat=True))
    if MedicineList.objects.filter(of_them).exists():
        names |= {"medicine", "medicines"}
    screened = RiskScreening.objects.filter(of_them).exists()
    screened = screened or owed.open_for(row.patient, RISK_UNSAID).filter(created_at__gt=row.recorded_at).exists()
    return Since(frozenset(names), frozenset(kept_since(of_them)), screened)


def kept_since(of_them: Q) -> Iterator[str]:
    for kind, names in READ_FROM:
        if kind._default_manager.filter(of_them).exists():
            yield from names
    for instrument in Score.objects.filter(of_them).values_list("instrument", flat=True).distinct():
        yield from read_from_scale(instrument)
