"""The one load generator of G8, G11, G19 and G20: chairs with a dose running, their monitors, a screen at each.

Monitors and screens run in this process, on the cores of what they measure; the gateway, the alarms' watch and the web
process are the product's own. Times run from when a message was due.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import random
import re
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from subprocess import Popen
from typing import Any
from uuid import UUID

from bench.bedsides import VALUES_A_MESSAGE, Bedside, Monitor, moment, now
from bench.figures import Spread
from bench.ground import Ground
from bench.screens import Screen, asked, nearest
from ketacare.exchange.hl7v2.translate import framed

USUAL = {"HR": 74, "PR": 74, "RR": 14, "ABP_SYS": 124, "ABP_DIA": 78}
HIGH = 3


@dataclass(frozen=True)
class Place(Bedside):
    """A chair of the floor, by the address of its monitor."""

    chair: str = ""

    @property
    def address(self) -> tuple[str, str]:
        return self.station, self.chair


@dataclass
class Answered:
    """One message: when it was due, and when we were told that it is kept."""

    due: float
    at: float
    spo2: int
    kept: bool = True


class Watched(Monitor):
    """A monitor whose every message is remembered, and whose saturation can be told to fall."""

    def __init__(self, place: Bedside, port: int) -> None:
        super().__init__(place, port)
        self.answered: dict[int, Answered] = {}
        self.spo2 = 97
        self.stopped = False

    async def every(self, step_s: float, until: float, offset_s: float) -> None:
        due = time.perf_counter() + offset_s
        while due < until and not self.stopped:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            await self.send(due=due)
            due += step_s

    async def send(self, due: float) -> None:
        at, spo2 = now(), self.spo2
        self.told.sent[moment(at)] = due
        self.sender.write(framed(self.message(at)))
        answer = await self.answer()
        kept = b"MSA|AA" in answer
        self.told.refused += not kept
        self.answered[moment(at)] = Answered(due, time.perf_counter(), spo2, kept)

    def kept(self) -> list[int]:
        """The times of the messages of which we were told that they are kept."""
        return [sent for sent, one in self.answered.items() if one.kept]

    def message(self, at: datetime) -> bytes:
        from ketacare.exchange.hl7v2 import send
        from ketacare.medicine.monitoring.terms import Channel

        station, bed = self.bedside.address
        values = [(Channel(name), Decimal(round(self.chance.gauss(value, 0.6)))) for name, value in USUAL.items()]
        number = f"{bed}-{len(self.told.sent)}-{moment(at)}"
        return send.results(
            [(Channel.SPO2, Decimal(self.spo2)), *values], station=station, bed=bed, number=number, at=at
        )


class Listener(Screen):
    """A screen that also hears alarms, when the database is said to be away, and that comes back as a page does."""

    def __init__(self, bedside: Bedside, port: int) -> None:
        super().__init__(bedside, port)
        self.heard: list[tuple[str, float]] = []  # beat, away, lost
        self.high: dict[str, float] = {}
        self.highs: list[float] = []  # of the saturation
        self.number, self.last_word = 0, ""

    async def again(self) -> None:
        """Asked for anew; where that is refused, it stays ended."""
        self.sender.close()
        self.live.clear()
        with contextlib.suppress(OSError, RuntimeError, TimeoutError):
            await self.__aenter__()

    async def read(self) -> None:
        event = b""
        while line := await self.reader.readline():
            if line.startswith(b"event: "):
                event = line[7:].strip()
                self.last_word = event.decode()
                if event in (b"beat", b"away"):
                    self.beats += event == b"beat"
                    self.heard.append((event.decode(), time.perf_counter()))
                self.live.set()
            elif line.startswith(b"id: "):
                self.number = int(line[4:])
            elif line.startswith(b"data: ") and event == b"reading":
                self.shown(_json(line[6:]), time.perf_counter())
            elif line.startswith(b"data: ") and event == b"alarm":
                for signal in _json(line[6:])["body"].get("signals", ()):  # others only ask to look again
                    if signal.get("priority") == HIGH and signal.get("presence") == "present":
                        self.high.setdefault(signal["condition"], time.perf_counter())
                        self.highs += [time.perf_counter()] if signal["condition"] == "SPO2.low" else []
        self.heard.append(("lost", time.perf_counter()))


class Follower(Listener):
    """A screen that stays: when its stream ends it comes back with a new ticket, and goes on after the last it has, as
    a page does."""

    def __init__(self, bedside: Bedside, port: int, ticket: Callable[[], str]) -> None:
        super().__init__(bedside, port)
        self.ticket = ticket
        self.endings: Counter[str] = Counter()  # of its streams, by the last that each said

    async def read(self) -> None:
        while True:
            await super().read()
            self.endings[self.last_word] += 1
            while not await self.opened_anew():
                await asyncio.sleep(0.5)

    async def opened_anew(self) -> bool:
        self.sender.close()
        with contextlib.suppress(OSError):
            self.reader, self.sender = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
            self.sender.write(asked(self.ticket(), f"Last-Event-ID: {self.number}"))
            return b" 200 " in await self.reader.readline()
        return False


def _json(text: bytes) -> Any:
    import json

    return json.loads(text)


@dataclass
class Floor:
    ground: Ground
    clinic: Any
    nurse: Any
    visits: list[tuple[UUID, str]]
    dosed: int
    processes: dict[str, Popen[bytes]] = field(default_factory=dict)

    def places(self) -> list[Place]:
        """With tickets as a page gets them."""
        return [
            Place(number, visit, self.ticket(number), "YEARS", chair)
            for number, (visit, chair) in enumerate(self.visits)
        ]

    def ticket(self, place: int) -> str:
        from ketacare.clinic.monitoring.access import ticket_for
        from ketacare.web import clock

        return ticket_for(self.nurse, [f"visit:{self.visits[place][0]}"], at=clock.now())

    def charted(self) -> dict[UUID, dict[int, int]]:
        """By chair, each time in its chart and how many values a monitor gave for it."""
        found: dict[UUID, dict[int, int]] = {}
        with self.ground.app() as connection, connection.transaction():
            connection.execute(
                "select set_config('ketacare.organisation', %s, true)", (str(self.clinic.organisation_id),)
            )
            rows = connection.execute(
                "select visit_id, taken_at, count(*) from monitoring_reading where clinic_id = %s "
                "and source = 'device' group by visit_id, taken_at",
                (self.clinic.pk,),
            )
            for visit_id, taken_at, values in rows:
                found.setdefault(visit_id, {})[moment(taken_at)] = values
        return found

    def memory_mb(self) -> dict[str, float]:
        return {name: resident_mb(process.pid) for name, process in self.processes.items()}


def resident_mb(pid: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found.group(1)) / 1024 if found else 0.0


def furnished(ground: Ground, chairs: int, dosed: int) -> Floor:
    """So many watched chairs, each with its monitor. At the first of them an infusion began ten minutes ago, by all the
    acts that people use; those are the chairs whose pages are opened."""
    from django.db import transaction

    from bench import years
    from ketacare.clinic.people.models import User
    from ketacare.clinic.people.tests.factories import a_clinic, someone
    from ketacare.clinic.scheduling import actions as scheduling
    from ketacare.clinic.tenancy import actions as tenancy
    from ketacare.medicine.scheduling.reader import lengths
    from ketacare.web import clock

    at = clock.now()
    with transaction.atomic():
        # Where no day begins while a dose of twenty minutes ago is told: what is asked on the day counts only then.
        clinic = a_clinic("Floor", zone="UTC" if at.hour else "America/New_York")
        desk, nurse, second = (someone(clinic, role, name) for role, name in (("FD", "D"), ("RN", "A"), ("RN", "B")))
        prescriber, witness = someone(clinic, "RX", "Dr Cho"), User.objects.get(pk=str(second.user_id))
        teller = years.Teller(
            clinic, desk, nurse, second, prescriber, someone(clinic, "AD"), witness, random.Random(years.SEED)
        )
    visits, most = [], lengths().site.watched.acting
    for number in range(chairs):
        with tenancy.tenant(clinic.organisation_id):
            if number and number % most == 0:  # one nurse watches so many chairs and no more (D5)
                teller = replace(teller, nurse=someone(clinic, "RN", f"A{number}"))
            chair = scheduling.add_chair(name=f"Chair {number + 1}", by=desk, at=at)
            visit = a_dose(teller, number, chair, at) if number < dosed else a_watch(teller, number, at)
            years.paired(teller, visit, chair, at - 10 * years.MINUTE)
            visits.append((visit.pk, chair.name))
    return Floor(ground, clinic, nurse, visits, dosed)


def a_dose(teller: Any, number: int, chair: Any, at: datetime) -> Any:
    from bench import years

    patient = years.a_known_patient(teller, f"Floor{number}", at - timedelta(days=5))
    return years.begun(teller, patient, chair, number, at - 20 * years.MINUTE).visit


def a_watch(teller: Any, number: int, at: datetime) -> Any:
    """A booked visit whose watch was begun: all that the gateway, the alarms and the live stream know of a chair."""
    from bench import years
    from bench.bedsides import a_visit
    from ketacare.clinic.monitoring import actions as monitoring

    visit = a_visit(teller.desk, number, at - 20 * years.MINUTE)
    monitoring.begin_watch(visit=visit, by=teller.nurse, at=at - 15 * years.MINUTE)
    return visit


@contextmanager
def running(floor: Floor, *, gateway: bool = True) -> Iterator[None]:
    with ExitStack() as stack:
        ground = floor.ground
        floor.processes["web"] = stack.enter_context(ground.web())
        if gateway:
            floor.processes["gateway"] = stack.enter_context(ground.process("gateway", port=ground.mllp_port))
        floor.processes["watch"] = stack.enter_context(ground.process("watch", port=ground.web_port))
        yield


@asynccontextmanager
async def monitored(floor: Floor, port: int | None = None) -> AsyncIterator[list[Watched]]:
    async with AsyncExitStack() as stack:
        to = port or floor.ground.mllp_port
        yield [await stack.enter_async_context(Watched(one, to)) for one in floor.places()]


@asynccontextmanager
async def listened(floor: Floor) -> AsyncIterator[list[Listener]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(Listener(one, floor.ground.web_port)) for one in floor.places()]


@asynccontextmanager
async def followed(floor: Floor) -> AsyncIterator[list[Follower]]:
    """A screen at each chair for as long as it takes; a ticket lasts less than a minute."""
    async with AsyncExitStack() as stack:
        port = floor.ground.web_port
        yield [
            await stack.enter_async_context(Follower(one, port, partial(floor.ticket, place)))
            for place, one in enumerate(floor.places())
        ]


async def sending(monitors: list[Watched], seconds: float, *, a_second: float = 1.0) -> None:
    until, step_s = time.perf_counter() + seconds, 1 / a_second
    await asyncio.gather(*(one.every(step_s, until, step_s * n / len(monitors)) for n, one in enumerate(monitors)))


def acknowledged_ms(monitors: list[Watched]) -> Spread:
    return Spread.of([(one.at - one.due) * 1000 for monitor in monitors for one in monitor.answered.values()])


def on_screen_ms(monitors: Sequence[Watched], screens: Sequence[Listener]) -> tuple[Spread, int]:
    """From the acknowledgement, which is after the commit, to the screen; and how many were never shown."""
    took, never = [], 0
    for monitor, screen in zip(monitors, screens, strict=True):
        for sent, one in monitor.answered.items():
            came = nearest(screen.seen, sent)
            never += came is None
            took += [] if came is None else [max(0.0, (came - one.at) * 1000)]
    return Spread.of(took), never


def lost(acknowledged: Mapping[UUID, Sequence[int]], charted: Mapping[UUID, Mapping[int, int]]) -> int:
    """How many messages were acknowledged whose values are not all in the chart of their own chair at their time."""
    return sum(
        (nearest(charted.get(chair, {}), sent) or 0) < VALUES_A_MESSAGE
        for chair, times in acknowledged.items()
        for sent in times
    )


def raising(fallen: Sequence[Answered], delay_s: float) -> Answered | None:
    """Of the values below the line, in order: the first that was due when the delay since the first was over."""
    return next((one for one in fallen if one.due >= fallen[0].due + delay_s), None)


def high_delay_s() -> float:
    """What the shipped limits wait before a saturation below the high line is an alarm."""
    from ketacare.medicine.evidence.reader import read_sheet
    from ketacare.medicine.protocols import reader

    body: Any = read_sheet(Path(reader.__file__).parent.parent / "knowledge" / "tx-1.toml").body
    return float(body["parameters"]["spo2"]["delay_high"].value)


@dataclass
class Pages:
    """Somebody who opens one page after another, as many a second as asked."""

    floor: Floor
    cookie: str
    took_ms: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    by_kind: dict[str, list[float]] = field(default_factory=dict)

    @classmethod
    def of(cls, floor: Floor) -> Pages:
        from ketacare.clinic.people.tests.factories import browser

        return cls(floor, browser(floor.nurse).cookies["ketacare"].value)

    def paths(self) -> list[str]:
        from django.urls import reverse

        chairs = [reverse("session", args=[visit]) for visit, _ in self.floor.visits[: self.floor.dosed]]
        return [path for chair in chairs for path in (chair, reverse("wall"), reverse("duties"))]

    async def opened(self, seconds: float, every_s: float) -> None:
        until, paths, place = time.perf_counter() + seconds, self.paths(), 0
        while (began := time.perf_counter()) < until:
            await asyncio.to_thread(self.fetch, paths[place % len(paths)])
            place += 1
            await asyncio.sleep(max(0.0, began + every_s - time.perf_counter()))

    def fetch(self, path: str) -> None:
        wire = http.client.HTTPConnection("127.0.0.1", self.floor.ground.web_port, timeout=60)
        began = time.perf_counter()
        wire.request("GET", path, headers={"Cookie": f"ketacare={self.cookie}", "Host": "localhost"})
        answer = wire.getresponse()
        answer.read()
        wire.close()
        self.took_ms.append((time.perf_counter() - began) * 1000)
        kind = "the wall" if "wall" in path else "the worklist" if "duties" in path else "chairside"
        self.by_kind.setdefault(kind, []).append(self.took_ms[-1])
        self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1


def readings(monitors: list[Watched]) -> int:
    return sum(len(one.answered) - one.told.refused for one in monitors) * VALUES_A_MESSAGE
