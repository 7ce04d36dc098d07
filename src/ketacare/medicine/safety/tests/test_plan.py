"""Two versions of a safety plan, field by field."""

from ketacare.medicine.safety import reader
from ketacare.medicine.safety.rules import plan_changes

SHEET = reader.safety_plan_sheet()


def changes(before: dict[str, str], now: dict[str, str]) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    return [(one.title, one.added, one.removed) for one in plan_changes(before, now, SHEET)]


def test_what_came_and_what_went_is_told_line_by_line_in_the_order_of_the_plan():
    before = {"coping": "Walk\nMusic", "warning_signs": "No sleep"}
    now = {"warning_signs": "No sleep\n Pacing ", "coping": "Music\nA bath"}
    assert changes(before, now) == [
        ("Warning signs", ("Pacing",), ()),
        ("What I can do by myself", ("A bath",), ("Walk",)),
    ]


def test_moved_lines_and_empty_ones_are_no_change():
    assert changes({"coping": "Walk\nMusic"}, {"coping": "Music\n\nWalk"}) == []


def test_a_field_that_was_empty_or_is_now():
    assert changes({}, {"reason_for_living": "My sister"}) == [
        ("What is most important to me and worth living for", ("My sister",), ())
    ]
    assert changes({"means": "Knives: with my sister"}, {}) == [
        ("Making my surroundings safer", (), ("Knives: with my sister",))
    ]
