"""What would change the answer: the day a reason ends by itself, and the one fact that would lift it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.terms import Case, Change, ContraindicationSheet, Lift, Route
from ketacare.medicine.candidacy.tests.ordinary import ordinary
from ketacare.medicine.evidence.rules import decide, reason_for
from ketacare.medicine.evidence.terms import (
    EVER,
    Compare,
    Comparison,
    Criterion,
    Effect,
    Every,
    Fact,
    Facts,
    Grade,
    Not,
    Result,
    Some,
    Within,
)

TODAY = date(2026, 7, 14)


def row(condition, name="CI-05", effect=Effect.STOP):
    return Criterion(name, name, effect, condition, (), Grade.D)


def told(*facts):
    return Facts([Fact(name, value, unit, TODAY, "letter") for name, value, unit in facts])


def change(condition, facts, at=TODAY, effect=Effect.STOP):
    known = reader.shipped()
    rows = (row(condition, effect=effect),)
    sheet = ContraindicationSheet(known.contraindications.header, rows, frozenset(), frozenset())
    decision = decide([reason_for(sheet.criteria[0], facts, at)], ())
    return rules.changes(decision, Case(at, facts), replace(known, contraindications=sheet))


EVENT = Within("cardiovascular_event_on", 42, valid_days=90)


def test_v10_a_heart_attack_30_days_ago_ends_after_the_42nd_day():
    """The row counts events up to 42 days ago: on the 43rd day the same event no longer meets it."""
    (found,) = change(EVENT, told(("cardiovascular_event_on", date(2026, 6, 14), None)))
    assert found == Change("CI-05", date(2026, 7, 27), (Lift("cardiovascular_event_on", "no"),))


def test_the_day_is_counted_where_the_clinic_is():
    facts = Facts([Fact("cardiovascular_event_on", date(2026, 6, 14), None, TODAY, "letter")])
    (found,) = change(EVENT, facts, at=datetime(2026, 7, 14, 9, 0, tzinfo=UTC))
    assert found.on == date(2026, 7, 27)


def test_two_events_end_with_the_later_and_another_reason_never_ends():
    both = Some((EVENT, Within("stroke_or_tia_on", 90)))
    facts = told(("cardiovascular_event_on", date(2026, 7, 1), None), ("stroke_or_tia_on", date(2026, 6, 1), None))
    (found,) = change(both, facts)
    assert (found.on, found.lifts) == (date(2026, 8, 31), ())
    ever = Some((EVENT, Within("stroke_or_tia_on", EVER)))
    assert change(ever, facts)[0].on is None
    lasting = Some((EVENT, Compare("active_psychosis", Comparison.IS, True)))
    facts = told(("cardiovascular_event_on", date(2026, 7, 1), None), ("active_psychosis", True, None))
    assert change(lasting, facts)[0].on is None


@pytest.mark.parametrize(
    ("comparison", "value", "words"),
    [
        (Comparison.OVER, "510", "at most 500 ms"),
        (Comparison.AT_LEAST, "500", "under 500 ms"),
        (Comparison.UNDER, "400", "at least 500 ms"),
        (Comparison.AT_MOST, "500", "over 500 ms"),
    ],
)
def test_a_number_lifts_on_the_other_side_of_its_line(comparison, value, words):
    facts = told(("qtc_ms", Decimal(value), "ms"))
    (found,) = change(Compare("qtc_ms", comparison, Decimal(500), "ms"), facts)
    assert found.lifts == (Lift("qtc_ms", words),)


def test_a_number_without_unit_is_said_without_one():
    (found,) = change(Compare("ymrs", Comparison.AT_LEAST, Decimal(12), "1"), told(("ymrs", Decimal(16), "1")))
    assert found.lifts == (Lift("ymrs", "under 12"),)


def test_a_number_that_must_be_exact_is_not_guessed_at():
    (found,) = change(Compare("ymrs", Comparison.IS, Decimal(16), "1"), told(("ymrs", Decimal(16), "1")))
    assert found.lifts == ()


def test_yes_no_and_choices():
    (found,) = change(Compare("capacity", Comparison.IS, False), told(("capacity", False, None)))
    assert found.lifts == (Lift("capacity", "yes"),)
    one_of = Compare("heart_failure", Comparison.ONE_OF, ("NYHA III", "NYHA IV"))
    (found,) = change(one_of, told(("heart_failure", "NYHA III", None)))
    assert found.lifts == (Lift("heart_failure", "other than NYHA III or NYHA IV"),)
    (found,) = change(Compare("consent", Comparison.IS_NOT, "valid"), told(("consent", "absent", None)))
    assert found.lifts == (Lift("consent", "valid"),)


def test_each_of_several_facts_that_would_lift_it_alone():
    both = Every(
        (Compare("childbearing_potential", Comparison.IS, True), Not(Compare("contraception", Comparison.IS, True)))
    )
    facts = told(("childbearing_potential", True, None), ("contraception", False, None))
    (found,) = change(both, facts, effect=Effect.CLEAR)
    assert found.lifts == (Lift("childbearing_potential", "no"), Lift("contraception", "yes"))


def test_a_stop_that_becomes_a_clearance_is_lifted_as_a_stop():
    """CI-06 of the sheet: within the look-back a stop, later a letter; by nasal spray."""
    facts = told(("stroke_or_tia_on", date(2026, 6, 14), None))
    known, case = reader.shipped(), Case(TODAY, facts, route=Route.IN)
    found = {change.criterion: change for change in rules.changes(rules.judge(case, known), case, known)}
    assert found["CI-06"].on == date(2026, 9, 13), "91 days after the event"


def test_what_holds_nothing_back_or_stands_in_no_sheet_of_criteria_changes_nothing():
    facts = told(("qtc_ms", Decimal(510), "ms"))
    condition = Compare("qtc_ms", Comparison.OVER, Decimal(500), "ms")
    assert change(condition, facts, effect=Effect.NOTE) == ()
    assert change(condition, told(("qtc_ms", Decimal(400), "ms"))) == ()
    decision = decide([reason_for(row(condition, "INT-99"), facts, TODAY)], ())
    assert rules.changes(decision, Case(TODAY, facts), reader.shipped()) == ()


def test_a_state_that_must_last_is_lifted_by_its_having_lasted_and_a_diagnosis_is_not_there_to_be_changed():
    bipolar = Compare("diagnosis", Comparison.IS, "bipolar depression")
    begun, young = (Within("mood_stabiliser_since", days, valid_days=90) for days in (EVER, 27))
    condition = Every((bipolar, Not(Every((begun, Not(young))))))
    facts = told(("diagnosis", "bipolar depression", None), ("mood_stabiliser_since", False, None))
    (found,) = change(condition, facts)
    assert found.lifts == (Lift("mood_stabiliser_since", "28 days ago or more"),)


def test_what_is_named_as_a_change_keeps_its_promise_whatever_else_it_becomes():
    """Of every choice of every fact: each other value that the words allow lifts the reason, or makes it milder."""
    known, weighs, tried = reader.shipped(), list(Effect), 0
    for name, kind in known.facts.items():
        for value in kind.choices:
            for found, reason, allowed in promised(name, value, kind.choices, known):
                for other in allowed:
                    then = reason_of(judged_with(name, other, known)[1], found.criterion)
                    milder = then is not None and weighs.index(then.effect) > weighs.index(reason.effect)
                    assert then is None or then.result is not Result.MET or milder, (found.criterion, value, other)
                    tried += 1
    assert tried > 40


def judged_with(name, value, known):
    others = [fact for fact in ordinary() if fact.name != name]
    case = Case(TODAY, Facts([*others, Fact(name, value, None, TODAY, "letter")]))
    return case, rules.judge(case, known)


def reason_of(decision, criterion):
    return next((one for one in decision.reasons if one.criterion == criterion), None)


def promised(name, value, choices, known):
    case, decision = judged_with(name, value, known)
    for found in rules.changes(decision, case, known):
        for words in [lift.needs for lift in found.lifts if lift.fact == name]:
            not_these = words.removeprefix("other than ").split(" or ")
            allowed = [one for one in choices if one not in not_these] if words.startswith("other") else [words]
            yield found, reason_of(decision, found.criterion), allowed


def test_ci_07_stable_disease_is_not_lifted_by_being_other_than_unstable():
    known = reader.shipped()
    choices = known.facts["coronary_disease"].choices
    found = {change.criterion: allowed for change, _, allowed in promised("coronary_disease", "stable", choices, known)}
    assert found["CI-07"] == ["none"]
