"""Whoever brings readings, pairs or ends a session takes its locks in one order, so no two wait for each other (D9)."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError, connections, transaction

from ketacare.clinic.monitoring import actions
from ketacare.clinic.monitoring.actions import devices, readings, watching
from ketacare.clinic.monitoring.models import Device, Pairing
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.tests.factories import AT, someone
from ketacare.clinic.tenancy.actions import tenant
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.monitoring.terms import Reading as Value

proof = pytest.mark.skipif(not os.environ.get("KETACARE_PROOF"), reason="a deadlock takes a second to be found")
LATER = AT + timedelta(seconds=2)


def both(bedside: Bedside, *acts: Callable[[], object]) -> list[type[Exception]]:
    """Each on a connection of its own; what they died of."""
    faults: list[type[Exception]] = []

    def run(act: Callable[[], object]) -> None:
        try:
            with tenant(bedside.clinic.organisation_id):
                act()
        except Exception as fault:  # noqa: BLE001 - which it was, the test says
            faults.append(type(fault))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return faults


@contextmanager
def two_monitors() -> Iterator[tuple[Bedside, Device]]:
    """A session with two monitors on it; the one that is let go last."""
    with transaction.atomic():
        bedside = Bedside()
        cuff, _ = actions.register_device(
            name="Cuff", address="cuff", channels=[Channel.NIBP_SYS], by=someone(bedside.clinic, "AD"), at=AT
        )
        actions.pair_device(device=cuff, visit=bedside.visit, by=bedside.nurse, at=AT)
        last = Pairing.objects.filter(visit=bedside.visit).order_by("pk").select_related("device").last()
    assert last is not None
    yield bedside, last.device


def end_while_readings_come(monkeypatch: pytest.MonkeyPatch) -> list[type[Exception]]:
    """Readings of the monitor that is let go last hold its pairing, and come to the watch as the session ends."""
    with two_monitors() as (bedside, device):
        holds_pairing = threading.Event()
        real = watching.advance_many

        def slowly(*args, **more):
            holds_pairing.set()
            threading.Event().wait(0.4)
            return real(*args, **more)

        monkeypatch.setattr(readings.watching, "advance_many", slowly)
        value = Value(Channel.TEMP, Decimal(37), LATER, LATER, device=str(device.pk))
        arrival = actions.Arrival(device.pk, 1, LATER, LATER, (value,))

        def end():
            assert holds_pairing.wait(5)
            actions.end_watch(visit=bedside.visit, by=bedside.nurse, at=LATER)

        return both(bedside, lambda: actions.record_readings([arrival], clinic_id=bedside.clinic.pk, at=LATER), end)


def test_d9_a_session_that_ends_as_its_readings_come_waits_for_them(fresh_database, monkeypatch):
    assert end_while_readings_come(monkeypatch) == []


@proof
def test_d9_the_control_arm_without_the_order_the_database_ends_one_of_them(fresh_database, monkeypatch):
    monkeypatch.setattr(devices, "hold_pairings", lambda **_: None)
    assert end_while_readings_come(monkeypatch) == [OperationalError]


def pair_while_it_sends(monkeypatch: pytest.MonkeyPatch) -> list[type[Exception]]:
    """A batch has the watch and lists a monitor that is on nobody, as somebody puts that one on the same patient."""
    with transaction.atomic():
        bedside = Bedside()
        cuff, _ = actions.register_device(
            name="Cuff", address="cuff", channels=[Channel.NIBP_SYS], by=someone(bedside.clinic, "AD"), at=AT
        )
    has_watch = threading.Event()

    def batch():
        watching.advance(bedside.visit, [], at=LATER)
        has_watch.set()
        threading.Event().wait(0.4)
        where = {"organisation_id": bedside.clinic.organisation_id, "clinic_id": bedside.clinic.pk}
        devices.note_stray(**where, address="cuff", device_id=cuff.pk, messages=1, last_message=1, at=LATER)

    def pair():
        assert has_watch.wait(5)
        actions.pair_device(device=cuff, visit=bedside.visit, by=bedside.nurse, at=LATER)

    return both(bedside, batch, pair)


def test_d9_a_monitor_is_paired_while_a_batch_lists_it_as_a_stray(fresh_database, monkeypatch):
    assert pair_while_it_sends(monkeypatch) == []


@proof
def test_d9_the_control_arm_with_the_whole_row_locked_the_database_ends_one_of_them(fresh_database, monkeypatch):
    monkeypatch.setattr(devices, "_held", lambda device: Device.objects.select_for_update().get(pk=device.pk))
    assert pair_while_it_sends(monkeypatch) == [OperationalError]
