"""What each device last sent of its cuff, kept from message to message, so that none of it is taken twice (H8, T5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from ketacare.clinic.monitoring.actions.arrivals import Arrival
from ketacare.clinic.monitoring.models import Device, DeviceCuff
from ketacare.clinic.tenancy import bulk
from ketacare.medicine.monitoring import reader
from ketacare.medicine.monitoring.rules import cuffs
from ketacare.medicine.monitoring.terms import CUFF, Channel, Reading

SEEN = ("repeats", "same_twice")  # what a device was seen to do


def without_what_was_sent_again(
    arrivals: Sequence[Arrival], *, heard: Mapping[UUID, datetime | None], at: datetime
) -> list[Arrival]:
    """The arrivals without pressures that are a measurement sent again. They stay in their kept messages. `heard` is
    when each device's last message was taken."""
    asked = {arrival.device_id for arrival in arrivals if any(one.channel in CUFF for one in arrival.readings)}
    if not asked:
        return list(arrivals)
    rows = {row.device_id: row for row in DeviceCuff.objects.filter(device__in=asked)}
    before = {device_id: _cuff(row) for device_id, row in rows.items()}
    others = {one for one in asked if _others_came(rows.get(one), heard.get(one))}
    known, found, times = dict(before), [], reader.limits().times
    for arrival in arrivals:
        if arrival.device_id in asked:
            cuff = known.get(arrival.device_id, cuffs.Cuff())
            coming = cuffs.Coming(
                arrival.cuff_without_time, arrival.cuff_by_group, arrival.sent_at, arrival.device_id in others
            )
            after, new = cuffs.heard(cuff, arrival.readings, times, coming)
            is_told = after.same_at is not None and after.same_at != cuff.same_at
            known[arrival.device_id] = replace(after, same_at=arrival.heard_at) if is_told else after
            others -= {arrival.device_id} if any(one.channel in CUFF for one in arrival.readings) else set()
            arrival = replace(arrival, readings=new)
        found.append(arrival)
    _keep({device: cuff for device, cuff in known.items() if cuff != before.get(device)}, rows, at=at)
    return found


def _others_came(row: DeviceCuff | None, heard_at: datetime | None) -> bool:
    """A message without its cuff was taken, later than the last with it."""
    came_at = None if row is None else _moment(row.values.get("came_at"))
    return came_at is not None and heard_at is not None and heard_at > came_at


def _cuff(row: DeviceCuff) -> cuffs.Cuff:
    kept = row.values
    if "parts" not in kept:  # kept before each part was known by itself
        return cuffs.Cuff(
            {Channel(name): cuffs.Part(Decimal(text), None, row.last_at) for name, text in kept.items() if text}
        )
    return cuffs.Cuff(
        {
            Channel(name): cuffs.Part(
                Decimal(one["value"]),
                _moment(one["stamp"]),
                datetime.fromisoformat(one["last"]),
                one.get("lag_s"),
                bool(one.get("stays")),
            )
            for name, one in kept["parts"].items()
        },
        _moment(kept["opened_at"]),
        frozenset(Channel(name) for name in kept["has"]),
        {Channel(name): _held(Channel(name), one) for name, one in kept["held"].items()},
        repeats=bool(kept.get("repeats")),
        same_twice=bool(kept.get("same_twice")),
        same_at=_moment(kept.get("same_at")),
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _held(channel: Channel, kept: Mapping[str, str]) -> Reading:
    taken_at, received_at = (datetime.fromisoformat(kept[name]) for name in ("taken_at", "received_at"))
    return Reading(channel, Decimal(kept["value"]), taken_at, received_at, device=kept["device"])


def _plain(cuff: cuffs.Cuff) -> dict[str, Any]:
    return {
        "parts": {
            str(channel): {
                "value": str(part.value),
                "stamp": part.stamp and part.stamp.isoformat(),
                "last": part.last.isoformat(),
                "lag_s": part.lag_s,
                "stays": part.stays,
            }
            for channel, part in cuff.parts.items()
        },
        "opened_at": cuff.opened_at and cuff.opened_at.isoformat(),
        "has": sorted(cuff.has),
        "held": {
            str(channel): {
                "value": str(one.value),
                "taken_at": one.taken_at.isoformat(),
                "received_at": one.received_at.isoformat(),
                "device": one.device,
            }
            for channel, one in cuff.held.items()
        },
        **{name: getattr(cuff, name) for name in SEEN},
        "same_at": cuff.same_at and cuff.same_at.isoformat(),
    }


def _keep(known: dict[UUID, cuffs.Cuff], rows: Mapping[UUID, DeviceCuff], *, at: datetime) -> None:
    organisations = {device_id: row.organisation_id for device_id, row in rows.items()}
    if new := set(known) - set(organisations):
        organisations |= dict(Device.objects.filter(pk__in=new).values_list("pk", "organisation_id"))
    bulk.put(
        [
            DeviceCuff(
                device_id=device_id,
                organisation_id=organisations[device_id],
                values={**_plain(cuff), "came_at": at.isoformat()},
                last_at=max(part.last for part in cuff.parts.values()),
            )
            for device_id, cuff in sorted(known.items())
            if cuff.parts
        ]
    )
