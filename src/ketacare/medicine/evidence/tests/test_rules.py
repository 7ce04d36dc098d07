from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.terms import (
    Compare,
    Comparison,
    Criterion,
    Effect,
    Every,
    Fact,
    Facts,
    Grade,
    Not,
    Outcome,
    Reason,
    Result,
    SheetRef,
    Some,
    Within,
    weakest,
)

ON = date(2026, 7, 14)
MET, NOT, UNKNOWN = Result.MET, Result.NOT_MET, Result.UNKNOWN
VALUE = {MET: True, NOT: False}


def yes(name, valid_days=None):
    return Compare(name, Comparison.IS, True, None, valid_days)


def known(**values):
    return Facts([Fact(name, value, None, ON, "chart") for name, value in values.items() if value is not None])


def result(condition, facts, at=ON):
    return rules.evaluate(condition, facts, at).result


def kleene_and(one, other):
    return NOT if NOT in (one, other) else UNKNOWN if UNKNOWN in (one, other) else MET


def kleene_or(one, other):
    return MET if MET in (one, other) else UNKNOWN if UNKNOWN in (one, other) else NOT


@pytest.mark.parametrize(("one", "other"), list(product(Result, Result)))
def test_truth_tables_are_complete(one, other):
    facts = known(a=VALUE.get(one), b=VALUE.get(other))
    assert result(Every((yes("a"), yes("b"))), facts) is kleene_and(one, other)
    assert result(Some((yes("a"), yes("b"))), facts) is kleene_or(one, other)
    assert result(Not(yes("a")), facts) is {MET: NOT, NOT: MET, UNKNOWN: UNKNOWN}[one]


def test_empty_conditions():
    assert result(Every(()), Facts()) is MET
    assert result(Some(()), Facts()) is NOT


NAMES = "abcd"
leaves = st.sampled_from([yes(name) for name in NAMES])
conditions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Every(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Some(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=8,
)
values = st.dictionaries(st.sampled_from(NAMES), st.booleans())


@given(conditions, values, values)
def test_adding_a_fact_that_contradicts_none_never_unsettles(condition, some, more):
    before = result(condition, known(**some))
    after = result(condition, known(**(more | some)))
    assert before is UNKNOWN or after is before


@given(st.booleans(), st.booleans(), st.integers(0, 40))
def test_an_older_record_that_contradicts_the_word_of_the_day_never_leaves_it_not_met(today, earlier, days):
    """RUL-03: asked anew is not forgotten. What stands within the row's own days keeps a no open; a yes stays a yes."""
    line = Compare("a", Comparison.IS, True, valid_days=0, disputed_days=30)
    then = Fact("a", earlier, None, ON - timedelta(days=days), "letter")
    found = result(line, Facts([Fact("a", today, None, ON, "nurse"), then]))
    if days == 0 and today is not earlier:
        assert found is UNKNOWN
    elif today:
        assert found is MET
    else:
        assert found is (UNKNOWN if earlier and days <= 30 else NOT)
    assert result(line, Facts([then])) is (UNKNOWN if days else MET if earlier else NOT)


@given(st.integers(0, 100), st.integers(0, 100), st.integers(0, 40))
def test_an_older_number_beyond_the_line_keeps_a_no_of_the_day_open(today, earlier, days):
    line = Compare("a", Comparison.AT_LEAST, Decimal(50), unit="mg", valid_days=0, disputed_days=30)
    then = Fact("a", Decimal(earlier), "mg", ON - timedelta(days=days), "letter")
    found = result(line, Facts([Fact("a", Decimal(today), "mg", ON, "nurse"), then]))
    if days == 0 and today != earlier:
        assert found is UNKNOWN
    elif today >= 50:
        assert found is MET
    else:
        assert found is (UNKNOWN if earlier >= 50 and days <= 30 else NOT)


@given(conditions, values)
def test_the_missing_facts_settle_it_whatever_they_turn_out_to_be(condition, some):
    verdict = rules.evaluate(condition, known(**some), ON)
    assert bool(verdict.missing) is (verdict.result is UNKNOWN)
    assert not set(verdict.missing) & set(some)
    for answers in product([True, False], repeat=len(verdict.missing)):
        settled = known(**some, **dict(zip(verdict.missing, answers, strict=True)))
        assert result(condition, settled) is not UNKNOWN


@given(conditions, values)
def test_the_deciding_facts_alone_decide(condition, some):
    verdict = rules.evaluate(condition, known(**some), ON)
    if verdict.result is not UNKNOWN:
        assert result(condition, known(**{fact.name: fact.value for fact in verdict.facts})) is verdict.result


@given(st.permutations([yes(name) for name in NAMES]), values)
def test_order_of_parts_never_matters(parts, some):
    facts = known(**some)
    assert result(Every(tuple(parts)), facts) is result(Every(tuple(yes(name) for name in NAMES)), facts)
    assert result(Some(tuple(parts)), facts) is result(Some(tuple(yes(name) for name in NAMES)), facts)


# --- comparisons -----------------------------------------------------------------------------------------------------


def sbp(value, **more):
    return Fact("sbp", Decimal(value), "mmHg", ON, "cuff", **more)


@pytest.mark.parametrize(
    ("comparison", "at_line", "above"),
    [("over", NOT, MET), ("at_least", MET, MET), ("under", NOT, NOT), ("at_most", MET, NOT), ("is", MET, NOT)],
)
def test_comparisons_at_and_above_the_line(comparison, at_line, above):
    condition = Compare("sbp", Comparison(comparison), Decimal(160), "mmHg")
    assert result(condition, Facts([sbp(160)])) is at_line
    assert result(condition, Facts([sbp("160.001")])) is above


def test_choices():
    tier = Facts([Fact("tier", "T3", None, ON, "clinician")])
    assert result(Compare("tier", Comparison.ONE_OF, ("T3", "T4")), tier) is MET
    assert result(Compare("tier", Comparison.ONE_OF, ("T4",)), tier) is NOT
    assert result(Compare("tier", Comparison.IS_NOT, "T0"), tier) is MET


def test_h24_another_unit_is_refused_not_compared():
    with pytest.raises(rules.UnitMismatch, match="recorded in kPa, the rule reads mmHg"):
        result(Compare("sbp", Comparison.OVER, Decimal(160), "mmHg"), Facts([Fact("sbp", Decimal(21), "kPa", ON)]))
    with pytest.raises(rules.UnitMismatch, match="not a number"):
        result(Compare("sbp", Comparison.OVER, Decimal(160), "mmHg"), Facts([Fact("sbp", "high", "mmHg", ON)]))


@pytest.mark.parametrize(("days_ago", "expected"), [(0, MET), (42, MET), (43, NOT)])
def test_presence_within_a_period(days_ago, expected):
    event = Fact("mi_on", ON - timedelta(days=days_ago), None, ON, "letter")
    assert result(Within("mi_on", 42), Facts([event])) is expected


def test_an_event_that_never_happened_or_is_no_date():
    assert result(Within("mi_on", 42), Facts([Fact("mi_on", False, None, ON)])) is NOT
    with pytest.raises(rules.UnitMismatch, match="date of the event"):
        result(Within("mi_on", 42), Facts([Fact("mi_on", True, None, ON)]))


# --- age and disagreement --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "valid", "expected", "why"),
    [
        (30, 30, MET, ""),
        (31, 30, UNKNOWN, "a: 31 days old, counts for 30 days"),
        (1, 0, UNKNOWN, "a: 1 day old, counts only today"),
        (9000, None, MET, ""),
        (-1, None, UNKNOWN, "a: dated in the future"),
    ],
)
def test_h14_stale_is_unknown_and_says_why(days, valid, expected, why):
    facts = Facts([Fact("a", True, None, ON - timedelta(days=days), "chart")])
    verdict = rules.evaluate(yes("a", valid), facts, ON)
    assert verdict.result is expected
    assert verdict.why == ((why,) if why else ())
    assert verdict.facts or expected is UNKNOWN


def test_a_fact_without_a_date_counts_only_where_age_does_not_matter():
    undated = Facts([Fact("a", True)])
    assert result(yes("a"), undated) is MET
    verdict = rules.evaluate(yes("a", 30), undated, ON)
    assert verdict.why == ("a: recorded without a date",)
    assert verdict.facts[0].age_days is None


def test_the_clinics_day_counts_not_utc():
    denver = ZoneInfo("America/Denver")
    morning = datetime(2026, 7, 14, 8, 0, tzinfo=denver)
    evening = datetime(2026, 7, 14, 20, 0, tzinfo=denver)  # already tomorrow in UTC
    facts = Facts([Fact("a", True, None, morning.astimezone(UTC), "chart")])
    assert result(yes("a", 0), facts, evening) is MET
    assert result(yes("a", 0), facts, evening.astimezone(UTC)) is UNKNOWN
    assert result(yes("a", 0), facts, morning - timedelta(minutes=1)) is UNKNOWN
    assert result(yes("a", 0), facts, date(2026, 7, 14)) is MET


def test_newer_word_of_the_same_source_replaces_the_older():
    facts = [Fact("a", False, None, ON - timedelta(days=9), "x"), Fact("a", True, None, ON, "x")]
    for order in permutations(facts):
        assert result(yes("a"), Facts(order)) is MET


def test_sources_that_disagree_are_unknown_until_a_ruling():
    patient = Fact("a", False, None, ON, "patient")
    letter = Fact("a", True, None, ON - timedelta(days=400), "letter")
    verdict = rules.evaluate(yes("a"), Facts([patient, letter]), ON)
    assert (verdict.result, verdict.missing) == (UNKNOWN, ("a",))
    assert "records disagree" in verdict.why[0]
    assert {fact.source for fact in verdict.facts} == {"patient", "letter"}
    ruling = Fact("a", True, None, datetime(2026, 7, 14, 9, tzinfo=UTC), "prescriber", settles=True)
    assert result(yes("a"), Facts([patient, letter, ruling])) is MET


NOON, EVENING = (datetime(2026, 7, 14, hour, tzinfo=UTC) for hour in (12, 20))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(ON, ON, UNKNOWN), (ON, NOON, UNKNOWN), (NOON, NOON, UNKNOWN), (NOON, EVENING, NOT), (EVENING, NOON, MET)],
)
@pytest.mark.parametrize("sources", [("A", "B"), ("A", "A")])
def test_two_rulings_that_contradict_settle_nothing_unless_one_is_surely_the_later(one, other, expected, sources):
    """Whatever the order they are told in, and whatever stood before them."""
    before = Fact("a", True, None, ON - timedelta(days=1), "chart")
    said = Fact("a", True, None, one, sources[0], settles=True), Fact("a", False, None, other, sources[1], settles=True)
    found = {result(yes("a"), Facts(order), EVENING) for order in permutations([before, *said])}
    assert found == {expected}


def test_a_ruling_settles_what_was_told_by_its_moment_wherever_it_is_told():
    told = [Fact("a", False, None, ON, "patient"), Fact("a", True, None, ON, "prescriber", settles=True)]
    assert {result(yes("a"), Facts(order)) for order in permutations(told)} == {MET}


def test_the_one_fact_to_rely_on_or_why_there_is_none():
    facts = Facts([sbp(120)])
    assert rules.current(facts, "sbp", 0, ON) is facts.all("sbp")[0]
    with pytest.raises(LookupError, match="pulse: not recorded"):
        rules.current(facts, "pulse", None, ON)
    assert rules.used(sbp(120), ON).age_days == 0
    assert rules.used(Fact("sbp", Decimal(120)), ON).age_days is None


def test_one_source_saying_two_things_at_once_is_unknown():
    assert result(yes("a"), Facts([Fact("a", True, None, ON, "x"), Fact("a", False, None, ON, "x")])) is UNKNOWN


def test_facts_check_themselves():
    with pytest.raises(TypeError, match="exact"):
        Fact("weight", 72.5, "kg")
    with pytest.raises(TypeError, match="zone"):
        Fact("a", True, None, datetime(2026, 7, 14, 8, 0))
    facts = Facts().with_(sbp(120), sbp(121))
    assert len(list(facts)) == 2
    assert facts.all("sbp")[0].value == 120


# --- decisions -------------------------------------------------------------------------------------------------------


def reason(answer, effect, name="X", **more):
    missing = ("fact",) if answer is UNKNOWN else ()
    return Reason(name, name, answer, effect, name, (), missing, **more)


@pytest.mark.parametrize(
    ("reasons", "outcome"),
    [
        ([], "permit"),
        ([(NOT, Effect.STOP)], "permit"),
        ([(MET, Effect.NOTE)], "permit"),
        ([(UNKNOWN, Effect.NOTE), (UNKNOWN, Effect.CAUTION)], "permit"),
        ([(MET, Effect.CAUTION)], "warn"),
        ([(MET, Effect.CLEAR)], "warn"),
        ([(UNKNOWN, Effect.CLEAR), (MET, Effect.CLEAR)], "unknown"),
        ([(UNKNOWN, Effect.STOP)], "unknown"),
        ([(MET, Effect.STOP), (UNKNOWN, Effect.STOP)], "stop"),
    ],
)
def test_rul_01_precedence(reasons, outcome):
    decisions = {
        (d.outcome, d.missing, tuple(r.effect for r in d.reasons))
        for mixed in permutations([reason(*r, name=f"C{i}") for i, r in enumerate(reasons)])
        for d in [rules.decide(mixed, [])]
    }
    assert len(decisions) == 1
    decision = decisions.pop()
    assert decision[0] == outcome
    assert bool(decision[1]) is (outcome == "unknown")


def test_reasons_stand_in_the_order_they_weigh():
    given_order = [
        reason(NOT, Effect.STOP, "e"),
        reason(MET, Effect.NOTE, "d"),
        reason(MET, Effect.CAUTION, "c"),
        reason(UNKNOWN, Effect.CAUTION, "c2"),
        reason(MET, Effect.CLEAR, "b"),
        reason(UNKNOWN, Effect.CLEAR, "a2"),
        reason(MET, Effect.STOP, "a"),
    ]
    decision = rules.decide(given_order, [SheetRef("s", "1"), SheetRef("s", "1")])
    assert [r.criterion for r in decision.reasons] == ["a", "a2", "b", "c", "c2", "d", "e"]
    assert decision.sheets == (SheetRef("s", "1"),)
    assert [r.criterion for r in decision.deciding] == ["a", "a2", "b", "c"]


def test_rul_01_what_weighs_more_stands_first_whatever_its_name_and_what_is_settled_by_its_name():
    weights = [
        (MET, Effect.NOTE),
        (MET, Effect.CAUTION),
        (MET, Effect.CLEAR),
        (UNKNOWN, Effect.STOP),
        (MET, Effect.STOP),
    ]
    told = [reason(answer, effect, name) for name, (answer, effect) in zip("abcde", weights, strict=True)]
    settled = [reason(NOT, Effect.NOTE, "z"), reason(NOT, Effect.STOP, "y")]
    assert [one.criterion for one in rules.decide([*settled, *told], []).reasons] == [*"edcba", "y", "z"]


def test_clearance_given_lifts_a_clearance_only():
    reasons = rules.cleared([reason(MET, Effect.CLEAR, "b"), reason(MET, Effect.STOP, "a")], {"a", "b"})
    assert [r.cleared for r in reasons] == [True, False]
    warned = rules.decide(reasons[:1], [])
    assert warned.permits
    assert warned.deciding == ()
    assert not warned.needs_clearance
    assert rules.decide([reason(MET, Effect.CAUTION)], []).permits


def test_a_criterion_is_told_in_the_words_of_its_sheet():
    criterion = Criterion("CI-30", "Active psychosis", Effect.STOP, yes("a", 90), (), Grade.V, "P", {MET: "Psychotic"})
    assert rules.reason_for(criterion, known(a=True), ON).words == "Psychotic"
    assert rules.reason_for(criterion, known(a=False), ON).words == "Active psychosis: not met"
    assert rules.reason_for(criterion, Facts(), ON).words == "Active psychosis: unknown (a: not recorded)"


def test_a_row_is_as_weak_as_its_weakest_figure():
    assert weakest([Grade.V, Grade.M, Grade.D]) is Grade.M
    assert weakest([Grade.V, Grade.S]) is Grade.S
    assert weakest([]) is Grade.D
    assert Grade.M.words == "unconfirmed"


def test_outcomes_are_the_words_of_the_answer():
    assert [*Outcome] == ["permit", "warn", "stop", "unknown"]
    assert [*Effect] == ["stop", "needs clearance", "caution", "note"]


def test_what_is_added_leaves_the_rest_as_it_was_looked_up():
    before = Facts([Fact("a", True, None, ON, "x"), Fact("b", True, None, ON, "x"), Fact("c", True), Fact("c", True)])
    assert result(yes("a", 0), before) is MET
    after = before.with_(Fact("b", False, None, ON, "y"))
    assert (result(yes("a", 0), after), result(yes("b", 0), after), result(yes("b", 0), before)) == (MET, UNKNOWN, MET)
    assert result(yes("c"), after) is MET


@pytest.mark.parametrize(
    ("ahead", "at"),
    [
        (ON + timedelta(days=1), ON),
        (datetime(2026, 7, 14, 13, tzinfo=UTC), datetime(2026, 7, 14, 12, tzinfo=UTC)),
        (datetime(2026, 7, 15, 13, tzinfo=UTC), ON),
    ],
)
def test_of_several_records_one_that_lies_ahead_neither_counts_nor_disagrees(ahead, at):
    known = Fact("a", True, None, ON - timedelta(days=1), "chart")
    later = Fact("a", False, None, ahead, "letter")
    for order in permutations((known, later)):
        assert result(yes("a"), Facts(order), at) is MET
    verdict = rules.evaluate(yes("a"), Facts([later, Fact("a", True, None, ahead, "chart")]), at)
    assert verdict.why == ("a: dated in the future",)


def test_a_record_of_this_very_moment_counts_beside_an_earlier_one():
    noon = datetime(2026, 7, 14, 12, tzinfo=UTC)
    facts = [Fact("a", False, None, noon - timedelta(hours=1), "x"), Fact("a", True, None, noon, "x")]
    assert result(yes("a"), Facts(facts), noon) is MET


def test_of_sources_that_agree_the_newest_is_told():
    older, newer = Fact("a", True, None, ON - timedelta(days=3), "x"), Fact("a", True, None, ON, "y")
    for order in permutations((older, newer)):
        assert rules.current(Facts(order), "a", 30, ON) is newer


def test_an_open_caution_is_not_asked_for_beside_an_open_stop():
    stop = Reason("S", "", Result.UNKNOWN, Effect.STOP, "", missing=("a",))
    caution = Reason("C", "", Result.UNKNOWN, Effect.CAUTION, "", missing=("b",))
    told = Reason("M", "", Result.MET, Effect.CLEAR, "", missing=("c",))
    decision = rules.decide([caution, told, stop], [])
    assert (decision.outcome, decision.missing) == (Outcome.UNKNOWN, ("a",))


def test_a_clearance_of_what_is_not_met_warns_all_the_same():
    not_met = Reason("N", "", Result.NOT_MET, Effect.CLEAR, "")
    assert rules.decide([not_met], []).outcome is Outcome.PERMIT
    lifted = Reason("N", "", Result.NOT_MET, Effect.CLEAR, "", cleared=True)
    assert rules.decide([lifted], []).outcome is Outcome.WARN
