"""Answers, trials and decisions, written through the same actions that people use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy import actions
from ketacare.clinic.candidacy.models import (
    Alternative,
    AlternativeConsidered,
    CapacityAssessment,
    Choice,
    ClearanceAnswer,
    ClearanceRequest,
    HistoryAnswer,
    InformationGiven,
    Judgement,
    ListState,
    MedicineList,
    RiskAssessment,
    RiskScreening,
    SafetyPlan,
    Source,
    Stand,
    TreatmentCourse,
    TrialEntry,
    Verdict,
    Vitals,
)
from ketacare.clinic.candidacy.tests.ordinary import ordinary
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import AllergyState, Patient
from ketacare.clinic.people.tests.factories import AT
from ketacare.medicine.candidacy.reader.consent import consent
from ketacare.medicine.candidacy.terms import Signatures

ANEURYSM = "aneurysmal_vascular_disease"


def an_answer(patient: Patient, by: Actor, name: str = ANEURYSM, answer: str = "no", **details: Any) -> HistoryAnswer:
    given = {"source": Source.PATIENT, "at": AT}
    return actions.record_history(patient=patient, name=name, answer=answer, by=by, **(given | details))


def no_allergies(patient: Patient, by: Actor, at: datetime = AT) -> None:
    people.record_allergies(patient=patient, state=AllergyState.NONE_KNOWN, entries=[], by=by, at=at)


def no_medicines(patient: Patient, by: Actor, at: datetime = AT) -> None:
    actions.record_medicines(patient=patient, state=ListState.NONE, entries=[], by=by, at=at)


def some_medicines(patient: Patient, by: Actor, *told: str | dict[str, Any], at: datetime = AT) -> MedicineList:
    """A list by names, or by all that is told of each."""
    entries = [{"name": one} if isinstance(one, str) else one for one in told]
    return actions.record_medicines(patient=patient, state=ListState.LISTED, entries=entries, by=by, at=at)


def a_trial(patient: Patient, by: Actor, medicine: str = "sertraline", **details: Any) -> TrialEntry:
    told = {
        "dose_mg": Decimal(100),
        "days": 56,
        "adherence": "good",
        "effect": "none",
        "in_current_episode": True,
        "at": AT,
    }
    return actions.record_trial(patient=patient, by=by, medicine=medicine, **(told | details))


def a_course(patient: Patient, by: Actor, kind: str = "ECT", **details: Any) -> TreatmentCourse:
    told = {"sessions": 8, "response": "not", "in_current_episode": True, "at": AT}
    told |= {"side": "bilateral"} if kind == "ECT" else {}
    return actions.record_course(patient=patient, by=by, kind=kind, **(told | details))


QUESTIONS = ("1", "2", "3", "4", "5", "6", "6.recent", "imminent")


def a_screener(patient: Patient, by: Actor, *yes: str, at: datetime = AT, **details: Any) -> RiskScreening:
    """A screener answered to its end: no to everything but these questions."""
    reached = [q for q in QUESTIONS if q not in ("3", "4", "5") or "2" in yes]
    reached = [q for q in reached if q != "6.recent" or "6" in yes]
    told = {"form": "lifetime", "answers": {q: q in yes for q in reached}, "at": at}
    return actions.record_screening(patient=patient, by=by, **(told | details))


def an_assessment(patient: Patient, by: Actor, found: str = "T0", **details: Any) -> RiskAssessment:
    told = {"finding": "Hopeful, lives with her sister", "action": "", "at": AT}
    return actions.record_assessment(patient=patient, by=by, found=found, **(told | details))


PLAN = {
    "warning_signs": "Awake at four\nNot answering friends",
    "coping": "Walk to the harbour",
    "contacts": "Swimming pool, mornings",
    "helpers": "Sister, 555 0142, has agreed",
    "professionals": "Dr Rivera 555 0100\n988",
    "means": "Tablets are with the sister, since Monday",
}


def a_safety_plan(patient: Patient, by: Actor, after: int = 0, **details: Any) -> SafetyPlan:
    told = {
        "entries": PLAN,
        "made_with": "Ada Reed and her sister",
        "review_on": AT.date() + timedelta(days=60),
        "copy_given": True,
        "consent_to_share": True,
        "at": AT,
    }
    return actions.write_safety_plan(patient=patient, after=after, by=by, **(told | details))


def some_vitals(patient: Patient, by: Actor) -> Vitals:
    return actions.record_vitals(patient=patient, systolic_mmhg=128, diastolic_mmhg=78, by=by, at=AT)


PHQ9 = {str(item): value for item, value in enumerate((3, 3, 3, 3, 3, 2, 2, 2, 0), start=1)}


def everything_known(patient: Patient, by: Actor, at: datetime = AT, **but: str) -> None:
    """A person whom nothing holds back: every question answered, two adequate trials. `but` is what is otherwise."""
    all_but_trials(patient, by, at, **but)
    a_trial(patient, by, at=at)
    a_trial(patient, by, medicine="venlafaxine", dose_mg=Decimal(225), at=at)


def all_but_trials(patient: Patient, by: Actor, at: datetime = AT, **but: str) -> None:
    """Everything is known but what was tried."""
    answers = ordinary(at.astimezone(ZoneInfo(by.zone)).date()) | but
    rows = [
        HistoryAnswer(**about(patient, by, at), name=name, answer=answer, source=Source.CLINICIAN)
        for name, answer in answers.items()
    ]
    HistoryAnswer.objects.bulk_create(rows)
    people.record_measure(patient=patient, weight_kg=Decimal(78), height_cm=Decimal(173), by=by, at=at)
    actions.record_vitals(patient=patient, systolic_mmhg=124, diastolic_mmhg=78, pulse_per_min=72, spo2_percent=98,
                          by=by, at=at)  # fmt: skip
    outcomes.record_answers(
        patient=patient, instrument="phq-9", answers=dict(PHQ9), source="clinician", happened_at=at, by=by, at=at
    )
    CapacityAssessment.objects.create(**about(patient, by, at), **dict.fromkeys(actions.ABILITIES, "yes"))
    thought_through(patient, by, at)
    a_screener(patient, by, at=at)
    no_allergies(patient, by, at)
    no_medicines(patient, by, at)


def thought_through(patient: Patient, by: Actor, at: datetime = AT) -> None:
    """Another treatment was considered, and all was told that is owed before deciding."""
    sheet = consent()
    AlternativeConsidered.objects.create(
        **about(patient, by, at), alternative=Alternative.MEDICINES, stand=Stand.OFFERED
    )
    InformationGiven.objects.create(
        **about(patient, by, at), sheet_id=sheet.ref.id, sheet_version=sheet.ref.version,
        elements=[element.id for element in sheet.elements],
    )  # fmt: skip


def an_acceptance(patient: Patient, prescriber: Actor, at: datetime = AT + timedelta(minutes=30)) -> Judgement:
    everything_known(patient, prescriber)
    return actions.decide(patient=patient, choice=Choice.ACCEPT, reason="", by=prescriber, at=at)


def held_back(patient: Patient, by: Actor, at: datetime = AT) -> None:
    """Stable coronary disease, which a cardiologist clears."""
    an_answer(patient, by, name="coronary_disease", answer="stable", at=at, source=Source.CLINICIAN)


def a_request(patient: Patient, by: Actor, at: datetime = AT + timedelta(minutes=1)) -> ClearanceRequest:
    held_back(patient, by, at)
    return actions.ask_clearance(
        patient=patient,
        criteria=["CI-07"],
        specialty="Cardiology",
        to_name="Dr Lee",
        question="Is the heart fit for a rise of pressure?",
        by=by,
        at=at,
    )


def a_clearance(
    patient: Patient, by: Actor, at: datetime = AT + timedelta(minutes=1), **details: Any
) -> ClearanceAnswer:
    held_back(patient, by, at)
    said = actions.Opinion(Verdict.CLEARED, words="Stress test normal", until=at.date() + timedelta(days=90))
    told = {"criterion": "CI-07", "said": said, "signatures": Signatures.WITH_SPECIALIST, "given_by": "Dr Lee"}
    return actions.record_clearance(patient=patient, by=by, at=at, **(told | details))


def accepted_before(
    patient: Patient,
    by: Actor,
    at: datetime = AT - timedelta(days=14),
    against: Iterable[dict[str, str]] = (),
    **known: str,
) -> Judgement:
    """Accepted on what was known then, by criterion; for rooms to which only the decision matters."""
    row = actions.begin_evaluation(patient=patient, by=by, at=at)
    return Judgement.objects.create(
        **about(patient, by, at),
        evaluation=row,
        choice=Choice.ACCEPT,
        reason="Trials abroad, letters seen",
        outcome="warn",
        overrides=["IND-03"],
        against=list(against),
        answer={"reasons": [{"criterion": name, "result": result} for name, result in known.items()]},
    )
