"""`python -m tests.alarms [load] [restarts] [silence]`: the long runs, written to docs/safety/results/."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.rules import load
from ketacare.medicine.monitoring.rules.recording import Row, read_recording
from ketacare.medicine.monitoring.terms import Kind, Priority
from tests.alarms import load as scan
from tests.alarms import restarts, silence
from tests.alarms.sessions import courses_from
from tests.reference_data import ketacare_reference_data

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "safety" / "results"
LIMITS = reader.limits()
COURSES, RESTARTED, HOURS = 1000, 100, 8


def main() -> int:
    runs = {"load": alarm_load, "restarts": all_restarts, "silence": all_silence}
    parser = argparse.ArgumentParser(prog="python -m tests.alarms", description=__doc__)
    parser.add_argument("runs", nargs="*", metavar="run", help=", ".join(runs))
    asked = parser.parse_args().runs or list(runs)
    return max(run(name, runs[name]) for name in asked)


def run(name: str, measure: Callable[[], tuple[str, bool]]) -> int:
    began = time.monotonic()
    text, held = measure()
    target = RESULTS / f"alarm-{name}.md"
    target.write_text(text.replace("{when}", _when()), encoding="utf-8")
    print(f"{target}: {'held' if held else 'NOT HELD'}, {time.monotonic() - began:.0f} s")
    return 0 if held else 1


def _when() -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    where = commit.stdout.strip() or "unknown"
    return f"{time.strftime('%-d %B %Y')}, on main {where}, limits {LIMITS.id} {LIMITS.version}."


def _page(name: str) -> str:
    return (Path(__file__).parent / f"alarm-{name}.md").read_text(encoding="utf-8")


# --- load -------------------------------------------------------------------------------------------------------------


def alarm_load() -> tuple[str, bool]:
    folder = ketacare_reference_data(skip=False)
    if folder is None:
        sys.exit("KETACARE_REFERENCE_DATA names no folder: the recordings are not part of the repository.")
    real = [(path.stem, _rows(path)) for path in sorted((folder / "vitals").glob("*.csv"))]
    invented = [(str(seed), scan.invented(seed)) for seed in range(1, HOURS + 1)]
    measured = [_measured(name, rows) for name, rows in real]
    hours = [_measured(name, rows) for name, rows in invented]
    total, sum_of_hours = _together("all recordings", measured), _together(f"{HOURS} invented hours", hours)
    rows = "\n".join(_line(one) for one in [*measured, total, sum_of_hours])
    gone = total.missed + sum_of_hours.missed
    return _page("load").format(
        when="{when}", rows=rows, real=_percent(total), invented=_percent(sum_of_hours), lasted=total.lasted,
        lasted_invented=sum_of_hours.lasted, missed=gone, hours=HOURS,
        held="is met" if scan.fewer(total.adopted, total.bare) >= 60 else "is **not** met",
        held_invented="is met" if scan.fewer(sum_of_hours.adopted, sum_of_hours.bare) >= 60 else "is **not** met",
    ), gone == 0  # fmt: skip


class Measured:
    def __init__(self, name: str, adopted: load.Load, bare: load.Load, lasted: int, missed: int) -> None:
        self.name, self.adopted, self.bare, self.lasted, self.missed = name, adopted, bare, lasted, missed


def _rows(path: Path) -> list[Row]:
    return list(read_recording(path.read_text(encoding="utf-8")).rows)


def _measured(name: str, rows: list[Row]) -> Measured:
    told = list(rules.replay(rows, LIMITS))
    lasted, gone = scan.missed(rows, LIMITS, told)
    adopted = load.Load(load.hours_of(rows), load.counted(told))
    return Measured(name, adopted, load.load_of(rows, load.bare(LIMITS)), lasted, len(gone))


def _together(name: str, all_of_them: list[Measured]) -> Measured:
    adopted = load.together([one.adopted for one in all_of_them])
    bare = load.together([one.bare for one in all_of_them])
    return Measured(name, adopted, bare, sum(o.lasted for o in all_of_them), sum(o.missed for o in all_of_them))


def _line(one: Measured) -> str:
    cells = [one.name, f"{one.adopted.hours:.1f}", *_counts(one.adopted), *_counts(one.bare), _percent(one)]
    return f"| {' | '.join([*cells, str(one.lasted), str(one.missed)])} |"


def _counts(found: load.Load) -> list[str]:
    high, medium, low = (found.count(Kind.PHYSIOLOGICAL, p) for p in (Priority.HIGH, Priority.MEDIUM, Priority.LOW))
    return [f"{high} / {medium} / {low}", f"{found.audible / found.hours:.2f}"]


def _percent(one: Measured) -> str:
    return f"{scan.fewer(one.adopted, one.bare):.0f} %"


# --- restarts and silence ---------------------------------------------------------------------------------------------


def all_restarts() -> tuple[str, bool]:
    lost = {name: why for name, course in restarts.SITUATIONS.items() if (why := _restarted(course))}
    parts = sorted(set(restarts.parts_that_may_be_lost()))
    caught = [part for part in parts if any(_without(course, part) for course in restarts.SITUATIONS.values())]
    broken = [seed for seed, course in courses_from(0, RESTARTED) if restarts.forgotten_step_by_step(course)]
    held = not lost and not broken and caught == parts
    return _page("restarts").format(
        when="{when}", situations=len(restarts.SITUATIONS), lost=lost or "none", courses=RESTARTED,
        broken=broken or "none", parts=len(parts), caught=len(caught), names=", ".join(restarts.SITUATIONS),
    ), held  # fmt: skip


def _restarted(course: restarts.Course) -> str:
    return restarts.forgotten_by(course, then_s=700)


def _without(course: restarts.Course, part: str) -> str:
    return restarts.forgotten_by(course, restarts.without(part), restarts.AFTER[:1], 0)


def all_silence() -> tuple[str, bool]:
    ears = [(seed, silence.heard(course)) for seed, course in courses_from(0, COURSES)]
    worst_seed, worst = max(ears, key=lambda one: one[1].longest_s)
    beyond = [seed for seed, one in ears if one.longest_s > silence.LONGEST_S]
    aside = max(one.longest_aside_s for _, one in ears)
    lengths = Counter(min(int(one.longest_s) // 30 * 30, 120) for _, one in ears)
    bins = ", ".join(f"{count} from {low} s" for low, count in sorted(lengths.items()))
    held = not beyond and aside <= silence.LONGEST_ASIDE_S
    return _page("silence").format(
        when="{when}", courses=COURSES, silences=f"{sum(one.silences for _, one in ears):,}",
        worst=f"{worst.longest_s:.0f}", seed=worst_seed, key=worst.longest_of, beyond=beyond or "none",
        aside=f"{aside:.0f}", bins=bins,
    ), held  # fmt: skip


if __name__ == "__main__":
    raise SystemExit(main())
