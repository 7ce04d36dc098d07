"""G13, G18: the wire from the monitor and the gateway itself, cut. Within 10 s a named technical alarm, and no number
that looks live, though nobody ever tells the watch that something was cut.

The gateway is the product's own process, and the wire a real one. What passes after the cut is told to the watch's
round and not waited for: it decides by the clock it is given.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from tests.browser import free_port

from ketacare.clinic.monitoring import queries
from ketacare.clinic.monitoring.models import AlarmSignal
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.exchange.hl7v2 import send
from ketacare.exchange.hl7v2.translate import framed
from ketacare.exchange.mailroom.models import Message
from ketacare.medicine.monitoring.terms import Channel, Freshness, Presence, Priority
from ketacare.web import clock
from ketacare.web.commands.watch import round_of_all
from ketacare.web.gateway.tests.running import Wire

TOLD_WITHIN_S = 10
WHOLE_FOR_S = TOLD_WITHIN_S + 1
READY_WITHIN_S = 60


@pytest.fixture
def bedside(fresh_database):
    with transaction.atomic():
        return Bedside(address="ST/1", at=clock.now() - timedelta(seconds=1))


@pytest.fixture
def gateway(fresh_database, bedside):
    port = free_port()
    environment = os.environ | fresh_database.environment()
    command = [sys.executable, "-m", "ketacare", "gateway", "--port", str(port)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
        give_up = time.monotonic() + READY_WITHIN_S
        while time.monotonic() < give_up:
            assert process.poll() is None
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        process.port = port
        yield process
        process.send_signal(signal.SIGCONT)
        process.kill()


def message(number, at):
    values = [(Channel.SPO2, Decimal(97)), (Channel.HR, Decimal(72))]
    return framed(send.results(values, station="ST", bed="1", number=str(number), at=at))


def measured(bedside, wire, number=1):
    """One value through the wire, kept, and live on the screen."""
    at = clock.now()
    wire.socket.sendall(message(number, at))
    assert wire.answers(1) == [("AA", str(number))]
    assert shown(bedside, at) == {Channel.SPO2: Freshness.LIVE, Channel.HR: Freshness.LIVE}
    return at


def shown(bedside, at):
    with tenancy.tenant(bedside.clinic.organisation_id):
        standing = queries.standing(bedside.visit, at=at)
    return {one.channel: one.freshness for one in standing.shown if one.channel in (Channel.SPO2, Channel.HR)}


def lost(bedside, since, seconds):
    """What the rounds of so many seconds raised: each technical condition, and after how long."""
    for second in range(1, seconds + 1):
        round_of_all(lambda second=second: since + timedelta(seconds=second))
    return raised(bedside, since)


def raised(bedside, since):
    with tenancy.tenant(bedside.clinic.organisation_id):  # what was lost while the gateway started is another matter
        told = AlarmSignal.objects.filter(visit=bedside.visit, kind="technical", sounding=True, at__gt=since)
        present = told.filter(presence=Presence.PRESENT).order_by("-id")
        return {row.condition: (row.at - since).total_seconds() for row in present}


def holds(bedside, since):
    """Both streams named, in time, at medium or above; nothing looks live, and no number stands there."""
    told = lost(bedside, since, TOLD_WITHIN_S + 1)
    assert {key for key in told if key.endswith(".lost")} >= {"SPO2.lost", "HR.lost"}
    assert all(after <= TOLD_WITHIN_S for key, after in told.items() if key in ("SPO2.lost", "HR.lost"))
    at = since + timedelta(seconds=TOLD_WITHIN_S)
    assert set(shown(bedside, at).values()) == {Freshness.LOST}
    with tenancy.tenant(bedside.clinic.organisation_id):
        standing = queries.standing(bedside.visit, at=at)
    assert [one.value for one in standing.shown if one.channel is Channel.SPO2] == [None]
    assert standing.loudest.priority >= Priority.MEDIUM


def test_g13_g18_the_wire_of_the_monitor_is_cut(bedside, gateway):
    with Wire(gateway.port) as wire:
        at = measured(bedside, wire)
    holds(bedside, at)


def test_g13_g18_the_gateway_is_killed(bedside, gateway):
    with Wire(gateway.port) as wire:
        at = measured(bedside, wire)
        gateway.kill()
        gateway.wait(10)
        assert wire.socket.recv(10) == b"", "the monitor sees it too"
    holds(bedside, at)


def test_g13_g18_the_gateway_hangs_and_the_wire_stays_open(bedside, gateway):
    with Wire(gateway.port) as wire:
        at = measured(bedside, wire)
        gateway.send_signal(signal.SIGSTOP)
        wire.socket.sendall(message(2, clock.now()))
        wire.socket.settimeout(0.3)
        with pytest.raises(TimeoutError):
            wire.answers(1)
        with tenancy.tenant(bedside.clinic.organisation_id):
            assert list(Message.objects.values_list("control_id", flat=True)) == ["1"], "unanswered, it is not kept"
    holds(bedside, at)


def test_g13_control_with_the_link_whole_nothing_is_told_and_without_the_watch_nothing_ever_is(bedside, gateway):
    """For longer than it takes to tell a loss, in real time: a value and a round each second."""
    with Wire(gateway.port) as wire:
        began = at = measured(bedside, wire)
        for number in range(2, WHOLE_FOR_S + 2):
            time.sleep(max(0.0, (began + timedelta(seconds=number - 1) - clock.now()).total_seconds()))
            at = measured(bedside, wire, number)
            round_of_all(clock.now)
        assert at - began >= timedelta(seconds=TOLD_WITHIN_S)
        assert raised(bedside, began) == {}
        with tenancy.tenant(bedside.clinic.organisation_id):
            standing = queries.standing(bedside.visit, at=at + timedelta(seconds=60))
    assert standing.loudest is None, "nobody let time pass: that silence is what the watch's own beat is for (D9)"
