"""What each device last sent of its cuff, kept from message to message, so that none of it is taken twice (H8, T5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from ketacare.clinic.monitoring.actions.arrivals import Arrival
from ketacare.clinic.monitoring.models import Device, DeviceCuff
from ketacare.medicine.monitoring import reader
from ketacare.medicine.monitoring.rules import cuffs
from ketacare.medicine.monitoring.terms import CUFF, Channel


def without_what_was_sent_again(arrivals: Sequence[Arrival]) -> list[Arrival]:
    """The arrivals without pressures that are the last measurement again. They stay in their kept messages."""
    asked = {arrival.device_id for arrival in arrivals if arrival.cuff_has_no_time}
    if not asked:
        return list(arrivals)
    known = {row.device_id: _cuff(row) for row in DeviceCuff.objects.filter(device__in=asked)}
    found, times = [], reader.limits().times
    for arrival in arrivals:
        if arrival.cuff_has_no_time:
            cuff, again = cuffs.heard(known.get(arrival.device_id), arrival.readings, times)
            if cuff is not None:
                known[arrival.device_id] = cuff
            rest = tuple(one for one in arrival.readings if one.channel not in CUFF)
            arrival = replace(arrival, readings=rest) if again else arrival
        found.append(arrival)
    _keep(known)
    return found


def _cuff(row: DeviceCuff) -> cuffs.Cuff:
    values = {Channel(name): None if text is None else Decimal(text) for name, text in row.values.items()}
    return cuffs.Cuff(values, row.last_at)


def _keep(known: dict[UUID, cuffs.Cuff]) -> None:
    organisations = dict(Device.objects.filter(pk__in=known).values_list("pk", "organisation_id"))
    DeviceCuff.objects.bulk_create(
        [
            DeviceCuff(
                device_id=device_id,
                organisation_id=organisations[device_id],
                values={str(name): None if value is None else str(value) for name, value in cuff.values.items()},
                last_at=cuff.last,
            )
            for device_id, cuff in sorted(known.items())
        ],
        update_conflicts=True,
        unique_fields=["device"],
        update_fields=["values", "last_at"],
    )
