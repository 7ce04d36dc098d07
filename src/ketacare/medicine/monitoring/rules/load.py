"""How much a recording would have sounded (H9): under the limits as adopted, and under the bare lines.

The bare arm is what a threshold alone does: every line at its own priority at once, without delay, dead-band, clear
time, confirmation or a doubt about leaps. An alarm is counted when it begins to sound and when it becomes graver;
that a graver one goes on as a lesser is no new alarm.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ketacare.medicine.monitoring.rules.recording import Row
from ketacare.medicine.monitoring.rules.replay import replay
from ketacare.medicine.monitoring.terms import Kind, LimitLine, Limits, Priority, Signal, Timing

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Load:
    """Alarms that began to sound, by kind and priority, and over how many hours."""

    hours: float
    sounded: Mapping[tuple[Kind, Priority], int]

    def count(self, kind: Kind, *priorities: Priority) -> int:
        return sum(self.sounded.get((kind, priority), 0) for priority in priorities)

    @property
    def audible(self) -> int:
        """Of the patient, medium and high: what repeats until somebody comes. Low is a pulse once, or none."""
        return self.count(Kind.PHYSIOLOGICAL, Priority.MEDIUM, Priority.HIGH)


def load_of(rows: Iterable[Row], limits: Limits) -> Load:
    rows = list(rows)
    return Load(hours_of(rows), counted(replay(rows, limits)))


def hours_of(rows: Iterable[Row]) -> float:
    """From the first row to the last."""
    moments = [row.at for row in rows]
    return (max(moments) - min(moments)) / _HOUR if moments else 0.0


def counted(signals: Iterable[Signal]) -> Counter[tuple[Kind, Priority]]:
    found: Counter[tuple[Kind, Priority]] = Counter()
    before: dict[str, Signal] = {}
    for signal in signals:
        known = before.get(signal.condition)
        before[signal.condition] = signal
        if signal.sounding and signal.priority is not None and not _goes_on(known, signal):
            found[signal.kind, signal.priority] += 1
    return found


def _goes_on(known: Signal | None, signal: Signal) -> bool:
    """It sounded already, as grave or graver; or the graver ended in this moment."""
    if known is None or known.priority is None or (signal.priority or 0) > known.priority:
        return False
    return known.sounding or (known.at == signal.at and signal.priority != known.priority)


def together(loads: Sequence[Load]) -> Load:
    return Load(sum(load.hours for load in loads), sum((Counter(load.sounded) for load in loads), Counter()))


def bare(limits: Limits) -> Limits:
    """The lines alone."""
    lines = tuple(_bare(line) for line in limits.lines)
    return replace(limits, lines=lines, dead_bands={}, jumps={}, times=replace(limits.times, clear_s=0))


def _bare(line: LimitLine) -> LimitLine:
    if line.timing is Timing.CONTINUOUS:
        return replace(line, delay_s=0)
    return replace(line, timing=Timing.SINGLE, first_priority=None)
