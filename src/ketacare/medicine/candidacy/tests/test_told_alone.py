"""A screener that the patient filled in alone raises the tier and answers nothing: a person asks (RUL-07)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.rules.by_themselves import by_a_person
from ketacare.medicine.candidacy.tests.calm import calm, fact
from ketacare.medicine.candidacy.tests.test_risk import ON, T, ago, case, now, screener, told
from ketacare.medicine.evidence.terms import Effect, Result

MET, UNKNOWN = Result.MET, Result.UNKNOWN
REST = [one for one in calm(ON) if not one.name.startswith(("cssrs_", "imminent"))]


def alone(on=ON, source="patient", **answers):
    return screener(on, source=source, **answers)


@pytest.mark.parametrize(
    ("source", "person"),
    [
        ("patient", False),
        ("Patient", False),
        ("The patient says", False),
        ("self-report on the phone", False),
        ("patient's own form", False),
        ("A relative says", False),
        ("patient at interview", True),
        ("patient, asked by the nurse", True),
        ("clinician's interview", True),
        ("Rivera", True),
    ],
)
def test_who_told_alone(source, person):
    assert by_a_person(fact("cssrs_1", False, ON, source)) is person


def test_rul_07_every_no_of_a_patient_alone_is_no_screener():
    row = told(case(*REST, *alone()))["CI-40"]
    assert (row.result, row.effect) == (UNKNOWN, Effect.STOP)
    assert row.missing == ("cssrs_1", "cssrs_2", "cssrs_6", "imminent_risk")
    assert "the patient answered alone, and a person asks" in row.words
    assert {used.source for used in row.facts} == {"patient"}


@pytest.mark.parametrize("said", [{"cssrs_1": True}, {"cssrs_2": True, "cssrs_3": True}, {"cssrs_6": True}])
def test_rul_07_a_yes_of_a_patient_alone_that_is_not_high_still_asks_every_question(said):
    found = now(case(*REST, *alone(**said)))
    assert found.tier is T.TX
    assert {"cssrs_1", "cssrs_2", "cssrs_6"} <= set(found.to_ask)
    assert found.at_least >= (T.T1 if "cssrs_1" in said else T.T2)


@pytest.mark.parametrize("said", [{"cssrs_2": True, "cssrs_4": True}, {"cssrs_5": True}, {"imminent_risk": True}])
def test_a_high_answer_of_a_patient_alone_stops_as_any_does(said):
    a_case = case(*REST, *alone(**said))
    row = told(a_case)["CI-40"]
    assert (row.result, row.effect, row.override) == (MET, Effect.STOP, "none")
    assert now(a_case).screened_on is None


def test_a_high_answer_of_a_patient_alone_is_not_unsaid_by_a_lower_one_of_that_day_and_is_t2_for_weeks():
    high = {"cssrs_2": True, "cssrs_4": True}
    both = case(*REST, *alone(**high), *screener(ON, cssrs_2=True))
    assert now(both).tier is T.T3
    assert now(case(*REST, *alone(ago(9), **high), *screener(ON))).tier is T.T2
    assert now(case(*REST, *screener(ON), *alone())).tier is T.T0


def test_rul_07_what_a_scale_asked_ends_when_a_person_has_asked_and_not_before():
    scale = fact("phq_9_item_9", Decimal(2), ON, "PHQ-9")
    rest = [one for one in REST if one.name != "phq_9_item_9"]
    for answers, result in ((alone(), MET), (alone(cssrs_5=True), MET), (screener(ON), Result.NOT_MET)):
        assert told(case(*rest, scale, *answers))["SUI-01"].result is result


def test_rul_07_a_madrs_item_is_high_until_a_person_has_asked():
    rest = [one for one in REST if one.name != "madrs_item_10"]
    high = fact("madrs_item_10", Decimal(5), ON, "MADRS")
    assert now(case(*rest, high, *alone())).tier is T.T3
    assert now(case(*rest, high, *screener(ON))).tier is T.T0


def test_rul_07_what_a_scale_says_after_the_screener_of_the_day_asks_for_it_anew():
    rest = [one for one in REST if one.name not in ("phq_9_item_9", "madrs_item_10")]
    asked, later, now_at = (datetime(2026, 7, 14, hour, tzinfo=UTC) for hour in (9, 11, 14))
    death = [fact("phq_9_item_9", Decimal(3), later, "PHQ-9"), fact("madrs_item_10", Decimal(0), asked, "MADRS")]
    assert told(case(*rest, *death, *screener(asked), at=now_at))["SUI-01"].result is MET
    assert told(case(*rest, *death, *screener(asked), *screener(now_at), at=now_at))["SUI-01"].result is Result.NOT_MET
    short = [one for one in screener(now_at) if one.name not in ("cssrs_3", "cssrs_4", "cssrs_5")]
    assert told(case(*rest, *death, *screener(asked), *short, at=now_at))["SUI-01"].result is Result.NOT_MET
    found = fact("risk_tier_found", "T0", now_at, "Rivera")
    assert told(case(*rest, *death, *screener(asked), found, at=now_at))["SUI-01"].result is MET, "nobody asked"
    high = [fact("madrs_item_10", Decimal(5), later, "MADRS"), fact("phq_9_item_9", Decimal(0), asked, "PHQ-9")]
    before = now(case(*rest, *high, *screener(asked), at=now_at))
    assert (before.tier, "cssrs_1" in before.to_ask) == (T.T3, True)
    assert now(case(*rest, *high, *screener(asked), *screener(now_at), at=now_at)).tier is T.T0


NINE, TEN, ELEVEN, NOON, TWO = (datetime(2026, 7, 14, hour, tzinfo=UTC) for hour in (9, 10, 11, 12, 14))
NO_SCALE = [one for one in REST if one.name not in ("phq_9_item_9", "madrs_item_10")]
MADRS = [fact("madrs_item_10", Decimal(5), ELEVEN, "MADRS"), fact("phq_9_item_9", Decimal(0), NINE, "PHQ-9")]


def short(at, **answers):
    """Asked to its end: after two no the questions about plans are not put."""
    return screener(at, cssrs_3=None, cssrs_4=None, cssrs_5=None, **answers)


def test_rul_07_one_answer_told_after_the_scale_is_no_screener():
    death = [fact("phq_9_item_9", Decimal(3), TEN, "PHQ-9"), fact("madrs_item_10", Decimal(0), NINE, "MADRS")]
    again = fact("cssrs_1", False, NOON, "Rivera")
    assert told(case(*NO_SCALE, *death, *short(NINE), again, at=TWO))["SUI-01"].result is MET


@pytest.mark.parametrize(
    ("scales", "result"),
    [
        ([NINE], Result.NOT_MET),
        ([NINE - timedelta(hours=1), ELEVEN], MET),
        ([ON], Result.NOT_MET),
    ],
)
def test_rul_07_the_newest_scale_of_the_day_asks_and_one_of_the_same_moment_is_answered(scales, result):
    """Of one that says the day alone nobody knows whether it was before: the screener of its day answers it."""
    death = [fact("phq_9_item_9", Decimal(3), at, f"PHQ-9 {at}") for at in scales]
    zero = fact("madrs_item_10", Decimal(0), NINE, "MADRS")
    assert told(case(*NO_SCALE, zero, *death, *screener(NINE), at=TWO))["SUI-01"].result is result


@pytest.mark.parametrize(
    ("found", "tier"),
    [
        ([("T0", NINE)], T.T3),
        ([("T0", NOON)], T.T0),
        ([("T0", NINE), ("T0", NOON)], T.T0),
        ([("T0", ON)], T.T0),
    ],
)
def test_rul_07_of_what_a_clinician_found_that_day_the_last_is_before_or_after_the_scale(found, tier):
    """Of one that says the day alone nobody knows: it stands."""
    refused = fact("cssrs_refused", True, NINE, "nurse")
    findings = [fact("risk_tier_found", value, at, "Rivera") for value, at in found]
    assert now(case(*NO_SCALE, *MADRS, refused, *findings, at=TWO)).tier is tier


def test_rul_07_a_scale_of_the_very_moment_of_the_screener_or_before_a_later_finding_is_answered():
    assert now(case(*NO_SCALE, *MADRS, *screener(ELEVEN), at=TWO)).tier is T.T0
    later = fact("risk_tier_found", "T0", NOON, "Rivera")
    assert now(case(*NO_SCALE, *MADRS, *screener(NINE), later, at=TWO)).tier is T.T0
    high = now(case(*NO_SCALE, *MADRS, *screener(NINE, cssrs_2=True, cssrs_4=True), at=TWO))
    assert (high.tier, high.to_ask, high.from_before) == (T.T3, (), False), "high already: nobody asks again"


def test_rul_07_a_yes_of_the_patient_alone_that_contradicts_what_was_asked_is_asked_about():
    found = now(case(*REST, *screener(ON), *[one for one in alone(cssrs_4=True) if one.name == "cssrs_4"]))
    assert found.tier is T.TX
    assert "cssrs_2" in found.to_ask
    assert "contradict each other" in found.words


def test_what_is_certain_is_told_beside_what_is_open_and_whose_answers_they_are():
    assert "TX" in (words := now(case(*REST, *alone(cssrs_2=True, cssrs_3=True))).words)
    assert "at least T2" in words
    begun = now(case(*REST, *screener(ON, cssrs_2=None, cssrs_6=None))).words
    assert "not answered: 2, 6" in begun
    assert "alone" not in begun


def test_the_lifetime_form_is_owed_however_often_a_patient_filled_it_in_alone():
    since = fact("cssrs_form", "since last visit", ON, "Rivera")
    assert now(case(*REST, *alone(ago(3)), *screener(ON), since)).tier is T.TX
    assert now(case(*REST, *screener(ago(3)), *screener(ON), since)).tier is T.T0


def test_a_finding_or_an_assessment_of_a_clinician_is_nobodys_own_to_tell():
    refused = fact("cssrs_refused", True, ON, "nurse")
    for source, tier in (("patient", T.TX), ("Rivera", T.T0)):
        assert now(case(*REST, refused, fact("risk_tier_found", "T0", ON, source))).tier is tier
    assert now(case(*REST, refused, fact("risk_tier_found", "T3", ON, "patient"))).tier is T.T3
    moderate = screener(ON, cssrs_2=True, cssrs_3=True)
    rest = [one for one in REST if one.name != "full_risk_assessment_on"]
    for source, clears in (("patient", False), ("Rivera", True)):
        row = told(case(*rest, *moderate, fact("full_risk_assessment_on", ON, ON, source)))["CI-40"]
        assert (row.effect, row.cleared) == (Effect.CLEAR, clears)
