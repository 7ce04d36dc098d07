"""H14: what was accepted weeks ago is judged anew on the day; an ended clearance or a stale fact blocks the go."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy import queries as treatable
from ketacare.clinic.candidacy.models import Choice, Countersignature, Judgement, Source
from ketacare.clinic.candidacy.queries import Hold, facts
from ketacare.clinic.candidacy.queries.today import changed
from ketacare.clinic.candidacy.tests.factories import a_clearance, accepted_before, an_answer
from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import facts as kept_facts
from ketacare.clinic.dosing.queries import readiness
from ketacare.clinic.dosing.queries.facts import known
from ketacare.clinic.dosing.tests.factories import a_day, later, make_ready
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.tests.factories import AT, browser, someone
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.evidence.rules import FactsDisagree, current
from ketacare.medicine.evidence.terms import Effect, Fact, Facts, Reason, Result

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
    assert decision_to_treat(day).effect is Effect.STOP
    assert "CI-07" in decision_to_treat(day).facts[0].source
    still = candidacy.Opinion("cleared", words="Stable", until=AT.date())
    a_clearance(day.patient, day.prescriber, at=began + timedelta(minutes=2), said=still)
    assert decision_to_treat(day).result is Result.NOT_MET


def accepted_against(day, criterion, override, result, effect, at=AT - timedelta(days=1), days_ago=0, **facts):
    """An acceptance that went against this criterion, as it was then; written down later if decided `days_ago`."""
    row = accepted_before(day.patient, day.prescriber, at=at)
    told = [{"name": name, "value": value} for name, value in facts.items()]
    answer = {"reasons": [{"criterion": criterion, "result": result, "effect": effect, "facts": told}]}
    against = [{"criterion": criterion, "title": "", "override": override, "reason": "Seen and weighed"}]
    on = AT - timedelta(days=days_ago) if days_ago else at
    return Judgement.objects.create(
        patient=day.patient, organisation_id=row.organisation_id, clinic_id=row.clinic_id, happened_at=on,
        recorded_at=at + timedelta(seconds=1), recorded_by_id=day.prescriber.person_id, evaluation=row.evaluation,
        choice=Choice.ACCEPT, reason="Seen and weighed", outcome="stop", answer=answer, overrides=[criterion],
        against=against, amends=row, amend_reason="decided anew",
    )  # fmt: skip


def test_h14_accepted_while_nobody_knew_is_not_accepted_once_two_records_disagree(day):
    accepted_against(day, "CI-52", "P", "unknown", "needs clearance")
    an_answer(day.patient, day.prescriber, "breast_feeding", "no", at=AT)
    an_answer(day.patient, day.prescriber, "breast_feeding", "yes", source=Source.CLINICIAN, at=AT)
    assert "CI-52" in decision_to_treat(day).facts[0].source


def test_h14_what_was_accepted_by_name_holds_while_it_is_what_it_was(day):
    an_answer(day.patient, day.prescriber, "illicit_use_on", "2026-07-01", at=AT - timedelta(days=1))
    accepted_against(day, "CI-37b", "P", "met", "needs clearance", illicit_use_on="2026-07-01")
    assert decision_to_treat(day).result is Result.NOT_MET
    an_answer(day.patient, day.prescriber, "illicit_use_on", "2026-07-12", at=AT)
    reason = decision_to_treat(day)
    assert reason.effect is Effect.CLEAR
    assert "CI-37b" in reason.facts[0].source


@pytest.mark.parametrize(
    ("override", "result", "effect", "told"),
    [
        ("P+spec", "met", "needs clearance", "2026-07-01"),  # another's word lifted it
        ("P", "unknown", "needs clearance", "2026-07-01"),  # it was not known
        ("P", "met", "stop", "2026-07-01"),  # another effect
        ("P", "met", "needs clearance", "2026-06-28"),  # another finding
    ],
)
def test_h14_an_acceptance_silences_nothing_but_what_was_accepted(day, override, result, effect, told):
    an_answer(day.patient, day.prescriber, "illicit_use_on", "2026-07-01", at=AT - timedelta(days=1))
    accepted_against(day, "CI-37b", override, result, effect, illicit_use_on=told)
    assert "CI-37b" in decision_to_treat(day).facts[0].source


WORSE = "ideation_worse_after_dose_on"


@pytest.mark.parametrize("again", [False, True])
def test_h14_what_two_accepted_by_name_holds_at_the_chair_too_and_a_new_worsening_does_not(day, monkeypatch, again):
    """SUI-09 is a row of the day: signed by both it lifts the dose, and the next worsening is none that they signed."""
    first, second = AT.date() - timedelta(days=6), AT.date() - timedelta(days=1)
    worse = Fact(WORSE, second if again else first, None, AT - timedelta(days=1), "Concerns")
    hands = facts.HANDS

    def handed(*asked):
        return [worse, *(fact for hand in hands for fact in hand(*asked) if fact.name != WORSE)]

    monkeypatch.setattr(facts, "HANDS", (handed,))
    assert decision_to_treat(day).effect is Effect.STOP
    accepted = accepted_against(day, "SUI-09", "P+MD", "met", "stop", **{WORSE: first.isoformat()})
    Countersignature.objects.create(
        **about(day.patient, someone(day.clinic, "MD"), AT), judgement=accepted, agrees=True
    )
    found = decision_to_treat(day)
    assert found.result is (Result.MET if again else Result.NOT_MET)
    if again:
        assert "SUI-09" in found.facts[0].source


@pytest.mark.parametrize(("ago", "result"), [(7, Result.NOT_MET), (8, Result.MET)])
def test_h14_what_was_accepted_as_unknown_is_not_asked_each_day_until_the_row_ends(day, ago, result):
    accepted_against(day, "CI-52", "P", "unknown", "needs clearance", at=AT - timedelta(days=ago))
    assert decision_to_treat(day).result is result


def test_h14_rul_12_what_two_must_sign_is_lifted_by_no_reason_of_one(day):
    an_answer(day.patient, day.prescriber, "opioid_disorder_on_agonist", "yes", at=AT)
    with pytest.raises(Refused, match="more than the prescriber's word") as refused:
        preparing.decide(
            session=day.session, go=True, overrides={"CLR-01": "Known for years"}, words="", by=day.prescriber,
            at=later(2),
        )  # fmt: skip
    assert refused.value.refusals[0].remedy == preparing.BY_BOTH


@pytest.mark.parametrize(
    ("ago", "result", "effect"), [(30, Result.NOT_MET, Effect.CLEAR), (31, Result.MET, Effect.STOP)]
)
def test_h14_rul_12_what_two_accepted_by_name_is_not_lifted_by_one_for_not_being_asked(day, ago, result, effect):
    """A row that counts 30 days: left unasked it stops as it does asked again and found as it was."""
    at = AT - timedelta(days=ago)
    an_answer(day.patient, day.prescriber, "substance_use_disorder", "yes", at=at)
    accepted = accepted_against(
        day, "CI-37", "P+MD", "met", "needs clearance", days_ago=ago, substance_use_disorder="True"
    )
    director = someone(day.clinic, "MD")
    Countersignature.objects.create(**about(day.patient, director, AT), judgement=accepted, agrees=True)
    row = decision_to_treat(day)
    assert (row.result, row.effect) == (result, effect)
    if result is Result.MET:
        lift = {"CLR-01": "Known for years"}
        with pytest.raises(Refused) as refused:
            preparing.decide(session=day.session, go=True, overrides=lift, words="", by=day.prescriber, at=later(2))
        assert "Ask again on the page of the evaluation: Substance use disorder (CI-37)" in (
            refused.value.refusals[0].remedy
        )
        an_answer(day.patient, day.prescriber, "substance_use_disorder", "yes", at=AT)
        assert decision_to_treat(day).effect is Effect.STOP


def test_h14_what_two_must_lift_and_nobody_had_found_is_asked_again_and_stops_nobody(day):
    accepted_before(day.patient, day.prescriber, at=AT - timedelta(days=1), **{"CI-37": "not met"})
    an_answer(day.patient, day.prescriber, "substance_use_disorder", "no", at=AT - timedelta(days=31))
    row = decision_to_treat(day)
    assert (row.result, row.effect) == (Result.MET, Effect.CLEAR)
    assert "CI-37" in row.facts[0].source


@pytest.mark.parametrize(
    ("then", "override", "hold"),
    [
        ({"result": "met", "effect": "needs clearance"}, "P+spec", Hold.STOPPED),  # cleared then by a specialist
        ({"result": "met", "effect": "needs clearance"}, "P", Hold.STALE),
        ({"result": "met", "effect": "caution"}, "P+spec", Hold.STALE),
        ({"result": "not met", "effect": "stop"}, "P+spec", Hold.STALE),
    ],
)
def test_h14_rul_12_what_held_back_then_and_is_not_known_now(then, override, hold):
    accepted = Judgement(answer={"reasons": [{"criterion": "CI-07", **then}]}, overrides=[], against=[])
    row = Reason("CI-07", "", Result.UNKNOWN, Effect.CLEAR, "", override=override)
    assert [held for held, _ in changed([row], accepted, {}, 1)] == [hold]


NOBODY = "Nobody lifts this today"
BOTH = "prescriber and medical director decide anew"
SPECIALIST = "a specialist's written opinion"


@pytest.mark.parametrize(
    ("rows", "told", "not_told"),
    [
        ((("CI-02", "none", "met"),), [NOBODY], [BOTH]),
        ((("CI-02", "none", "met"), ("CI-37", "P+MD", "met")), [NOBODY], [BOTH]),
        ((("CI-37", "P+MD", "met"),), [BOTH], [NOBODY]),
        ((("CI-07", "P+spec", "met"),), [SPECIALIST, "page of clearances"], [BOTH, NOBODY]),
        ((("CI-07", "P+spec", "met"), ("CI-37", "P+MD", "met")), [SPECIALIST, BOTH], [NOBODY]),
        ((("CI-38", "P", "met"),), ["a prescriber clears it"], [BOTH]),
        ((("CI-02", "none", "unknown"),), ["Ask again", "CI-02"], [BOTH, NOBODY]),
    ],
)
def test_h14_the_remedy_names_whose_word_lifts_what_stops(rows, told, not_told):
    stopping = [Reason(name, "", Result(result), Effect.STOP, "", override=by) for name, by, result in rows]
    remedy = preparing.remedy_for(Reason("CLR-01", "", Result.MET, Effect.STOP, ""), stopping=stopping)
    assert all(words in remedy for words in told)
    assert not any(words in remedy for words in not_told)


def test_h14_nobody_is_sent_to_lift_what_nobody_lifts(day):
    an_answer(day.patient, day.prescriber, "ketamine_hypersensitivity", "yes", at=later(1))
    with pytest.raises(Refused) as refused:
        preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.prescriber, at=later(2))
    assert refused.value.refusals[0].remedy == preparing.BY_NOBODY


def test_h14_a_reason_lifts_what_was_known_then_and_nothing_learned_after_it(day):
    accepted_before(day.patient, day.prescriber, at=AT - timedelta(days=1), **{"CI-30": "not met"})
    an_answer(day.patient, day.prescriber, name="active_psychosis", at=AT - timedelta(days=91))
    lift = {"CLR-01": "Asked by telephone: none"}
    preparing.decide(session=day.session, go=True, overrides=lift, words="", by=day.prescriber, at=later(2))
    assert preparing.given_before(day.session, at=later(3)) == lift
    an_answer(day.patient, day.prescriber, "illicit_use_on", "2026-07-12", at=later(3))
    assert preparing.given_before(day.session, at=later(4)) == {}
    with pytest.raises(Refused, match="prescriber decides"):
        preparing.require_still_go(day.session, at=later(4), zone=day.clinic.zone)


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


def test_h14_a_pregnancy_and_a_substance_disorder_learned_since_are_in_the_check_of_the_day(day):
    """Rows of which one part is asked anew each day have others that last (CI-50, CI-37)."""
    an_answer(day.patient, day.prescriber, "substance_use_disorder", "yes", at=AT)
    reason = decision_to_treat(day)
    assert reason.effect is Effect.STOP
    assert "CI-37" in reason.facts[0].source
    an_answer(day.patient, day.prescriber, "pregnancy_test", "positive", source=Source.TEST, at=AT)
    reason = decision_to_treat(day)
    assert reason.effect is Effect.STOP
    assert "CI-50" in reason.facts[0].source


def pregnancy(day, minutes, **said):
    preparing.record_facts(
        session=day.session, item="pregnancy", facts={name: known(value) for name, value in said.items()}, words="",
        by=day.nurse, at=later(minutes),
    )  # fmt: skip
    decision = readiness.decision(day.session, at=later(minutes), zone=day.clinic.zone)
    return next(reason for reason in decision.reasons if reason.criterion == "RD-12")


def test_h14_rd_12_reads_what_is_known_of_pregnancy_and_tells_what_is_said_at_the_chair(day):
    an_answer(day.patient, day.prescriber, "pregnancy_test", "positive", source=Source.TEST, at=AT - timedelta(days=2))
    found = pregnancy(day, 1, childbearing_potential=True)
    assert (found.result, found.effect) == (Result.MET, Effect.STOP), "nobody typed the result, and it is known"
    found = pregnancy(day, 2, childbearing_potential=True, pregnancy_test="negative")
    assert found.result is Result.UNKNOWN, "a test without its day undoes none"
    assert "CI-50" in decision_to_treat(day, 2).facts[0].source
    found = pregnancy(day, 3, childbearing_potential=True, pregnancy_test="negative", pregnancy_tested_on=AT.date())
    assert found.result is Result.UNKNOWN, "nor does a negative of the same day"
    with pytest.raises(Refused) as refused:
        preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.nurse, at=later(4))
    told = next(fault for fault in refused.value.refusals if fault.field == "RD-12")
    assert told.rule == "What is said here and what is on record of pregnancy disagree."
    assert told.remedy.startswith("A prescriber rules between the records on the evaluation page")
    page = browser(day.nurse).get(reverse("session", args=[day.visit.pk])).content.decode()
    assert "No answer here settles it" in page


def test_h14_a_prescriber_rules_between_a_positive_test_and_a_negative_one(day):
    an_answer(day.patient, day.prescriber, "pregnancy_test", "positive", source=Source.TEST, at=AT - timedelta(days=2))
    pregnancy(day, 1, childbearing_potential=True, pregnancy_test="negative", pregnancy_tested_on=AT.date())
    candidacy.record_history(
        patient=day.patient, name="pregnancy_test", answer="negative", source=Source.CLINICIAN, settles=True,
        words="hCG in blood below 2", by=day.prescriber, at=later(2),
    )  # fmt: skip
    decision = readiness.decision(day.session, at=later(3), zone=day.clinic.zone)
    assert next(reason for reason in decision.reasons if reason.criterion == "RD-12").result is Result.NOT_MET
    assert decision_to_treat(day, 3).result is Result.NOT_MET


def test_h14_a_positive_test_is_outlived_by_no_negative_under_sheets_that_let_it_grow_old(day):
    """A course from before keeps a sheet by which a test counts 30 days (H19)."""
    an_answer(day.patient, day.prescriber, "pregnancy_test", "positive", source=Source.TEST, at=AT - timedelta(days=40))
    pregnancy(day, 1, childbearing_potential=True, pregnancy_test="negative", pregnancy_tested_on=AT.date())
    answers = kept_facts.recorded(day.visit, Kind.FACT)
    chair = Facts([*answers, *readiness.pregnancy_facts(day.visit, answers)])
    record = treatable.answer_so_far(day.patient, at=later(2), zone=day.clinic.zone).facts
    for known_here in (chair, record):
        with pytest.raises(FactsDisagree, match=f"A positive test of {AT - timedelta(days=40):%d-%b-%Y}"):
            current(known_here, "pregnancy_test", 30, later(2))
    candidacy.record_history(
        patient=day.patient, name="pregnancy_test", answer="negative", source=Source.CLINICIAN, settles=True,
        words="hCG in blood below 2", by=day.prescriber, at=later(3),
    )  # fmt: skip
    record = treatable.answer_so_far(day.patient, at=later(4), zone=day.clinic.zone).facts
    assert current(record, "pregnancy_test", 30, later(4)).value == "negative"


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


def consent_of_the_day(day, at=None):
    decision = readiness.decision(day.session, at=at or later(2), zone=day.clinic.zone)
    return next(reason for reason in decision.reasons if reason.criterion == "RD-02")


def test_h14_a_consent_to_another_product_is_no_go_whatever_is_said_on_the_day(day):
    assert consent_of_the_day(day).result is Result.NOT_MET
    told = {"patient": day.patient, "kind": "treatment", "text_version": "1", "given": True, "by": day.prescriber}
    people.record_consent(**told, words="esketamine nasal spray; told by the list", at=later(1))
    reason = consent_of_the_day(day)
    assert (reason.result, reason.effect) == (Result.MET, Effect.STOP)
    assert "signed for esketamine nasal spray, not for this: ask for consent anew" in reason.words
    with pytest.raises(Refused):
        preparing.decide(session=day.session, go=True, overrides={}, words="", by=day.nurse, at=later(2))
    people.record_consent(**told, words="racemic ketamine into a vein; told by the list", at=later(1.5))
    assert consent_of_the_day(day).result is Result.NOT_MET


def said_today(day, at):
    preparing.record_facts(
        session=day.session, item="consent", facts={"consent": known("given")}, words="", by=day.nurse, at=at
    )


def test_h14_a_consent_that_names_no_product_is_not_known_until_somebody_read_it(day):
    told = {"patient": day.patient, "kind": "treatment", "text_version": "1", "by": day.prescriber}
    people.record_consent(**told, given=True, words="on paper", at=later(1))
    reason = consent_of_the_day(day)
    assert (reason.result, reason.effect) == (Result.UNKNOWN, Effect.STOP)
    assert "sign it in the evaluation" in reason.words
    said_today(day, later(1.5))
    assert consent_of_the_day(day).result is Result.NOT_MET


def test_h14_a_word_of_today_makes_no_consent_where_none_is_on_record(day, monkeypatch):
    monkeypatch.setattr(readiness.people, "consent", lambda *_: None)
    said_today(day, later(1.5))
    reason = consent_of_the_day(day)
    assert (reason.result, reason.effect) == (Result.UNKNOWN, Effect.STOP)
    assert "none is on record: sign it in the evaluation" in reason.words


def test_h14_a_word_of_today_makes_no_consent_after_it_was_taken_back_or_has_run_out(day):
    in_a_year = AT + timedelta(days=366)
    said_today(day, in_a_year)
    assert consent_of_the_day(day, in_a_year).result is Result.UNKNOWN
    people.record_consent(
        patient=day.patient, kind="treatment", text_version="1", given=False, by=day.prescriber, at=later(1)
    )
    said_today(day, later(1.5))
    assert consent_of_the_day(day).result is Result.MET
