"""How many days at an adequate dose are certain, and how many there may have been."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ketacare.medicine.candidacy.rules.duration import AS_LONG_AS_NEEDED, Stretch, least_mg, stretch
from ketacare.medicine.candidacy.terms import DoseStep
from ketacare.medicine.candidacy.tests.given import LINES, trial

OPEN = AS_LONG_AS_NEEDED
SERTRALINE, CITALOPRAM = LINES.medicine("sertraline"), LINES.medicine("citalopram")


def days_of(*steps, **told):
    """Of sertraline, adequate from 50 mg on."""
    return stretch(trial("sertraline", *steps, **told), SERTRALINE, LINES)


def test_of_a_trial_of_which_nothing_is_told_no_day_is_certain():
    assert days_of() == Stretch(0, OPEN)
    assert days_of((50, None)) == Stretch(0, OPEN), "an unknown duration is no day"
    assert days_of((50, 2), (100, None)) == Stretch(14, 14 + OPEN)


@pytest.mark.parametrize(
    ("days", "told", "expected"),
    [
        (56, {"gap_days": 7}, Stretch(49, 49)),
        (7, {"gap_days": 7}, Stretch(0, 0)),
        (2, {"gap_days": 3}, Stretch(0, 0)),
        (56, {"gap_days": 8}, Stretch(0, 48)),
        (2, {"gap_days": 8}, Stretch(0, 0)),
        (56, {"gap_days": 8, "days_since_gap": 20}, Stretch(20, 20)),
        (7, {"gap_days": 8, "days_since_gap": 20}, Stretch(7, 7)),
    ],
)
def test_rul_15_days_missed_are_no_days_and_more_than_seven_begin_anew(days, told, expected):
    once = replace(trial("sertraline", **told), steps=(DoseStep(Decimal(50), days),))
    assert stretch(once, SERTRALINE, LINES) == expected


def weeks_with_pause(*pauses):
    """Three weeks before, between and after pauses of so many days."""
    steps = [DoseStep(Decimal(50), 21)]
    for days in pauses:
        steps += [DoseStep(None, days, taken=False), DoseStep(Decimal(50), 21)]
    return stretch(replace(trial("sertraline"), steps=tuple(steps)), SERTRALINE, LINES)


def test_rul_15_pauses_within_the_steps_begin_anew_once_they_are_more_than_seven_days():
    assert weeks_with_pause(7) == Stretch(42, 42)
    assert weeks_with_pause(8) == Stretch(21, 21)
    assert weeks_with_pause(4, 3) == Stretch(63, 63)
    assert weeks_with_pause(4, 4) == Stretch(42, 42), "of both pauses, the run begins behind one of them"


def test_rul_15_a_pause_of_unknown_length_may_have_been_none_or_too_long():
    assert weeks_with_pause(None) == Stretch(21, 42)
    assert weeks_with_pause(7, None) == Stretch(42, 63), "seven days that are known and none that are not"


def test_a_labelled_ceiling_lowers_what_is_asked_and_never_raises_it():
    """A clinic that asks 40 mg of citalopram asks 20 mg of those whose label allows no more."""
    asked = replace(CITALOPRAM, least=replace(CITALOPRAM.least, value=Decimal(40)))

    def least(ceiling, reason="over 60"):
        told = None if ceiling is None else Decimal(ceiling)
        return least_mg(trial("citalopram", reduced_for=reason, reduced_ceiling_mg=told), asked)

    assert (least(None), least(30), least(10), least(60)) == (20, 30, 20, 40)
    assert least(20, reason=" ") == 40, "without its reason a ceiling lowers nothing"
