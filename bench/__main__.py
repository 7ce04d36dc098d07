"""`python -m bench [question …]`: ask them, save artefacts/bench/*.json and *.md, print the tables."""

from __future__ import annotations

import argparse
import importlib
import os
import time
from pathlib import Path

from bench import ground as grounds

QUESTIONS = ("alarms", "audit", "ingest", "pages")
ARTEFACTS = Path(__file__).resolve().parent.parent / "artefacts" / "bench"


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("questions", nargs="*", choices=[*QUESTIONS, []], default=[], metavar="question")
    asked = parser.parse_args().questions or QUESTIONS
    with grounds.prepared() as ground:
        for name in asked:
            answer(name, ground)
    return 0


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
