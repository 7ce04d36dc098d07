"""Turns the adopted limit sheet and this room's own sheet of times into one `Limits` that a step can judge by."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, read_sheet, sheet_from, table_in
from ketacare.medicine.evidence.terms import Figure, Sheet
from ketacare.medicine.monitoring.terms import (
    LONGEST_DELAY_S,
    Channel,
    Jump,
    LimitLine,
    Limits,
    Priority,
    Range,
    Side,
    Times,
    Timing,
)
from ketacare.medicine.protocols.reader import crossed, limit_set, limit_set_from
from ketacare.medicine.protocols.terms import LimitSet

_WATCH = Path(__file__).parent / "knowledge" / "watch.toml"

_CHANNELS = {
    "spo2": (Channel.SPO2,),
    "hr": (Channel.HR, Channel.PR),
    "sbp": (Channel.NIBP_SYS,),
    "dbp": (Channel.NIBP_DIA,),
    "map": (Channel.NIBP_MEAN,),
    "rr": (Channel.RR,),
    "etco2": (Channel.ETCO2,),
    "apnoea": (Channel.APNOEA,),
    "temp": (Channel.TEMP,),
    "moaas": (Channel.MOAAS,),
    "distress": (Channel.DISTRESS,),
}
_PRIORITIES = {"notice": Priority.LOW, "medium": Priority.MEDIUM, "high": Priority.HIGH}
_SIDES = {"low": Side.LOW, "fall": Side.LOW, "high": Side.HIGH, "rise": Side.HIGH}
_STEPS = {
    "notice": Timing.NOTICE,
    "first": Timing.SINGLE,
    "confirmed": Timing.CONFIRM,
    "single": Timing.SINGLE,
}
# Where the sheet counts a change of at least so many points: the line itself is already beyond.
_AT_LEAST = {("spo2", "fall_notice"), ("etco2", "rise_notice")}


@cache
def limits(sheet_id: str = "tx-1") -> Limits:
    """The limit set of this id with the times of the watch. A clinic names the one it has adopted."""
    return limits_from(limit_set(sheet_id), watch_sheet())


def limits_in(text: str, file: str) -> Limits:
    """The limits a sheet of a clinic's own holds, with the times of the watch; SheetRefused with every fault it has."""
    sheet = sheet_from(table_in(text, file), file)
    if faults := _form_faults(sheet):
        raise SheetRefused(file, faults)
    lines = limit_set_from(sheet)
    if faults := _faults(lines):
        raise SheetRefused(file, faults)
    try:
        refuse_lines(lines)
    except ValueError as fault:
        raise SheetRefused(file, [str(fault)]) from None
    return limits_of(lines)


def refuse_lines(lines: LimitSet) -> None:
    """SheetRefused where an alarm could never come, or not in time: its line lies outside what its channel can show
    (A14), it waits longer than monitors do (A15), or a graver line lies nearer (A16)."""
    faults = crossed(lines)
    faults += [
        f"parameters.{name}.{key}: {rule}" for name, key, rule in list(_too_slow(lines)) or list(_unreachable(lines))
    ]
    if faults:
        raise SheetRefused(lines.header.id, faults)


def limits_of(lines: LimitSet) -> Limits:
    """These lines, as a protocol has them, with the times of the watch."""
    return limits_from(lines, watch_sheet())


def held(lines: LimitSet) -> tuple[LimitSet, tuple[str, ...]]:
    """What counted before a rule was drawn still watches whoever began with it (H19): a line that nothing can cross, or
    that waits too long, is held to the one that ships. And which these are, in words."""
    told: list[str] = []
    for faults in (_too_slow, _unreachable):
        for name, key, _ in list(faults(lines)):
            row, figure = lines.parameters[name], limit_set(lines.header.id).parameters[name].lines[key]
            was = f"{row.title} {key.replace('_', ' ')} {row.lines[key].value:f}"
            told.append(f"{was} held to {figure.value:f} as shipped")
            own = replace(row, lines={**row.lines, key: figure})
            lines = replace(lines, parameters={**lines.parameters, name: own})
    return lines, tuple(told)


_Fault = tuple[str, str, str]


def _too_slow(lines: LimitSet) -> Iterator[_Fault]:
    """Parameter, line, and why no alarm comes of it in time."""
    for name, row in lines.parameters.items():
        for key, figure in row.lines.items():
            if key.startswith("delay_") and figure.value > LONGEST_DELAY_S:
                rule = f"no alarm waits {figure.value} s; it is at most {LONGEST_DELAY_S} s"
                yield name, key, f"{rule}. Shorten it."


def _unreachable(lines: LimitSet) -> Iterator[_Fault]:
    """Parameter, line, and why no alarm ever comes of it."""
    limits, names = limits_of(lines), {channels[0]: name for name, channels in _CHANNELS.items()}
    for line in limits.lines:
        if line.channel in names and (possible := limits.out_of_reach(line)) is not None:
            rule = f"at {line.threshold} it can never be crossed"
            place = names[line.channel], line.id.partition(".")[2]
            yield *place, f"{rule}. Put it between {possible.low} and {possible.high}."


@cache
def watch_sheet() -> Sheet:
    return read_sheet(_WATCH)


@cache
def likely() -> Mapping[Channel, Range]:
    """Inside these a typed value is taken without a question."""
    return _ranges(watch_sheet(), "likely")


def limits_from(lines: LimitSet, watch: Sheet) -> Limits:
    return Limits(
        id=lines.header.id,
        version=lines.header.version,
        lines=tuple(line for name in _CHANNELS for line in _lines(lines, name)),
        dead_bands=_dead_bands(lines),
        plausible=_ranges(watch, "plausible"),
        signs=_signs(lines),
        times=_times(watch),
        jumps=_jumps(watch),
        reach=_ranges(watch, "reach"),
        signs_of_pressure=tuple(_table(watch, "signs")["with_any_pressure"]),
    )


def _times(watch: Sheet) -> Times:
    table = _table(watch, "times")
    return Times(**{field.name: _time(field.name, table) for field in fields(Times)})


def _time(name: str, table: Mapping[str, Any]) -> int:
    seconds = name.removesuffix("_s")
    return table[name].integer if seconds == name else _seconds(table[seconds])


def _seconds(figure: Figure) -> int:
    if figure.unit != "s":
        raise ValueError(f"times: in {figure.unit}, not in s. Write seconds.")
    return figure.integer


def _ranges(watch: Sheet, name: str) -> dict[Channel, Range]:
    return {Channel(key): Range(row["low"].value, row["high"].value) for key, row in _table(watch, name).items()}


def _jumps(watch: Sheet) -> dict[Channel, Jump]:
    table = _table(watch, "jumps")
    return {Channel(key): Jump(row["points"].value, _seconds(row["within"])) for key, row in table.items()}


def _table(sheet: Sheet, name: str) -> Mapping[str, Any]:
    table = sheet.body[name]
    assert isinstance(table, Mapping)
    return table


def _signs(lines: LimitSet) -> dict[str, Priority]:
    medium = dict.fromkeys(lines.symptoms_medium, Priority.MEDIUM)
    return medium | dict.fromkeys(lines.symptoms_high, Priority.HIGH)


def _dead_bands(lines: LimitSet) -> dict[Channel, Decimal]:
    bands = {name: p.lines["dead_band"].value for name, p in lines.parameters.items() if "dead_band" in p.lines}
    return {channel: band for name, band in bands.items() if name in _CHANNELS for channel in _CHANNELS[name]}


# --- lines ------------------------------------------------------------------------------------------------------------


def _lines(sheet: LimitSet, name: str) -> list[LimitLine]:
    if name not in sheet.parameters:
        return []
    figures = sheet.parameters[name].lines
    return [_line(name, key, figures, channel) for channel in _CHANNELS[name] for key in _places(figures)]


def _places(figures: Mapping[str, Figure]) -> list[str]:
    return [key for key in figures if key.split("_")[0] in _SIDES and not key.endswith("_below")]


def _form_faults(sheet: Sheet) -> list[str]:
    general, parameters = sheet.body.get("general"), sheet.body.get("parameters")
    faults = [
        f"general.{name}: says which signs alarm. Add it as a list, empty if there are none."
        for name in ("symptoms_medium", "symptoms_high")
        if not isinstance(general, Mapping) or not isinstance(general.get(name), list | tuple)
    ]
    if not isinstance(parameters, Mapping) or not parameters:
        return [*faults, "parameters: a limit sheet has lines. Add a table for each parameter."]
    return faults + [
        f"parameters.{name}.{key}: every parameter says its {key}. Add it as text."
        for name, row in parameters.items()
        for key in ("title", "unit", "kind")
        if not isinstance(row, Mapping) or not isinstance(row.get(key), str)
    ]


def _faults(lines: LimitSet) -> list[str]:
    """What a sheet written by hand may lack: a parameter misnamed is one nobody watches."""
    faults = [
        f"parameters.{name}: is no parameter here. Use one of {', '.join(_CHANNELS)}."
        for name in lines.parameters
        if name not in _CHANNELS
    ]
    return faults + [
        f"parameters.{name}.delay_{step}: a continuous line says how long it waits. Give seconds, 0 to 15."
        for name, channels in _CHANNELS.items()
        if name in lines.parameters and not channels[0].intermittent
        for step in sorted({key.split("_")[1] for key in _places(lines.parameters[name].lines)})
        if f"delay_{step}" not in lines.parameters[name].lines
    ]


def _line(name: str, key: str, figures: Mapping[str, Figure], channel: Channel) -> LimitLine:
    side, step = key.split("_")[:2]
    timing = _timing(channel, key, step)
    guard = figures.get(f"{key}_below")
    return LimitLine(
        id=f"{channel}.{key}",
        channel=channel,
        side=_SIDES[side],
        timing=timing,
        priority=_priority(timing, key, step),
        first_priority=Priority.LOW if timing in (Timing.NOTICE, Timing.CONFIRM) else None,
        delay_s=figures[f"delay_{step}"].integer if timing is Timing.CONTINUOUS else 0,
        and_beyond=guard.value if guard is not None else None,
        or_equal=(name, key) in _AT_LEAST,
        **_place(side, key, figures[key].value),
    )


def _timing(channel: Channel, key: str, step: str) -> Timing:
    if not channel.intermittent:
        return Timing.CONTINUOUS
    if not channel.pressure or not key.startswith(("high", "rise")):
        return Timing.SINGLE
    return _STEPS.get(key.split("_")[-1]) or _STEPS.get(step, Timing.SINGLE)


def _priority(timing: Timing, key: str, step: str) -> Priority:
    if timing is Timing.CONFIRM or key == "high_single":
        return Priority.HIGH
    if key == "high_notice" and timing is Timing.NOTICE:
        return Priority.MEDIUM  # its second reading; the first is a notice (A16)
    return _PRIORITIES[step]


def _place(side: str, key: str, value: Decimal) -> dict[str, Decimal]:
    if side in ("low", "high"):
        return {"threshold": value}
    signed = value if side == "rise" else -value
    return {"change_percent" if key.endswith("_share") else "change": signed}
