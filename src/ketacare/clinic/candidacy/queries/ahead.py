"""What the page of an evaluation reads of a person in one statement, before any part of it asks."""

from __future__ import annotations

from ketacare.clinic.candidacy import models
from ketacare.clinic.people.models import Allergies, BodyMeasure, Demographics, Patient, PatientFact
from ketacare.clinic.people.standing import read_ahead

KINDS: tuple[type[PatientFact], ...] = (
    Allergies,
    BodyMeasure,
    Demographics,
    models.AlternativeConsidered,
    models.CapacityAssessment,
    models.ClearanceAnswer,
    models.ConsideredDiagnosis,
    models.ExceptionOpening,
    models.HistoryAnswer,
    models.InformationGiven,
    models.Judgement,
    models.MedicineList,
    models.NothingTried,
    models.PatientWords,
    models.ReferrerLetter,
    models.RiskAssessment,
    models.RiskCall,
    models.RiskScreening,
    models.SafetyPlan,
    models.TreatmentCourse,
    models.TrialEntry,
    models.TrialRuling,
    models.Vitals,
)


def everything_ahead(patient: Patient) -> None:
    """Within a look, all facts that a judgement and its page read; without one, nothing."""
    read_ahead(patient, KINDS)
