"""The records of an evaluation, a file per noun."""

from ketacare.clinic.candidacy.models.decision import Choice, Evaluation, EvaluationState, Judgement
from ketacare.clinic.candidacy.models.facts import MISSING, Answer, HistoryAnswer, Source, Vitals
from ketacare.clinic.candidacy.models.intake import Intake, IntakeState, IntakeWay, Said
from ketacare.clinic.candidacy.models.judging import (
    Ability,
    Alternative,
    AlternativeConsidered,
    CapacityAssessment,
    ConsideredDiagnosis,
    InformationGiven,
    Stand,
    Weight,
)
from ketacare.clinic.candidacy.models.medicines import ListState, MedicineList
from ketacare.clinic.candidacy.models.trials import Adherence, Effect, TrialEntry, TrialSource

__all__ = [
    "MISSING",
    "Ability",
    "Adherence",
    "Alternative",
    "AlternativeConsidered",
    "Answer",
    "CapacityAssessment",
    "Choice",
    "ConsideredDiagnosis",
    "Effect",
    "Evaluation",
    "EvaluationState",
    "HistoryAnswer",
    "InformationGiven",
    "Intake",
    "IntakeState",
    "IntakeWay",
    "Judgement",
    "ListState",
    "MedicineList",
    "Said",
    "Source",
    "Stand",
    "TrialEntry",
    "TrialSource",
    "Vitals",
    "Weight",
]
