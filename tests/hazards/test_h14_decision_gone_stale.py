"""H14: what was accepted weeks ago is judged anew on the day; an ended clearance or a stale fact blocks the go."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.models import Choice, Judgement
from ketacare.clinic.candidacy.tests.factories import a_clearance, accepted_before, an_answer
from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.queries import readiness
from ketacare.clinic.dosing.tests.factories import a_day, later, make_ready
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.evidence.terms import Effect, Result

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = a_day()
    make_ready(day)
    return day


def decision_to_treat(day, minutes=2):
    decision = readiness.decision(day.session, at=later(minutes), zone=day.clinic.zone)
    return next(reason for reason in decision.reasons if reason.criterion == "CLR-01")


def test_h14_the_go_is_given_while_the_decision_holds(day):
    assert decision_to_treat(day).result is Result.NOT_MET
    preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.nurse, at=later(2))


def test_h14_a_stop_learned_since_the_decision_is_no_go(day):
    an_answer(day.patient, day.prescriber, answer="yes", at=AT)
    reason = decision_to_treat(day)
    assert (reason.result, reason.effect) == (Result.MET, Effect.STOP)
    assert "CI-01" in reason.facts[0].source
    with pytest.raises(Refused):
        preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.nurse, at=later(2))


def test_h14_a_clearance_that_ends_between_check_and_dose_blocks(day):
    """Given until yesterday it lifts nothing today; with a day more it does."""
    began = AT - timedelta(days=60)
    ended = candidacy.Opinion("cleared", words="Stable", until=(AT - timedelta(days=1)).date())
    a_clearance(day.patient, day.prescriber, at=began, said=ended)
    assert decision_to_treat(day).effect is Effect.CLEAR
    assert "CI-07" in decision_to_treat(day).facts[0].source
    still = candidacy.Opinion("cleared", words="Stable", until=AT.date())
    a_clearance(day.patient, day.prescriber, at=began + timedelta(minutes=2), said=still)
    assert decision_to_treat(day).result is Result.NOT_MET


def test_h14_a_fact_that_has_gone_stale_is_asked_again(day):
    """Known when accepted, older than it counts for today: the prescriber decides, with a reason."""
    accepted_before(day.patient, day.prescriber, at=AT - timedelta(days=1), **{"CI-30": "not met"})
    an_answer(day.patient, day.prescriber, name="active_psychosis", at=AT - timedelta(days=91))
    reason = decision_to_treat(day)
    assert (reason.result, reason.effect) == (Result.MET, Effect.CLEAR)
    assert "CI-30" in reason.facts[0].source
    with pytest.raises(Refused):
        preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.nurse, at=later(2))
    lift = {"CLR-01": "Asked by telephone: none"}
    preparing.decide(session=day.session, go=True, overrides=lift, words="", by=day.prescriber, at=later(3))


def test_h14_nobody_accepted_is_not_go():
    day = a_day()
    make_ready(day)
    row = Judgement.objects.get(patient=day.patient)
    Judgement.objects.create(
        patient=day.patient, organisation_id=row.organisation_id, clinic_id=row.clinic_id, happened_at=AT,
        recorded_at=AT, recorded_by_id=day.prescriber.person_id, evaluation=row.evaluation, choice=Choice.NOT_NOW,
        reason="Fever", outcome="permit", answer={}, amends=row, amend_reason="changed",
    )  # fmt: skip
    assert decision_to_treat(day).result is Result.UNKNOWN
