"""A hazard's tests carry its number, in the file's name and in their own."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "tests" / "hazards").glob("test_*.py"))
# Hazards whose control exists. A number is added here with its control, and never taken away.
CONTROLLED = (
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
    32, 36, 37, 38, 39, 40, 41,
)  # fmt: skip


def names_in(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    return [node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_of_hazards_and_each_test_in_it_begin_with_a_number(path: Path):
    assert re.match(r"test_h\d\d_\w+", path.stem)
    assert names_in(path)
    assert [name for name in names_in(path) if not re.match(r"test_h\d\d_", name)] == []


def test_every_hazard_with_a_control_has_a_test():
    found = {
        int(number)
        for folder in ("src", "tests")
        for path in (ROOT / folder).rglob("test_*.py")
        for name in names_in(path)
        for number in re.findall(r"(?<=_)h(\d+)(?=_)", name)
    }
    assert [number for number in CONTROLLED if number not in found] == []
