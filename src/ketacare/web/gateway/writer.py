"""One thread commits, and everything that arrived while it did is its next batch.

There is no waiting time to choose: alone, a message is committed at once; under load, batches grow until the disk keeps
up. An answer is handed back only after the commit. While the database does not answer, nothing is: the batch is tried
again, the bounded queue fills, and the senders keep what they have (D9).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import leases
from ketacare.clinic.monitoring.models import Device
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.exchange.hl7v2 import receive
from ketacare.exchange.hl7v2.translate import envelope_of_raw
from ketacare.exchange.mailroom.receive import Letter
from ketacare.exchange.mailroom.translate import Fault
from ketacare.medicine.monitoring.rules.clocks import SAME
from ketacare.medicine.monitoring.terms import NewAddress, SharedName
from ketacare.web.lateness import Lately

logger = logging.getLogger(__name__)

WAITING_MOST, WAITING_MOST_BYTES = 2000, 33_554_432
BATCH_MOST, BATCH_MOST_BYTES = 500, 4_194_304
ADDRESSES_LAST_S = 5.0
TRY_AGAIN_S = 0.5
ANOTHER_HAS_IT_S = 12.0  # longer than a lease lasts, so only a gateway that goes on receiving makes anybody give up


TWO_SENDERS_WITHIN, TWO_OF_A_BED_WITHIN = timedelta(seconds=60), timedelta(seconds=10)
LIVES_INTERVALS = timedelta(seconds=2.5)  # of a slow sender, for each second between its messages (T2)


class NoClinic(Exception):
    """There is no clinic yet to keep a message for."""


@dataclass(slots=True)
class Addresses:
    """Which clinic each monitor belongs to. Strangers' messages are kept by the home clinic."""

    clinics: dict[UUID, Clinic] = field(default_factory=dict)
    by_address: dict[str, UUID] = field(default_factory=dict)
    by_id: dict[UUID, UUID] = field(default_factory=dict)
    intervals: dict[str, int] = field(default_factory=dict)
    contested: frozenset[str] = frozenset()
    home: UUID | None = None
    read_at: datetime | None = None

    def place_for(self, senders: Sequence[str]) -> tuple[UUID, bool]:
        """The clinic, and whether another has a monitor of the same address: then nobody knows whose patient it is."""
        sender = next((sender for sender in senders if sender in self.by_address), None)
        found = self.home if sender is None or sender in self.contested else self.by_address[sender]
        if found is None:
            raise NoClinic
        return found, sender in self.contested

    def name_for(self, senders: Sequence[str]) -> str:
        """The name it is charted by: the first of its names that is a registered monitor's."""
        return next((sender for sender in senders if sender in self.by_address), senders[0])

    def read(self, at: datetime) -> None:
        """Every clinic's devices, each behind its own wall."""
        rows = list(Clinic.objects.order_by("is_training", "name", "id"))
        by_address: dict[str, UUID] = {}
        by_id: dict[UUID, UUID] = {}
        intervals: dict[str, int] = {}
        contested: set[str] = set()
        for clinic in rows:
            with tenancy.tenant(clinic.organisation_id):
                devices = Device.objects.filter(clinic=clinic, retired_at__isnull=True)
                for device_id, address, interval_s in devices.values_list("pk", "address", "interval_s"):
                    by_id[device_id] = clinic.pk
                    intervals[address] = max(min(interval_s, Device.INTERVAL_MOST_S), intervals.get(address, 1))
                    if by_address.setdefault(address, clinic.pk) != clinic.pk:
                        contested.add(address)
        self.clinics = {clinic.pk: clinic for clinic in rows}
        self.home = rows[0].pk if rows else None
        self.by_address, self.contested, self.read_at = by_address, frozenset(contested), at
        self.by_id, self.intervals = by_id, intervals

    def stale(self, at: datetime) -> bool:
        return self.home is None or self.read_at is None or (at - self.read_at).total_seconds() > ADDRESSES_LAST_S


@dataclass(slots=True)
class Peers:
    """Who sent last under a name. Another while the first still sends is another monitor (H4): of a name that stands
    for a whole station for a minute; of a bed or a machine, which may change its way to us, for as long as a value
    lives (T2). Later it is most often the first at a new address. What an agent held is of then, and of nobody who
    sends now."""

    last: dict[str, tuple[str, datetime]] = field(default_factory=dict)
    doubts: dict[str, type[SharedName | NewAddress]] = field(default_factory=dict)

    def is_another(self, letter: Letter, name: str, interval_s: int = 1) -> bool:
        """Whether it is refused. That it comes from elsewhere is noted either way."""
        envelope = letter.envelope
        if envelope is None or not envelope.senders or letter.held > SAME:
            return False
        peer, at = self.last.get(name, (letter.peer, letter.received_at))
        if peer != letter.peer:
            least = TWO_SENDERS_WITHIN if envelope.names_station_only else TWO_OF_A_BED_WITHIN
            if abs(letter.received_at - at) < max(least, interval_s * LIVES_INTERVALS):
                self.doubts[name] = SharedName
                return True
            self.doubts.setdefault(name, NewAddress)
        self.last[name] = (letter.peer, letter.received_at)
        return False

    def is_unsure(self, name: str, at: datetime) -> bool:
        """Another gateway may have heard it since, or this one before it was started anew."""
        return name not in self.last or at - self.last[name][1] > timedelta(seconds=monitoring.LEASE_LASTS_S)

    def learn(self, name: str, peer: str, heard_at: datetime) -> None:
        if name not in self.last or self.last[name][1] < heard_at:
            self.last[name] = (peer, heard_at)

    def forget(self, letter: Letter, name: str) -> None:
        """It was not taken: it speaks for no name."""
        if self.last.get(name) == (letter.peer, letter.received_at):
            del self.last[name]


@dataclass(slots=True)
class Waiting:
    """A letter and its answer to be; `since` when it was first found to be another gateway's."""

    letter: Letter
    answer: asyncio.Future[bytes]
    since: float | None = None
    came: float = field(default_factory=time.monotonic)

    def is_impatient(self) -> bool:
        return self.since is not None and time.monotonic() - self.since > ANOTHER_HAS_IT_S


class Writer:
    """Submit a letter, get its answer once it is committed.

    Of several gateways on one database each device's messages are taken by one: by lease, under this writer's name.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(6)}"
        self.deferred: list[Waiting] = []
        self.addresses, self.peers = Addresses(), Peers()
        self.waiting: asyncio.Queue[Waiting] = asyncio.Queue(WAITING_MOST)
        self.waiting_bytes, self.room = 0, asyncio.Condition()
        self.thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="commit")
        self.commits = 0
        self.late, self.committing = Lately(), list[Waiting]()

    async def submit(self, letter: Letter) -> asyncio.Future[bytes]:
        """Waits while the queue is full, by count or by bytes; so the sender's connection is read no further."""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        async with self.room:
            await self.room.wait_for(lambda: self.waiting_bytes < WAITING_MOST_BYTES)
            self.waiting_bytes += len(letter.raw)
        await self.waiting.put(Waiting(letter, answer))
        return answer

    async def _next_batch(self) -> list[Waiting]:
        """All that waits, as far as one transaction should hold it."""
        batch, self.deferred = self.deferred, []
        size = 0
        with contextlib.suppress(TimeoutError):
            first = await asyncio.wait_for(self.waiting.get(), TRY_AGAIN_S if batch else None)
            batch.append(first)
            size = len(first.letter.raw)
        while len(batch) < BATCH_MOST and size < BATCH_MOST_BYTES and not self.waiting.empty():
            batch.append(self.waiting.get_nowait())
            size += len(batch[-1].letter.raw)
        async with self.room:
            self.waiting_bytes -= size
            self.room.notify_all()
        return batch

    async def run(self) -> None:
        """Commit batch after batch, for ever."""
        loop = asyncio.get_running_loop()
        while True:
            batch = await self._next_batch()
            self.committing = batch
            impatient = frozenset(place for place, one in enumerate(batch) if one.is_impatient())
            answers = await self._committed(loop, [one.letter for one in batch], impatient)
            for one, answer in zip(batch, answers, strict=True):
                if answer is None:
                    one.since = one.since or time.monotonic()
                    self.deferred.append(one)
                    continue
                if one.since is None:  # what another gateway has waits for that one
                    self.late.note(time.monotonic() - one.came)
                if not one.answer.done():
                    one.answer.set_result(answer)
            self.committing = []

    def late_s(self) -> float:
        """How long a message waited for its answer, at the worst of the last seconds, or waits now: whatever came later
        than those being committed waits for less."""
        waits = [time.monotonic() - one.came for one in self.committing if one.since is None]
        return max([self.late.worst_s(), *waits])

    async def _committed(
        self, loop: asyncio.AbstractEventLoop, letters: list[Letter], impatient: frozenset[int]
    ) -> list[bytes | None]:
        while True:
            try:
                return await loop.run_in_executor(self.thread, self.commit, letters, impatient)
            except (OperationalError, InterfaceError, NoClinic) as problem:
                logger.warning("nothing is acknowledged: %s", type(problem).__name__)
                await loop.run_in_executor(self.thread, hang_up)
                await asyncio.sleep(TRY_AGAIN_S)

    def commit(self, letters: Sequence[Letter], impatient: frozenset[int] = frozenset()) -> list[bytes | None]:
        """In the committing thread: one transaction a clinic, clinics in the order of their ids.

        None for a letter whose device another gateway has; an impatient one of them is refused instead.
        """
        at = self.clock()
        if self.addresses.stale(at):
            self.addresses.read(at)
        by_place: dict[tuple[UUID, Fault | None], list[int]] = defaultdict(list)
        letters = [replace(letter, envelope=envelope_of_raw(letter.raw)) for letter in letters]
        self._learn_who_was_heard({self.addresses.name_for(senders_of(letter)) for letter in letters}, at)
        for index, letter in enumerate(letters):
            senders = senders_of(letter)
            clinic_id, has_two_owners = self.addresses.place_for(senders)
            refusal = receive.TWO_OWNERS if has_two_owners else None
            name = self.addresses.name_for(senders)
            if self.peers.is_another(letter, name, self.addresses.intervals.get(name, 1)):
                station_only = letter.envelope is not None and letter.envelope.names_station_only
                refusal = receive.TWO_SENDERS if station_only else receive.TWO_OF_A_BED
            by_place[clinic_id, refusal].append(index)
        answers: dict[int, bytes | None] = {}
        for place in sorted(by_place, key=str):
            clinic, batch = self.addresses.clinics[place[0]], [letters[index] for index in by_place[place]]
            if place[1] is not None:
                refusals = receive.refuse(batch, place[1], clinic=clinic, at=at)
                answers.update(zip(by_place[place], refusals, strict=True))
                continue
            found = receive.take(batch, clinic=clinic, at=at, holder=self.name)
            answers.update(zip(by_place[place], found, strict=True))
            for index in impatient & set(by_place[place]):
                if answers[index] is None:
                    refused = receive.refuse([letters[index]], receive.ANOTHER_HAS_IT, clinic=clinic, at=at)
                    answers[index] = refused[0]
                    self.peers.doubts[self.addresses.name_for(senders_of(letters[index]))] = SharedName
        for index, answer in answers.items():
            if answer is None:
                self.peers.forget(letters[index], self.addresses.name_for(senders_of(letters[index])))
        self._tell_of_doubts(at)
        self.commits += 1
        return [answers[index] for index in range(len(letters))]

    def _learn_who_was_heard(self, names: set[str], at: datetime) -> None:
        """A slow sender's lease ends between its messages: then any gateway takes the next under its name (H4)."""
        by_clinic: dict[UUID, set[str]] = defaultdict(set)
        for name in names - self.addresses.contested:
            if name in self.addresses.by_address and self.peers.is_unsure(name, at):
                by_clinic[self.addresses.by_address[name]].add(name)
        for clinic_id, unsure in sorted(by_clinic.items()):
            with tenancy.tenant(self.addresses.clinics[clinic_id].organisation_id):
                heard = leases.last_heard(clinic_id=clinic_id, addresses=unsure, holder=self.name)
            for name, (peer, heard_at) in heard.items():
                self.peers.learn(name, peer, heard_at)

    def _tell_of_doubts(self, at: datetime) -> None:
        """At the chair whose monitor bears a name under which another sends: an alarm, not only a list (H4). A doubt
        stays until it is told; a session that breaks must not end the gateway of every other."""
        for name, doubt in sorted(self.peers.doubts.items()):
            clinic = self.addresses.clinics.get(self.addresses.by_address.get(name))  # type: ignore[arg-type]
            try:
                if clinic is not None:
                    with tenancy.tenant(clinic.organisation_id):
                        monitoring.doubt_name(clinic_id=clinic.pk, address=name, doubt=doubt, at=at)
            except (OperationalError, InterfaceError):
                raise
            except Exception as fault:  # noqa: BLE001 - its text may quote a record
                logger.error("a doubt could not be told: %s", type(fault).__name__)
            del self.peers.doubts[name]

    def let_go(self) -> None:
        """The next gateway need not wait for the leases to end."""
        for organisation_id in {clinic.organisation_id for clinic in self.addresses.clinics.values()}:
            with contextlib.suppress(OperationalError, InterfaceError), tenancy.tenant(organisation_id):
                monitoring.release_devices(holder=self.name)

    def close(self) -> None:
        self.thread.submit(self.let_go)
        self.thread.submit(hang_up)
        self.thread.shutdown(wait=True)


def senders_of(letter: Letter) -> Sequence[str]:
    return (letter.envelope.senders if letter.envelope else ()) or (letter.peer,)


def hang_up() -> None:
    """Close the connection of the thread this runs in: `connection` is another one in each."""
    connection.close()
