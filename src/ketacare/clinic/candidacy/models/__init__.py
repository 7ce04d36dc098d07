"""The records of an evaluation, a file per noun."""

from ketacare.clinic.candidacy.models.decision import Choice, Evaluation, EvaluationState, Judgement
from ketacare.clinic.candidacy.models.facts import MISSING, Answer, HistoryAnswer, Source, Vitals
from ketacare.clinic.candidacy.models.medicines import ListState, MedicineList
from ketacare.clinic.candidacy.models.trials import Adherence, Effect, TrialEntry, TrialSource

__all__ = [
    "MISSING",
    "Adherence",
    "Answer",
    "Choice",
    "Effect",
    "Evaluation",
    "EvaluationState",
    "HistoryAnswer",
    "Judgement",
    "ListState",
    "MedicineList",
    "Source",
    "TrialEntry",
    "TrialSource",
    "Vitals",
]
