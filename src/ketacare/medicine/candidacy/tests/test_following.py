"""The times of what follows a decision."""

from dataclasses import replace

import pytest

from ketacare.medicine.candidacy.reader.following import following_from, following_lines
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.terms import Grade, Sheet

LINES = following_lines()
TABLES = {
    "decision": ("act_within", "ask_clearance_within", "order_tests_within", "look_again_after"),
    "clearance": ("link_lasts", "wrong_dates", "ask_again_after", "read_clearance_within", "told_before_end"),
    "acceptance": ("told_before_acceptance_ends",),
    "exception": ("decide_exception_within", "read_exception_within"),
}


def sheet_with(**changed):
    body = {table: {name: changed.get(name, getattr(LINES, name)) for name in names} for table, names in TABLES.items()}
    return Sheet(LINES.header, {}, body)


def test_the_times_are_house_defaults():
    assert LINES.ref.id == "following-1"
    assert (LINES.look_again_after.integer, LINES.look_again_after.unit) == (90, "d")
    assert {getattr(LINES, name).grade for names in TABLES.values() for name in names} == {Grade.D}


def test_a_sheet_with_the_same_times_reads_as_the_same():
    assert following_from(sheet_with()) == LINES


def test_h19_a_version_from_before_a_time_was_named_takes_it_as_it_ships():
    body = {table: rows for table, rows in sheet_with().body.items() if table != "acceptance"}
    assert following_from(Sheet(LINES.header, {}, body)) == LINES


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("link_lasts", {"unit": "h"}),
        ("decide_exception_within", {"unit": "d"}),
        ("wrong_dates", {"value": 0}),
        ("told_before_end", {"value": -1}),
    ],
)
def test_a_time_in_another_unit_or_of_nothing_is_refused(name, changed):
    with pytest.raises(SheetRefused) as refused:
        following_from(sheet_with(**{name: replace(getattr(LINES, name), **changed)}))
    assert [fault.split()[0] for fault in refused.value.faults] == [name]
