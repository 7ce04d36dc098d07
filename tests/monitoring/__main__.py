"""`python -m tests.monitoring SESSIONS [FIRST [PROCESSES]]`: G12's long run, into
docs/safety/results/alarm-reference-model.md.

Each chunk is written down when it is done, and a run that is started again goes on behind it: 10,000 sessions take half
an hour of one core. What was compared with other code of engine, reference, sheets or sessions does not count.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from ketacare.medicine import monitoring
from ketacare.web.clock import now
from tests.monitoring.kept import FAILED_SEEDS, failed_seeds, keep
from tests.monitoring.playing import Chunk, played

ROOT = Path(__file__).parents[2]
RESULT = ROOT / "docs" / "safety" / "results" / "alarm-reference-model.md"
PROGRESS = ROOT / "artefacts" / "g12"
ENGINE = Path(monitoring.__file__).parent
REFERENCE = Path(__file__).parent
BEFORE = "clocks.py"  # corrects times before the engine gets them; nothing here uses it


@dataclass
class Sum:
    seeds: set[int] = field(default_factory=set)
    ticks: int = 0
    inputs: int = 0
    took_s: float = 0.0
    differences: list[str] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def add(self, chunk: Chunk) -> None:
        self.seeds |= set(chunk.seeds)
        self.ticks, self.inputs, self.took_s = (
            self.ticks + chunk.ticks, self.inputs + chunk.inputs, self.took_s + chunk.took_s,
        )  # fmt: skip
        self.differences += chunk.differences
        self.busy.append(chunk.busy)


def main(sessions: int, first: int = 0, processes: int = 1) -> int:
    code = fingerprint()
    kept = PROGRESS / f"{code}.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    done = summed(kept)
    wanted = [*failed_seeds(), *range(first, first + sessions)]
    left = [seed for seed in dict.fromkeys(wanted) if seed not in done.seeds]
    for chunk in played(left, processes):
        with kept.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(asdict(chunk)) + "\n")
        for seed, what in chunk.found.items():
            keep(int(seed), what)
        done.add(chunk)
        RESULT.write_text(page(done, sessions, first, processes, code), encoding="utf-8")
    RESULT.write_text(page(done, sessions, first, processes, code), encoding="utf-8")
    return len(done.differences)


def summed(kept: Path) -> Sum:
    done = Sum()
    if kept.exists():
        for line in kept.read_text(encoding="utf-8").splitlines():
            done.add(Chunk(**json.loads(line)))
    return done


def fingerprint(engine: Path = ENGINE) -> str:
    """Of everything that decides how a session goes: another engine begins the count again.

    It does not depend on where the engine lies."""
    digest = hashlib.sha256()
    written = sorted(one for one in engine.rglob("*") if one.suffix in {".py", ".toml"})
    used = [one for one in written if not {"tests", BEFORE} & {*one.relative_to(engine).parts}]
    second = [one for one in REFERENCE.glob("*.py") if one.name.startswith(("reference", "simul", "compar"))]
    for one in (*used, *sorted(second)):
        digest.update(one.read_bytes())
    return digest.hexdigest()[:12]


def page(done: Sum, sessions: int, first: int, processes: int, code: str) -> str:
    differing = "\n".join(f"- {one}" for one in done.differences) or "None."
    fresh = len(done.seeds & set(range(first, first + sessions)))
    beyond = f"{len(done.seeds) - fresh:,} kept in `{FAILED_SEEDS.name}` beyond them"
    busy = sorted(done.busy) or [0.0]
    load = f"load {busy[len(busy) // 2]:.1f} in the middle, {busy[-1]:.1f} at most"
    return f"""# The alarm engine beside a reference model

The rules of the alarms were written a second time: `tests/monitoring/reference_model.py`, begun from the rules alone by
somebody who had not seen the engine, and mended afterwards where the comparison showed it wrong.

Invented sessions go through both, and all that people are told (each condition's presence, priority, signal, sound,
start, extreme and latch, the pause, the loudest, every number on the screen) is compared at every tick. Messages are
dropped, doubled, held up, overtaken and sent all at once; clocks are off and leap; the state is written down and read
back; limits and baselines change; people acknowledge, pause, set
aside, observe, strike values out and correct them.

| | |
|---|---|
| command | `python -m tests.monitoring {sessions} {first} {processes}` |
| date | {now():%d %B %Y} |
| code of engine, sheets and reference | SHA-256 {code} |
| sessions compared | {fresh:,} of the {sessions:,} asked, and {beyond} |
| ticks compared | {done.ticks:,} |
| inputs given | {done.inputs:,} |
| sessions that differed | {len(done.differences)} |
| took | {done.took_s / 60:.0f} min of a process at nice 19; {load} |

## Differences

{differing}

The control arm in `tests/monitoring/test_g12_reference.py` breaks the engine in eleven ways, and each is found.
What the comparison found before this run, and how it was ruled:
[decision 10](../../decisions/0010-the-alarms-written-twice.md).
"""


if __name__ == "__main__":
    raise SystemExit(1 if main(*(int(argument) for argument in sys.argv[1:])) else 0)
