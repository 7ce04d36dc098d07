"""`python -m bench.devices [g5 g6 g28 g29 moves]`: each asked question is put into docs/safety/results/devices.md.

On a durable database of its own, with our own processes. Each arm stands beside one with its protection taken away.
"""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from bench import ground as grounds
from bench.devices import clocks, cut, moves, mutilated, order
from bench.devices.chairs import Proof
from bench.ground import Ground
from ketacare.web import clock

PAGE = Path(__file__).resolve().parents[2] / "docs" / "safety" / "results" / "devices.md"
KEPT = Path(__file__).resolve().parents[2] / "artefacts" / "g29.json"
CORES = {1: "one core", 2: "two cores", 4: "four cores"}


def main() -> int:
    questions: dict[str, Callable[[Ground], list[Proof]]] = {
        "g5": lambda _: order.g5(),
        "g6": cut.g6,
        "g28": lambda _: clocks.g28(),
        "g29": lambda ground: mutilated.g29(
            ground, given.messages, given.minutes, given.on_the_wire, given.kept, given.hold
        ),
        "moves": moves.moves,
    }
    parser = argparse.ArgumentParser(prog="bench.devices", description=__doc__)
    parser.add_argument("questions", nargs="*", choices=[*questions, []], default=[], metavar="question")
    parser.add_argument("--messages", type=int, default=1_000_000, help="for g29")
    parser.add_argument("--minutes", type=float, default=600, help="for g29: stop then, and say how many there were")
    parser.add_argument("--on-the-wire", type=int, default=50_000, help="for g29: so many also over the socket")
    parser.add_argument(
        "--kept", type=Path, default=KEPT, help="for g29: where it is told how far it is; it goes on there"
    )
    parser.add_argument("--hold", default="", help="for g29: a file; while it exists, nothing is sent")
    given = parser.parse_args()
    held = True
    with grounds.prepared() as ground:
        for name in given.questions or questions:
            busy, began = os.getloadavg()[0], time.monotonic()
            proofs = questions[name](ground)
            text = section(proofs, busy, time.monotonic() - began)
            put_into_page(name, text)
            print(text, flush=True)
            held = held and all(one.held for one in proofs)
    return 0 if held else 1


def section(proofs: list[Proof], busy: float, took_s: float) -> str:
    """What was found, on which day, on how large a machine, and how busy that was with other work."""
    cores = os.cpu_count() or 1
    load = f", under other load ({busy:.1f} at the start)" if busy > 1 else ""
    machine = f"{clock.now():%d %B %Y}, {CORES.get(cores, f'{cores} cores')}{load}; {took_s:.0f} s."
    return "\n".join(one.as_markdown(machine) for one in proofs)


def put_into_page(name: str, text: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    marked = rf"<!-- {name} -->.*?<!-- end -->"
    if not re.search(marked, page, re.DOTALL):
        raise SystemExit(f"{PAGE.name} has no place for {name}")
    put = f"<!-- {name} -->\n\n{text}\n<!-- end -->"
    PAGE.write_text(re.sub(marked, lambda _: put, page, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
