"""Differences of two versions, their fingerprint, and the next morning."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ketacare.medicine.careplan import reader, rules
from ketacare.medicine.careplan.terms import Kind, Section, Statement

HERE = ZoneInfo("America/New_York")


def plan(**sections: list[Statement]) -> tuple[Section, ...]:
    return tuple(Section(name, name.capitalize(), tuple(said)) for name, said in sections.items())


def test_what_is_new_changed_and_gone_is_told_in_the_order_of_the_newer_plan():
    monday, wednesday, friday = (Statement(str(n), f"Dose {n}", day) for n, day in enumerate(("Mon", "Wed", "Fri"), 1))
    before = plan(aims=[Statement("goal", "Goal", "Work")], dates=[monday, wednesday])
    now = plan(aims=[Statement("goal", "Goal", "Paint")], dates=[wednesday, friday])
    found = [(one.section, one.label, one.kind) for one in rules.differences(before, now)]
    assert found == [("Aims", "Goal", Kind.CHANGED), ("Dates", "Dose 3", Kind.ADDED), ("Dates", "Dose 1", Kind.REMOVED)]
    changed, added, gone = rules.differences(before, now)
    assert changed.before is not None
    assert changed.now is not None
    assert (changed.before.value, changed.now.value) == ("Work", "Paint")
    assert added.before is None
    assert gone.now is None


def test_the_same_plan_another_order_or_another_label_is_no_difference():
    one = plan(a=[Statement("x", "X", "1"), Statement("y", "Y", "2")])
    other = plan(a=[Statement("y", "Why", "2"), Statement("x", "X", "1")])
    assert rules.differences(one, one) == ()
    assert rules.differences(one, other) == ()


def test_what_becomes_known_and_a_note_alone_are_differences():
    before = plan(a=[Statement("gp", "GP", ""), Statement("who", "Who", "Dr Cho", "until 1 May")])
    now = plan(a=[Statement("gp", "GP", "Dr Hale"), Statement("who", "Who", "Dr Cho", "until 9 May")])
    assert [one.label for one in rules.differences(before, now)] == ["GP", "Who"]
    assert [one.key for one in rules.unknown(before)] == ["gp"]


def test_the_same_key_in_two_sections_is_two_statements():
    before = plan(a=[Statement("x", "X", "1")], b=[Statement("x", "X", "1")])
    now = plan(a=[Statement("x", "X", "1")], b=[Statement("x", "X", "2")])
    assert [one.section for one in rules.differences(before, now)] == ["B"]


def test_what_is_kept_is_read_back_and_has_one_fingerprint():
    one = plan(a=[Statement("x", "Señal", "á", "n")])
    content = rules.kept(one)
    assert rules.read(content) == one
    assert rules.digest({"b": 1, "a": content}) == rules.digest({"a": content, "b": 1})
    assert rules.digest(content) != rules.digest(rules.kept(plan(a=[Statement("x", "Señal", "a", "n")])))
    # sha256 of [] by hand: printf '[]' | sha256sum
    assert rules.digest([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


@pytest.mark.parametrize(
    ("began", "until"),
    [
        (datetime(2026, 7, 14, 9, 0, tzinfo=HERE), datetime(2026, 7, 15, 7, 0, tzinfo=HERE)),
        (datetime(2026, 7, 14, 23, 59, tzinfo=HERE), datetime(2026, 7, 15, 7, 0, tzinfo=HERE)),
        (datetime(2026, 12, 31, 16, 0, tzinfo=HERE), datetime(2027, 1, 1, 7, 0, tzinfo=HERE)),
        # The night in which the clocks go back: still seven by the clock on the wall.
        (datetime(2026, 10, 31, 16, 0, tzinfo=HERE), datetime(2026, 11, 1, 7, 0, tzinfo=HERE)),
    ],
)
def test_least_is_shown_until_the_next_morning_of_the_place(began, until):
    assert rules.shown_least_until(began, reader.after_dose()) == until


def test_a_duty_that_passes_on_or_is_done_makes_no_plan_another() -> None:
    doctor, duty = Statement("gp", "GP", "Dr Hale"), Statement("duty call 1", "Call", "Nurse", "due 1")
    before = plan(people=[doctor, duty])
    passed_on, rate = Statement("duty call 1", "Call", "Prescriber", "due 2"), Statement("duty rate", "Rate", "Nurse")
    for now in (plan(people=[doctor, passed_on]), plan(people=[doctor]), plan(people=[doctor, rate])):
        assert rules.differences(before, now) == ()
    assert len(rules.differences(before, plan(people=[Statement("gp", "GP", "Dr Moss")]))) == 1
