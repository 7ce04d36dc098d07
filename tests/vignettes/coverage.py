"""Which criterion is exercised by which step: met, not met, unknown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.vignettes.expand import FOLDER, Step, files, read, steps_of

RESULTS = ("met", "not met", "unknown")
# A trial that counts meets the rules that it rests on; how far another falls short says the rest.
BY_STANDING = {"counts": "met", "cannot tell": "unknown"}
NORMAL = "normal"


@cache
def all_steps() -> tuple[Step, ...]:
    return tuple(step for path in files() for step in steps_of(read(path)))


@cache
def plan() -> dict[str, Any]:
    return read(FOLDER / "coverage.toml")


@cache
def rows() -> tuple[str, ...]:
    """Every row, the ranges written out."""
    return tuple(row for written in plan()["rows"] for row in written_out(written))


def written_out(written: str) -> Iterator[str]:
    if ".." not in written:
        yield written
        return
    first, last = written.split("..")
    stem, low = re.fullmatch(r"(.+-)(\d+)", first).groups()
    high = re.fullmatch(r".+-(\d+)", last).group(1)
    yield from (f"{stem}{number:0{len(low)}}" for number in range(int(low), int(high) + 1))


def exercised(step: Step) -> Iterator[tuple[str, str]]:
    """Row and result, as the vignette expects them."""
    expected = step.expected
    for row, told in expected.get("reasons", {}).items():
        yield row, result_of(told)
    yield from expected.get("shows", {}).items()
    for row in expected.get("never", ()):
        yield row, "not met"
    for trial in expected.get("trials", {}).values():
        for row in (*trial.get("why", ()), *trial.get("by", ())):
            yield row, BY_STANDING.get(trial["standing"], "not met")


def outcomes(step: Step) -> set[str]:
    """Usually one; several where the sources leave open which."""
    told = step.expected["outcome"]
    return {told} if isinstance(told, str) else set(told)


def result_of(told: str) -> str:
    """`met stop` is met; `not met` is not met."""
    return next(result for result in ("not met", "met", "unknown") if told.startswith(result))


def coverage() -> dict[str, dict[str, list[str]]]:
    """Row -> result -> the vignettes that show it, in order. The ordinary candidate meets no row but its indication."""
    table: dict[str, dict[str, list[str]]] = {row: {result: [] for result in RESULTS} for row in rows()}
    for step in all_steps():
        for row, result in exercised(step):
            if step.vignette not in table[row][result]:
                table[row][result].append(step.vignette)
    for row in table.keys() - plan()["exempt"]["not met"].keys():
        if not row.startswith("TRIAL-") or row == "TRIAL-11":
            table[row]["not met"].append(NORMAL)
    for row in ("IND-01", "BP-1"):
        table[row]["not met"].remove(NORMAL)
        table[row]["met"].append(NORMAL)
    return table
