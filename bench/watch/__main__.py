"""`python -m bench.watch [g8] [g11] [g19] [g20] [--minutes 60]`: into docs/safety/results/watch-load.md.

On a durable database of its own, with our own processes; one load generator for all.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from bench import ground as grounds
from bench.devices.__main__ import section
from bench.devices.chairs import Proof
from bench.watch import floor as floors
from bench.watch import goals, shedding, together
from bench.watch.floor import Floor

PAGE = Path(__file__).resolve().parents[2] / "docs" / "safety" / "results" / "watch-load.md"


def main() -> int:
    def together_(floor: Floor) -> dict[str, Proof]:
        return together.g11_g19(floor, given.minutes, given.browsers)

    questions: dict[str, Callable[[Floor], dict[str, Proof]]] = {
        "g8": lambda floor: {"g8": goals.g8(floor, given.restarts)},
        "g11": together_,  # one run shows both
        "g19": together_,
        "g20": lambda floor: {"g20": shedding.g20(floor, 60 * min(given.minutes, 2))},
    }
    parser = argparse.ArgumentParser(prog="bench.watch", description=__doc__)
    parser.add_argument("questions", nargs="*", choices=[*questions, []], default=[], metavar="question")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--chairs", type=int, default=40)
    parser.add_argument("--dosed", type=int, default=40, help="at so many of them a dose runs; the others are watched")
    parser.add_argument("--restarts", type=int, default=20)
    parser.add_argument("--browsers", type=int, default=2, help="real ones, for g11 and g19")
    parser.add_argument("--try", action="store_true", dest="tried", help="leave the page of results as it is")
    given = parser.parse_args()
    held = True
    with grounds.prepared() as ground:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # our own counting beside an event loop
        floor = floors.furnished(ground, given.chairs, min(given.dosed, given.chairs))
        for ask in dict.fromkeys(questions[name] for name in given.questions or questions):
            busy, began = os.getloadavg()[0], time.monotonic()
            for name, proof in ask(floor).items():
                text = section([proof], busy, time.monotonic() - began)
                print(text, flush=True)
                held = held and proof.held
                if not given.tried:
                    put_into_page(name, text)
    return 0 if held else 1


def put_into_page(name: str, text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    marked = rf"<!-- {name} -->.*?<!-- end -->"
    put = f"<!-- {name} -->\n\n{text}\n<!-- end -->"
    PAGE.write_text(re.sub(marked, lambda _: put, page, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
