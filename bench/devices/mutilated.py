"""G29: messages as a broken wire, a broken monitor or somebody of ill will would make them."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db.models import Max

from bench.devices import handler
from bench.devices.chairs import Proof, furnished
from bench.ground import Ground
from bench.mutation import SEED
from ketacare.exchange.hl7v2 import translate
from ketacare.exchange.hl7v2.translate import FrameReader, framed

ANSWER_WITHIN_S = 2.0
MEMORY_MOST_MB = 256
CHAIRS = 40


def g29(ground: Ground, messages: int, minutes: float, on_the_wire: int, kept: Path, hold: str) -> list[Proof]:
    bulk = in_bulk(messages, minutes, kept, hold)
    return [bulk, over_the_wire(ground, on_the_wire)] if on_the_wire else [bulk]


@dataclass
class Bulk:
    """As far as the messages were sent, in this and in earlier runs; each counted once looked through for what a
    message left half done."""

    told: handler.Handled = field(default_factory=lambda: handler.Handled(lives=0))
    partial: int = 0

    @classmethod
    def kept(cls, at: Path) -> Bulk:
        if not at.exists():
            return cls()
        known = json.loads(at.read_text(encoding="utf-8"))
        return cls(handler.Handled(**known["told"]), known["partial"])

    def keep(self, at: Path) -> None:
        new = at.with_suffix(".new")
        new.write_text(json.dumps({"told": vars(self.told), "partial": self.partial}), encoding="utf-8")
        new.replace(at)


def sent_on(so_far: Bulk, messages: int, minutes: float, kept: Path, hold: str) -> Bulk:
    """From where an earlier run was stopped; `kept` names how far it is."""
    from ketacare.web import clock

    chairs = furnished(CHAIRS, clock.now() - timedelta(minutes=1))
    found, seen = so_far, 0
    for told in handler.run(chairs[0].station, so_far.told.sent, messages, minutes, hold):
        partial, seen = partial_writes(chairs[0].clinic, after=seen)
        found = Bulk(told.and_before(so_far.told), found.partial + partial)
        found.keep(kept)
    return found


def in_bulk(messages: int, minutes: float, kept: Path, hold: str) -> Proof:
    """Through the gateway's own handling, in a process of its own, without the socket."""
    proof = Proof("G29", f"mutated messages from seed {SEED} through the gateway's handling of a connection")
    found = Bulk.kept(kept)
    if found.told.sent < messages:
        found = sent_on(found, messages, minutes, kept, hold)
    told, partial = found.told, found.partial
    answers = ", ".join(f"{count:,} {word}" for word, count in sorted(told.answers.items()))
    proof.must(
        told.sent == messages,
        f"{told.sent:,} of {messages:,} sent in {told.took_s / 60:.0f} min, {handler.TOGETHER} connections at once, "
        f"by {CHAIRS} monitors, in {told.lives} runs of the process; of the gateway all but the socket, on the real "
        "database",
    )
    proof.must(not told.crashed, f"{len(told.crashed)} crashes; the process lived to its end")
    proof.must(not told.unanswered, f"{len(told.unanswered)} without an answer; answered {answers}")
    share, busy = told.slow / max(1, told.sent), told.busy_s / max(1.0, told.took_s)
    proof.must(
        told.slow == 0,
        f"{told.slow:,} answered after more than {ANSWER_WITHIN_S:.0f} s ({share:.2%}); the slowest after "
        f"{told.slowest_s:.2f} s, of which the process itself had the processor {busy:.0%} of the time",
    )
    proof.must(partial == 0, f"{partial} partial writes: every reading has its message, every refusal its line")
    proof.must(told.memory_mb <= MEMORY_MOST_MB, f"it held {told.memory_mb:.0f} MB at most")
    proof.found.append(
        "the gateway's clock is moved on by a second for each message of a monitor, as monitors send; what one monitor "
        "does that sends as fast as it can is in the run over the wire"
    )
    died = trusting(1000, "STATION")
    proof.control = f"a reader that trusts its input (`hl7`) dies of {died} of the first 1,000 of them"
    proof.control_failed = died > 0
    return proof


def over_the_wire(ground: Ground, messages: int) -> Proof:
    from bench.mutation import mutated, seeds
    from ketacare.web import clock

    proof = Proof("G29", f"{messages:,} of them to the gateway process itself, over 8 connections")
    chairs = furnished(CHAIRS, clock.now() - timedelta(minutes=1))
    with ground.process("gateway", "--port", str(ground.mllp_port), port=ground.mllp_port) as gateway:
        whole = seeds(chairs[0].station, CHAIRS)
        told = asyncio.run(mutilated(ground.mllp_port, whole, mutated, messages, gateway.pid))
        alive = gateway.poll() is None
    partial, _ = partial_writes(chairs[0].clinic)
    proof.must(alive, f"{told.sent:,} sent, {told.answered:,} answered, the gateway lived")
    proof.must(
        told.answered + told.framing >= told.sent, f"{told.framing:,} broke their frame: answered and hung up on"
    )
    proof.must(told.slowest_s <= ANSWER_WITHIN_S, f"the slowest answer came after {told.slowest_s * 1000:,.0f} ms")
    proof.must(partial == 0, f"{partial} partial writes: every reading has its message, every refusal its line")
    proof.must(told.memory_mb <= MEMORY_MOST_MB, f"the gateway held {told.memory_mb:.0f} MB at most")
    died = trusting(1000, chairs[0].station)
    proof.control = f"a reader that trusts its input (`hl7`) dies of {died} of the first 1,000 of them"
    proof.control_failed = died > 0
    return proof


@dataclass
class Told:
    sent: int = 0
    answered: int = 0
    framing: int = 0
    slowest_s: float = 0.0
    memory_mb: float = 0.0


async def mutilated(port: int, seeds: list[bytes], mutated: Any, count: int, pid: int) -> Told:
    told = Told()
    numbers = iter(range(count))
    watching = asyncio.create_task(memory(pid, told))
    await asyncio.gather(*(one_sender(port, seeds, mutated, numbers, told) for _ in range(8)))
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    return told


async def memory(pid: int, told: Told) -> None:
    while True:
        held = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        told.memory_mb = max(told.memory_mb, int(held.group(1)) / 1024 if held else 0)
        await asyncio.sleep(0.5)


async def one_sender(port: int, seeds: list[bytes], mutated: Any, numbers: Any, told: Told) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    frames = FrameReader()
    for number in numbers:
        raw = mutated(seeds, number)
        told.sent += 1
        started = time.perf_counter()
        try:
            writer.write(framed(raw))
            answers: list[bytes] = []
            while not answers:
                received = await asyncio.wait_for(reader.read(65_536), 30)
                if not received:
                    break
                answers = frames.feed(received)
            told.slowest_s = max(told.slowest_s, time.perf_counter() - started)
            told.answered += bool(answers)
            spoiled = any(byte in raw for byte in (0x0B, 0x1C)) or len(answers) != 1
        except (OSError, TimeoutError):
            spoiled = True
            told.framing += 1
        if spoiled or translate.opened(raw).messages[1:]:  # the line may be closed, or owe more answers: begin anew
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            frames = FrameReader()
    writer.close()


def partial_writes(clinic: Any, after: int = 0) -> tuple[int, int]:
    """How many there are among the messages after that one, and which is now the last. Also while more are coming: what
    belongs to a message is looked for after it was found, and both are committed together or not at all."""
    from ketacare.clinic.monitoring.models import Reading
    from ketacare.clinic.tenancy import actions as tenancy
    from ketacare.exchange.mailroom.models import Message, Refusal

    with tenancy.tenant(clinic.organisation_id):
        ours = Message.objects.filter(clinic=clinic, pk__gt=after)
        last = ours.aggregate(last=Max("pk"))["last"] or after
        readings = Reading.objects.filter(clinic=clinic, message__gt=after, message__lte=last)
        named: set[Any] = set(readings.values_list("message", flat=True).distinct())
        there = set(ours.filter(pk__in=named).values_list("pk", flat=True))
        refused = ours.filter(pk__lte=last).exclude(faults=[]).values_list("sender", flat=True).distinct()
        senders = set(refused)
        lines = set(Refusal.objects.values_list("sender", flat=True))
        return len(named - there) + len(senders - lines), last


def trusting(count: int, station: str) -> int:
    """How many of the first thousand a reader by split would have died of."""
    hl7 = importlib.import_module("hl7")

    from bench.mutation import mutated, seeds

    died = 0
    for number in range(min(count, 1000)):
        try:
            parsed = hl7.parse(mutated(seeds(station), number).decode())
            float(str(parsed.segment("OBX")[5]))
        except Exception:  # noqa: BLE001 - of whatever kind: that is what is counted
            died += 1
    return died
