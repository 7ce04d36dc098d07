"""ORU^R01 to observations: what a bedside monitor said, in our terms, with everything it said that is not usable."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache

from ketacare.exchange.hl7v2.translate import parameters, segments
from ketacare.exchange.hl7v2.translate.parameters import Parameter, ParameterMap
from ketacare.exchange.hl7v2.translate.segments import Message, Segment
from ketacare.exchange.mailroom.translate import (
    Envelope,
    Fault,
    Observation,
    OwnAlarms,
    Translation,
    Unmapped,
    Unreadable,
)

# The standard's NM: an optional sign, digits, an optional fraction. Twelve digits are more than any monitor has.
NUMBER = re.compile(r"[+-]?\d{1,12}(\.\d{0,6})?\Z|[+-]?\.\d{1,6}\Z", re.ASCII)
# Years a monitor may believe in; arithmetic with others could leave the calendar.
TIMESTAMP = re.compile(r"((?:19|20|21)\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?([+-]\d{4})?\Z", re.ASCII)
OBSERVATIONS_MOST = 2000  # as many as the JSON door takes at once
WITHDRAWN = {"D", "W", "X", "N"}  # OBX-11: deleted, wrong, cannot be obtained, not asked


def read(
    raw: bytes, *, zone: tzinfo, known: ParameterMap | None = None, heard_at: datetime | None = None
) -> Translation:
    """What `raw` says. Times without an offset are in `zone`; of an hour that comes twice, when clocks go back, the one
    nearer to when it was heard. Raises Unreadable when the message is none of ours.
    """
    message = segments.read(raw)
    known = known or parameters.shipped()
    envelope = envelope_of(message)
    _check(message)
    translation = _Gathering(zone, known, message, heard_at)
    translation.walk()
    return Translation(
        envelope,
        tuple(translation.observations),
        tuple(translation.unmapped),
        tuple(translation.faults),
        translation.own_alarms,
    )


def envelope_of(message: Message) -> Envelope:
    """The sender under every address it can be known by, the most exact first, and the message's number."""
    exact = tuple(dict.fromkeys(_addresses(message)))
    station = _station(message.header)[:199]
    senders = exact or ((station,) if station else ())
    return Envelope(senders, message.control_id[:199], message.header.part(7), names_station_only=not exact)


def envelope_of_raw(raw: bytes) -> Envelope:
    """As envelope_of, for a message that may be unreadable: then its station, and no number, so that the same message
    mended is not taken for another under its number."""
    try:
        return envelope_of(segments.read(raw))
    except Unreadable:
        header = segments.header(raw)
        station = _station(header) if header is not None else ""
        return Envelope((station[:199],) if station else (), names_station_only=True)


def _addresses(message: Message) -> Iterator[str]:
    """Bed at its station, then the equipment that measured. Only where neither is named does the station, application
    or facility stand for the monitor: as a last resort it would take every bed behind it for one patient's (H4)."""
    header = message.header
    station = _station(header)
    visit = next((segment for segment in message if segment.name == "PV1"), None)
    bed = visit.part(3, 3) if visit else ""
    if bed:
        yield f"{station}/{bed}"[:199]
    for segment in message:
        equipment = segment.part(18, 3) or segment.part(18, 1) if segment.name == "OBX" else ""
        if equipment:
            yield equipment[:199]


def _station(header: Segment) -> str:
    return header.part(3, 2) or header.part(3, 1) or header.part(4, 1)


def _check(message: Message) -> None:
    kind, event = message.kind
    if not message.control_id:
        raise Unreadable(Fault("MSH^1^10", "101", "MSH-10, the message control id, is missing."))
    if kind != "ORU":
        raise Unreadable(Fault("MSH^1^9^1^1", "200", "Only results (ORU^R01) are taken here."), takable=False)
    if event not in ("R01", ""):
        raise Unreadable(Fault("MSH^1^9^1^2", "201", "Only results (ORU^R01) are taken here."), takable=False)
    if not message.header.part(12).startswith("2"):
        raise Unreadable(Fault("MSH^1^12", "203", "Only version 2 of HL7 is taken here."), takable=False)
    observations = sum(segment.name == "OBX" for segment in message)
    if not observations:
        raise Unreadable(Fault("OBX", "100", "The message holds no observation (OBX)."))
    if observations > OBSERVATIONS_MOST:
        raise Unreadable(Fault("OBX", "102", f"A message holds at most {OBSERVATIONS_MOST:,} OBX."), takable=False)


@dataclass(slots=True)
class _Place:
    """Where in the message we are: times not given by an OBX come from its OBR, then from the header."""

    time: str
    obx: int = 0
    of_group: bool = False  # the OBR has a time


class _Gathering:
    """One pass over the segments."""

    def __init__(self, zone: tzinfo, known: ParameterMap, message: Message, heard_at: datetime | None = None) -> None:
        self.zone, self.known, self.message, self.heard_at = zone, known, message, heard_at
        self.rehearsal = "test" if message.header.part(11) in ("T", "D") else ""
        self.observations: list[Observation] = []
        self.unmapped: list[Unmapped] = []
        self.faults: list[Fault] = []
        self.own_alarms: OwnAlarms | None = None

    def walk(self) -> None:
        header_time = self.message.header.part(7)
        place = _Place(header_time)
        for segment in self.message:
            if segment.name == "OBR":
                place.time, place.of_group = segment.part(7) or header_time, bool(segment.part(7))
            elif segment.name == "OBX":
                place.obx += 1
                self.take(segment, place)

    def take(self, obx: Segment, place: _Place) -> None:
        """One OBX: an observation, an unmapped parameter, a fault; or nothing, for a heading with no value."""
        identifier, where = obx.components(3), f"OBX^{place.obx}"
        code = "^".join(identifier[:3])[:199]
        if self.known.says_own_alarms(identifier):
            return self.hear_own_alarms(obx, code, where)
        parameter = self.known.parameter(identifier)
        if parameter is None:
            if obx.part(5):
                self.unmapped.append(Unmapped(code, obx.raw(5)[:199], obx.raw(6)[:199], where))
        elif obx.delimiters.repeat in obx.raw(5):
            self.faults.append(Fault(f"{where}^5", "102", f"{parameter.channel}: one OBX holds several values."))
        elif text := _number_in(obx):
            self.measure(obx, text, parameter, code, where, place)

    def hear_own_alarms(self, obx: Segment, code: str, where: str) -> None:
        """Several may speak in one message, each of one source: if any is silent, the monitor is. A test says nothing
        of now (H39), and neither does what was withdrawn."""
        if self.rehearsal or obx.part(11).upper() in WITHDRAWN:
            return
        said, words = obx.part(5), self.known.own_alarms
        if said in words.off:
            self.own_alarms = OwnAlarms(False, words.off[said])
        elif said in words.on:
            self.own_alarms = self.own_alarms or OwnAlarms(True)
        elif said and said not in words.of_one_alert:
            self.unmapped.append(Unmapped(code, said[:199], "", where))

    def measure(self, obx: Segment, text: str, parameter: Parameter, code: str, where: str, place: _Place) -> None:
        if not NUMBER.match(text):
            self.faults.append(Fault(f"{where}^5", "102", f"{parameter.channel}: the value is not a number."))
            return
        value = Decimal(text)
        unusable = self.unusable(obx, parameter, value)
        unit = self.known.unit(obx.components(6))
        taken = parameter.taken(value, unit)
        if not unusable and taken is None:
            self.faults.append(Fault(f"{where}^6", "103", _wrong_unit(parameter, unit)))
            return
        value = value if taken is None else taken
        if not unusable and not parameter.is_plausible(value):
            unusable = "outside what is plausible"
        own_time = read_time(obx.part(14), self.zone, self.heard_at)
        taken_at = own_time or read_time(obx.part(14) or place.time, self.zone, self.heard_at)
        found = Observation(parameter.channel, value, parameter.unit, taken_at, code, where, unusable)
        if own_time is None:
            found = replace(found, has_own_time=False, has_group_time=place.of_group and not obx.part(14))
        self.observations.append(found)

    def unusable(self, obx: Segment, parameter: Parameter, value: Decimal) -> str:
        flags = (flag.strip().upper() for flag in obx.raw(8).split(obx.delimiters.repeat))
        said = next(
            (self.known.not_a_measurement[flag] for flag in flags if flag in self.known.not_a_measurement), None
        )
        if value in self.known.no_value:
            return "sentinel"
        if said:
            return said
        if obx.part(11).upper() in WITHDRAWN:
            return "device says invalid"
        if value == 0 and parameter.zero_is_no_value:
            return "zero means not entered"
        return self.rehearsal


def _number_in(obx: Segment) -> str:
    """OBX-5 as it is to be read; empty where nothing was sent. A structured number (SN: comparator, number, separator,
    number) that only equals is that number; what else stands past an empty beginning is said to be no number (H24)."""
    parts = [part.strip() for part in obx.components(5)]
    if obx.part(2) == "SN" and len(parts) > 1 and parts[0] in ("", "=") and not any(parts[2:]):
        return parts[1]
    sent = parts[0] or "^".join(parts).strip("^")
    return "" if sent == '""' else sent


def _wrong_unit(parameter: Parameter, unit: str | None) -> str:
    said = f"came in {unit}" if unit else "came without a unit that is known here"
    return f"{parameter.channel} {said}; it is taken in {parameter.unit} only, so it is not a measurement."


def read_time(text: str, zone: tzinfo, heard_at: datetime | None = None) -> datetime | None:
    """An HL7 timestamp to the minute or finer; None when it is absent, coarser or no time at all.

    An hour that comes twice is the one nearer to when it was heard; the first, where nobody says.
    """
    first, second = _read_time(text, zone, 0), _read_time(text, zone, 1)
    if first is None or second is None or heard_at is None or second <= first:
        return first
    return min(first, second, key=lambda one: abs(one - heard_at))


@lru_cache(maxsize=8192)
def _read_time(text: str, zone: tzinfo, fold: int) -> datetime | None:
    match = TIMESTAMP.match(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction, offset = match.groups()[6:]
    try:
        microsecond = int((fraction or "0").ljust(6, "0"))
        at = datetime(year, month, day, hour, minute, second, microsecond, tzinfo=_offset(offset) or zone, fold=fold)
        return at.astimezone(UTC)
    except (ValueError, OverflowError):  # 31 February, or the edges of the calendar
        return None


def _offset(text: str | None) -> tzinfo | None:
    if not text:
        return None
    minutes = int(text[1:3]) * 60 + int(text[3:5])  # a day or more is no offset: timezone refuses it
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
