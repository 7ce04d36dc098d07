"""Keeping a message with its answer, finding the answer a repeat was given, and listing what was refused.

Everything here runs inside the transaction of whoever takes the message: kept, charted and answered together or not at
all. An answer may leave only after that transaction has committed.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.models import Device
from ketacare.clinic.tenancy import prepared
from ketacare.clinic.tenancy.models import Clinic
from ketacare.exchange.mailroom.lists import storable
from ketacare.exchange.mailroom.models import Message
from ketacare.exchange.mailroom.translate import Envelope, Fault, Observation, Translation, Unmapped
from ketacare.medicine.monitoring.rules.clocks import SAME
from ketacare.medicine.monitoring.terms import CUFF, Channel, Quality, Reading

CHANNELS = {str(channel): channel for channel in Channel}
NUMBER_TAKEN = "205"  # HL7 table 0357: duplicate key identifier
UNMAPPED_KEPT = 200
REUSED_AFTER = timedelta(seconds=60)

KNOWN_BY = frozenset({Channel.HR, Channel.PR, Channel.SPO2})

Number = tuple[str, str]  # sender, control id
Homeless = tuple[str, Device | None, int, dict[str, dict[str, str]]]  # address, monitor, message, last values


@dataclass(frozen=True, slots=True)
class Letter:
    """A message as it arrived."""

    raw: bytes
    received_at: datetime
    peer: str
    held: timedelta = timedelta()  # how long an agent at the bedside had it before it could hand it on
    refusal: Fault | None = None  # refused unread, and then only its beginning may be here
    whole_bytes: int | None = None
    whole_digest: str = ""
    envelope: Envelope | None = None  # read already by whoever had to know whose it is
    way: str = ""  # by which it came

    @property
    def heard_at(self) -> datetime:
        """When it left the monitor, by our clock, as far as anybody knows."""
        return self.received_at - self.held

    @property
    def digest(self) -> str:
        return self.whole_digest or hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True)
class Opened:
    """A letter that is new, what it says, and the answer it gets."""

    letter: Letter
    row: Message
    translation: Translation
    faults: tuple[Fault, ...]


Known = dict[Number, list[Message]]
# By two indexes, so that a sender that gives every message one number, or none, makes no search longer.
EARLIER = """
select m.id from unnest(%s::text[], %s::text[], %s::text[]) asked (sender, number, digest)
join mailroom_message m on m.organisation_id = %s and m.clinic_id = %s and m.sender = asked.sender
  and m.control_id = asked.number and m.body_hash = asked.digest
union
select m.id from (select distinct * from unnest(%s::text[], %s::text[]) one (sender, number)) asked
cross join lateral (
  select id from mailroom_message m where m.organisation_id = %s and m.clinic_id = %s and m.sender = asked.sender
    and m.control_id = asked.number and m.bears_number and m.control_id <> '' order by m.id desc limit %s
) m
"""
BEARERS_MOST = 100


def earlier(clinic: Clinic, numbers: Sequence[Number], digests: Sequence[str]) -> Known:
    """The kept messages that these letters repeat, and those that bear their numbers."""
    where = [clinic.organisation_id, clinic.pk]
    senders, control_ids = [list(column) for column in zip(*numbers, strict=True)]
    with prepared.cursor() as cursor:
        asked: list[Any] = [senders, control_ids, list(digests), *where]
        cursor.execute(EARLIER, [*asked, senders, control_ids, *where, BEARERS_MOST])
        ids = {row[0] for row in cursor.fetchall()}
    found: Known = defaultdict(list)
    for row in Message.objects.filter(pk__in=ids).defer("body").order_by("id") if ids else ():
        found[row.sender, row.control_id].append(row)
    return found


def repeat_of(letter: Letter, known: Sequence[Message]) -> Message | None:
    """The kept message this one repeats, byte for byte."""
    return next((row for row in known if row.body_hash == letter.digest), None)


def number_taken(letter: Letter, envelope: Envelope, known: Sequence[Message]) -> bool:
    """Was this number used for another message? A restarted monitor counts from one again, later: that is allowed."""
    bearers = [row for row in known if row.bears_number]
    return any(
        row.sent_at == envelope.sent_at or letter.received_at - row.received_at < REUSED_AFTER for row in bearers
    )


def kept(
    letter: Letter,
    envelope: Envelope,
    *,
    clinic: Clinic,
    standard: str,
    answer: str,
    answer_body: bytes,
    faults: Sequence[Fault] = (),
    unmapped: Sequence[Unmapped] = (),
) -> Message:
    """The row to keep; not yet saved."""
    return Message(
        organisation_id=clinic.organisation_id,
        clinic=clinic,
        standard=standard,
        sender=sender_of(letter, envelope),
        control_id=envelope.control_id,
        sent_at=envelope.sent_at[:40],
        received_at=letter.received_at,
        body=letter.raw,
        body_hash=letter.digest,
        whole_bytes=letter.whole_bytes,
        bears_number=letter.refusal is None and all(fault.code != NUMBER_TAKEN for fault in faults),
        answer=answer,
        answer_body=answer_body,
        faults=[asdict(fault) for fault in faults],
        unmapped=[asdict(one) for one in unmapped[:UNMAPPED_KEPT]],
    )


def sender_of(letter: Letter, envelope: Envelope) -> str:
    return (envelope.senders[-1] if envelope.senders else letter.peer)[:200].replace("\x00", "")


# -- into the chart ----------------------------------------------------------------------------------------------------


def chart(
    opened: Sequence[Opened],
    *,
    clinic: Clinic,
    at: datetime,
    sent_at: Sequence[datetime | None],
    devices: Mapping[str, Device],
) -> None:
    """Readings of paired monitors into the chart with their alarm steps; the others onto the list of strays."""
    arrivals: dict[int, monitoring.Arrival] = {}
    homeless: list[Homeless] = []
    for one, sent in zip(opened, sent_at, strict=True):
        senders = one.translation.envelope.senders or (one.letter.peer,)
        device = next((devices[address] for address in senders if address in devices), None)
        if device is None:
            homeless.append((senders[0], None, one.row.pk, last_values(one)))
        else:
            arrivals[one.row.pk] = arrival(one, device, sent)
    strays = monitoring.record_readings(list(arrivals.values()), clinic_id=clinic.pk, at=at) if arrivals else []
    by_id = {device.pk: device for device in devices.values()}
    known = {one.row.pk: one for one in opened}
    homeless += [
        (by_id[stray.device_id].address, by_id[stray.device_id], stray.message, last_values(known[stray.message]))
        for stray in strays
    ]
    _list_strays(homeless, clinic=clinic, at=at)


def held_elsewhere(
    letters: Sequence[Letter],
    envelopes: Sequence[Envelope],
    devices: Mapping[str, Device],
    *,
    clinic: Clinic,
    holder: str,
) -> set[int]:
    """The letters of devices that another gateway has: by their place. Without a holder nobody is asked."""
    if not holder:
        return set()
    ours = [next((devices[one] for one in envelope.senders if one in devices), None) for envelope in envelopes]
    heard: dict[UUID, monitoring.Heard] = {}
    for device, letter in zip(ours, letters, strict=True):
        if device is not None and (letter.held <= SAME or device.pk not in heard):
            heard[device.pk] = (letter.peer, letter.received_at) if letter.held <= SAME else ("", None)
    claimed = monitoring.claim_devices(heard=heard, organisation_id=clinic.organisation_id, holder=holder)
    return {place for place, device in enumerate(ours) if device is not None and device.pk not in claimed}


def devices_of(envelopes: Sequence[Envelope], clinic: Clinic) -> dict[str, Device]:
    """The registered monitors that these come from, by address."""
    addresses = {address for one in envelopes for address in one.senders}
    where = "clinic_id = %s and address = any(%s) and retired_at is null"
    found = prepared.found(Device, ("id", "address"), where, [clinic.pk, sorted(addresses)])
    return {device.address: device for device in found}


def arrival(one: Opened, device: Device, sent_at: datetime | None) -> monitoring.Arrival:
    received_at = one.letter.received_at
    readings = tuple(
        reading_of(observation, device, sent_at, received_at)
        for observation in one.translation.observations
        if observation.channel in CHANNELS
    )
    newest = max((reading.taken_at for reading in readings), default=received_at)
    said = one.translation.own_alarms
    pressures = [each for each in one.translation.observations if CHANNELS.get(each.channel) in CUFF]
    return monitoring.Arrival(
        device.pk, one.row.pk, sent_at or newest, received_at, readings, one.letter.held,
        cuff_without_time=frozenset(
            CHANNELS[each.channel] for each in pressures if not each.has_own_time or each.taken_at is None
        ),
        cuff_by_group=frozenset(CHANNELS[each.channel] for each in pressures if each.has_group_time),
        way=one.letter.way,
        own_alarms=None if said is None else (said.on, said.words),
    )  # fmt: skip


def reading_of(observation: Observation, device: Device, sent_at: datetime | None, received_at: datetime) -> Reading:
    """An observation as the watch knows it. What the device itself calls nothing has no value."""
    quality = Quality.GOOD if observation.usable else Quality.NONE if observation.absent else Quality.BAD
    return Reading(
        channel=CHANNELS[observation.channel],
        value=None if observation.absent else observation.value,
        taken_at=observation.taken_at or sent_at or received_at,
        received_at=received_at,
        quality=quality,
        reason=observation.device_words or observation.unusable,
        device=str(device.pk),
    )


def last_values(one: Opened) -> dict[str, dict[str, str]]:
    """What somebody at a chair knows a stream by: of now, and an agent has everything for some thousandths."""
    return {
        observation.channel: {"value": f"{observation.value:f}", "at": one.letter.received_at.isoformat()}
        for observation in one.translation.observations
        if observation.channel in KNOWN_BY and observation.usable and one.letter.held <= SAME
    }


def _list_strays(homeless: Sequence[Homeless], *, clinic: Clinic, at: datetime) -> None:
    streams: dict[str, list[Homeless]] = defaultdict(list)
    for one in homeless:
        streams[storable(one[0], 200)].append(one)
    for address, messages in sorted(streams.items()):
        _, device, last_message, _ = messages[-1]
        values = {name: value for *_, said in messages for name, value in said.items()}
        monitoring.note_stray(
            organisation_id=clinic.organisation_id,
            clinic_id=clinic.pk,
            address=address,
            device_id=device.pk if device else None,
            messages=len(messages),
            last_message=last_message,
            last_values=values,
            at=at,
        )
