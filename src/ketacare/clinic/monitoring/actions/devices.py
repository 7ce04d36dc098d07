"""Monitors: registered, paired with one person for a time, unpaired; and those that send while paired with nobody."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models import F, QuerySet

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.monitoring import queries
from ketacare.clinic.monitoring.actions import watching
from ketacare.clinic.monitoring.actions.seen_by_therapist import nobody_goes_any_more
from ketacare.clinic.monitoring.models import Device, Pairing, StrayStream, Watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy import prepared
from ketacare.clinic.tenancy.alone import Faults
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.rules.staleness import new_address_key, shared_name_key
from ketacare.medicine.monitoring.terms import Channel, Condition, NewAddress, Pair, SharedName, Unpair

PAIRING_LASTS_MOST = timedelta(hours=12)
NAME_MOST, ADDRESS_MOST, REASON_MOST = 60, 200, 200
USUAL_CHANNELS = (Channel.HR, Channel.SPO2)


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def organisation_in(token: str) -> UUID | None:
    """Whose device a key may be of. Every row is behind its organisation's wall, so it must be named first."""
    try:
        return UUID(hex=token.partition(".")[0])
    except ValueError:
        return None


@transaction.atomic
def register_device(
    *,
    name: str,
    address: str,
    by: Actor,
    at: datetime,
    serial: str = "",
    channels: Sequence[Channel] = USUAL_CHANNELS,
    interval_s: int = 1,
) -> tuple[Device, str]:
    """A monitor of this clinic, and its key for the JSON door, which is shown this once."""
    access.require(by, "settings", "C")
    refuse_unfit(name, serial, channels, interval_s, address=address)
    if Device.objects.filter(clinic_id=by.clinic_id, address=address, retired_at__isnull=True).exists():
        raise Refused(Refusal("address", f"{address} already belongs to a monitor.", "Retire that one first."))
    token = new_key(by)
    device = Device.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        name=name,
        address=address,
        serial=serial,
        channels=[str(channel) for channel in channels],
        interval_s=interval_s,
        token_hash=token_hash(token),
    )
    audit.note(by=by, at=at, verb="device.register", on=device)
    return device, token


def new_key(by: Actor) -> str:
    return f"{by.organisation_id.hex}.{secrets.token_urlsafe(32)}"


def refuse_unfit(
    name: str, serial: str, channels: Sequence[Channel], interval_s: int, *, address: str | None = None
) -> None:
    """Everything wrong with how a monitor is described, at once."""
    refusals = []
    if not name or len(name) > NAME_MOST:
        refusals.append(Refusal("name", f"A name has 1 to {NAME_MOST} letters.", "Shorten it."))
    if len(serial) > NAME_MOST:
        refusals.append(Refusal("serial", f"A serial has at most {NAME_MOST} letters.", "Copy it from the plate."))
    if address is not None and not 0 < len(address) <= ADDRESS_MOST:
        refusals.append(Refusal("address", f"An address has 1 to {ADDRESS_MOST} letters.", "Copy it from a message."))
    if not channels:
        refusals.append(Refusal("channels", "Nothing is ticked.", "Tick what it sends, or its loss is not noticed."))
    most = Device.INTERVAL_MOST_S
    if not 1 <= interval_s <= most:
        refusals.append(Refusal("interval_s", f"Between 1 and {most} s.", "Look at the monitor's set-up."))
    if refusals:
        raise Refused(refusals)


@transaction.atomic
def change_device(
    *, device: Device, name: str, serial: str, channels: Sequence[Channel], interval_s: int, by: Actor, at: datetime
) -> Device:
    """Its name, serial and promise; the address is what it is known by, so another address is another monitor."""
    access.require(by, "settings", "U")
    refuse_unfit(name, serial, channels, interval_s)
    refuse_retired(device)
    device.name, device.serial, device.interval_s = name, serial, interval_s
    device.channels = [str(channel) for channel in channels]
    device.version += 1
    device.save(update_fields=["name", "serial", "interval_s", "channels", "version"])
    audit.note(by=by, at=at, verb="device.change", on=device)
    return device


@transaction.atomic
def renew_key(*, device: Device, by: Actor, at: datetime) -> str:
    """Another key for the JSON door, shown this once; the old one stops at once."""
    access.require(by, "settings", "U")
    refuse_retired(device)
    token = new_key(by)
    Device.objects.filter(pk=device.pk).update(token_hash=token_hash(token), version=F("version") + 1)
    audit.note(by=by, at=at, verb="device.key", on=device)
    return token


@transaction.atomic
def retire_device(*, device: Device, by: Actor, at: datetime) -> None:
    """Paired with nobody any more, its address free. Refused while it is on somebody."""
    access.require(by, "settings", "U")
    _held(device)
    if Pairing.objects.filter(device=device, ended_at__isnull=True).exists():
        raise Refused(Refusal("device", "It is on a patient.", "End its pairing at the chair first.", kind="policy"))
    if Device.objects.filter(pk=device.pk, retired_at__isnull=True).update(retired_at=at):
        audit.note(by=by, at=at, verb="device.retire", on=device)


def refuse_retired(device: Device) -> None:
    if device.retired_at is not None:
        raise Refused(Refusal("device", "It is retired.", "Register it anew.", kind="policy"))


@transaction.atomic
def pair_device(*, device: Device, visit: Visit, by: Actor, at: datetime) -> Pairing:
    """This monitor is on this person from now on. Refused while it is on anybody else, or while another of theirs gives
    the same (H4): of two saturations the healthy one would hide the other."""
    access.require(by, "readings", "C", patient=visit.patient)
    _held(device)
    Visit.objects.select_for_update(no_key=True).get(pk=visit.pk)
    refuse_retired(device)
    open_one = Pairing.objects.filter(device=device, ended_at__isnull=True).first()
    if open_one is not None and open_one.visit_id == visit.pk:
        return open_one
    if open_one is not None:
        raise Refused(already_paired(device))
    refuse_second_of_a_kind(device, visit)
    assert by.user_id is not None  # the door let a person in
    try:
        with transaction.atomic():
            pairing = Pairing.objects.create(
                organisation_id=by.organisation_id,
                clinic_id=by.clinic_id,
                created_at=at,
                device=device,
                visit=visit,
                paired_at=at,
                paired_by_id=by.user_id,
                until=at + PAIRING_LASTS_MOST,
            )
    except IntegrityError:  # another hand was quicker
        raise Refused(already_paired(device)) from None
    channels = tuple(Channel(name) for name in device.channels)
    watching.advance_if_it_can(visit, [Pair(at, str(device.pk), channels, device.promises_every_s)], at=at, by=by)
    _told(visit, "paired", device, by=by, at=at)
    return pairing


def _held(device: Device) -> None:
    """One hand at a time, and no lock that a message of it waits for: its batch may hold the watch we come to."""
    Device.objects.select_for_update(no_key=True).get(pk=device.pk)


def already_paired(device: Device) -> Refusal:
    return Refusal(
        "Monitor",
        f"{device.name} is paired with another session.",
        "End that pairing at its chair first.",
        kind="policy",
    )


def refuse_second_of_a_kind(device: Device, visit: Visit) -> None:
    for other in Pairing.objects.filter(visit=visit, ended_at__isnull=True).select_related("device"):
        both = [Channel(name).label for name in device.channels if name in other.device.channels]
        if both:
            words = f"{other.device.name} gives {', '.join(both)} of this patient already."
            raise Refused(Refusal("Monitor", words, "End that pairing first.", kind="policy"))


@transaction.atomic
def unpair_device(*, pairing: Pairing, reason: str, by: Actor, at: datetime) -> None:
    """The monitor has left this person, by whose word and why. While a dose acts its signals are lost from then on, and
    that is an alarm until another monitor is on (A9)."""
    access.require(by, "session", "U", patient=pairing.visit.patient)
    if not reason.strip():
        raise Refused(Refusal("reason", "A monitor is taken off with a reason.", "Write why."))
    if len(reason.strip()) > REASON_MOST:
        raise Refused(Refusal("reason", f"A reason has at most {REASON_MOST} letters.", "Shorten it."))
    _end(pairing, by=by, at=at, reason=reason.strip())


@transaction.atomic
def end_watch(*, visit: Visit, by: Actor, at: datetime) -> None:
    """The person has left: pairings end with the session (H26), and nothing sounds any more."""
    access.require(by, "alarms", "C", patient=visit.patient)
    end_pairings(visit=visit, by=by, at=at)
    Watch.objects.filter(visit=visit, ended_at__isnull=True).update(ended_at=at, next_at=None)
    nobody_goes_any_more(visit, by=by, at=at)
    audit.note(by=by, at=at, verb="watch.end", on=visit, patient=visit.patient_id)


def end_pairings(*, visit: Visit, by: Actor, at: datetime) -> None:
    """All pairings of a visit, at its end (H26). The caller has been through the door."""
    hold_pairings(visit=visit)
    for pairing in _open().filter(visit=visit).select_related("device", "visit"):
        _end(pairing, by=by, at=at)


def hold_pairings(*, visit: Visit) -> None:
    """Locked before the watch is, as whoever brings readings locks them: so that no two wait for each other."""
    list(_open().filter(visit=visit).select_for_update(of=("self",), no_key=True))


def _open() -> QuerySet[Pairing]:
    """In the one order of locks: pairings by visit, all of them before the first watch; then watches by visit."""
    return Pairing.objects.filter(ended_at__isnull=True).order_by("visit_id", "pk")


def end_overdue_pairings(*, clinic_id: UUID, at: datetime, faults: Faults) -> None:
    """Pairings that everybody forgot end by themselves; the watch then says that the stream is lost."""
    overdue = _open().filter(clinic_id=clinic_id, until__lte=at).select_related("device", "visit")
    for pairing in list(overdue.select_for_update(of=("self",), no_key=True)):
        faults.alone(pairing.visit_id, partial(_end, pairing, by=None, at=at))


def _end(pairing: Pairing, *, by: Actor | None, at: datetime, reason: str = "") -> None:
    ended = Pairing.objects.filter(pk=pairing.pk, ended_at__isnull=True)
    if not ended.update(ended_at=at, ended_by_id=by.user_id if by else None, end_reason=reason):
        return
    watching.advance_if_it_can(pairing.visit, [Unpair(at, str(pairing.device_id))], at=at, by=by)
    _told(pairing.visit, "unpaired", pairing.device, by=by, at=at)


def _told(visit: Visit, what: str, device: Device, *, by: Actor | None, at: datetime) -> None:
    tenancy.announce(
        clinic_id=visit.clinic_id,
        organisation_id=visit.organisation_id,
        topic=f"visit:{visit.pk}",
        kind="state",
        body={"device": what, "name": device.name, "at": at.isoformat()},
    )
    if by is not None:
        audit.note(by=by, at=at, verb=f"device.{what}", on=device, patient=visit.patient_id)


def note_stray(
    *,
    organisation_id: UUID,
    clinic_id: UUID,
    address: str,
    device_id: UUID | None,
    messages: int,
    last_message: int,
    at: datetime,
    last_values: dict[str, Any] | None = None,
) -> None:
    """Count messages of a monitor that is on nobody: kept, listed, in no chart (H26)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into monitoring_straystream (id, organisation_id, clinic_id, created_at, version, address,"
            " device_id, first_at, last_at, messages, last_message, last_values)"
            " values (gen_random_uuid(), %s, %s, %s, 1, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (clinic_id, address) where closed_at is null do update"
            " set last_at = excluded.last_at, last_message = excluded.last_message, device_id = excluded.device_id,"
            " last_values = monitoring_straystream.last_values || excluded.last_values,"
            " messages = monitoring_straystream.messages + excluded.messages",
            [
                organisation_id,
                clinic_id,
                at,
                address,
                device_id,
                at,
                at,
                messages,
                last_message,
                json.dumps(last_values or {}),
            ],
        )


@transaction.atomic
def doubt_name(*, clinic_id: UUID, address: str, doubt: type[SharedName | NewAddress], at: datetime) -> int:
    """Told at the session that the monitor of this name is on (H4): another machine sends under it, until it is put on
    anew; it sends from another address, until a person has looked. The pairing is held, so that it is not let go
    before it is told."""
    paired = _open().filter(device__clinic_id=clinic_id, device__address=address, device__retired_at__isnull=True)
    told = 0
    for pairing in paired.select_related("device", "visit").select_for_update(of=("self",), no_key=True):
        watch = Watch.objects.filter(visit=pairing.visit_id, ended_at__isnull=True).first()
        known = {} if watch is None else queries.state_of(watch).conditions
        if watch is not None and not _is_told(known, doubt, str(pairing.device_id)):
            watching.advance(pairing.visit, [doubt(at, str(pairing.device_id))], at=at)
            told += 1
    return told


def _is_told(known: Mapping[str, Condition], doubt: type[SharedName | NewAddress], device: str) -> bool:
    """The graver of the two tells both."""
    shared, moved = known.get(shared_name_key(device)), known.get(new_address_key(device))
    return shared is not None or (doubt is NewAddress and moved is not None and moved.present)


# A gateway that dies is missed for no longer; one that lives renews with every batch of the device's messages.
LEASE_LASTS_S = 8.0
CLAIM = """
insert into monitoring_devicelease as held (device_id, organisation_id, holder, until, peer, heard_at)
select device, %s, %s, clock_timestamp() + make_interval(secs => %s), peer, heard_at
from unnest(%s::uuid[], %s::text[], %s::timestamptz[]) heard(device, peer, heard_at) order by device
on conflict (device_id) do update set holder = excluded.holder, until = excluded.until,
peer = case when excluded.heard_at is null then held.peer else excluded.peer end,
heard_at = coalesce(excluded.heard_at, held.heard_at)
where held.holder = excluded.holder or held.until < clock_timestamp()
returning device_id
"""
Heard = tuple[str, datetime | None]  # from which address, and when: of what an agent held nobody knows


def claim_devices(*, heard: Mapping[UUID, Heard], organisation_id: UUID, holder: str) -> set[UUID]:
    """Those of the devices that this gateway may take messages of, from now until it says nothing for a while. From
    where each was heard is kept for the next gateway: leases end sooner than a slow sender's values (H4)."""
    if not heard:
        return set()
    devices = sorted(heard)
    peers, moments = [heard[one][0][:100] for one in devices], [heard[one][1] for one in devices]
    with prepared.cursor() as cursor:
        cursor.execute(CLAIM, [organisation_id, holder, LEASE_LASTS_S, devices, peers, moments])
        return {row[0] for row in cursor.fetchall()}


def release_devices(*, holder: str) -> None:
    """A gateway that stops lets go at once, so that nobody waits for its leases to end."""
    with connection.cursor() as cursor:
        cursor.execute("update monitoring_devicelease set until = clock_timestamp() where holder = %s", [holder])


@transaction.atomic
def close_stray(*, stray: StrayStream, by: Actor, at: datetime) -> None:
    """Somebody has seen to it. If the monitor goes on sending, a new line opens."""
    access.require(by, "mailroom", "U")
    StrayStream.objects.filter(pk=stray.pk, clinic_id=by.clinic_id, closed_at__isnull=True).update(
        closed_at=at, closed_by_id=by.user_id
    )
    audit.note(by=by, at=at, verb="stray.close", on=stray)
