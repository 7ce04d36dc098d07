"""A screener that the patient filled in alone raises the tier and answers nothing: a person asks (RUL-07)."""

from datetime import UTC, datetime
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
