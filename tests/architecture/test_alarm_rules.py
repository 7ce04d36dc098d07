"""Every rule of the alarms is traced to code that is there and to tests that cite it, in docs/safety/alarm-rules.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "safety" / "alarm-rules.md"
SRC = ROOT / "src" / "ketacare"
RULES_FOLDER = SRC / "medicine" / "monitoring"
# Cases and criteria of candidacy are numbered V and T as well: their tests cite other things.
ELSEWHERE = ("vignettes", "candidacy")
FAMILIES = {"A": 20, "T": 8, "D": 10, "V": 5}
RULES = [f"{family}{number}" for family, most in FAMILIES.items() for number in range(1, most + 1)]
# Everything the engine and its records do. What screens and people owe may wait; these may not.
ENGINE = [rule for rule in RULES if rule[0] in "AT"]


def rows(text: str) -> dict[str, list[str]]:
    found = [line.strip().strip("|").split(" | ") for line in text.splitlines() if re.match(r"\| [ATDV]\d+ \|", line)]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in found}


def traced_and_waiting(text: str) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    held, _, waiting = text.partition("## Not yet held to")
    return rows(held), rows(waiting)


TRACED, WAITING = traced_and_waiting(PAGE.read_text(encoding="utf-8"))


def all_tests() -> set[str]:
    found = [*(ROOT / "tests").rglob("test_*.py"), *(ROOT / "src").rglob("tests/**/test_*.py")]
    files = [path for path in found if not set(path.parts) & set(ELSEWHERE)]
    return {name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)}


def cites(test: str, rule: str) -> bool:
    """`test_a4_a16_…` cites A4 and A16, and not A1."""
    return rule.lower() in test.split("_")[1:]


def fault_of(rule: str, row: list[str] | None, tests: set[str]) -> str:
    if row is None or len(row) != 3:
        return f"{rule}: not traced"
    named = re.findall(r"`(test_\w+)`", row[2])
    gone = [name for name in named if name not in tests]
    if gone:
        return f"{rule}: names tests that do not exist: {', '.join(gone)}"
    return "" if any(cites(name, rule) for name in named) else f"{rule}: no test cites it"


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_test_that_exists_and_cites_it(rule):
    if rule in WAITING:
        assert rule not in ENGINE, f"{rule} is the engine's: it cannot wait"
        assert rule not in TRACED
        assert [name for name in all_tests() if cites(name, rule)] == [], f"{rule} has tests: trace it"
        return
    assert fault_of(rule, TRACED.get(rule), all_tests()) == ""


def test_the_page_knows_no_other_rule_and_none_twice():
    assert sorted([*TRACED, *WAITING], key=RULES.index) == RULES
    assert len(re.findall(r"^\| [ATDV]\d+ \|", PAGE.read_text(encoding="utf-8"), re.M)) == len(RULES)


@pytest.mark.parametrize("rule", TRACED)
def test_the_place_that_a_rule_names_is_there(rule):
    places = re.findall(r"`([\w./]+)`", TRACED[rule][1])
    assert places
    assert [place for place in places if not ((RULES_FOLDER / place).exists() or (SRC / place).exists())] == []


def test_control_a_rule_without_its_test_is_told():
    there = {"test_a2_on_the_line_is_inside"}
    row = ["asks", "`rules/limits.py`", "`test_a2_on_the_line_is_inside`"]
    assert fault_of("A2", row, there) == ""
    assert fault_of("A2", None, there) == "A2: not traced"
    assert "do not exist" in fault_of("A2", row, set())
    assert fault_of("A20", row, there) == "A20: no test cites it"
    assert fault_of("A1", ["asks", "", "`test_a16_confirm`"], {"test_a16_confirm"}) == "A1: no test cites it"
