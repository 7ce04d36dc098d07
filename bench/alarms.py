"""What does judging cost? Readings a second through the alarm step on one core, beside reading the same rows only."""

from __future__ import annotations

import csv
import gc
import json
import random
import time
from collections.abc import Callable, Sequence
from io import StringIO
from itertools import groupby

from bench.figures import Found, ratio
from bench.ground import Ground
from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.rules.recording import Row
from ketacare.medicine.monitoring.terms import Arrived, Limits, Reading

SECONDS = 3600
SEED = 20260714
ROUNDS = 3


def measure(ground: Ground | None = None) -> Found:
    found = Found("Alarm step: readings a second on one core, beside reading the same CSV without judging")
    table = found.table(
        "One hour, 6 channels a second, one core",
        "work", "readings/s", "beside CSV to values", "signals",
    )  # fmt: skip
    text, limits = recording(), reader.limits()
    rows = list(rules.read_rows(text))
    whole, judged_only = len(rows), [0]

    def judge() -> int:
        return sum(1 for _ in rules.replay(rows, limits))

    cells = best(lambda: sum(1 for _ in csv.reader(StringIO(text))))
    values = best(lambda: sum(1 for _ in rules.read_rows(text)))
    stepped = best(judge, judged_only)
    both = best(lambda: sum(1 for _ in rules.replay_csv(text, limits)))
    kept = best(lambda: as_live(rows, limits), rounds=1)
    table.add("CSV to cells (csv.reader)", whole / cells, ratio(values, cells), "")
    table.add("CSV to values (baseline)", whole / values, "1 ×", "")
    table.add("alarm step alone", whole / stepped, ratio(values, stepped), judged_only[0])
    table.add("CSV to values, judged, printed as plain", whole / both, ratio(values, both), judged_only[0])
    table.add("a restart at each step: state to JSON and back", whole / kept, ratio(values, kept), "")
    found.notes.append(f"Made from seed {SEED}: {whole:,} readings, with excursions so that alarms come and go.")
    found.notes.append(f"Best of {ROUNDS} rounds; the step is pure, so one process a core would scale.")
    return found


def best(work: Callable[[], int], result: list[int] | None = None, *, rounds: int = ROUNDS) -> float:
    """The least seconds of some rounds: other work on this machine can only add."""
    took = []
    for _ in range(rounds):
        gc.collect()
        began = time.perf_counter()
        answer = work()
        took.append(time.perf_counter() - began)
        if result is not None:
            result[0] = answer
    return min(took)


def as_live(rows: Sequence[Row], limits: Limits) -> int:
    """Each moment's rows as one step, with the state written and read in between, as after a restart."""
    state = rules.begin(limits, rows[0].at)
    kept = rules.to_json(state)
    for at, together in groupby(rows, key=lambda row: row.at):
        state = rules.from_json(json.dumps(json.loads(kept)))
        values = tuple(Reading(row.channel, row.value, row.at, row.at, row.quality) for row in together)
        state, _ = rules.step(state, Arrived(at, values))
        kept = rules.to_json(state)
    return len(kept)


def recording() -> str:
    """An hour of six channels each second: slow drifts, noise, and some minutes beyond the usual limits."""
    chance = random.Random(SEED)
    lines = ["t_s,channel,value"]
    usual = {"HR": 74.0, "PR": 74.0, "SPO2": 97.0, "RR": 14.0, "TEMP": 36.7, "ETCO2": 38.0}
    away = dict.fromkeys(usual, 0.0)
    for second in range(SECONDS):
        if second % 300 == 0:
            away = {name: chance.choice((0.0, 0.0, 0.12)) * value for name, value in usual.items()}
            away["HR"] = away["PR"] = chance.choice((0.0, 55.0))
            away["SPO2"] = chance.choice((0.0, -9.0))
        for name, value in usual.items():
            lines.append(f"{second},{name},{value + away[name] + chance.gauss(0, value * 0.01):.1f}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(measure().as_markdown())
