"""The smallest set of missing facts, held against a plain search that knows nothing of classes or shapes."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import combinations, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.rules import conditions as readings
from ketacare.medicine.evidence.rules import settling
from ketacare.medicine.evidence.terms import (
    Compare,
    Comparison,
    Every,
    Fact,
    Facts,
    Not,
    Result,
    Some,
    Within,
)

ON = date(2026, 7, 14)
MET, NOT, UNKNOWN = Result.MET, Result.NOT_MET, Result.UNKNOWN


def yes(name, valid_days=None):
    return Compare(name, Comparison.IS, True, None, valid_days)


def line(name, comparison, value, unit="mmHg", valid_days=None):
    return Compare(name, Comparison(comparison), Decimal(value), unit, valid_days)


def choice(name, *values):
    return Compare(name, Comparison.ONE_OF, values)


def fact(name, value, days_ago=0, unit=None, **more):
    return Fact(name, value, unit, ON - timedelta(days=days_ago), "chart", **more)


def missing(condition, *facts):
    verdict = rules.evaluate(condition, Facts(list(facts)), ON)
    assert verdict.result is UNKNOWN
    return set(verdict.missing)


# --- by hand ---------------------------------------------------------------------------------------------------------


def test_two_lines_on_one_number_are_one_fact():
    either = Some((line("sbp", "over", 160), line("sbp", "under", 90)))
    assert missing(either) == {"sbp"}
    assert settling.shape_of(either).classes["sbp"] == ((-1, 1), (-1, -1), (1, -1))


def test_a_fact_whose_every_value_leaves_the_row_the_same_is_not_asked():
    """Whoever has no chance of the first part need not be asked for the second."""
    pregnant = Every((yes("possible"), Some((yes("test_positive"), Not(yes("possible"))))))
    assert missing(pregnant) == {"possible", "test_positive"}
    assert missing(pregnant, fact("possible", True)) == {"test_positive"}
    same_either_way = Some((Every((yes("a"), yes("b"))), Every((yes("a"), Not(yes("b")), yes("b"))), yes("a")))
    assert missing(same_either_way) == {"a"}


def test_a_line_that_lies_beyond_another_adds_nothing():
    nested = Every((line("sbp", "over", 140), Some((line("sbp", "over", 120), yes("symptoms")))))
    assert missing(nested) == {"sbp"}


def test_the_date_of_an_event_or_no_is_one_fact_with_a_class_to_each_span():
    recent = Some((Within("mi_on", 42), Every((Within("mi_on", 90), yes("unstable")))))
    assert settling.shape_of(recent).classes["mi_on"] == ((1, 1), (-1, 1), (-1, -1))
    assert missing(recent) == {"mi_on", "unstable"}
    assert missing(recent, fact("unstable", False)) == {"mi_on"}


def test_of_two_sets_as_small_the_first_by_name_whatever_the_order():
    """Kleene's logic does not see that yes or no is always so; asking either settles it."""
    parts = (yes("b"), Not(yes("b")), yes("a"), Not(yes("a")))
    assert missing(Some(parts)) == missing(Some(parts[::-1])) == {"a"}


def test_a_fact_too_old_for_one_line_counts_for_the_other_until_it_is_given():
    thyroid = Some(
        (
            Every((yes("thyroid"), Compare("tsh", Comparison.IS, "high", None, 180))),
            Every((Not(yes("thyroid")), Compare("tsh", Comparison.IS, "high", None, 365))),
        )
    )
    assert missing(thyroid, fact("tsh", "normal", 200)) == {"thyroid", "tsh"}
    assert missing(thyroid, fact("tsh", "normal", 200), fact("thyroid", True)) == {"tsh"}
    settled = rules.evaluate(thyroid, Facts([fact("tsh", "normal", 200), fact("thyroid", False)]), ON)
    assert settled.result is NOT


def test_giving_a_stale_fact_can_open_what_it_had_closed():
    """`a` is fresh enough for the first part only; a new `a` may be no, and then `b` decides."""
    row = Every((Some((yes("a", 30), yes("b"))), yes("a", 7)))
    assert missing(row, fact("a", True, 10)) == {"a"}
    row = Every((Some((yes("a", 30), yes("b"))), Some((Not(yes("a", 7)), yes("c")))))
    assert missing(row, fact("a", True, 10)) == {"a", "b", "c"}


def test_only_what_is_asked_is_told():
    row = Every((yes("a"), Some((yes("a"), yes("b")))))
    verdict = rules.evaluate(row, Facts(), ON)
    assert (verdict.missing, verdict.why) == (("a",), ("a: not recorded",))


def test_choices_take_the_named_values_and_another():
    row = Some((choice("tier", "T3", "T4"), Compare("tier", Comparison.IS, "T0"), Within("tier_on", 3)))
    shape = settling.shape_of(row)
    assert set(shape.classes["tier"]) == {(1, -1), (-1, 1), (-1, -1)}
    assert shape.classes["tier_on"] == ((1,), (-1,))


def test_hours_ago_answered_with_no_lies_beyond_every_line():
    eaten = line("hours_since_food", "under", 6, "h")
    none = Facts([fact("hours_since_food", False)])
    assert rules.evaluate(eaten, none, ON).result is NOT
    assert rules.evaluate(line("hours_since_food", "at_least", 6, "h"), none, ON).result is MET
    assert rules.evaluate(line("hours_since_food", "is", 6, "h"), none, ON).result is NOT
    assert rules.evaluate(line("hours_since_food", "is_not", 6, "h"), none, ON).result is MET
    never = Compare("hours_since_food", Comparison.IS, False)
    assert rules.evaluate(never, none, ON).result is MET
    just_now = Facts([fact("hours_since_food", Decimal(0), unit="h")])
    assert rules.evaluate(never, just_now, ON).result is NOT
    assert set(settling.shape_of(Every((eaten, never))).classes["hours_since_food"]) == {(1, -1), (-1, 1), (-1, -1)}
    with pytest.raises(rules.UnitMismatch, match="recorded in no unit"):
        rules.evaluate(line("sbp", "under", 90), Facts([fact("sbp", False)]), ON)


def test_above_the_bound_all_open_facts_are_asked_and_still_settle_it():
    names = [f"f{number}" for number in range(settling.MOST_FACTS + 1)]
    row = Every((*(yes(name) for name in names), Some((yes(names[0]), yes("other")))))
    assert missing(row) == {*names, "other"}
    assert missing(row, fact("f0", True)) == set(names) - {"f0"}


def test_shapes_are_kept_for_a_sheet_and_not_for_ever(monkeypatch):
    monkeypatch.setattr(settling, "_MOST_SHAPES", 2)
    monkeypatch.setattr(settling, "_shapes", {})
    rows = [yes("a"), yes("b"), yes("c")]
    first = settling.shape_of(rows[0])
    assert settling.shape_of(rows[0]) is first
    for row in rows:
        settling.shape_of(row)
    assert len(settling._shapes) == 1


def test_conditions_made_ready_are_kept_and_not_for_ever(monkeypatch):
    monkeypatch.setattr(readings, "_MOST_READINGS", 2)
    monkeypatch.setattr(readings, "_readings", {})
    monkeypatch.setattr(readings, "_answering", {})
    rows = [yes("a"), yes("b"), yes("c")]
    first = readings.answering(rows[0])
    assert readings.answering(rows[0]) is first
    for row in rows:
        readings.answering(row)
    assert (len(readings._answering), len(readings._readings)) == (1, 1)


# --- by a plain search -----------------------------------------------------------------------------------------------

VALUES = {
    "a": [True, False],
    "b": [True, False],
    "sbp": [Decimal(value) for value in (80, 90, 100, 160, 170)],
    "mi_on": [False, ON, ON - timedelta(days=50), ON - timedelta(days=100)],
    "tier": ["T0", "T1", "T3", "T4"],
}
UNITS = {"sbp": "mmHg"}
READINGS = [
    yes("a"),
    Compare("a", Comparison.IS, False, None, 7),
    yes("b", 30),
    line("sbp", "over", 160),
    line("sbp", "under", 90, valid_days=7),
    line("sbp", "at_least", 100),
    Within("mi_on", 42),
    Within("mi_on", 90, 7),
    Compare("tier", Comparison.IS, "T0"),
    choice("tier", "T3", "T4"),
]
conditions = st.recursive(
    st.sampled_from(READINGS),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Every(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Some(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=7,
)
one_fact = st.sampled_from(sorted(VALUES)).flatmap(
    lambda name: st.builds(
        lambda value, days_ago: fact(name, value, days_ago, UNITS.get(name)),
        st.sampled_from(VALUES[name]),
        st.sampled_from([0, 10, 40]),
    )
)
cases = st.lists(one_fact, max_size=4, unique_by=lambda fact: fact.name)


def settles(names, condition, facts):
    """Whatever the values of these facts, asked today, is the row met or not met?"""
    kept = [fact for fact in facts if fact.name not in names]
    for answers in product(*(VALUES[name] for name in names)):
        asked = [fact(name, value, 0, UNITS.get(name)) for name, value in zip(names, answers, strict=True)]
        if rules.evaluate(condition, Facts([*kept, *asked]), ON).result is UNKNOWN:
            return False
    return True


def fewest(condition, facts):
    return next(
        size for size in range(6) for few in combinations(sorted(VALUES), size) if settles(few, condition, facts)
    )


@settings(max_examples=400, deadline=None)
@given(conditions, cases)
def test_missing_settles_the_row_and_no_smaller_set_does(condition, facts):
    verdict = rules.evaluate(condition, Facts(facts), ON)
    assert bool(verdict.missing) is (verdict.result is UNKNOWN)
    assert settles(verdict.missing, condition, facts)
    for left_out in verdict.missing:
        assert not settles([name for name in verdict.missing if name != left_out], condition, facts)
    assert len(verdict.missing) == fewest(condition, facts)


def turned(condition):
    """The same row with every list of parts the other way round."""
    if isinstance(condition, Not):
        return Not(turned(condition.part))
    if isinstance(condition, (Every, Some)):
        return type(condition)(tuple(turned(part) for part in reversed(condition.parts)))
    return condition


@settings(max_examples=200, deadline=None)
@given(conditions, cases)
def test_the_order_of_parts_and_of_facts_never_matters(condition, facts):
    one = rules.evaluate(condition, Facts(facts), ON)
    other = rules.evaluate(turned(condition), Facts(facts[::-1]), ON)
    assert (one.result, set(one.missing)) == (other.result, set(other.missing))


@settings(max_examples=300, deadline=None)
@given(conditions, cases, st.data())
def test_adding_a_fact_that_contradicts_none_never_unsettles(condition, facts, data):
    """New facts, and known ones said again by somebody else, of any age."""
    known = {fact.name: fact for fact in facts}
    new = data.draw(one_fact)
    said_again = Fact(new.name, known.get(new.name, new).value, new.unit, new.known_at, "someone else")
    before = rules.evaluate(condition, Facts(facts), ON).result
    after = rules.evaluate(condition, Facts([*facts, said_again]), ON).result
    assert before is UNKNOWN or after is before


@pytest.mark.parametrize("signs", list(product(Result, repeat=3)), ids=str)
def test_truth_tables_of_three_parts_are_complete(signs):
    """`Every` is the least of its parts, `Some` the greatest, when not met < unknown < met."""
    order = [NOT, UNKNOWN, MET]
    value = {MET: True, NOT: False}
    facts = Facts([fact(name, value[sign]) for name, sign in zip("abc", signs, strict=True) if sign in value])
    parts = (yes("a"), yes("b"), yes("c"))
    least, greatest = min(signs, key=order.index), max(signs, key=order.index)
    assert rules.evaluate(Every(parts), facts, ON).result is least
    assert rules.evaluate(Some(parts), facts, ON).result is greatest
    assert rules.evaluate(Not(Every(parts)), facts, ON).result is order[2 - order.index(least)]
    assert rules.evaluate(Not(Some(parts)), facts, ON).result is order[2 - order.index(greatest)]


# --- hours -----------------------------------------------------------------------------------------------------------

DENVER = ZoneInfo("America/Denver")
NOON = datetime(2026, 7, 14, 12, tzinfo=DENVER)


def within_24_h(known_at, at=NOON):
    condition = Compare("bp", Comparison.IS, True, None, None, 24)
    verdict = rules.evaluate(condition, Facts([Fact("bp", True, None, known_at, "cuff")]), at)
    return verdict.result, verdict.why


@pytest.mark.parametrize(
    ("known_at", "at", "why"),
    [
        (NOON - timedelta(hours=24), NOON, None),
        (NOON - timedelta(hours=24, minutes=1), NOON, "bp: 25 h old, counts for 24 h"),
        (NOON + timedelta(minutes=1), NOON, "bp: dated in the future"),
        (None, NOON, "bp: recorded without a date"),
        # a day without its time may have been its first minute
        (date(2026, 7, 14), NOON, None),
        (date(2026, 7, 13), NOON, "bp: up to 36 h old, counts for 24 h"),
        # a judgement without its time may be at the end of the day
        (NOON, date(2026, 7, 14), None),
        (date(2026, 7, 14), date(2026, 7, 14), None),
        (NOON - timedelta(hours=24), date(2026, 7, 14), "bp: up to 36 h old, counts for 24 h"),
        (date(2026, 7, 13), date(2026, 7, 14), "bp: up to 48 h old, counts for 24 h"),
    ],
)
def test_h14_to_the_hour(known_at, at, why):
    result, told = within_24_h(known_at, at)
    assert (result, told) == ((MET, ()) if why is None else (UNKNOWN, (why,)))


def test_h21_hours_are_real_hours_when_the_clock_is_put_back():
    """On 1 November 2026 Denver has 25 hours: noon to noon is one hour more than a day."""
    noon = datetime(2026, 11, 1, 12, tzinfo=DENVER)
    assert within_24_h(noon - timedelta(days=1), noon) == (UNKNOWN, ("bp: 25 h old, counts for 24 h",))


def test_an_event_dated_ahead_is_not_known_rather_than_recent():
    ahead = Facts([fact("mi_on", ON + timedelta(days=1))])
    verdict = rules.evaluate(Within("mi_on", 42), ahead, ON)
    assert (verdict.result, verdict.missing) == (UNKNOWN, ("mi_on",))
    assert verdict.why == ("mi_on: the event is dated in the future (2026-07-15)",)


def test_a_number_between_two_lines_has_a_class_of_its_own():
    between = Every((line("sbp", "over", 140), line("sbp", "under", 160)))
    assert settling.shape_of(between).classes["sbp"] == ((-1, 1), (1, -1), (1, 1))


def test_a_named_answer_stands_beside_a_plain_no():
    told = Some((Compare("glaucoma", Comparison.IS, False), choice("glaucoma", "acute")))
    assert settling.shape_of(told).classes["glaucoma"] == ((-1, 1), (-1, -1), (1, -1))


@pytest.mark.parametrize(("most", "asked"), [(("MOST_FACTS", 2), {"a"}), (("MOST_CASES", 4), {"a"})])
def test_a_row_at_the_edge_of_what_is_searched_is_searched(monkeypatch, most, asked):
    monkeypatch.setattr(settling, *most)
    settling.fewest_missing.cache_clear()
    same = Some((Every((yes("a"), yes("b"))), Every((yes("a"), Not(yes("b")), yes("b"))), yes("a")))
    assert missing(same) == asked
    settling.fewest_missing.cache_clear()
    monkeypatch.setattr(settling, most[0], most[1] - 1)
    assert missing(same) == {"a", "b"}, "beyond it everything that is open is asked for"
    settling.fewest_missing.cache_clear()
