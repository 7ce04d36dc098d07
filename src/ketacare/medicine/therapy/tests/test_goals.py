"""Goal attainment scaling against its worked values, and what keeps a goal from being scaled."""

from datetime import date
from decimal import Decimal

import pytest

from ketacare.medicine.therapy import reader, rules
from ketacare.medicine.therapy.terms import ScaledGoal

SCALING = reader.scaling()
WORDS = ("Bed all day", "Up by noon", "Up by nine", "Up by eight", "Up by seven, walked")


def three(*levels: int | None, weights: tuple[int, ...] = (1, 1, 1), start: int = -1) -> list[ScaledGoal]:
    pairs = zip(levels, weights, strict=True)
    return [ScaledGoal(f"goal {n}", Decimal(weight), start, level) for n, (level, weight) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("levels", "t"),
    [((0, 0, 0), "50.0"), ((1, 1, 1), "63.7"), ((-1, -1, -1), "36.3"), ((2, 2, 2), "77.4"), ((1, 0, -1), "50.0")],
)
def test_the_worked_values(levels: tuple[int, ...], t: str) -> None:
    score = rules.goal_score(three(*levels), SCALING)
    assert score is not None
    assert (score.now, score.start) == (Decimal(t), Decimal("36.3"))
    assert score.change == Decimal(t) - Decimal("36.3")


def test_weights_by_hand() -> None:
    """w = 9, 4, 1; x = 1, 0, -1: 80 / sqrt(0.7*98 + 0.3*196) = 80 / sqrt(127.4) = 7.09."""
    score = rules.goal_score(three(1, 0, -1, weights=(9, 4, 1)), SCALING)
    assert score is not None
    assert score.now == Decimal("57.1")


def test_a_goal_nobody_scaled_is_left_out_and_said() -> None:
    score = rules.goal_score(three(1, None, 1), SCALING)
    assert score is not None
    assert score.left_out == ("goal 1",)
    # two goals: 20 / sqrt(0.7*2 + 0.3*4) = 20 / sqrt(2.6) = 12.4
    assert score.now == Decimal("62.4")


def test_without_a_level_or_a_weight_there_is_no_score() -> None:
    assert rules.goal_score(three(None, None, None), SCALING) is None
    assert rules.goal_score(three(1, 1, 1, weights=(0, 0, 0)), SCALING) is None
    assert rules.goal_score([], SCALING) is None


def faults(**changes: object) -> list[tuple[str, str]]:
    given = {"weights": ("2", "1"), "start": "-1", "words": WORDS} | changes
    return [(field, rule) for field, rule, _ in rules.goal_faults(**given, scaling=SCALING)]  # type: ignore[arg-type]


def test_a_whole_goal_has_no_fault() -> None:
    assert faults() == []


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"weights": ("", "1")}, "importance", "is missing"),
        ({"weights": ("0", "1")}, "importance", "is zero"),
        ({"weights": ("2", "0.0")}, "difficulty", "is zero"),
        ({"weights": ("2", "4")}, "difficulty", "not 1 to 3"),
        ({"weights": ("2", "-1")}, "difficulty", "not 1 to 3"),
        ({"weights": ("2", "two")}, "difficulty", "not 1 to 3"),
        ({"start": "0"}, "start", "not −1 or −2"),
        ({"words": (*WORDS[:2], " ", *WORDS[3:])}, "level0", "has no words"),
        ({"words": (*WORDS[:4], WORDS[3].upper())}, "level0", "say the same"),
    ],
)
def test_what_cannot_be_scaled_is_refused_with_field_and_rule(changes, field: str, said: str) -> None:
    ((found, rule),) = faults(**changes)
    assert found == field
    assert said in rule


def test_the_sheet_says_the_levels_in_words() -> None:
    assert SCALING.levels["0"] == "As expected"
    assert list(SCALING.levels) == ["-2", "-1", "0", "1", "2"]
    assert (SCALING.least_goals.integer, SCALING.most_goals.integer, SCALING.least_people.integer) == (3, 5, 11)


TODAY = date(2026, 11, 30)
AGREED = {
    "by_on": "2027-01-15",
    "measure": "Days of seven",
    "confidence": "7",
    "first_step": "Shoes by the bed",
    "obstacle": "it rains",
    "if_then": "I stand in the doorway",
}


def test_a_goal_with_its_day_measure_confidence_and_first_step_has_no_fault() -> None:
    assert list(rules.smart_faults(AGREED, TODAY, SCALING)) == []
    assert list(rules.smart_faults(AGREED | {"obstacle": "", "if_then": " "}, TODAY, SCALING)) == []


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"by_on": ""}, "by_on", "is not set"),
        ({"by_on": "soon"}, "by_on", "is not a day"),
        ({"by_on": "2026-11-30"}, "by_on", "is over"),
        ({"by_on": "2027-12-02"}, "by_on", "more than a year"),
        ({"measure": " "}, "measure", "is empty"),
        ({"confidence": ""}, "confidence", "is not 0 to 10"),
        ({"confidence": "11"}, "confidence", "is not 0 to 10"),
        ({"confidence": "²"}, "confidence", "is not 0 to 10"),
        ({"confidence": "6"}, "confidence", "6 of 10 is under 7"),
        ({"first_step": ""}, "first_step", "is empty"),
        ({"if_then": ""}, "if_then", "an obstacle is named"),
        ({"obstacle": ""}, "obstacle", "a plan for it is written"),
    ],
)
def test_what_cannot_be_worked_at_is_refused_with_field_rule_and_remedy(changes, field: str, said: str) -> None:
    ((found, rule, remedy),) = rules.smart_faults(AGREED | changes, TODAY, SCALING)
    assert found == field
    assert said in rule
    assert remedy


def test_too_little_confidence_makes_the_goal_smaller() -> None:
    ((_, _, remedy),) = rules.smart_faults(AGREED | {"confidence": "4"}, TODAY, SCALING)
    assert remedy.startswith("Make it smaller until it is 7 or more")
