"""Suicide risk as it is recorded: who may, what follows in the same transaction, and how it reads as facts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import HistoryAnswer, RiskScreening, SafetyPlan
from ketacare.clinic.candidacy.queries.facts import FILLED_IN
from ketacare.clinic.candidacy.tests.factories import (
    PLAN,
    a_safety_plan,
    a_screener,
    an_assessment,
    everything_known,
)
from ketacare.clinic.duties import actions as owing
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import AT, someone
from ketacare.clinic.safety import actions as concerns
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.safety.models import Concern, Tier
from ketacare.clinic.safety.reasons import reason_words
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.refusals import Conflict, Refused
from ketacare.medicine.evidence.terms import Outcome, Result
from ketacare.medicine.safety.terms import RiskTier

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(minutes=5)
ZONE = "America/New_York"


def so_far(patient, at=LATER):
    return queries.answer_so_far(patient, at=at, zone=ZONE)


def row(patient, name, at=LATER):
    return {reason.criterion: reason for reason in so_far(patient, at).decision.reasons}[name]


def now(patient, at=LATER):
    answered = so_far(patient, at)
    return queries.risk_page(patient, answered.case, answered.knowledge, at).now


def test_p1_alice_records_bob_reads_charlie_may_not(clinic, patient, nurse, prescriber):
    a_screener(patient, nurse)
    bob, charlie = someone(clinic, "MD"), someone(clinic, "FD")
    for other in (bob, charlie, someone(clinic, "TH")):
        with pytest.raises(NotAllowed):
            a_screener(patient, other)
    assert RiskScreening.objects.count() == 1
    with pytest.raises(NotAllowed):
        an_assessment(patient, nurse, is_full=True)
    assert an_assessment(patient, prescriber, is_full=True).is_full
    with pytest.raises(NotAllowed):
        a_safety_plan(patient, charlie)
    with pytest.raises(NotAllowed):
        actions.record_call(patient=patient, result="well", words="", by=bob, at=AT)


def test_h13_a_high_tier_found_by_a_person_is_a_concern_with_its_owner_at_once(patient, nurse):
    a_screener(patient, nurse, "2", "4")
    concern = Concern.objects.get()
    assert (concern.tier, concern.reason_code, concern.duty.is_open) == (Tier.NOW, "cssrs.T3", True)
    assert reason_words("cssrs.T3") == (
        "The C-SSRS screener came to T3, high: intent or plan in the past month, or behaviour within 3 months"
    )
    assert now(patient).tier is RiskTier.T3
    assert list(Line.objects.filter(verb="risk.screen").values_list("reason", flat=True)) == ["T3"]


def test_h13_the_screener_and_its_concern_are_one_transaction(patient, nurse, monkeypatch):
    def fails(**_):
        raise RuntimeError

    monkeypatch.setattr(actions.risk.safety, "raise_concern", fails)
    with pytest.raises(RuntimeError), transaction.atomic():
        a_screener(patient, nurse, "2", "5")
    assert not RiskScreening.objects.exists()


def test_h13_what_was_left_open_is_acted_on_as_moderate_and_a_contradiction_as_it_was_said(patient, nurse):
    actions.record_screening(
        patient=patient, form="lifetime", answers={"1": True, "2": True, "3": True}, by=nurse, at=AT
    )
    assert Concern.objects.get().reason_code == "cssrs.T2"
    torn = {"1": False, "2": False, "4": True, "6": False, "imminent": False}
    actions.record_screening(patient=patient, form="lifetime", answers=torn, by=nurse, at=LATER)
    assert Concern.objects.filter(tier=Tier.NOW).get().reason_code == "cssrs.T3"


def test_calls_are_owed_after_moderate_risk_once_and_closed_one_by_one(patient, nurse):
    a_screener(patient, nurse, "2", "3")
    due = queries.calls_due(patient)
    assert [(duty.due_at - AT) for duty in due] == [timedelta(hours=hours) for hours in (24, 72, 168, 720)]
    assert due[0].title == "Call about safety, 24 h after"
    a_screener(patient, nurse, "2", "3", at=LATER)
    assert len(queries.calls_due(patient)) == 4
    actions.record_call(patient=patient, result="not_reached", words="", by=nurse, at=LATER)
    assert len(queries.calls_due(patient)) == 4
    actions.record_call(patient=patient, result="well", words="", by=nurse, at=LATER)
    assert len(queries.calls_due(patient)) == 3
    with pytest.raises(Refused, match="What worries you"):
        actions.record_call(patient=patient, result="worried", words=" ", by=nurse, at=LATER)
    actions.record_call(patient=patient, result="worried", words="Said goodbye", by=nurse, at=LATER)
    assert Concern.objects.filter(reason_code="risk.call.worried", tier=Tier.NOW).exists()
    assert len(queries.calls_due(patient)) == 2


def test_a_call_nobody_owes_is_refused(patient, nurse):
    a_screener(patient, nurse)
    with pytest.raises(Refused, match="No call is owed"):
        actions.record_call(patient=patient, result="well", words="", by=nurse, at=AT)
    with pytest.raises(Refused, match="not said"):
        actions.record_call(patient=patient, result="perhaps", words="", by=nurse, at=AT)


def test_low_risk_is_a_concern_before_the_next_dose_and_is_not_doubled(patient, nurse):
    a_screener(patient, nurse, "1")
    a_screener(patient, nurse, "1", at=LATER)
    assert [concern.tier for concern in safety.standing(patient)] == [Tier.BEFORE_NEXT_DOSE]
    assert queries.calls_due(patient) == []


def test_behaviour_long_ago_that_was_assessed_is_not_told_anew(patient, nurse, prescriber):
    an_assessment(patient, prescriber, found="T1", is_full=True)
    a_screener(patient, nurse, "6", at=LATER)
    assert not Concern.objects.exists()
    assert (row(patient, "CI-40").cleared, now(patient).lifetime_only) == (True, True)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"form": "", "answers": {"1": True}}, "which form"),
        ({"form": "lifetime", "answers": {}}, "No question is answered"),
        ({"form": "lifetime", "answers": {"7": True}}, "not of this screener"),
    ],
)
def test_e1_a_screener_that_says_nothing_is_refused(patient, nurse, told, words):
    with pytest.raises(Refused, match=words):
        actions.record_screening(patient=patient, by=nurse, at=AT, **told)


def test_two_raters_stand_beside_each_other_and_the_higher_counts(patient, nurse, prescriber):
    a_screener(patient, nurse, "2", "3")
    a_screener(patient, prescriber, at=LATER)
    assert now(patient).tier is RiskTier.T2
    an_assessment(patient, prescriber, found="T3", action="Brother called", at=LATER)
    assert now(patient).tier is RiskTier.T3
    assert Concern.objects.filter(reason_code="found.T3", tier=Tier.NOW).exists()


def test_an_amendment_keeps_the_old_words_and_its_concern(patient, nurse):
    wrong = a_screener(patient, nurse, "2", "4")
    with pytest.raises(Refused, match="reason is empty"):
        a_screener(patient, nurse, at=LATER, amends=wrong)
    a_screener(patient, nurse, at=LATER, amends=wrong, amend_reason="read from the wrong sheet of paper")
    assert now(patient).tier is RiskTier.T0
    assert Concern.objects.filter(reason_code="cssrs.T3").exclude(state="closed").exists()


def test_i1_a_screener_cannot_be_changed(patient, nurse):
    asked = a_screener(patient, nurse)
    with pytest.raises(DatabaseError), transaction.atomic():
        RiskScreening.objects.filter(pk=asked.pk).update(tier="T0")
    assert connection.is_usable()


def test_a_refused_screener_is_decided_by_a_clinician(patient, nurse, prescriber):
    actions.record_screening(patient=patient, form="lifetime", answers={}, refused=True, by=nurse, at=AT)
    assert now(patient).tier is RiskTier.TX
    an_assessment(patient, prescriber, found="T1", at=LATER)
    assert now(patient).tier is RiskTier.T1


def test_a_finding_says_what_was_found_and_a_grave_one_what_is_done(patient, nurse):
    with pytest.raises(Refused) as refused:
        actions.record_assessment(patient=patient, found="TX", finding=" ", by=nurse, at=AT)
    assert {refusal.field for refusal in refused.value.refusals} == {"found", "finding"}
    with pytest.raises(Refused, match="What is done is empty"):
        an_assessment(patient, nurse, found="T4")
    an_assessment(patient, nurse, means="yes")
    assert HistoryAnswer.objects.get(name="means_counselled").answer == "yes"


# --- the safety plan -------------------------------------------------------------------------------------------------


def test_a_plan_is_versioned_and_counts_from_the_day_it_was_written(patient, nurse):
    a_screener(patient, nurse, "2", "3")
    assert row(patient, "SUI-PLAN").missing == ("safety_plan_on",)
    a_safety_plan(patient, nurse)
    assert row(patient, "SUI-PLAN").result is Result.NOT_MET
    assert len(duties.open_for(patient, "safety_plan.review")) == 1
    a_safety_plan(patient, nurse, after=1, at=LATER)
    assert [plan.number for plan in queries.safety_plans(patient)] == [2, 1]
    assert len(duties.open_for(patient, "safety_plan.review")) == 1
    with pytest.raises(Conflict) as conflict:
        a_safety_plan(patient, nurse, after=1, at=LATER)
    assert conflict.value.standing == ("after", "2"), "over which who has seen both texts writes again (I4)"
    a_screener(patient, nurse, "2", "3", at=AT + timedelta(days=91))
    assert row(patient, "SUI-PLAN", AT + timedelta(days=91)).result is Result.MET


def test_a_refusal_is_recorded_and_never_taken_for_a_plan(patient, nurse):
    a_screener(patient, nurse, "2", "3")
    with pytest.raises(Refused, match="Why it was refused"):
        actions.refuse_safety_plan(patient=patient, words="", after=0, by=nurse, at=AT)
    actions.refuse_safety_plan(patient=patient, words="Not today", after=0, by=nurse, at=AT)
    assert row(patient, "SUI-PLAN").result is Result.MET
    a_safety_plan(patient, nurse, after=1, at=LATER)
    assert row(patient, "SUI-PLAN").result is Result.NOT_MET


def test_every_required_field_is_asked_for_at_once(patient, nurse):
    with pytest.raises(Refused) as refused:
        a_safety_plan(
            patient, nurse, entries={"coping": "x" * 5000}, made_with="", review_on=AT.date() + timedelta(days=92),
            copy_given=None, consent_to_share=None,
        )  # fmt: skip
    fields = [refusal.field for refusal in refused.value.refusals]
    assert set(fields) == (set(PLAN) | {"made_with", "review_on", "copy_given", "consent_to_share"})
    assert not SafetyPlan.objects.exists()


# --- signs from elsewhere --------------------------------------------------------------------------------------------


def test_words_and_thoughts_that_wait_for_a_clinician_are_facts_until_decided(patient, nurse, prescriber):
    everything_known(patient, nurse)
    assert so_far(patient).decision.outcome is Outcome.PERMIT
    written = a_screener(patient, nurse, at=LATER)
    raised = concerns.raise_concern(
        patient=patient, tier=2, reason_code="words.journal", source=written, by=nurse, at=LATER
    )
    assert row(patient, "SUI-05").result is Result.MET
    concerns.decide(raised, finding="A song", action="None", by=prescriber, at=LATER)
    assert row(patient, "SUI-05").result is Result.NOT_MET


@pytest.mark.parametrize(
    ("instrument", "answers", "criterion"),
    [
        ("madrs", {"10": 4}, "SUI-04"),
        ("madrs-24h", {"10": 5}, "SUI-04"),
        ("qids-sr16", {"12": 2}, "SUI-04"),
        ("ymrs", {"total": 14}, "CI-32"),
        ("audit", {str(item): 2 for item in range(1, 11)}, "CI-38"),
        ("mdq", {str(item): 1 for item in range(1, 14)} | {"same-period": 1, "problem": 2}, "MDQ-01"),
    ],
)
def test_h14_what_a_scale_filled_in_here_says_reaches_the_decision(
    patient, nurse, prescriber, instrument, answers, criterion
):
    everything_known(patient, nurse, mdq_interview_done="no")
    rated_at = AT + timedelta(days=1)  # a screener of the same day would rule alone (RUL-07)
    assert row(patient, criterion, rated_at).result is Result.NOT_MET
    outcomes.record_answers(
        patient=patient, instrument=instrument, answers=answers, source="clinician", happened_at=rated_at,
        by=prescriber, at=rated_at,
    )  # fmt: skip
    assert row(patient, criterion, rated_at + timedelta(hours=1)).result is Result.MET


def test_a_ham_d_total_and_an_mdq_that_is_open_say_what_they_can(patient, nurse, prescriber):
    whole = {str(item): 1 for item in range(1, 18)}
    half = {str(item): 1 for item in range(1, 14)}
    for instrument, answers in (("hamd-17", whole), ("mdq", half)):
        outcomes.record_answers(
            patient=patient, instrument=instrument, answers=answers, source="clinician", happened_at=AT,
            by=prescriber, at=AT,
        )  # fmt: skip
    facts = so_far(patient).case.facts
    assert [(fact.value, fact.source) for fact in facts.all("hdrs_17")] == [(17, FILLED_IN)]
    assert not facts.all("mdq_positive"), "whether it was in the same period could still decide"


def test_rul_07_a_high_madrs_item_10_counts_as_t3_until_a_person_has_assessed(patient, nurse, prescriber):
    said_at = AT + timedelta(days=1)
    everything_known(patient, nurse)
    for hours, value in enumerate((5, 0)):
        outcomes.record_answers(
            patient=patient, instrument="madrs", answers={"10": value}, source="clinician",
            happened_at=said_at + timedelta(hours=hours), by=prescriber, at=said_at + timedelta(hours=hours),
        )  # fmt: skip
    after = said_at + timedelta(hours=2)
    assert now(patient, after).at_least is RiskTier.T3  # a later lower one takes nothing back
    a_screener(patient, nurse, at=after)
    assert now(patient, after + timedelta(minutes=1)).tier is RiskTier.T0


def before_the_dose(patient, nurse):
    """The questions before a dose in two hours, with the screener that a person asks."""
    starts_at = AT + timedelta(hours=2)
    visit = Visit.objects.create(
        organisation_id=patient.organisation_id, clinic_id=patient.clinic_id, created_at=AT, patient=patient,
        kind=VisitKind.DOSE, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2),
    )  # fmt: skip
    (ask,) = outcomes.schedule_early(visit, by=nurse, at=AT)
    return ask


@pytest.mark.parametrize("form", ["since last visit", "lifetime"])
def test_h23_the_screener_before_a_dose_is_done_once_it_was_asked(patient, nurse, form: str):
    ask = before_the_dose(patient, nurse)
    assert ask.staff_duty.is_open
    row = a_screener(patient, nurse, form=form, at=LATER)
    ask.staff_duty.refresh_from_db()
    assert not ask.staff_duty.is_open
    assert ask.staff_duty.steps.get(step="closed").evidence_id == row.pk


def test_h23_a_screener_that_was_refused_or_asked_before_the_window_leaves_the_duty(patient, nurse):
    ask = before_the_dose(patient, nurse)
    actions.record_screening(patient=patient, form="since last visit", answers={}, refused=True, by=nurse, at=LATER)
    a_screener(patient, nurse, form="since last visit", at=LATER, happened_at=ask.opens_at - timedelta(hours=1))
    ask.staff_duty.refresh_from_db()
    assert ask.staff_duty.is_open


@pytest.mark.parametrize("first", ["screener", "scale"])
def test_h23_the_duty_of_several_ends_with_the_last_in_any_order(patient, nurse, first: str):
    """The C-SSRS first, as at every chair, then the MADRS; or the other way."""
    ask = before_the_dose(patient, nurse)
    ask.staff_instruments = ["c-ssrs-since-last-visit", "madrs"]
    ask.save(update_fields=["staff_instruments"])

    def rate() -> None:
        outcomes.record_answers(
            patient=patient, instrument="madrs", answers={"total": 20}, source="rater", happened_at=LATER, by=nurse,
            at=LATER,
        )  # fmt: skip

    acts = [lambda: a_screener(patient, nurse, form="since last visit", at=LATER), rate]
    for act, is_open in zip(acts if first == "screener" else reversed(acts), (True, False), strict=True):
        act()
        ask.staff_duty.refresh_from_db()
        assert ask.staff_duty.is_open is is_open


def test_rul_07_what_the_patient_would_not_say_is_unknown_until_a_person_asks_again(patient, prescriber):
    """A no of half an hour before is no longer known; a yes and what is high stand."""
    everything_known(patient, prescriber)
    an_assessment(patient, prescriber, at=AT + timedelta(minutes=1))
    refused_at = AT + timedelta(minutes=30)

    def tier(at):
        decision = queries.answer_so_far(patient, at=at, zone=prescriber.zone).decision
        (row,) = [reason for reason in decision.reasons if reason.criterion == "CI-40"]
        return decision.outcome, row.result, row.words

    assert tier(refused_at)[1] is Result.NOT_MET
    owing.open_duty(
        kind=queries.RISK_UNSAID,
        title="Did not answer the safety questions: ask before the visit",
        patient=patient,
        owner_role="RX",
        due_at=refused_at,
        why="Refused in the intake",
        link="/",
        by=prescriber,
        at=refused_at,
    )
    outcome, result, words = tier(refused_at + timedelta(minutes=1))
    assert (outcome, result) == (Outcome.UNKNOWN, Result.UNKNOWN)
    assert "refused the screener" in words
    a_screener(patient, prescriber, at=refused_at + timedelta(minutes=5))
    assert tier(refused_at + timedelta(minutes=6))[1] is Result.NOT_MET
