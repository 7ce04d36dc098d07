"""The JSON form of readings to observations, and the words for everything wrong with it, all at once. Pure.

{"sent_at": "2026-07-14T12:00:00Z",
 "readings": [{"channel": "SPO2", "value": 97, "unit": "%", "taken_at": "2026-07-14T11:59:59.2Z"},
              {"channel": "HR", "value": null, "unit": "/min", "quality": "none", "reason": "lead off"}],
 "own_alarms": "paused"}

`held_s`, where something beside the monitor waited for a line, says for how many seconds by a clock that nobody sets:
what is late by its waiting is not taken for a clock that is wrong.
`own_alarms` says how the device's own alarms are: on, paused or off; a body may hold nothing else.
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from ketacare.exchange.mailroom.translate import (
    Envelope,
    Fault,
    Observation,
    OwnAlarms,
    Translation,
    Unmapped,
    Unreadable,
)

READINGS_MOST = 2000
HELD_MOST_S = 604_800
DIGITS_MOST = 12
QUALITIES = ("good", "bad", "none")
OWN_ALARMS = {
    "on": OwnAlarms(True),
    "paused": OwnAlarms(False, "Monitor's alarms are paused"),
    "off": OwnAlarms(False, "Monitor's alarms are off"),
}
KNOWN = frozenset({"channel", "value", "unit", "taken_at", "quality", "reason"})


def read(raw: bytes, *, units: Mapping[str, str]) -> Translation:
    """What `raw` says; `units` is the UCUM unit of each channel. Raises Unreadable when it is not of this form."""
    body = _object(raw)
    sent_at = body.get("sent_at")
    faults: list[Fault] = []
    if sent_at is not None and _time(sent_at) is None:
        faults.append(Fault("/sent_at", "102", "sent_at is a time with its offset, such as 2026-07-14T12:00:00Z."))
    held = body.get("held_s", 0)
    if not (_is_number(held) and 0 <= held <= HELD_MOST_S):
        faults.append(Fault("/held_s", "102", f"held_s is a number of seconds, at most {HELD_MOST_S:,}."))
        held = 0
    observations: list[Observation] = []
    unmapped: list[Unmapped] = []
    for place, row in enumerate(body["readings"]):
        _take(row, f"/readings/{place}", units, observations, unmapped, faults)
    envelope = Envelope(sent_at=str(sent_at or ""), held=timedelta(seconds=float(held)))
    own = OWN_ALARMS.get(str(body.get("own_alarms")))
    return Translation(envelope, tuple(observations), tuple(unmapped), tuple(faults), own)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        body = json.loads(raw, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Unreadable(Fault("", "102", "The body is not JSON in UTF-8.")) from None
    if not isinstance(body, dict) or not isinstance(body.get("readings"), list):
        raise Unreadable(Fault("/readings", "101", 'The body is an object with a list named "readings".'))
    if unknown := sorted(body.keys() - {"sent_at", "readings", "key", "own_alarms", "held_s"}):
        raise Unreadable(
            Fault(f"/{unknown[0]}", "102", "Only sent_at, held_s, readings, own_alarms and key are known here.")
        )
    if "own_alarms" in body and str(body["own_alarms"]) not in OWN_ALARMS:
        raise Unreadable(Fault("/own_alarms", "103", "own_alarms is on, paused or off."))
    if not ("own_alarms" in body or body["readings"]) or len(body["readings"]) > READINGS_MOST:
        raise Unreadable(Fault("/readings", "102", f"Between 1 and {READINGS_MOST:,} readings come at once."))
    return body


def key_in(raw: bytes) -> str:
    """The key of a body that carries its own, where no header can; empty when there is none that is a UUID."""
    try:
        return str(UUID(json.loads(raw)["key"]))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""


def _no_constant(text: str) -> None:
    raise ValueError(text)


def _take(
    row: Any,
    where: str,
    units: Mapping[str, str],
    observations: list[Observation],
    unmapped: list[Unmapped],
    faults: list[Fault],
) -> None:
    if not isinstance(row, dict):
        faults.append(Fault(where, "102", "A reading is an object."))
        return
    channel = row.get("channel")
    if not isinstance(channel, str) or not channel:
        faults.append(Fault(f"{where}/channel", "101", "channel is the name of what was measured."))
    elif channel not in units:
        code, value, unit = (storable(str(part))[:60] for part in (channel, row.get("value"), row.get("unit")))
        unmapped.append(Unmapped(code, value, unit, where))
    elif wrong := list(_faults(row, where, channel, units[channel])):
        faults.extend(wrong)
    else:
        observations.append(_observation(row, where, channel, units[channel]))


def _faults(row: dict[str, Any], where: str, channel: str, unit: str) -> list[Fault]:
    """Everything wrong with one reading of a known channel."""
    value, quality = row.get("value"), row.get("quality", "good")
    faults = [Fault(f"{where}/{name}", "102", f"{name} is not known here.") for name in sorted(row.keys() - KNOWN)]
    if row.get("unit") != unit:
        faults.append(Fault(f"{where}/unit", "103", f"{channel} is taken in {unit} only, so this is no measurement."))
    if quality not in QUALITIES:
        faults.append(Fault(f"{where}/quality", "103", "quality is good, bad or none."))
    if value is None and quality == "good":
        faults.append(Fault(f"{where}/value", "101", "A good reading has a value; without one, quality says why."))
    if value is not None and not _is_number(value):
        faults.append(Fault(f"{where}/value", "102", "value is a number of at most 12 digits."))
    if row.get("taken_at") is not None and _time(row["taken_at"]) is None:
        faults.append(Fault(f"{where}/taken_at", "102", "taken_at is a time with its offset."))
    if not isinstance(row.get("reason", ""), str):
        faults.append(Fault(f"{where}/reason", "102", "reason is text."))
    return faults


def _observation(row: dict[str, Any], where: str, channel: str, unit: str) -> Observation:
    value, quality = row.get("value"), row.get("quality", "good")
    taken_at = _time(row["taken_at"]) if row.get("taken_at") is not None else None
    unusable = {"good": "", "bad": "device says invalid", "none": "no value"}[quality]
    number = None if value is None else Decimal(str(value))
    return Observation(channel, number, unit, taken_at, channel, where, unusable, storable(row.get("reason", ""))[:120])


def storable(text: str) -> str:
    """Without NUL and half characters, which JSON can spell and no text column can hold."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return False
    number = Decimal(value)
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and -6 <= exponent <= 0 and len(number.as_tuple().digits) <= DIGITS_MOST


def _time(text: Any) -> datetime | None:
    """A time with its offset, as ISO 8601; None when it is not one."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.utcoffset() is not None and 1900 <= at.year < 2200 else None
