"""The page of invented patients: which criterion is shown by which of them, met, not met and unknown."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import ketacare
from ketacare.medicine.candidacy.reader import shipped
from ketacare.medicine.candidacy.terms import Knowledge
from ketacare.web.handbook import clinical
from ketacare.web.handbook.markdown import page, table, written_from

FOLDER = Path(ketacare.__file__).parents[2] / "vignettes"
RESULTS = ("met", "not met", "unknown")
# A trial that counts meets the rules that it rests on; how far another falls short says the rest.
BY_STANDING = {"counts": "met", "cannot tell": "unknown"}
NORMAL = "normal"
# What is said of a row that is not printed, and on purpose: it is not met, and needs no word.
ABSENT = "absent"


def files() -> list[Path]:
    return sorted(FOLDER.glob("[0-9]*.toml"))


@cache
def read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@cache
def plan() -> dict[str, Any]:
    return read(FOLDER / "coverage.toml")


@cache
def rows() -> tuple[str, ...]:
    return rows_of(shipped())


def rows_of(known: Knowledge) -> tuple[str, ...]:
    """Every row that must be exercised: all that an answer may name, by the sheets, and what no sheet has a row for."""
    courses = {line.id for line in known.trials.courses.values()}
    beside = {row for written in plan()["beside_the_sheets"] for row in written_out(written)}
    return tuple(sorted({*known.titles, *courses, *beside}, key=in_order))


def in_order(row: str) -> list[tuple[int, str]]:
    """`BP-9` stands before `BP-10`, `CI-17` before `CI-17b`."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", row)]


def written_out(written: str) -> Iterator[str]:
    """`CI-05..CI-07` is CI-05, CI-06 and CI-07."""
    first, _, last = written.partition("..")
    if not last:
        yield written
        return
    stem, low = re.findall(r"^(.+-)(\d+)$", first)[0]
    high = last.removeprefix(stem)
    yield from (f"{stem}{number:0{len(low)}}" for number in range(int(low), int(high) + 1))


def expectations(vignette: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What each step expects; a vignette without steps expects one answer."""
    return [step["expected"] for step in vignette["step"]] if "step" in vignette else [vignette["expected"]]


def exercised(expected: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Row and result, as the vignette expects them. What is never met may be unknown as well, and shows nothing."""
    for row, told in expected.get("reasons", {}).items():
        yield row, "not met" if told == ABSENT else result_of(told)
    yield from expected.get("shows", {}).items()
    for trial in expected.get("trials", {}).values():
        for row in (*trial.get("why", ()), *trial.get("by", ())):
            yield row, BY_STANDING.get(trial["standing"], "not met")


def result_of(told: str) -> str:
    """`met stop` is met; `not met` is not met."""
    return next(result for result in ("not met", "met", "unknown") if told.startswith(result))


def coverage() -> dict[str, dict[str, list[str]]]:
    """Row -> result -> who shows it. The ordinary candidate shows nothing: nobody looked at each of its rows."""
    shown: dict[str, dict[str, list[str]]] = {row: {result: [] for result in RESULTS} for row in rows()}
    for vignette in map(read, files()):
        for row, result in dict.fromkeys(pair for one in expectations(vignette) for pair in exercised(one)):
            shown[row][result].append(vignette["id"])
    return shown


def exempt(result: str) -> dict[str, str]:
    """Row -> why no vignette shows it so."""
    return {**plan()["exempt"]["all"], **plan()["exempt"][result]}


def titles() -> dict[str, str]:
    """What the sheets call their rows."""
    sheets = (read(sheet) for sheet in clinical.sheets() if clinical.place_of(sheet).startswith("candidacy/"))
    return {row: title for sheet in sheets for row, title in titled(sheet)}


def titled(tree: Any) -> Iterator[tuple[str, str]]:
    if isinstance(tree, Mapping):
        title = tree.get("title") or tree.get("name")
        if isinstance(tree.get("id"), str) and isinstance(title, str):
            yield tree["id"], title
        yield from ((key, title) for key, part in tree.items() for title in own_title(part))
    parts = tree.values() if isinstance(tree, Mapping) else tree if isinstance(tree, list) else ()
    for part in parts:
        yield from titled(part)


def own_title(part: Any) -> list[str]:
    """A row that is named by its key rather than by an `id` of its own."""
    return [part["title"]] if isinstance(part, Mapping) and "title" in part and "id" not in part else []


def pages() -> Iterator[tuple[str, str]]:
    called = {**shipped().titles, **titles()}
    criteria = [
        (row, called.get(row, ""), *[", ".join(shown[result]) or exempt(result).get(row, "") for result in RESULTS])
        for row, shown in coverage().items()
    ]
    people = [
        (vignette["id"], f"[{vignette['title']}](../../vignettes/{path.name})", str(len(expectations(vignette))))
        for path, vignette in ((path, read(path)) for path in files())
    ]
    yield (
        f"clinical/{clinical.VIGNETTES.file}",
        page(
            clinical.VIGNETTES.title,
            clinical.VIGNETTES.words,
            written_from("the files of `vignettes/`"),
            f"`{NORMAL}` is the ordinary candidate whom nothing holds back, and on whom all the others are drawn.",
            "A row is not met where the answer says so, or where a vignette says that it is not printed at all.",
            "## Which criterion is shown by whom",
            table(("criterion", "title", *RESULTS), criteria),
            "## Who they are",
            table(("vignette", "title", "steps"), people),
        ),
    )
