"""Answers, trials and decisions, written through the same actions that people use."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import Choice, HistoryAnswer, Judgement, ListState, Source, TrialEntry, Vitals
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import AllergyState, Patient
from ketacare.clinic.people.tests.factories import AT

ANEURYSM = "aneurysmal_vascular_disease"


def an_answer(patient: Patient, by: Actor, name: str = ANEURYSM, answer: str = "no", **details: Any) -> HistoryAnswer:
    given = {"source": Source.PATIENT, "at": AT}
    return actions.record_history(patient=patient, name=name, answer=answer, by=by, **(given | details))


def no_allergies(patient: Patient, by: Actor, at: datetime = AT) -> None:
    people.record_allergies(patient=patient, state=AllergyState.NONE_KNOWN, entries=[], by=by, at=at)


def no_medicines(patient: Patient, by: Actor, at: datetime = AT) -> None:
    actions.record_medicines(patient=patient, state=ListState.NONE, entries=[], by=by, at=at)


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


def some_vitals(patient: Patient, by: Actor) -> Vitals:
    return actions.record_vitals(patient=patient, systolic_mmhg=128, diastolic_mmhg=78, by=by, at=AT)


def everything_known(patient: Patient, by: Actor, at: datetime = AT) -> None:
    """A person whom nothing holds back: two adequate trials, every question answered no."""
    for name in queries.sheet().reads - queries.ELSEWHERE.keys():
        kind = queries.sheet().facts[name]
        if kind.told_by != "day" and kind.kind == "yes or no":
            an_answer(patient, by, name=name, at=at)
    no_allergies(patient, by, at)
    no_medicines(patient, by, at)
    a_trial(patient, by, at=at)
    a_trial(patient, by, medicine="venlafaxine", dose_mg=Decimal(225), at=at)


def an_acceptance(patient: Patient, prescriber: Actor, at: datetime = AT + timedelta(minutes=30)) -> Judgement:
    everything_known(patient, prescriber)
    return actions.decide(patient=patient, choice=Choice.ACCEPT, reason="", by=prescriber, at=at)
