"""What the page of an evaluation reads of a person in one statement, before any part of it asks."""

from __future__ import annotations

from ketacare.clinic.candidacy.models import (
    AlternativeConsidered,
    CapacityAssessment,
    ClearanceAnswer,
    ConsideredDiagnosis,
    ExceptionOpening,
    HistoryAnswer,
    InformationGiven,
    Judgement,
    MedicineList,
    NothingTried,
    PatientWords,
    ReferrerLetter,
    RiskAssessment,
    RiskCall,
    RiskScreening,
    SafetyPlan,
    TreatmentCourse,
    TrialEntry,
    TrialRuling,
    Vitals,
)
from ketacare.clinic.people.models import Allergies, BodyMeasure, Demographics, Patient, PatientFact
from ketacare.clinic.people.standing import read_ahead

KINDS: tuple[type[PatientFact], ...] = (
    Allergies,
    AlternativeConsidered,
    BodyMeasure,
    CapacityAssessment,
    ClearanceAnswer,
    ConsideredDiagnosis,
    Demographics,
    ExceptionOpening,
    HistoryAnswer,
    InformationGiven,
    Judgement,
    MedicineList,
    NothingTried,
    PatientWords,
    ReferrerLetter,
    RiskAssessment,
    RiskCall,
    RiskScreening,
    SafetyPlan,
    TreatmentCourse,
    TrialEntry,
    TrialRuling,
    Vitals,
)


def everything_ahead(patient: Patient) -> None:
    """Within a look, all facts that a judgement and its page read; without one, nothing."""
    read_ahead(patient, KINDS)
