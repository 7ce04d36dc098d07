"""Every line of every criterion, from the sheets themselves: one below, at, and one above; and its last valid day.

For each reading of a criterion a surrounding is looked for in which that reading alone decides; there the line and the
age are moved across their edges. What must happen at the edge follows from the comparison's own word.
"""

from datetime import timedelta
from decimal import Decimal
from itertools import product

import pytest

from ketacare.medicine.candidacy.tests.given import ON, SHEET
from ketacare.medicine.evidence.rules import evaluate, leaves
from ketacare.medicine.evidence.terms import EVER, Compare, Comparison, Fact, Facts, Result, Within

JUST = Decimal("0.001")
LIKE_BELOW = {Comparison.OVER, Comparison.AT_MOST}
NUMERIC = LIKE_BELOW | {Comparison.AT_LEAST, Comparison.UNDER}
CRITERIA = SHEET.criteria.criteria


def readings():
    for row in CRITERIA:
        for condition in filter(None, (row.condition, row.only_if)):
            for leaf in leaves(condition):
                yield row, condition, leaf


READINGS = list(readings())


def named(reading):
    row, _, leaf = reading
    line = leaf.days if isinstance(leaf, Within) else f"{leaf.comparison} {leaf.value}"
    return f"{row.id} {leaf.fact} {line} {leaf.valid_days}"


def values(leaf):
    """Three values of the reading's own fact: short of the line, at it, beyond it."""
    if isinstance(leaf, Within):
        days = 2 if leaf.days == EVER else leaf.days
        return [ON - timedelta(days=ago) for ago in (days - 1, days, days + 1)]
    if leaf.comparison in NUMERIC:
        return [leaf.value - JUST, leaf.value, leaf.value + JUST]
    return sorted(choices(leaf.fact), key=str)


def choices(name):
    kind = SHEET.facts.get(name)
    return list(kind.choices) if kind and kind.choices else [True, False]


def candidates(name, condition):
    """Values of another fact that may let this reading decide."""
    own = [leaf for leaf in leaves(condition) if leaf.fact == name]
    found = [value for leaf in own for value in values(leaf)]
    if isinstance(own[0], Within):
        found += [False, ON - timedelta(days=5000)]
    return list(dict.fromkeys(found))


def told(name, value, days_ago=0):
    kind = SHEET.facts.get(name)
    unit = kind.unit if kind and isinstance(value, Decimal) else None
    return Fact(name, value, unit, ON - timedelta(days=days_ago), "test")


def result(condition, surrounding, fact):
    return evaluate(condition, Facts([*surrounding, fact]), ON).result


def deciding(condition, leaf, one, other):
    """A surrounding in which these two values of the reading's fact lead to different answers; None where none does."""
    others = sorted({read.fact for read in leaves(condition)} - {leaf.fact})
    for answers in product(*(candidates(name, condition) for name in others)):
        surrounding = [told(name, value) for name, value in zip(others, answers, strict=True)]
        found = {result(condition, surrounding, told(leaf.fact, value)) for value in (one, other)}
        if found == {Result.MET, Result.NOT_MET}:
            return surrounding
    return None


def is_line(leaf):
    return leaf.days != EVER if isinstance(leaf, Within) else leaf.comparison in NUMERIC


LINES = [reading for reading in READINGS if is_line(reading[2])]


@pytest.mark.parametrize("reading", LINES, ids=map(named, LINES))
def test_a_line_changes_the_answer_on_its_right_side(reading):
    _, condition, leaf = reading
    below, at, above = values(leaf)
    surrounding = deciding(condition, leaf, below, above)
    assert surrounding is not None, "no surrounding in which this line decides"
    found = [result(condition, surrounding, told(leaf.fact, value)) for value in (below, at, above)]
    like_below = isinstance(leaf, Within) or leaf.comparison in LIKE_BELOW
    assert found[1] is (found[0] if like_below else found[2])
    assert found[0] is not found[2]


AGED = [reading for reading in READINGS if reading[2].valid_days is not None]


def two_answers(condition, leaf):
    """Two values between which the reading decides, with the surrounding in which it does."""
    own = candidates(leaf.fact, condition) if not is_line(leaf) else [values(leaf)[0], values(leaf)[2]]
    for one, other in product(own, own):
        surrounding = deciding(condition, leaf, one, other) if one != other else None
        if surrounding is not None:
            return one, surrounding
    return None


@pytest.mark.parametrize("reading", AGED, ids=map(named, AGED))
def test_a_fact_counts_on_its_last_valid_day_and_not_on_the_next(reading):
    _, condition, leaf = reading
    found = two_answers(condition, leaf)
    assert found is not None, "no surrounding in which this reading decides"
    value, surrounding = found
    fresh = result(condition, surrounding, told(leaf.fact, value))
    longest = max(
        read.valid_days for read in leaves(condition) if read.fact == leaf.fact and read.valid_days is not None
    )
    assert result(condition, surrounding, told(leaf.fact, value, leaf.valid_days)) is fresh
    assert result(condition, surrounding, told(leaf.fact, value, longest + 1)) is Result.UNKNOWN


def test_the_lines_are_those_of_the_sheets():
    """Neither test runs over nothing."""
    assert len(LINES) > 80
    assert len(AGED) > 150
    assert all(isinstance(leaf, (Compare, Within)) for _, _, leaf in READINGS)
