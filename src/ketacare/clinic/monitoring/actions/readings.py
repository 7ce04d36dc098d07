"""Readings in: from a monitor, many at once, in the gateway's transaction; or typed by a person, one set at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.monitoring import queries, states
from ketacare.clinic.monitoring.actions import ticking, watching
from ketacare.clinic.monitoring.actions.arrivals import Arrival
from ketacare.clinic.monitoring.actions.asking import ask_prescriber
from ketacare.clinic.monitoring.actions.clocks import keep_clocks, known_clocks
from ketacare.clinic.monitoring.actions.cuffs import without_what_was_sent_again
from ketacare.clinic.monitoring.models import Pairing, Reading, Source, Watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy import bulk, prepared
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.rules import pressure
from ketacare.medicine.monitoring.rules.clocks import SAME, Clock, corrected, heard
from ketacare.medicine.monitoring.terms import (
    Arrived,
    Channel,
    Given,
    Kind,
    MonitorAlarms,
    Presence,
    Quality,
    Retract,
    State,
)
from ketacare.medicine.monitoring.terms import Reading as Value

BEFORE_VISIT_MOST = timedelta(hours=24)
OVER = "After the session had ended, a value beyond its high limit"


PAIRED = ("id", "organisation_id", "clinic_id", "device_id", "visit_id", "paired_at", "until", "ended_at")
MAY_HOLD = (
    "device_id = any(%s) and paired_at <= %s and until > %s and (ended_at is null or ended_at > %s)"
    " order by visit_id, id for no key update"
)
Judged = tuple[Arrival, tuple[Value, ...]]
Homes = dict[UUID, list[Pairing]]


def record_readings(arrivals: Sequence[Arrival], *, clinic_id: UUID, at: datetime) -> list[Arrival]:
    """Chart what paired devices measured, step the alarms and announce it, all in the caller's transaction.

    A value belongs to whoever the device was paired with when it was taken, however late it comes: what waited for
    hours is the last patient's, never the next one's. Returns the arrivals that belong in no chart (H26).
    """
    clocks, heard_before = known_clocks([arrival.device_id for arrival in arrivals])
    arrivals = without_what_was_sent_again(arrivals, heard=heard_before, at=at)
    judged = [(arrival, _judged(arrival, clocks)) for arrival in arrivals]
    homes = _homes(judged)
    by_visit: dict[UUID, list[Arrival]] = defaultdict(list)
    values: dict[int, tuple[Value, ...]] = {}
    strays: list[Arrival] = []
    for arrival, taken in judged:
        parts = _apart(arrival, taken, homes[arrival.device_id])
        if not parts or (arrival.readings and not any(of_it for _, of_it in parts.values())):
            strays.append(arrival)
        for visit_id, (part, corrected_values) in parts.items():
            by_visit[visit_id].append(part)
            values[id(part)] = corrected_values
    visits = {one.visit_id: one.visit for pairings in homes.values() for one in pairings}
    if by_visit:  # in one order for all writers, so that no two wait for each other
        batch = [(visits[visit_id], by_visit[visit_id]) for visit_id in sorted(by_visit)]
        _chart(batch, values, clocks, at=at)
        ended = {one.visit_id for pairings in homes.values() for one in pairings if one.ended_at is not None}
        for visit, parts_of_it in batch:
            if visit.pk in ended:
                _review_late(
                    visit,
                    [value for part in parts_of_it for value in values[id(part)]],
                    at=at,
                    why=f"{OVER} came from the monitor.",
                )
    return strays


def _homes(judged: Sequence[Judged]) -> Homes:
    """The pairings of each device that may hold what was taken. Locked, so that a session cannot close while its last
    readings go in."""
    moments = [value.taken_at for _, values in judged for value in values] + [one.heard_at for one, _ in judged]
    devices = sorted({arrival.device_id for arrival, _ in judged})
    first, last = min(moments), max(moments)
    homes: Homes = defaultdict(list)
    for pairing in prepared.found(Pairing, PAIRED, MAY_HOLD, [devices, last, first, first]):
        names = ("id", "organisation_id", "clinic_id")  # as the pairing has them; the rest is read where it is asked
        pairing.visit = Visit.from_db(
            pairing._state.db, names, (pairing.visit_id, pairing.organisation_id, pairing.clinic_id)
        )
        homes[pairing.device_id].append(pairing)
    return homes


def _apart(
    arrival: Arrival, values: Sequence[Value], homes: Sequence[Pairing]
) -> dict[UUID, tuple[Arrival, tuple[Value, ...]]]:
    """By visit, what of an arrival was taken there. A cuff's old value among live ones stays in its message alone. What
    the monitor says of its own alarms is of now: it goes to whoever it was with then, if it still is."""
    parts: dict[UUID, list[tuple[Value, Value]]] = defaultdict(list)
    for value, raw in zip(values, arrival.readings, strict=True):
        home = _home(homes, value.taken_at)
        if home is not None:
            parts[home.visit_id].append((value, raw))
    home = _home(homes, arrival.heard_at)
    with_it = home.visit_id if home is not None and home.ended_at is None else None
    if home is not None and not arrival.readings:
        parts.setdefault(home.visit_id, [])
    if with_it is not None and arrival.own_alarms is not None:
        parts.setdefault(with_it, [])
    return {
        visit_id: (
            replace(
                arrival,
                readings=tuple(raw for _, raw in pairs),
                own_alarms=arrival.own_alarms if visit_id == with_it else None,
            ),
            tuple(value for value, _ in pairs),
        )
        for visit_id, pairs in parts.items()
    }


def _home(homes: Sequence[Pairing], moment: datetime) -> Pairing | None:
    return next(
        (
            one
            for one in homes
            if one.paired_at <= moment < one.until and (one.ended_at is None or moment < one.ended_at)
        ),
        None,
    )


def _review_late(visit: Visit, values: Sequence[Value], *, at: datetime, why: str) -> None:
    """A session that is over or cannot be judged is not sounded; what would have been high is looked at by the
    prescriber (A13)."""
    state = rules.begin(queries.limits_that_hold(visit), at)
    if not any(value.usable and rules.is_high(state, value) for value in values):
        return
    why, by = f"{why} It could not sound.", access.system(visit.clinic)
    title = "Look at readings that could not sound"
    ask_prescriber(visit, "readings.review", title, why, page="readings/", by=by, at=at)


def _chart(
    batch: Sequence[tuple[Visit, Sequence[Arrival]]],
    values_of: Mapping[int, tuple[Value, ...]],
    clocks: Mapping[UUID, Clock],
    *,
    at: datetime,
) -> None:
    """Visit by visit in their order, but one statement a table: a batch costs as much for ten chairs as for one."""
    rows: list[Reading] = []
    given: dict[UUID, list[Given]] = defaultdict(list)
    values_in: dict[UUID, list[Value]] = defaultdict(list)
    for visit, arrivals in batch:
        for arrival in arrivals:
            values = values_of[id(arrival)]
            rows += [_row(visit, arrival, value, raw) for value, raw in zip(values, arrival.readings, strict=True)]
            given[visit.pk] += _said(arrival, values)
            values_in[visit.pk] += values
    ways = {arrival.device_id: arrival.way for _, arrivals in batch for arrival in arrivals}
    with bulk.in_one_trip():
        bulk.insert(rows, ignore_conflicts=True)
        keep_clocks(batch[0][0].organisation_id, {one: clocks[one] for one in ways}, at=at, ways=ways)
        alarms = watching.advance_many(given, at=at)
        notices: list[dict[str, Any]] = []
        for visit, _ in batch:  # of each visit its alarm first
            notices += [alarms[visit.pk]] if visit.pk in alarms else []
            notices.append(_values_notice(visit, values_in[visit.pk]))
        tenancy.announce_all(notices)


def _said(arrival: Arrival, values: tuple[Value, ...]) -> list[Given]:
    """Its values; and what it says of its own alarms (T3). An agent hands on in order: the last that is heard holds."""
    given: list[Given] = [Arrived(arrival.received_at, values)]
    if arrival.own_alarms is not None:
        on, words = arrival.own_alarms
        given.append(MonitorAlarms(arrival.received_at, str(arrival.device_id), on, words))
    return given


def _judged(arrival: Arrival, clocks: dict[UUID, Clock]) -> tuple[Value, ...]:
    """The values in our time, the impossible ones marked; what this tells of the device's clock is kept in `clocks`.

    What an agent held is judged as if it had come when the agent got it; that it came later stays written in it.
    """
    known = clocks[arrival.device_id]
    clock = heard(known, arrival.sent_at, arrival.heard_at, held=arrival.held > SAME)
    clocks[arrival.device_id] = clock
    then = [
        corrected(replace(value, received_at=arrival.heard_at), clock, arrival.sent_at) for value in arrival.readings
    ]
    return pressure.sane([replace(value, received_at=arrival.received_at) for value in then], reader.limits())


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
    """Vital signs typed by a person. Impossible ones are refused, all reasons at once, and nothing is saved (E1-E3).
    Distress alone is not measured: whoever is with the patient tells of it."""
    access.require(by, "presence" if set(values) == {Channel.DISTRESS} else "readings", "C", patient=visit.patient)
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
    if ticking.advance_or_tell(visit, [Arrived(at, tuple(readings))], at=at, by=by) is None:
        _review_late(visit, readings, at=at, why="A value beyond its high limit was entered and could not be judged.")
    elif Watch.objects.filter(visit=visit, ended_at__isnull=False).exists():
        _review_late(visit, readings, at=at, why=f"{OVER} was entered.")
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
    """A typed value corrected, or marked as entered in error; the old one stays readable (I1). What a monitor sent is
    never changed: it can be left out as an artefact, and then it stands struck through with the reason.

    The alarms are judged again without it: what it alone had told ends, by the name of who struck it out. What it is
    corrected to takes its place; where nothing was told by it, it is judged as any value: still new, it sounds; too
    late for that, and high, the prescriber looks at it (A13, I2).
    """
    visit = reading.visit
    access.require(by, "readings", "U", patient=visit.patient)
    _refuse_replaced(reading)
    if reading.source != Source.HAND and not (in_error and value is None and reading.value is not None):
        remedy = "Leave it out as an artefact, or add a remark."
        raise Refused(Refusal("Reading", "came from a monitor and is not edited.", remedy, kind="policy"))
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
    if not in_error:
        refuse_impossible([corrected], taken_at=reading.taken_at, at=at)
    row = _typed(visit, corrected, by, amends=reading, amend_reason=reason, in_error=in_error)
    row.save(force_insert=True)
    _judge_again(visit, reading, None if in_error else corrected, by=by, at=at)
    announce_values(visit, [] if in_error else [corrected])
    audit.note(by=by, at=at, verb="readings.amend", on=visit, patient=visit.patient_id)
    return row


def _refuse_replaced(reading: Reading) -> None:
    """A reading has one successor, what is in error has none; the second of two people waits and sees."""
    Visit.objects.select_for_update(no_key=True).get(pk=reading.visit_id)
    if reading.in_error or Reading.objects.filter(amends=reading).exists():
        words = "was corrected or left out already."
        raise Refused(Refusal("Reading", words, "Reload the page; correct what stands now."))


def _is_told(state: State, channel: Channel) -> bool:
    """Something stands about this channel: overtaken by a better value, a high one may have raised nothing."""
    here = [one for one in state.conditions.values() if one.channel is channel and one.kind is Kind.PHYSIOLOGICAL]
    return any(one.latched or one.presence is not Presence.ABSENT for one in here)


def _as_it_was(row: Reading) -> Value:
    """The reading as the alarms keep it: what a monitor's clock sets a moment after it came was taken when it came."""
    by_hand = f"amends:{row.amends_id}" if row.amends_id else f"hand:{row.recorded_by_id}"
    device = by_hand if row.source == Source.HAND else str(row.device_id)
    quality, source = Quality(row.quality), "hand" if row.source == Source.HAND else "device"
    taken_at = min(row.taken_at, row.received_at)
    return Value(Channel(row.channel), row.value, taken_at, row.received_at, quality, source=source, device=device)


def _judge_again(visit: Visit, struck: Reading, corrected: Value | None, *, by: Actor, at: datetime) -> None:
    """Stepped first, so that the alarm is there if it still can be; looked at by a person if it no longer can."""
    given = Retract(at, _as_it_was(struck), by.name, corrected)
    is_stepped = ticking.advance_or_tell(visit, [given], at=at, by=by) is not None
    if corrected is None:
        return
    watch = Watch.objects.filter(visit=visit).first()
    known = None if watch is None else states.readable([watch]).get(watch.pk)
    state = known or rules.begin(queries.limits_that_hold(visit), at)
    is_judged = (
        watch is not None
        and known is not None
        and is_stepped
        and watch.ended_at is None
        and (rules.is_judged(state, corrected) or not rules.is_late(state, corrected, at))
    )
    if (is_judged and _is_told(state, corrected.channel)) or not rules.is_high(state, corrected):
        return
    why = f"{corrected.channel.label} was corrected to a value beyond its high limit, too late to sound."
    ask_prescriber(
        visit, "reading.review", "Look at a corrected reading", why, page="readings/", once=False, by=by, at=at
    )
