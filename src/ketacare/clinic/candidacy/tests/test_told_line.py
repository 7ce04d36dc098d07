"""What a patient told of antidepressants, drawn on one line of time."""

from datetime import date
from itertools import pairwise

from ketacare.clinic.candidacy.queries.told_line import line_of

TODAY = date(2026, 7, 14)


def told(name, began=None, ended=None, stopped="no_help"):
    return {"name": name, "began": when(began), "ended": when(ended), "stopped": stopped}


def when(text):
    year, _, month = (text or "").partition("-")
    return ({"year": int(year)} | ({"month": int(month)} if month else {})) if year else {}


def test_the_newest_stands_first_and_what_has_no_time_stands_apart():
    line = line_of([told("b", "2016-01", "2016-12"), told("x"), told("c", "2024", stopped="not")], TODAY)
    assert [(one.entry["name"], one.start, one.open) for one in line.placed] == [("c", 75.59, ""), ("b", 0, "")]
    assert [one["name"] for one in line.unplaced] == ["x"]
    newest = line.placed[0]
    assert newest.start + newest.width == 100, "it is taken still"


def test_an_end_that_is_not_known_is_open_and_no_bar_leaves_the_line():
    line = line_of([told("a", "2020-03"), told("b", ended="2026"), told("c", "2026-07", "2026-07")], TODAY)
    assert {one.entry["name"]: one.open for one in line.placed} == {"a": "ended", "b": "began", "c": ""}
    assert all(one.start >= 0 and one.width >= 3 and one.start + one.width <= 100.01 for one in line.placed)


def test_the_years_named_leave_room_for_their_neighbours():
    for first in range(1960, 2027):
        line = line_of([told("a", str(first))], TODAY)
        places = [0, *(at for at, _ in line.ticks), 100]
        assert all(later - earlier >= 26 for earlier, later in pairwise(places)), first
        assert line.first == first


def test_an_entry_of_before_this_was_asked_has_no_time():
    assert line_of([{"name": "a", "stopped": "well"}], TODAY).placed == ()
