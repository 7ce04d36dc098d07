"""A day is the clinic's day: nothing in the shell takes the date of a stored time, which is UTC."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[2] / "src" / "ketacare"
SHELL = ("clinic", "exchange", "web")
STORED = re.compile(r"\b(?:at|\w+_at)\.date\(\)")
# The first takes a time that is in the clinic's zone already; the second asks the database for a day more than it
# needs and then judges each row by its clinic's day.
SAID_THERE = {"clinic/dosing/queries/going_home.py", "clinic/candidacy/queries/ending.py"}


def code() -> list[Path]:
    files = [path for wing in SHELL for path in (SRC / wing).rglob("*.py")]
    return [path for path in files if "tests" not in path.parts and "migrations" not in path.parts]


def utc_days(text: str) -> list[str]:
    return STORED.findall(text)


@pytest.mark.parametrize("path", code(), ids=lambda path: str(path.relative_to(SRC)))
def test_no_day_is_read_from_a_stored_time(path: Path) -> None:
    if str(path.relative_to(SRC)) not in SAID_THERE:
        assert utc_days(path.read_text(encoding="utf-8")) == []


def test_it_would_be_found() -> None:
    assert utc_days("given_on=row.happened_at.date()") == ["happened_at.date()"]
