"""The words of candidacy."""

from ketacare.medicine.candidacy.terms.case import Case, Clearance, Pressure, Route, Signatures, Stage, TakenMedicine
from ketacare.medicine.candidacy.terms.change import Change, Lift
from ketacare.medicine.candidacy.terms.courses import Course, CourseJudgement, CourseKind, CourseLine, Side
from ketacare.medicine.candidacy.terms.definitions import Definition, DefinitionCount, Window
from ketacare.medicine.candidacy.terms.knowledge import CriteriaSheet, FactKind, Knowledge
from ketacare.medicine.candidacy.terms.medicines import (
    Action,
    Drug,
    Formulary,
    InteractionSheet,
    MedicineJudgement,
)
from ketacare.medicine.candidacy.terms.risk import (
    ExceptionPath,
    ExceptionSheet,
    PathCondition,
    RiskRows,
    RiskStanding,
)
from ketacare.medicine.candidacy.terms.staging import Band, Part, ScaleLines, Score, Staging, StagingSheet
from ketacare.medicine.candidacy.terms.trials import (
    Code,
    Disorder,
    DoseStep,
    FormDoses,
    Improvement,
    Medicine,
    Ruling,
    Standing,
    Trial,
    TrialCount,
    TrialJudgement,
    TrialLines,
    form_of,
)

__all__ = [
    "Action",
    "Band",
    "Case",
    "Change",
    "Clearance",
    "Code",
    "Course",
    "CourseJudgement",
    "CourseKind",
    "CourseLine",
    "CriteriaSheet",
    "Definition",
    "DefinitionCount",
    "Disorder",
    "DoseStep",
    "Drug",
    "ExceptionPath",
    "ExceptionSheet",
    "FactKind",
    "FormDoses",
    "Formulary",
    "Improvement",
    "InteractionSheet",
    "Knowledge",
    "Lift",
    "Medicine",
    "MedicineJudgement",
    "Part",
    "PathCondition",
    "Pressure",
    "RiskRows",
    "RiskStanding",
    "Route",
    "Ruling",
    "ScaleLines",
    "Score",
    "Side",
    "Signatures",
    "Stage",
    "Staging",
    "StagingSheet",
    "Standing",
    "TakenMedicine",
    "Trial",
    "TrialCount",
    "TrialJudgement",
    "TrialLines",
    "Window",
    "form_of",
]
