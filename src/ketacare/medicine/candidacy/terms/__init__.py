"""The words of candidacy."""

from ketacare.medicine.candidacy.terms.case import Case, Clearance, Pressure, Route, Signatures, Stage, TakenMedicine
from ketacare.medicine.candidacy.terms.knowledge import CriteriaSheet, FactKind, Knowledge
from ketacare.medicine.candidacy.terms.trials import (
    DoseStep,
    Medicine,
    Standing,
    Trial,
    TrialCount,
    TrialJudgement,
    TrialLines,
)

__all__ = [
    "Case",
    "Clearance",
    "CriteriaSheet",
    "DoseStep",
    "FactKind",
    "Knowledge",
    "Medicine",
    "Pressure",
    "Route",
    "Signatures",
    "Stage",
    "Standing",
    "TakenMedicine",
    "Trial",
    "TrialCount",
    "TrialJudgement",
    "TrialLines",
]
