"""Readings in: from a monitor, many at once, in the gateway's transaction; or typed by a person, one set at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.monitoring import queries
from ketacare.clinic.monitoring.actions import watching
from ketacare.clinic.monitoring.models import DeviceClock, Pairing, Reading, Source, Watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.rules import pressure
from ketacare.medicine.monitoring.rules.clocks import Clock, corrected, heard
from ketacare.medicine.monitoring.terms import Arrived, Channel, Quality
from ketacare.medicine.monitoring.terms import Reading as Value

BEFORE_VISIT_MOST = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Arrival:
    """What one message brought of one device, with the kept message it came in."""

    device_id: UUID
    message: int
    sent_at: datetime
    received_at: datetime
    readings: tuple[Value, ...]


def record_readings(arrivals: Sequence[Arrival], *, clinic_id: UUID, at: datetime) -> list[Arrival]:
    """Chart what paired devices sent, step the alarms and announce it, all in the caller's transaction.

    Returns the arrivals of devices that are paired with nobody: they belong in no chart (H26).
    """
    pairings = _pairings({arrival.device_id for arrival in arrivals}, at=at)
    strays = [arrival for arrival in arrivals if arrival.device_id not in pairings]
    by_visit: dict[UUID, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        if arrival.device_id in pairings:
            by_visit[pairings[arrival.device_id].visit_id].append(arrival)
    visits = {pairing.visit_id: pairing.visit for pairing in pairings.values()}
    if by_visit:  # in one order for all writers, so that no two wait for each other
        _chart([(visits[visit_id], by_visit[visit_id]) for visit_id in sorted(by_visit)], at=at)
    return strays


def _pairings(device_ids: set[UUID], *, at: datetime) -> dict[UUID, Pairing]:
    """The open pairing of each device. Locked, so that a session cannot close while its last readings go in."""
    found = Pairing.objects.filter(device__in=device_ids, ended_at__isnull=True, until__gt=at)
    locked = found.order_by("visit_id").select_related("visit").select_for_update(of=("self",), no_key=True)
    return {pairing.device_id: pairing for pairing in locked}


def _chart(batch: Sequence[tuple[Visit, Sequence[Arrival]]], *, at: datetime) -> None:
    """Visit by visit in their order, but one statement a table: a batch costs as much for ten chairs as for one."""
    clocks = _clocks([arrival.device_id for _, arrivals in batch for arrival in arrivals])
    rows: list[Reading] = []
    given: dict[UUID, list[Arrived]] = defaultdict(list)
    for visit, arrivals in batch:
        for arrival in arrivals:
            values = _judged(arrival, clocks)
            rows += [_row(visit, arrival, value, raw) for value, raw in zip(values, arrival.readings, strict=True)]
            given[visit.pk].append(Arrived(arrival.received_at, values))
    Reading.objects.bulk_create(rows, ignore_conflicts=True)
    _keep_clocks(batch[0][0].organisation_id, clocks, at=at)
    alarms = watching.advance_many(given, at=at)
    notices: list[dict[str, Any]] = []
    for visit, _ in batch:  # of each visit its alarm first
        notices += [alarms[visit.pk]] if visit.pk in alarms else []
        notices.append(_values_notice(visit, [value for one in given[visit.pk] for value in one.readings]))
    tenancy.announce_all(notices)


def _judged(arrival: Arrival, clocks: dict[UUID, Clock]) -> tuple[Value, ...]:
    """The values in our time, the impossible ones marked; what this tells of the device's clock is kept in `clocks`."""
    clock = clocks[arrival.device_id] = heard(clocks[arrival.device_id], arrival.sent_at, arrival.received_at)
    return pressure.sane([corrected(value, clock, arrival.sent_at) for value in arrival.readings], reader.limits())


def _clocks(device_ids: Sequence[UUID]) -> dict[UUID, Clock]:
    """How far each device's clock is known to be off (I9)."""
    known = {row.device_id: row for row in DeviceClock.objects.filter(device__in=device_ids)}
    return {device_id: _clock(known.get(device_id)) for device_id in device_ids}


def _clock(row: DeviceClock | None) -> Clock:
    if row is None or row.skew_ms is None:
        return Clock()
    return Clock(timedelta(milliseconds=row.skew_ms), row.skew_at)


def _keep_clocks(organisation_id: UUID, clocks: Mapping[UUID, Clock], *, at: datetime) -> None:
    DeviceClock.objects.bulk_create(
        [
            DeviceClock(
                device_id=device_id,
                organisation_id=organisation_id,
                skew_ms=None if clock.skew is None else round(clock.skew / timedelta(milliseconds=1)),
                skew_at=clock.seen_at,
                last_received_at=at,
            )
            for device_id, clock in sorted(clocks.items())
        ],
        update_conflicts=True,
        unique_fields=["device"],
        update_fields=["skew_ms", "skew_at", "last_received_at"],
    )


def _row(visit: Visit, arrival: Arrival, value: Value, raw: Value) -> Reading:
    return Reading(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        visit=visit,
        device_id=arrival.device_id,
        channel=value.channel,
        value=value.value,
        unit=value.channel.unit,
        taken_at=value.taken_at,
        device_at=raw.taken_at if raw.taken_at != value.taken_at else None,
        received_at=value.received_at,
        quality=value.quality,
        reason=value.reason[:160],
        source=Source.DEVICE,
        message=arrival.message,
    )


def announce_values(visit: Visit, values: Iterable[Value]) -> None:
    """Tell the screens."""
    tenancy.announce(**_values_notice(visit, values))


def _values_notice(visit: Visit, values: Iterable[Value]) -> dict[str, Any]:
    """Oldest first."""
    body = [
        {
            "channel": value.channel,
            "value": None if value.value is None else str(value.value),
            "unit": value.channel.unit,
            "taken_at": value.taken_at.isoformat(),
            "received_at": value.received_at.isoformat(),
            "quality": value.quality,
            "reason": value.reason,
            "source": value.source,
        }
        for value in sorted(values, key=lambda value: value.taken_at)
    ]
    where = {"clinic_id": visit.clinic_id, "organisation_id": visit.organisation_id}
    return {**where, "topic": f"visit:{visit.pk}", "kind": "reading", "body": {"readings": body}}


# -- typed -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def record_by_hand(
    *, visit: Visit, values: Mapping[Channel, Decimal], taken_at: datetime, by: Actor, at: datetime
) -> list[Reading]:
    """Vital signs typed by a person. Impossible ones are refused, all reasons at once, and nothing is saved (E1-E3)."""
    access.require(by, "readings", "C", patient=visit.patient)
    readings = [
        Value(channel, value, taken_at, at, source="hand", device=f"hand:{by.user_id}")
        for channel, value in values.items()
    ]
    refuse_impossible(readings, taken_at=taken_at, at=at)
    if taken_at < visit.starts_at - BEFORE_VISIT_MOST:
        raise Refused(Refusal("Time", "is before this visit.", "Enter the date and time it was measured."))
    rows = [_typed(visit, reading, by) for reading in readings]
    for row in rows:
        row.save(force_insert=True)
    watching.advance(visit, [Arrived(at, tuple(readings))], at=at, by=by)
    announce_values(visit, readings)
    audit.note(by=by, at=at, verb="readings.record", on=visit, patient=visit.patient_id)
    return rows


def refuse_impossible(readings: Sequence[Value], *, taken_at: datetime, at: datetime) -> None:
    refusals = [
        Refusal(reading.channel.label, reading.reason + ".", "Check the value and enter it again.")
        for reading in pressure.sane(readings, reader.limits())
        if reading.quality is not Quality.GOOD
    ]
    if taken_at > at:
        refusals.append(Refusal("Time", "is in the future.", "Enter when it was measured."))
    if not readings:
        refusals.append(Refusal("Vital signs", "are all empty.", "Enter at least one."))
    if refusals:
        raise Refused(refusals)


def _typed(visit: Visit, value: Value, by: Actor, **more: Any) -> Reading:
    return Reading(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        visit=visit,
        channel=value.channel,
        value=value.value,
        unit=value.channel.unit,
        taken_at=value.taken_at,
        received_at=value.received_at,
        quality=value.quality,
        source=Source.HAND,
        recorded_by_id=by.user_id,
        **more,
    )


@transaction.atomic
def amend_reading(
    *, reading: Reading, value: Decimal | None, reason: str, by: Actor, at: datetime, in_error: bool = False
) -> Reading:
    """A typed value corrected, or marked as entered in error; the old one stays readable (I1).

    The alarms judge what it is corrected to as they judge any value: still new, it sounds; too late for that, and high,
    the prescriber looks at it (A13).
    """
    visit = reading.visit
    access.require(by, "readings", "U", patient=visit.patient)
    if reading.source != Source.HAND:
        raise Refused(Refusal("Reading", "came from a monitor and is not edited.", "Add a remark.", kind="policy"))
    if not reason.strip():
        raise Refused(Refusal("Reason", "is missing.", "Say why the value is changed."))
    corrected = Value(
        Channel(reading.channel),
        reading.value if value is None else value,  # 0 is a value: the deepest sedation, and no distress
        reading.taken_at,
        at,
        source="hand",
        device=f"amends:{reading.pk}",  # another word on the same moment, not a twin that contradicts it (T8)
    )
    refuse_impossible([corrected], taken_at=reading.taken_at, at=at)
    row = _typed(visit, corrected, by, amends=reading, amend_reason=reason, in_error=in_error)
    row.save(force_insert=True)
    if not in_error:
        _judge_correction(visit, corrected, by=by, at=at)
    announce_values(visit, [] if in_error else [corrected])
    audit.note(by=by, at=at, verb="readings.amend", on=visit, patient=visit.patient_id)
    return row


def _judge_correction(visit: Visit, corrected: Value, *, by: Actor, at: datetime) -> None:
    """Stepped first, so that the alarm is there if it still can be; looked at by a person if it no longer can."""
    watch = Watch.objects.filter(visit=visit).first()
    watching.advance(visit, [Arrived(at, (corrected,))], at=at, by=by)
    state = rules.begin(reader.limits(), at) if watch is None else queries.state_of(watch)
    is_judged = watch is not None and watch.ended_at is None and not rules.is_late(state, corrected, at)
    if is_judged or not rules.is_high(state, corrected):
        return
    duties.open_duty(
        kind="reading.review",
        title="Look at a corrected reading",
        why=f"{corrected.channel.label} was corrected to a value beyond its high limit, too late to sound.",
        link=f"/sessions/{visit.pk}/readings/",
        patient=visit.patient,
        visit_id=visit.pk,
        owner_role=Role.RX,
        due_at=at,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
