"""A recording run through the step: what would have been told, when, and why. The same rows give the same bytes.

Rows are `t_s,channel,value[,quality]` with seconds from the start, or `timestamp,channel,value` with further columns.
In a recording 0 stands for "the channel gave nothing". A channel that comes at least once a minute is a stream at its
own pace and can be lost; others are spot readings. Channels we have no name for are passed over.
"""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from io import StringIO
from itertools import groupby, pairwise
from statistics import median

from ketacare.medicine.monitoring.rules.step import begin, step
from ketacare.medicine.monitoring.terms import Arrived, Channel, Limits, Pair, Quality, Reading, Signal

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SLOWEST_STREAM_S = 60

_NAMES = {
    "HR": Channel.HR,
    "PULSE": Channel.PR,
    "PR": Channel.PR,
    "SPO2": Channel.SPO2,
    "RESP": Channel.RR,
    "RR": Channel.RR,
    "NBPSYS": Channel.NIBP_SYS,
    "NBPDIAS": Channel.NIBP_DIA,
    "NBPMEAN": Channel.NIBP_MEAN,
    "NIBPSYS": Channel.NIBP_SYS,
    "NIBPDIA": Channel.NIBP_DIA,
    "NIBPMEAN": Channel.NIBP_MEAN,
    "ABPSYS": Channel.ABP_SYS,
    "ABPDIAS": Channel.ABP_DIA,
    "ABPDIA": Channel.ABP_DIA,
    "ABPMEAN": Channel.ABP_MEAN,
    "TEMP": Channel.TEMP,
    "TEMPF": Channel.TEMP,
    "ETCO2": Channel.ETCO2,
    "MOAAS": Channel.MOAAS,
    "DISTRESS": Channel.DISTRESS,
}
_SCORES = (Channel.MOAAS, Channel.DISTRESS)


class RecordingRefused(ValueError):
    """A row that cannot be read: line, column, rule, remedy."""


@dataclass(frozen=True, slots=True)
class Row:
    at: datetime
    channel: Channel
    value: Decimal | None
    quality: Quality = Quality.GOOD


def channel_named(name: str) -> Channel | None:
    """The channel a device or recording calls so; None when we have no word for it."""
    return _NAMES.get(name.replace("_", "").upper())


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
    rows = list(read_rows(text))
    start = EPOCH if _counts_seconds(text) else min((row.at for row in rows), default=EPOCH)
    return (_plain(signal, start) for signal in replay(rows, limits))


def read_rows(text: str) -> Iterator[Row]:
    for line, cells in enumerate(csv.DictReader(StringIO(text)), start=2):
        channel = channel_named(cells.get("channel") or "")
        if channel is not None:
            yield _row(cells, channel, line)


def _row(cells: Mapping[str, str | None], channel: Channel, line: int) -> Row:
    value = _number(cells.get("value") or "", line, "value")
    if value is not None and (cells.get("channel") or "").upper().endswith("_F"):
        value = ((value - 32) * 5 / 9).quantize(Decimal("0.1"))
    return Row(_moment(cells, line), channel, value, _quality(cells, channel, value))


def _moment(cells: Mapping[str, str | None], line: int) -> datetime:
    if cells.get("t_s") is not None:
        seconds = _number(cells["t_s"] or "", line, "t_s")
        if seconds is None:
            raise RecordingRefused(f"line {line}, t_s: every row has its second. Write a number.")
        return EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    try:
        moment = datetime.fromisoformat(cells.get("timestamp") or "")
    except ValueError:
        raise RecordingRefused(f"line {line}, timestamp: not a time. Write it as 2001-01-01T00:00:00Z.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str, line: int, column: str) -> Decimal | None:
    try:
        number = Decimal(text) if text.strip() else None
    except InvalidOperation:
        raise RecordingRefused(f"line {line}, {column}: {text!r} is not a number. Write a number or leave it empty.")
    return number if number is None or number.is_finite() else None


def _quality(cells: Mapping[str, str | None], channel: Channel, value: Decimal | None) -> Quality:
    if value is None or (value == 0 and channel not in _SCORES):
        return Quality.NONE
    said = (cells.get("quality") or cells.get("flag") or "good").strip().lower()
    return Quality.GOOD if said in ("good", "ok", "1", "valid", "warning") else Quality.BAD


def _reading(row: Row) -> Reading:
    reason = "" if row.quality is Quality.GOOD else "no usable value"
    return Reading(row.channel, row.value, row.at, row.at, row.quality, reason, "recording", "recording")


def _paces(rows: list[Row]) -> Iterator[tuple[Channel, int]]:
    for channel in Channel:
        moments = sorted({row.at for row in rows if row.channel is channel})
        gaps = [(after - before).total_seconds() for before, after in pairwise(moments)]
        if gaps and not channel.intermittent and median(gaps) <= _SLOWEST_STREAM_S:
            yield channel, max(1, round(median(gaps)))


def _counts_seconds(text: str) -> bool:
    return "t_s" in text.partition("\n")[0].strip().split(",")


def _plain(signal: Signal, start: datetime) -> dict[str, object]:
    return {
        "t_s": _short(Decimal(str((signal.at - start).total_seconds()))),
        "condition": signal.condition,
        "priority": signal.priority.word if signal.priority is not None else None,
        "state": signal.presence.value,
        "signal": signal.state.value,
        "value": None if signal.value is None else _short(signal.value),
        "limit": None if signal.limit is None else _short(signal.limit),
        "rule": signal.rule,
    }


def _short(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)
