"""The words of safety. Two scales that must not be mixed: `Tier` says how soon a self-report needs a person (T1 is the
most urgent); `RiskTier` is what a clinician found by asking (T4 is the gravest)."""

from ketacare.medicine.safety.terms.crisis import CrisisLine
from ketacare.medicine.safety.terms.effects import Charted, EffectSheet, EffectTerm, Graded, SideEffect, TimeCourse
from ketacare.medicine.safety.terms.emergencies import EmergencySheet, FirstActs
from ketacare.medicine.safety.terms.needed import GivenBefore, NeededDose, NeededMedicine, NeededSheet
from ketacare.medicine.safety.terms.risk import (
    Dosing,
    PlanField,
    Question,
    RiskFinding,
    RiskSheet,
    RiskTier,
    SafetyPlanSheet,
    Screened,
)
from ketacare.medicine.safety.terms.triage import (
    AnswerTiers,
    DangerWords,
    Flag,
    Interview,
    Tier,
    TriageContext,
    TriageRow,
    TriageSheet,
    Unless,
)

__all__ = [
    "AnswerTiers",
    "Charted",
    "CrisisLine",
    "DangerWords",
    "Dosing",
    "EffectSheet",
    "EffectTerm",
    "EmergencySheet",
    "FirstActs",
    "Flag",
    "GivenBefore",
    "Graded",
    "Interview",
    "NeededDose",
    "NeededMedicine",
    "NeededSheet",
    "PlanField",
    "Question",
    "RiskFinding",
    "RiskSheet",
    "RiskTier",
    "SafetyPlanSheet",
    "Screened",
    "SideEffect",
    "Tier",
    "TimeCourse",
    "TriageContext",
    "TriageRow",
    "TriageSheet",
    "Unless",
]
