"""The product in this very process, on a clock that the test moves: a minute that nobody answers costs no minute.

Pages, live stream and database are the product's own. The watch is the product's round; each moves the clock, by a
second or by as much as the test says. Calls go to the gateway for trying out that ships, and come back as receipts.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
import uvicorn
from django.db import connections, transaction

from ketacare.clinic import channels
from ketacare.clinic.channels import actions as calls
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.models import Device
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.people.tests.factories import someone
from ketacare.clinic.supervision import actions, tasks
from ketacare.clinic.supervision.models import Post
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms import Reading as Value
from ketacare.web.commands import catcher
from ketacare.web.commands.watch import round_of_all
from tests.browser import free_port
from tests.database import FreshDatabase

BEGINS_MIN = 12.0
TOKEN = "for the test"
STEP_S = 5


@dataclass
class Clock:
    """From two minutes after T0, moved by the rounds of the watch alone: a busy machine only makes it go slower. No two
    looks at it say the same."""

    moved_s: float = 0
    looks: int = 0

    def now(self) -> datetime:
        self.looks += 1
        return f.later(BEGINS_MIN) + timedelta(seconds=self.moved_s, microseconds=self.looks)


@dataclass
class House:
    """A clinic with one dose acting: who works there, and the address of its pages."""

    address: str
    clock: Clock
    day: f.Day
    director: Actor
    patient: Actor
    device: Device
    gateways: channels.Gateways
    caught: catcher.Caught
    stays: dict[UUID, Actor] = field(default_factory=dict)
    messages: int = 0
    one_round: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def inside(self) -> Iterator[None]:
        with tenancy.tenant(self.day.clinic.organisation_id):
            yield

    def stay(self, actor: Actor) -> None:
        """A page of theirs that is seen and heard goes on answering while the clock is moved."""
        screen, at = uuid4(), self.clock.now()
        with self.inside():
            actions.record_self_test(
                screen=screen, visit=None, lamps=True, sounds=True, link_ms=300, offset_ms=-40, paired=None,
                awake=True, by=actor, at=at,
            )  # fmt: skip
        self.stays[screen] = actor

    def pass_time(self, seconds: int, step: int = STEP_S) -> None:
        for _ in range(0, seconds, step):
            self.round(step)

    def round(self, seconds: int = 0) -> None:
        with self.one_round:
            self.clock.moved_s += seconds
            with self.inside():
                self.speak()
                for screen, actor in self.stays.items():
                    actions.answer(screen=screen, visit=None, audible=True, by=actor, at=self.clock.now())
            round_of_all(self.clock.now)
            tasks.send_due(self.clock.now(), self.gateways)

    def speak(self) -> None:
        """The monitor, calm."""
        at, device = self.clock.now(), self.device
        readings = tuple(
            Value(channel, value, at, at, device=str(device.pk))
            for channel, value in ((Channel.HR, Decimal(74)), (Channel.SPO2, Decimal(97)))
        )
        self.messages += 1
        arrival = monitoring.Arrival(device.pk, self.messages, at, at, readings)
        monitoring.record_readings([arrival], clinic_id=self.day.clinic.pk, at=at)


@pytest.fixture
def house(fresh_database: FreshDatabase, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    clock = Clock()
    monkeypatch.setattr("ketacare.web.clock.now", clock.now)
    port = free_port()
    address = f"http://localhost:{port}"
    with serving(port), catching(address) as (gateways, caught):
        with transaction.atomic():
            day, director, patient, device = people_at_work()
        house = House(address, clock, day, director, patient, device, gateways, caught)
        with watching(house):
            yield house


def nobody_supervises(day: f.Day) -> None:
    """As where the dose was started without: whoever supervises takes it before our eyes."""
    rows = Post.objects.filter(visit=day.visit, task="supervises")
    rows.update(task="watches", ended_at=f.later(10))


def people_at_work() -> tuple[f.Day, Actor, Actor, Device]:
    """The infusion runs, a monitor is on the patient, and everybody on the ladder has a telephone."""
    day = f.a_day()
    f.to_running(day)
    nobody_supervises(day)
    device, _ = monitoring.register_device(
        name="Monitor 3", address="BED/3", by=someone(day.clinic, "AD"), at=f.later(0)
    )
    monitoring.pair_device(device=device, visit=day.visit, by=day.nurse, at=f.later(10))
    director, patient = someone(day.clinic, Role.MD, "Dr Feldt"), someone(day.clinic, Role.PT, "Jo Reed")
    Patient.objects.filter(pk=day.patient.pk).update(user=day.user(patient))
    for number, actor in enumerate((day.nurse, day.second, day.prescriber, director)):
        calls.set_reach(
            mobile=f"+120755501{number:02d}", by_text=True, by_voice=False, by_mail=False, by=actor, at=f.later(0)
        )
    return day, director, patient, device


@contextmanager
def serving(port: int) -> Iterator[None]:
    """As `ketacare web` serves, in a thread."""
    server = uvicorn.Server(
        uvicorn.Config(
            "ketacare.web.asgi:application", port=port, log_level="warning", access_log=False,
            timeout_graceful_shutdown=3,
        )
    )  # fmt: skip
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.05)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


@contextmanager
def catching(address: str) -> Iterator[tuple[channels.Gateways, catcher.Caught]]:
    server: Any = catcher.serve("127.0.0.1", 0, TOKEN)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    gateways = channels.configured(
        calls_url=f"http://127.0.0.1:{server.server_address[1]}/send", calls_token=TOKEN,
        report_to=f"{address}/calls/receipts/", mail_url="", mail_from="",
    )  # fmt: skip
    try:
        yield gateways, server.caught
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def watching(house: House) -> Iterator[None]:
    """As `ketacare watch`: one round a second."""
    over = threading.Event()
    faults: list[BaseException] = []

    def watch() -> None:
        try:
            while not over.wait(1):
                house.round(1)
        except BaseException as fault:
            faults.append(fault)
            raise
        finally:
            connections.close_all()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(10)
    assert faults == []
