"""A recording run through the step: what would have been told, when, and why. The same rows give the same bytes.

Nobody acts in a recording: nothing is acknowledged, paused or asked for. A channel that comes at least once a minute is
a stream at its own pace and can be lost; others are spot readings.
"""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby, pairwise
from statistics import median

from ketacare.medicine.monitoring.rules.recording import Recording, Row, read_recording
from ketacare.medicine.monitoring.rules.step import begin, step
from ketacare.medicine.monitoring.terms import Arrived, Channel, Limits, Pair, Quality, Reading, Signal

_SLOWEST_STREAM_S = 60


def replay(rows: Iterable[Row], limits: Limits) -> Iterator[Signal]:
    """Every signal of the recording, in order, up to its last row."""
    ordered = sorted(rows, key=lambda row: row.at)
    if not ordered:
        return
    state = begin(limits, ordered[0].at)
    waiting = dict(_paces(ordered))
    for at, group in groupby(ordered, key=lambda row: row.at):
        together = list(group)
        for channel in [row.channel for row in together if row.channel in waiting and row.quality is Quality.GOOD]:
            if channel in waiting:
                state, signals = step(state, Pair(at, "recording", (channel,), waiting.pop(channel)))
                yield from signals
        state, signals = step(state, Arrived(at, tuple(_reading(row) for row in together)))
        yield from signals


def replay_csv(text: str, limits: Limits) -> Iterator[dict[str, object]]:
    """The same for a CSV text, as plain values ready to print."""
    return replay_plain(read_recording(text), limits)


def replay_plain(recording: Recording, limits: Limits) -> Iterator[dict[str, object]]:
    """Every change of a condition that can be told from what is printed; what only its sound tells is left out."""
    printed: dict[str, tuple[object, ...]] = {}
    for signal in replay(recording.rows, limits):
        line = _plain(signal, recording)
        said = (line["priority"], line["state"], line["rule"])
        if printed.get(signal.condition) != said:
            printed[signal.condition] = said
            yield line


def _reading(row: Row) -> Reading:
    reason = "" if row.quality is Quality.GOOD else "no usable value"
    return Reading(row.channel, row.value, row.at, row.at, row.quality, reason, "recording", "recording")


def _paces(rows: list[Row]) -> Iterator[tuple[Channel, int]]:
    for channel in Channel:
        moments = sorted({row.at for row in rows if row.channel is channel})
        gaps = [(after - before).total_seconds() for before, after in pairwise(moments)]
        if gaps and not channel.intermittent and median(gaps) <= _SLOWEST_STREAM_S:
            yield channel, max(1, round(median(gaps)))


def _plain(signal: Signal, recording: Recording) -> dict[str, object]:
    return {
        "t_s": _short(Decimal(str((signal.at - recording.start).total_seconds()))),
        "condition": signal.condition,
        "priority": signal.priority.word if signal.priority is not None else None,
        "state": signal.presence.value,
        "value": None if signal.value is None else _short(signal.value),
        "limit": None if signal.limit is None else _short(signal.limit),
        "rule": signal.rule,
    }


def _short(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
