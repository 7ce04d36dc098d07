"""`python -m bench [question …]`: ask them, save artefacts/bench/*.json and *.md, print the tables.

With --page the tables also go to docs/reference/measurements.md, between the marks of their question.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from bench import ground as grounds

QUESTIONS = ("alarms", "audit", "candidacy", "ingest", "kinetics", "pages", "programme", "rows", "viewers")
ROOT = Path(__file__).resolve().parent.parent
ARTEFACTS = ROOT / "artefacts" / "bench"
PAGE = ROOT / "docs" / "reference" / "measurements.md"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], default=[], metavar="question")
    parser.add_argument("--page", action="store_true", help="put the tables into docs/reference/measurements.md")
    given = parser.parse_args()
    asked = given.questions or QUESTIONS
    with grounds.prepared() as ground:
        for name in asked:
            answer(name, ground)
    if given.page:
        put_into_page(asked)
    return 0


def put_into_page(names: Sequence[str]) -> None:
    """The tables as saved, with the date they were taken and how busy the machine was."""
    page = PAGE.read_text()
    for name in names:
        kept = json.loads((ARTEFACTS / f"{name}.json").read_text())["machine"]
        taken = (
            f"{kept['on']}; {kept['cores']} cores, PostgreSQL {kept['postgresql']}, Python {kept['python']}; load "
            f"{kept['load_before']} before and {kept['load_after']} after; "
            f"{kept['synced_writes_per_s']:,} synced writes a second."
        )
        text = f"<!-- {name} -->\n\n{taken}\n\n{(ARTEFACTS / f'{name}.md').read_text()}\n<!-- end -->"
        page = re.sub(rf"<!-- {name} -->.*?<!-- end -->", lambda _, text=text: text, page, flags=re.DOTALL)
    PAGE.write_text(page)


def answer(name: str, ground: grounds.Ground) -> None:
    machine = grounds.machine(ground)
    began = time.monotonic()
    found = importlib.import_module(f"bench.{name}").measure(ground)
    machine["load_after"] = round(os.getloadavg()[0], 1)
    machine["took_s"] = round(time.monotonic() - began)
    found.save(ARTEFACTS, name, machine)
    print(f"\n{found.question}\n{machine}\n\n{found.as_markdown()}\n", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
