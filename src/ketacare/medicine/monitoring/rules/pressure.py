"""Pressure taken now and then: three lines instead of a delay (A16), and measurements that failed (T7)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.rules import pulse
from ketacare.medicine.monitoring.terms import (
    ARTERIAL_LINE,
    CUFF,
    Channel,
    LimitLine,
    Limits,
    Priority,
    Quality,
    Reading,
    Run,
    Side,
    Times,
    Timing,
)


def reached(line: LimitLine, run: Run, times: Times) -> Priority | None:
    """What an unbroken row of readings beyond this line amounts to."""
    if line.timing is Timing.NOTICE:
        return line.priority if run.count > 1 else line.first_priority
    if line.timing is Timing.CONFIRM:
        return line.priority if confirmed(run, times) else line.first_priority
    return line.priority


def confirmed(run: Run, times: Times) -> bool:
    """Two readings far enough apart. A cuff takes its own while, so a little short of the minutes still counts."""
    return run.last - run.since >= timedelta(seconds=times.confirm_s - times.confirm_slack_s)


@dataclass(frozen=True, slots=True)
class OfTheDose:
    """What the pressures since the dose began say of more of it: a first one beyond the line waits for its repeat, and
    one that the repeat has confirmed ends it for the day, also when it has fallen since."""

    waits: bool = False
    confirmed: bool = False


def of_the_dose(values: Iterable[tuple[Channel, datetime, Decimal]], limits: Limits) -> OfTheDose:
    """`values` since it began, oldest first. Only lines that wait for a second reading say anything of it (A16)."""
    lines: dict[Channel, Decimal] = {}
    for line in limits.lines:
        if line.timing is Timing.CONFIRM and line.side is Side.HIGH and line.channel in CUFF and line.threshold:
            lines[line.channel] = min(line.threshold, lines.get(line.channel, line.threshold))
    runs: dict[Channel, Run] = {}
    ended = False
    for channel, taken_at, value in values:
        limit = lines.get(channel)
        if limit is None or value <= limit:
            runs.pop(channel, None)
            continue
        begun = runs.get(channel)
        runs[channel] = Run(begun.since if begun else taken_at, taken_at, begun.count + 1 if begun else 1, limit)
        ended = ended or confirmed(runs[channel], limits.times)
    return OfTheDose(waits=bool(runs), confirmed=ended)


def sane(readings: Iterable[Reading], limits: Limits) -> tuple[Reading, ...]:
    """The same readings, those that cannot be true marked implausible: kept, never used for a limit (T7)."""
    checked = pulse.beside_its_wave([_within_reach(reading, limits) for reading in readings])
    for site in (CUFF, ARTERIAL_LINE):
        checked = _parts_agree(checked, site)
    return tuple(checked)


def _within_reach(reading: Reading, limits: Limits) -> Reading:
    plausible = limits.plausible.get(reading.channel)
    if not reading.usable or reading.value is None or plausible is None or plausible.holds(reading.value):
        return reading
    words = f"{reading.value.normalize():f} is outside {plausible.low:f} to {plausible.high:f}"
    return replace(reading, quality=Quality.IMPLAUSIBLE, reason=words)


def _parts_agree(readings: list[Reading], site: tuple[Channel, Channel, Channel]) -> list[Reading]:
    """A measurement is one thing: where one part cannot be, the others were not measured either."""
    by_moment: dict[object, dict[Channel, Reading]] = {}
    for reading in readings:
        if reading.channel in site:
            by_moment.setdefault((reading.device, reading.taken_at), {})[reading.channel] = reading
    failed = {moment: words for moment, parts in by_moment.items() if (words := _disagreement(parts, site))}
    return [_failed(reading, failed.get((reading.device, reading.taken_at), ""), site) for reading in readings]


def _failed(reading: Reading, words: str, site: tuple[Channel, Channel, Channel]) -> Reading:
    if not words or reading.channel not in site or not reading.usable:
        return reading
    return replace(reading, quality=Quality.IMPLAUSIBLE, reason=words)


def _disagreement(parts: dict[Channel, Reading], site: tuple[Channel, Channel, Channel]) -> str:
    broken = [reading for reading in parts.values() if not reading.usable]
    if broken:
        return broken[0].reason or "part of the measurement failed"
    systolic, diastolic = _value(parts, site[0]), _value(parts, site[1])
    if systolic is not None and diastolic is not None and systolic <= diastolic:
        return "systolic is not above diastolic"
    return ""


def _value(parts: dict[Channel, Reading], channel: Channel) -> Decimal | None:
    return parts[channel].value if channel in parts else None
