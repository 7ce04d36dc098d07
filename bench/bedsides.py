"""Chairs with a watched visit and a paired monitor each, and the monitors themselves: they speak HL7 over MLLP."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from ketacare.exchange.hl7v2.translate import FrameReader, framed

SEED = 20260714
VALUES_A_MESSAGE = 6
ANSWER_WITHIN_S = 30.0


@dataclass(frozen=True)
class Bedside:
    """One chair: whose visit, and a ticket for its live stream."""

    number: int
    visit_id: UUID
    ticket: str
    station: str

    @property
    def address(self) -> tuple[str, str]:
        return self.station, f"CHAIR-{self.number}"


def furnished(count: int, station: str) -> tuple[Any, list[Bedside]]:
    """A clinic with so many running visits, made by the actions its people use. Its monitors speak as `station`: a name
    that two clinics have is taken from neither (H4)."""
    from django.db import transaction

    from ketacare.clinic.monitoring import access as monitoring_access
    from ketacare.clinic.monitoring import actions as monitoring
    from ketacare.clinic.people.tests.factories import a_clinic, someone
    from ketacare.web import clock

    at = clock.now()
    with transaction.atomic():
        clinic = a_clinic("Bedsides")
        nurse, desk, admin = (someone(clinic, role) for role in ("RN", "FD", "AD"))
        bedsides = []
        for number in range(count):
            visit = a_visit(desk, number, at)
            device, _ = monitoring.register_device(
                name=f"Monitor {number}", address=f"{station}/CHAIR-{number}", by=admin, at=at
            )
            monitoring.begin_watch(visit=visit, by=nurse, at=at)
            monitoring.pair_device(device=device, visit=visit, by=nurse, at=at)
            bedsides.append(Bedside(number, visit.pk, monitoring_access.visit_ticket(nurse, visit, at=at), station))
    return clinic, bedsides


def a_visit(desk: Any, number: int, at: datetime) -> Any:
    from ketacare.clinic.people import actions as people
    from ketacare.clinic.scheduling import actions as scheduling
    from ketacare.clinic.scheduling.models import VisitKind

    patient = people.register_patient(family=f"Bench{number}", given="Jo", born_on=date(1985, 7, 14), by=desk, at=at)
    return scheduling.book_visit(
        patient=patient, kind=VisitKind.DOSE, starts_at=at, ends_at=at + timedelta(hours=2), by=desk, at=at
    )


def fresh_tickets(clinic: Any, bedsides: list[Bedside]) -> list[Bedside]:
    """Tickets last ten minutes; a later run asks for new ones, as a page does."""
    from ketacare.clinic.monitoring.access import ticket_for
    from ketacare.clinic.people.access import Actor
    from ketacare.web import clock

    screen = Actor(None, "screen", "RN", clinic.pk, clinic.organisation_id, clinic.zone)
    at = clock.now()
    return [replace(one, ticket=ticket_for(screen, [f"visit:{one.visit_id}"], at=at)) for one in bedsides]


def moment(at: datetime) -> int:
    """A time as messages carry it, to the tenth of a millisecond: it tells one message of a chair from the next."""
    return int(at.astimezone(UTC).timestamp() * 10_000 + 0.001)


def now() -> datetime:
    """To the tenth of a millisecond, so that what comes back can be recognised."""
    from ketacare.web import clock

    at = clock.now()
    return at.replace(microsecond=at.microsecond // 100 * 100)


@dataclass
class Told:
    """What one monitor sent and when it was acknowledged; times by this process's own clock."""

    sent: dict[int, float] = field(default_factory=dict)
    acknowledged_ms: list[float] = field(default_factory=list)
    refused: int = 0


class Monitor:
    """Sends one message, waits for its acknowledgement, sends the next: what HL7 asks of a sender."""

    def __init__(self, bedside: Bedside, port: int) -> None:
        self.bedside, self.port, self.told = bedside, port, Told()
        self.chance = random.Random(SEED + bedside.number)

    async def __aenter__(self) -> Self:
        self.reader, self.sender = await asyncio.open_connection("127.0.0.1", self.port)
        self.frames = FrameReader()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.sender.close()
        await asyncio.gather(self.sender.wait_closed(), return_exceptions=True)

    async def paced(self, seconds: int, offset_s: float) -> None:
        """One message a second. The clock runs from when it was due: a slow answer can't hide the next one's delay."""
        began = time.perf_counter() + offset_s
        for second in range(seconds):
            await asyncio.sleep(max(0.0, began + second - time.perf_counter()))
            await self.send(due=began + second)

    async def flat_out(self, seconds: float) -> None:
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            await self.send(due=time.perf_counter())

    async def send(self, due: float) -> None:
        at = now()
        message = self.message(at)
        self.told.sent[moment(at)] = due
        self.sender.write(framed(message))
        async with asyncio.timeout(ANSWER_WITHIN_S):
            answer = await self.answer()
        self.told.acknowledged_ms.append((time.perf_counter() - due) * 1000)
        self.told.refused += b"MSA|AA" not in answer and answer != message

    async def answer(self) -> bytes:
        while True:
            received = await self.reader.read(65_536)
            if not received:
                raise ConnectionError("the gateway closed the connection")
            for answer in self.frames.feed(received):
                return answer

    def message(self, at: datetime) -> bytes:
        """Six quiet values, as a monitor at rest sends them."""
        from ketacare.exchange.hl7v2 import send
        from ketacare.medicine.monitoring.terms import Channel

        usual = {"HR": 74, "PR": 74, "SPO2": 97, "RR": 14, "ABP_SYS": 124, "ABP_DIA": 78}
        values = [(Channel(name), Decimal(round(self.chance.gauss(value, 0.6)))) for name, value in usual.items()]
        station, bed = self.bedside.address
        return send.results(values, station=station, bed=bed, number=uuid.uuid4().hex, at=at)
