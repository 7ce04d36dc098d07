"""G17: alarms of the patient that sound, with the limits and with the lines alone; and no lasting crossing is missed.

What lasts is found by a scan of its own that knows nothing of the engine: values one after the other, all strictly
beyond a line, over at least that line's delay. A cuff has no delay: two readings in a row beyond a notice line are
medium, two at least 4:30 min apart with none inside between them beyond a confirm line are high, and one beyond a
single line is as grave as its line. While it lasts, the engine must have had the condition, as grave as the line.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.rules import load
from ketacare.medicine.monitoring.rules.recording import EPOCH, Row
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Channel,
    LimitLine,
    Limits,
    Presence,
    Priority,
    Quality,
    Side,
    Signal,
    Timing,
)

CONFIRMED_AFTER = timedelta(seconds=270)


@dataclass(frozen=True)
class Lasting:
    """Beyond this line from then until then, and grave from `counts_at` on."""

    line: LimitLine
    priority: Priority
    since: datetime
    counts_at: datetime
    until: datetime


def usable(rows: Iterable[Row], limits: Limits) -> dict[Channel, list[tuple[datetime, Decimal]]]:
    """By channel, in time: what a person would take for a measurement."""
    moments: dict[datetime, dict[Channel, Row]] = {}
    for row in sorted(rows, key=lambda row: row.at):
        moments.setdefault(row.at, {}).setdefault(row.channel, row)  # of two for one moment the first stands
    found: dict[Channel, list[tuple[datetime, Decimal]]] = {}
    for at, parts in moments.items():
        cuff_failed = any(c in parts and not _good(parts[c], limits) for c in CUFF) or _upside_down(parts)
        for channel, row in parts.items():
            if row.value is not None and _good(row, limits) and not (cuff_failed and channel in CUFF):
                found.setdefault(channel, []).append((at, row.value))
    return found


def _good(row: Row, limits: Limits) -> bool:
    if row.quality is not Quality.GOOD or row.value is None:
        return False
    plausible = limits.plausible[row.channel]
    return plausible.low <= row.value <= plausible.high


def _upside_down(parts: dict[Channel, Row]) -> bool:
    high, low = (parts[c].value if c in parts else None for c in CUFF[:2])
    return high is not None and low is not None and high <= low


def lasting(rows: Iterable[Row], limits: Limits) -> Iterator[Lasting]:
    values = usable(rows, limits)
    for line in limits.lines:
        if line.threshold is not None:  # no recording has a baseline
            for stretch in _stretches(values.get(line.channel, []), line):
                yield from _grave(line, stretch)


def _stretches(values: list[tuple[datetime, Decimal]], line: LimitLine) -> Iterator[list[datetime]]:
    stretch: list[datetime] = []
    for at, value in values:
        assert line.threshold is not None
        if value > line.threshold if line.side is Side.HIGH else value < line.threshold:
            stretch.append(at)
            continue
        if stretch:
            yield stretch
        stretch = []
    if stretch:
        yield stretch


def _grave(line: LimitLine, stretch: list[datetime]) -> Iterator[Lasting]:
    if line.timing is Timing.CONTINUOUS:
        counts_at = stretch[0] + timedelta(seconds=line.delay_s)
    elif line.timing is Timing.SINGLE:
        counts_at = stretch[0]
    elif line.timing is Timing.NOTICE:
        counts_at = stretch[1] if len(stretch) > 1 else stretch[-1] + timedelta(seconds=1)
    else:
        late = [at for at in stretch if at - stretch[0] >= CONFIRMED_AFTER]
        counts_at = late[0] if late else stretch[-1] + timedelta(seconds=1)
    if counts_at <= stretch[-1]:
        yield Lasting(line, line.priority, stretch[0], counts_at, stretch[-1])


def missed(rows: list[Row], limits: Limits, told: list[Signal]) -> tuple[int, list[Lasting]]:
    """How many crossings lasted, and those of them that the engine, having told this, did not have."""
    found = list(lasting(rows, limits))
    return len(found), [one for one in found if not _had(told, one)]


def _had(told: Iterable[Signal], one: Lasting) -> bool:
    """As grave as its line at some moment from when it counted to its last value."""
    key = f"{one.line.channel}.{one.line.side}"
    standing: Priority | None = None
    for signal in told:
        if signal.condition != key:
            continue
        if signal.at > one.until:
            break
        here = signal.presence in (Presence.PRESENT, Presence.CLEARING)
        standing = signal.priority if here else None
        if signal.at >= one.counts_at and standing is not None and standing >= one.priority:
            return True
    return standing is not None and standing >= one.priority


# --- a monitor that sends every second: invented, and said so ---------------------------------------------------------


def invented(seed: int, seconds: int = 3600) -> list[Row]:
    """An hour of saturation, pulse and breaths each second: noise, a probe that is knocked, and a few true falls."""
    draw = random.Random(seed)
    saturation, pulse, breaths = draw.uniform(92.5, 97), draw.uniform(95, 122), draw.uniform(8, 14)
    knocked = {
        second for at in _moments(draw, seconds // 180, seconds) for second in range(at, at + draw.randint(1, 6))
    }
    falls = {second: depth for at in _moments(draw, 2, seconds) for second, depth in _fall(draw, at)}
    rows = []
    for second in range(seconds):
        if second % 60 == 0:
            saturation += draw.uniform(-0.6, 0.6) + (95 - saturation) * 0.1
            pulse += draw.uniform(-4, 4) + (108 - pulse) * 0.1
            breaths += draw.uniform(-1, 1) + (11 - breaths) * 0.1
        dip = draw.uniform(6, 14) if second in knocked else falls.get(second, 0.0)
        at = EPOCH + timedelta(seconds=second)
        for channel, value in (
            (Channel.SPO2, min(100.0, saturation - dip + draw.gauss(0, 0.6))),
            (Channel.HR, pulse + draw.gauss(0, 2)),
            (Channel.RR, breaths + draw.gauss(0, 0.8)),
        ):
            rows.append(Row(at, channel, Decimal(round(value))))
    return rows


def _moments(draw: random.Random, times: int, seconds: int) -> list[int]:
    return [draw.randrange(60, seconds - 100) for _ in range(times)]


def _fall(draw: random.Random, at: int) -> Iterator[tuple[int, float]]:
    deepest, lasts = draw.uniform(8, 15), draw.randint(30, 90)
    for second in range(lasts):
        yield at + second, deepest * min(1.0, second / 10, (lasts - second) / 10)


def fewer(adopted: load.Load, bare: load.Load) -> float:
    return 100 * (1 - adopted.audible / bare.audible) if bare.audible else 0.0
