"""Vital signs as people type them, read back in three tiers: impossible is refused, unlikely is asked about once,
abnormal is accepted and acted on (E1)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring.terms import Channel, Entry, Limits, Range, Remark, Side, Tier

_PRESSURE = re.compile(r"(\d{1,3})\s*[/\s-]\s*(\d{1,3})(?:\s*[/\s-]\s*(\d{1,3}))?")
_RUN_TOGETHER = re.compile(r"(\d{2,3})(\d{2})")
_OXYGEN = re.compile(r"(\d{1,3})\s*%?\s*(?:(ra)|(\d{1,2}(?:\.\d)?)\s*l)?", re.IGNORECASE)
_WARMTH = re.compile(r"(\d{2,3}(?:[.,]\d{1,2})?)\s*°?\s*([cf])?", re.IGNORECASE)
_CO2 = re.compile(r"(\d{1,3})([.,]\d{1,2})?\s*(mm\s*hg|kpa)?", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,2}):?(\d{2})")
_SINCE = re.compile(r"t\s*\+\s*(\d{1,3})", re.IGNORECASE)
_AGO = re.compile(r"-\s*(\d{1,3})")


def parse_blood_pressure(text: str, limits: Limits, likely: Mapping[Channel, Range]) -> Entry:
    """`120/80`, `120 80`, `120-80` or `120/80/93`."""
    match = _PRESSURE.fullmatch(text.strip())
    if match is None:
        return _refused("Blood pressure", "needs two numbers, systolic first.", _pressure_remedy(text))
    values = {c: Decimal(part) for c, part in zip(_CUFF, match.groups(), strict=True) if part is not None}
    systolic, diastolic = values[Channel.NIBP_SYS], values[Channel.NIBP_DIA]
    if diastolic >= systolic:
        rule = f"diastolic {diastolic} is not below systolic {systolic}."
        return _refused("Blood pressure", rule, "Write systolic first, as 120/80.")
    mean = values.get(Channel.NIBP_MEAN)
    if mean is not None and not diastolic <= mean <= systolic:
        rule = f"mean {mean} does not lie between {diastolic} and {systolic}."
        return _refused("Blood pressure", rule, "Leave the mean out or correct it.")
    return _judged(values, limits, likely)


_CUFF = (Channel.NIBP_SYS, Channel.NIBP_DIA, Channel.NIBP_MEAN)


def _pressure_remedy(text: str) -> str:
    together = _RUN_TOGETHER.fullmatch(text.strip())
    example = f"{together[1]}/{together[2]}" if together else "120/80"
    return f"Write it as {example}."


def parse_rate(text: str, channel: Channel, limits: Limits, likely: Mapping[Channel, Range]) -> Entry:
    """Heart, pulse or breathing rate, or a whole score: `72`."""
    if not re.fullmatch(r"\d{1,3}", text.strip()):
        return _refused(channel.label, "needs one whole number.", "Write it as 72.")
    return _judged({channel: Decimal(text.strip())}, limits, likely)


def parse_spo2(text: str, limits: Limits, likely: Mapping[Channel, Range]) -> Entry:
    """`97`, `97ra` (room air) or `97 2l` (litres of oxygen a minute)."""
    match = _OXYGEN.fullmatch(text.strip())
    if match is None:
        return _refused("SpO2", "needs a percentage.", "Write 97, 97ra for room air, or 97 2l with oxygen.")
    air = "room air" if match[2] else f"oxygen {match[3]} L/min" if match[3] else ""
    return _judged({Channel.SPO2: Decimal(match[1])}, limits, likely, air)


_MMHG_IN_A_KPA = Decimal("7.50062")  # SI


def parse_end_tidal_co2(text: str, limits: Limits, likely: Mapping[Channel, Range]) -> Entry:
    """`38`, or `5.1kpa`; kept in mmHg. Capnographs of many countries show kPa: a number that may be one is not taken
    as mmHg before somebody said so (H24)."""
    label, match = Channel.ETCO2.label, _CO2.fullmatch(text.strip())
    if match is None:
        return _refused(label, "needs a number.", "Write 38, or 5.1kpa for kilopascal.")
    typed, unit = f"{match[1]}{match[2] or ''}".replace(",", "."), (match[3] or "").lower()
    number = Decimal(typed)
    converted = (number * _MMHG_IN_A_KPA).quantize(Decimal(1))
    if unit == "kpa":
        return _judged({Channel.ETCO2: converted}, limits, likely, f"{typed} kPa is {converted} mmHg")
    may_be_kpa = not unit and converted > 0 and _holds(limits.plausible, converted)
    if match[2] and may_be_kpa:
        rule = f"{typed} looks like kPa ({converted} mmHg)."
        return _refused(label, rule, f"Write {typed}kpa if it is, or the whole mmHg, as {converted}.")
    if match[2]:
        whole = number.quantize(Decimal(1))
        return _refused(label, "needs a whole number of mmHg.", f"Write it as {whole}, or a number of kPa as 5.1kpa.")
    read = _judged({Channel.ETCO2: number}, limits, likely)
    if not may_be_kpa or not read.to_confirm:
        return read
    remedy = f"Write {typed}kpa if the capnograph shows kPa ({converted} mmHg); confirm if it is {typed} mmHg."
    return replace(read, remarks=tuple(replace(remark, remedy=remedy) for remark in read.remarks))


def _holds(ranges: Mapping[Channel, Range], value: Decimal) -> bool:
    possible = ranges.get(Channel.ETCO2)
    return possible is None or possible.holds(value)


def parse_temperature(text: str, limits: Limits, likely: Mapping[Channel, Range]) -> Entry:
    """`36.8`, or `98.2f`; kept in Celsius, and what was meant is said back."""
    match = _WARMTH.fullmatch(text.strip())
    if match is None:
        return _refused("Temperature", "needs a number.", "Write 36.8, or 98.2f for Fahrenheit.")
    number = Decimal(match[1].replace(",", "."))
    if (match[2] or "").lower() == "f":
        celsius = ((number - 32) * 5 / 9).quantize(Decimal("0.1"))
        return _judged({Channel.TEMP: celsius}, limits, likely, f"{number} °F is {celsius} °C")
    entry = _judged({Channel.TEMP: number}, limits, likely, f"{number} °C")
    if entry.accepted or match[2]:
        return entry
    return _refused("Temperature", entry.remarks[0].rule, f"If you measured in Fahrenheit write {match[1]}f.")


def parse_time(text: str, *, at: datetime, began_at: datetime | None = None) -> datetime | Remark:
    """`0930`, `930` and `09:30` on the day of `at` in its zone, `-5` minutes ago, `t+40` minutes into the session."""
    text = text.strip()
    if match := _SINCE.fullmatch(text):
        if began_at is None:
            return _remark("Time", "the session has no T0 yet.", "Write the clock time, as 0930.")
        return _past(began_at + timedelta(minutes=int(match[1])), at)
    if match := _AGO.fullmatch(text):
        return at - timedelta(minutes=int(match[1]))
    match = _CLOCK.fullmatch(text)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        return _remark("Time", "is not a time of day.", "Write 0930, -5 for five minutes ago, or t+40.")
    return _past(at.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0), at)


def _past(moment: datetime, at: datetime) -> datetime | Remark:
    """A time is typed to the minute: within the minute that runs it is now, as far as anybody says."""
    if moment <= at:
        return at if at - moment < timedelta(minutes=1) else moment
    return _remark("Time", f"{moment:%H:%M} is still to come.", "Write when it happened.")


# --- tiers ---


def _judged(
    values: Mapping[Channel, Decimal], limits: Limits, likely: Mapping[Channel, Range], note: str = ""
) -> Entry:
    remarks = [remark for channel, value in values.items() if (remark := _tier(channel, value, limits, likely))]
    return Entry(dict(values), tuple(remarks), note)


def _tier(channel: Channel, value: Decimal, limits: Limits, likely: Mapping[Channel, Range]) -> Remark | None:
    possible, usual = limits.plausible.get(channel), likely.get(channel)
    if possible is not None and not possible.holds(value):
        rule = f"{value} is outside {possible.low} to {possible.high}, what can be measured."
        return Remark(channel.label, Tier.IMPOSSIBLE, rule, "Measure again, or correct the number.")
    if usual is not None and not usual.holds(value):
        rule = f"{value} is outside {usual.low} to {usual.high}, what is usually seen."
        return Remark(channel.label, Tier.UNLIKELY, rule, "Check it; confirm if it is what was measured.")
    return _beyond_a_line(channel, value, limits)


def _beyond_a_line(channel: Channel, value: Decimal, limits: Limits) -> Remark | None:
    for line in sorted(limits.lines, key=lambda line: -line.priority):
        if line.channel is not channel or line.threshold is None:
            continue
        if value > line.threshold if line.side is Side.HIGH else value < line.threshold:
            way = "above" if line.side is Side.HIGH else "below"
            rule = f"{value} is {way} the {line.priority.word} limit {line.threshold}."
            return Remark(channel.label, Tier.ABNORMAL, rule, "Saved. Act as the limit asks.")
    return None


def _remark(field: str, rule: str, remedy: str) -> Remark:
    return Remark(field, Tier.IMPOSSIBLE, rule, remedy)


def _refused(field: str, rule: str, remedy: str) -> Entry:
    return Entry({}, (_remark(field, rule, remedy),))
