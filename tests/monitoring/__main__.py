"""The long run, by hand: `nice -n 19 python -m tests.monitoring 10000 [first]`.

Compares session after session, keeps the seed of each that differs, and writes docs/safety/results.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from ketacare.web.clock import now
from tests.monitoring.comparison import Difference, compared
from tests.monitoring.kept import FAILED_SEEDS, failed_seeds, keep
from tests.monitoring.simulation import session

RESULT = Path(__file__).parents[2] / "docs" / "safety" / "results" / "alarm-reference-model.md"
EVERY = 50


def main(sessions: int, first: int = 0) -> int:
    began, ticks, inputs, found = time.monotonic(), 0, 0, []
    seeds = [*failed_seeds(), *range(first, first + sessions)]
    for done, seed in enumerate(seeds, start=1):
        one = session(seed)
        result = compared(one)
        ticks, inputs = ticks + result.ticks, inputs + len(one.given)
        if result.difference is not None:
            found.append(result.difference)
            keep(seed, result.difference.what)
        if done % EVERY == 0 or done == len(seeds):
            text = page(done, len(seeds), first, ticks, inputs, found, time.monotonic() - began)
            RESULT.write_text(text, encoding="utf-8")
    return len(found)


def page(done: int, wanted: int, first: int, ticks: int, inputs: int, found: list[Difference], took_s: float) -> str:
    differing = "\n".join(f"- {one}" for one in found) or "None."
    return f"""# The alarm engine beside a reference model

The rules of the alarms were written a second time: `tests/monitoring/reference_model.py`, begun from the rules alone by
somebody who had not seen the engine, and mended afterwards where the comparison showed it wrong.

Invented sessions go through both, and all that people are told (each condition's presence, priority, signal, sound,
start, extreme and latch, the pause, the loudest, every number on the screen) is compared at every tick. Messages are
dropped, doubled, held up, overtaken and sent all at once; clocks are off and leap; the state is written down and read
back; limits and baselines change; people acknowledge, pause, set aside and observe.

| | |
|---|---|
| command | `python -m tests.monitoring {wanted - len(failed_seeds())} {first}` |
| date | {now():%d %B %Y} |
| sessions compared | {done:,} (seeds {first} on, and those kept in `{FAILED_SEEDS.name}`) |
| ticks compared | {ticks:,} |
| inputs given | {inputs:,} |
| sessions that differed | {len(found)} |
| took | {took_s / 60:.0f} min, one process beside other work |

## Differences

{differing}

The control arm in `tests/monitoring/test_g12_reference.py` breaks the engine in eight ways, and each is found.
What the comparison found before this run, and how it was ruled:
[decision 10](../../decisions/0010-the-alarms-written-twice.md).
"""


if __name__ == "__main__":
    raise SystemExit(1 if main(*(int(argument) for argument in sys.argv[1:])) else 0)
