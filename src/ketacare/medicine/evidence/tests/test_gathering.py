"""What several rows need together: every row is served, and by no smaller set."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.medicine.evidence.rules import decide, gathering
from ketacare.medicine.evidence.terms import Effect, Outcome, Reason, Result

NAMES = "abcdef"
group = st.lists(st.sampled_from(NAMES), min_size=2, max_size=3, unique=True).map(tuple)
needs = st.tuples(st.sets(st.sampled_from(NAMES), max_size=2), st.lists(group, max_size=2, unique_by=lambda g: g[0]))


def row(number, plain, groups, *, stops=False):
    firsts = [of[0] for of in groups]
    names = (*firsts, *sorted(plain - set(firsts)))
    effect = Effect.STOP if stops else Effect.CLEAR
    return Reason(f"R-{number}", "", Result.UNKNOWN, effect, "", missing=names, one_of=tuple(groups))


def missing(*rows):
    decision = decide(rows, ())
    assert decision.outcome is Outcome.UNKNOWN
    return decision.missing


def serves(names, one):
    firsts = {of[0] for of in one.one_of}
    return set(one.missing) - firsts <= set(names) and all(set(of) & set(names) for of in one.one_of)


@given(st.lists(needs, min_size=1, max_size=3))
def test_every_row_is_served_and_no_smaller_set_serves_them(told):
    rows = [row(number, plain, groups) for number, (plain, groups) in enumerate(told)]
    found = missing(*rows)
    assert all(serves(found, one) for one in rows)
    smaller = chain.from_iterable(combinations(NAMES, size) for size in range(len(found)))
    assert not any(all(serves(few, one) for one in rows) for few in smaller)


def test_what_another_row_needs_anyway_serves_a_choice_too():
    assert missing(row(1, set(), [("phq_9", "madrs")]), row(2, {"madrs"}, [])) == ("madrs",)
    assert missing(row(1, set(), [("phq_9", "madrs")])) == ("phq_9",), "else the first of them is asked"


def test_one_name_serves_several_choices_where_it_can():
    assert missing(row(1, set(), [("a", "c")]), row(2, set(), [("b", "c")])) == ("c",)


@pytest.mark.parametrize(("most", "asked"), [(2, ("c",)), (1, ("a", "b"))])
def test_above_the_most_choices_that_are_searched_the_first_of_each_is_asked(monkeypatch, most, asked):
    monkeypatch.setattr(gathering, "MOST_GROUPS", most)
    assert missing(row(1, set(), [("a", "c")]), row(2, set(), [("b", "c")])) == asked
