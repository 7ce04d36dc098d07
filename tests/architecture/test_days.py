"""A day is the clinic's day: nothing in the shell takes the date of a stored time, which is UTC."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src" / "ketacare"
SHELL = ("clinic", "exchange", "web")
STORED = re.compile(r"\b\w*(?:at|when|moment|now)\.date\(\)|__date\b")
# File and line: the first takes a time that is in the clinic's zone already; the second asks the database for a day
# more than it needs and then judges each row by its clinic's day.
SAID_THERE = {
    ("clinic/dosing/queries/going_home.py", "years = people.identity(session.visit.patient).age_on(at.date())"),
    (
        "clinic/candidacy/queries/ending.py",
        ".filter(~Exists(newer), withdrawn=False, verdict__in=GIVEN, until__lte=at.date() + A_YEAR)",
    ),
}


def code() -> list[Path]:
    files = [path for wing in SHELL for path in (SRC / wing).rglob("*.py")]
    return [path for path in files if "tests" not in path.parts and "migrations" not in path.parts]


def utc_days(text: str) -> list[str]:
    """The lines that read a day from a stored time."""
    return [line.strip() for line in text.splitlines() if STORED.search(line)]


@pytest.mark.parametrize("path", code(), ids=lambda path: str(path.relative_to(SRC)))
def test_no_day_is_read_from_a_stored_time(path: Path) -> None:
    name = str(path.relative_to(SRC))
    assert {(name, line) for line in utc_days(path.read_text(encoding="utf-8"))} - SAID_THERE == set()


def test_what_is_said_there_still_is_there() -> None:
    found = {(name, line) for name, _ in SAID_THERE for line in utc_days((SRC / name).read_text(encoding="utf-8"))}
    assert found == SAID_THERE


@pytest.mark.parametrize(
    "line",
    [
        "given_on=row.happened_at.date()",
        "today = at.date()",
        "day = when.date()",
        "day = began_when.date()",
        "return moment.date()",
        "today = timezone_now.date()",
        "rows.filter(taken_at__date=day)",
    ],
)
def test_it_would_be_found(line: str) -> None:
    assert utc_days(f"before\n    {line}\n") == [line]


@pytest.mark.parametrize("line", ["born = form.date()", "today = local_day(at, zone)", "row.update_date"])
def test_a_day_that_is_one_already_is_let_be(line: str) -> None:
    assert utc_days(line) == []
