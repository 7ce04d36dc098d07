"""What the page of an evaluation reads of a person in one statement, before any part of it asks."""

from __future__ import annotations

from django.db.models import Model

from ketacare.clinic.candidacy import models
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.enrolment.models import Enrolment, EnrolmentState, ReferralStep
from ketacare.clinic.people.models import Allergies, BodyMeasure, Consent, Demographics, Patient, PatientFact
from ketacare.clinic.people.standing import read_ahead
from ketacare.clinic.safety.models import Concern, ConcernState
from ketacare.clinic.scheduling.models import Visit, VisitKind

FACTS: tuple[type[PatientFact], ...] = (
    Allergies,
    BodyMeasure,
    Consent,
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


# Of what is no fact, the rows that the page and its judgement ask for, and no others.
OTHERS: dict[type[Model], str] = {
    Concern: f"t.state <> '{ConcernState.CLOSED}'",
    Duty: f"t.state = '{DutyState.OPEN}'",
    Enrolment: f"t.state <> '{EnrolmentState.ENDED}'",
    models.Evaluation: f"t.state = '{models.EvaluationState.OPEN}'",
    models.Intake: "",
    ReferralStep: "",
    Visit: f"t.kind = '{VisitKind.DOSE}'",
}
KINDS: dict[type[Model], str] = dict.fromkeys(FACTS, "") | OTHERS


def everything_ahead(patient: Patient) -> None:
    """Within a look, all that a judgement and its page read; without one, nothing."""
    read_ahead(patient, KINDS)
