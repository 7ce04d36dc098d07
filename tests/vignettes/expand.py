"""Expands a vignette into the JSON form of its cases.

`python -m tests.vignettes.expand` lists the vignettes; with a name, as `V12`, it prints its cases by step; with a
name and a number, as `V12 2`, the case of that step alone, ready for `ketacare candidacy`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ketacare.medicine.candidacy.reader import vignettes
from ketacare.medicine.candidacy.reader.vignettes import Step
from ketacare.web.handbook.vignettes import FOLDER, files, read

NORMAL = FOLDER / "normal.toml"


@cache
def all_steps() -> tuple[Step, ...]:
    return tuple(step for path in files() for step in steps_of(read(path)))


def outcomes(step: Step) -> set[str]:
    """Usually one; several where the sources leave open which."""
    told = step.expected["outcome"]
    return {told} if isinstance(told, str) else set(told)


def steps_of(vignette: Mapping[str, Any]) -> Iterator[Step]:
    return vignettes.steps_of(vignette, read(NORMAL))


def case_of(layers: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The ordinary candidate with these layers of changes on top."""
    return vignettes.case_of([read(NORMAL), *layers])


def main(wanted: list[str]) -> int:
    known = {vignette["id"]: vignette for vignette in map(read, files())}
    if not wanted:
        for name, vignette in known.items():
            print(name, vignette["title"])
        return 0
    if wanted[0] not in known:
        print(f"{wanted[0]}: no such vignette. Without a name all are listed.", file=sys.stderr)
        return 2
    steps = list(steps_of(known[wanted[0]]))
    if len(wanted) > 1:
        print(json.dumps(steps[int(wanted[1]) - 1].case, indent=1))
        return 0
    print(json.dumps({step.label: step.case for step in steps}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
