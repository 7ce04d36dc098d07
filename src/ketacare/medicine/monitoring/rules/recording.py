"""A recording as it lies in a file: CSV, one value a row, read into values or refused by line and column.

Columns are `t_s,channel,value[,quality]` with seconds from the start, or `timestamp,channel,value` with further ones.
A 0 stands for "the channel gave nothing". Rows of channels we have no name for are passed over and counted.
"""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from io import StringIO

from ketacare.medicine.monitoring.terms import Channel, Quality

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
FARTHEST_S = 10 * 366 * 24 * 3600
YEARS = range(1900, 2201)
_GOOD = ("good", "ok", "1", "valid", "warning")
_NOTHING = ("none", "missing", "off")

_NAMES = {
    "HR": Channel.HR,
    "HEARTRATE": Channel.HR,
    "PULSE": Channel.PR,
    "PULSERATE": Channel.PR,
    "PR": Channel.PR,
    "SPO2": Channel.SPO2,
    "RESP": Channel.RR,
    "RR": Channel.RR,
    "SBP": Channel.NIBP_SYS,
    "DBP": Channel.NIBP_DIA,
    "MAP": Channel.NIBP_MEAN,
    "NBPSYS": Channel.NIBP_SYS,
    "NBPDIAS": Channel.NIBP_DIA,
    "NBPDIA": Channel.NIBP_DIA,
    "NBPMEAN": Channel.NIBP_MEAN,
    "NIBPSYS": Channel.NIBP_SYS,
    "NIBPDIA": Channel.NIBP_DIA,
    "NIBPDIAS": Channel.NIBP_DIA,
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
    """What cannot be read: line, column, rule, remedy."""


@dataclass(frozen=True, slots=True)
class Row:
    at: datetime
    channel: Channel
    value: Decimal | None
    quality: Quality = Quality.GOOD


@dataclass(frozen=True, slots=True)
class Recording:
    """Every row of a channel known here, in the order of the file; when it began; what was passed over."""

    rows: tuple[Row, ...]
    start: datetime
    passed_over: Mapping[str, int]


def channel_named(name: str) -> Channel | None:
    """The channel a device or recording calls so; None when we have no word for it."""
    return _NAMES.get(name.replace("_", "").replace(" ", "").replace("-", "").upper())


def read_recording(text: str) -> Recording:
    """The whole recording, or the first thing in it that cannot be read."""
    passed_over: Counter[str] = Counter()
    rows: list[Row] = []
    for line, cells in _lines(text):
        name = cells["channel"] or ""
        channel = channel_named(name)
        if channel is None:
            passed_over[name] += 1
        else:
            rows.append(_row(cells, channel, line))
    counts_seconds = "t_s" in _header(text)
    start = EPOCH if counts_seconds else min((row.at for row in rows), default=EPOCH)
    return Recording(tuple(rows), start, dict(sorted(passed_over.items())))


def read_rows(text: str) -> Iterator[Row]:
    yield from read_recording(text).rows


# --- the file ---------------------------------------------------------------------------------------------------------


def _header(text: str) -> list[str]:
    first = text.removeprefix("\ufeff").lstrip("\r\n").partition("\n")[0]
    return [cell.strip().strip('"').lower() for cell in first.split(_delimiter(first))]


def _delimiter(header: str) -> str:
    return next((sign for sign in (";", "\t") if sign in header), ",")


def _lines(text: str) -> Iterator[tuple[int, dict[str, str | None]]]:
    columns = _checked(_header(text))
    body = text.removeprefix("\ufeff")
    reader = csv.reader(StringIO(body, newline=""), delimiter=_delimiter(body.lstrip("\r\n").partition("\n")[0]))
    try:
        filled = ((reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells))
        next(filled, None)
        for line, cells in filled:
            yield line, _named(columns, cells, line)
    except csv.Error as fault:
        raise RecordingRefused(
            f"line {reader.line_num}: not readable as CSV ({fault}). Save it as plain CSV."
        ) from None


def _checked(columns: list[str]) -> list[str]:
    time = {"t_s", "timestamp"} & set(columns)
    missing = [name for name in ("channel", "value") if name not in columns]
    if missing or not time:
        lacking = ", ".join([*missing, *([] if time else ["t_s or timestamp"])])
        rule = "the columns are t_s,channel,value[,quality] or timestamp,channel,value"
        raise RecordingRefused(f"line 1, header: without {lacking}; {rule}. Name them in the first line.")
    return columns


def _named(columns: list[str], cells: list[str], line: int) -> dict[str, str | None]:
    if len(cells) != len(columns):
        rule = f"{len(cells)} cells under {len(columns)} columns"
        raise RecordingRefused(f"line {line}: {rule}. Give each column its cell, an empty one where nothing was.")
    return dict(zip(columns, cells, strict=True))


def _row(cells: Mapping[str, str | None], channel: Channel, line: int) -> Row:
    value = _number(cells["value"] or "", line, "value")
    if value is not None and (cells["channel"] or "").upper().endswith("_F"):
        value = ((value - 32) * 5 / 9).quantize(Decimal("0.1"))
    return Row(_moment(cells, line), channel, value, _quality(cells, channel, value))


def _moment(cells: Mapping[str, str | None], line: int) -> datetime:
    if "t_s" in cells:
        seconds = _number(cells["t_s"] or "", line, "t_s")
        if seconds is None or abs(seconds) > FARTHEST_S:
            raise RecordingRefused(f"line {line}, t_s: every row has its second, within ten years. Write a number.")
        return EPOCH + timedelta(microseconds=int(seconds * 1_000_000))
    try:
        moment = datetime.fromisoformat((cells["timestamp"] or "").strip())
    except ValueError:
        raise RecordingRefused(f"line {line}, timestamp: not a time. Write it as 2001-01-01T00:00:00Z.") from None
    if moment.year not in YEARS:
        raise RecordingRefused(f"line {line}, timestamp: year {moment.year} is no time of a recording. Correct it.")
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str, line: int, column: str) -> Decimal | None:
    try:
        number = Decimal(text.strip()) if text.strip() else None
    except InvalidOperation:
        words = f"{text!r} is not a number. Write a number or leave it empty."
        raise RecordingRefused(f"line {line}, {column}: {words}") from None
    return number if number is None or number.is_finite() else None


def _quality(cells: Mapping[str, str | None], channel: Channel, value: Decimal | None) -> Quality:
    if value is None or (value == 0 and channel not in _SCORES):
        return Quality.NONE
    said = (cells.get("quality") or cells.get("flag") or "good").strip().lower()
    if said in _NOTHING:
        return Quality.NONE
    return Quality.GOOD if said in _GOOD else Quality.BAD
