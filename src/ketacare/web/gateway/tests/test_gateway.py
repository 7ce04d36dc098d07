import threading
import time

import pytest
from django.db import OperationalError, connection, transaction
from tests.reference_data import ketacare_reference_data

from ketacare.clinic.monitoring import queries, replays
from ketacare.clinic.monitoring.models import AlarmSignal, Beat, Reading
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.exchange.hl7v2.tests.examples import SPO2, UNKNOWN, oru
from ketacare.exchange.hl7v2.translate import framed
from ketacare.exchange.mailroom.models import Message
from ketacare.medicine.monitoring import rules
from ketacare.web import clock
from ketacare.web.commands import play, watch
from ketacare.web.gateway.tests.running import Running, Wire
from ketacare.web.gateway.writer import Writer


@pytest.fixture
def bedside(fresh_database):
    with transaction.atomic():
        return Bedside(at=clock.now())


@pytest.fixture
def gateway(bedside):
    running = Running()
    yield running
    running.stop()


def in_clinic(bedside, question):
    with tenancy.tenant(bedside.clinic.organisation_id):
        return question()


def test_messages_sent_ahead_and_in_pieces_are_answered_in_their_order(gateway, bedside):
    stream = b"".join(framed(oru(SPO2, number=str(n).encode())) for n in range(20))
    with Wire(gateway.port) as wire:
        for start in range(0, len(stream), 700):
            wire.socket.sendall(stream[start : start + 700])
        assert wire.answers(20) == [("AA", str(n)) for n in range(20)]
    assert in_clinic(bedside, Message.objects.count) == 20


def test_wrong_framing_is_answered_and_the_line_closed(gateway, bedside):
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(oru(SPO2)) + b"MSH|no frame")
        assert wire.answers(2) == [("AA", "1001"), ("AR", "")]
        assert wire.socket.recv(100) == b""


def test_a_stranger_is_answered_and_kept_by_the_home_clinic(gateway, bedside):
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(b"MSH|^~\\&|NOBODY||||||ORU^R01|7|P|2.5\r" + UNKNOWN + b"\r"))
        assert wire.answers(1) == [("AA", "7")]
    assert in_clinic(bedside, Message.objects.get).sender == "NOBODY"


def test_d9_while_the_database_does_not_answer_nothing_is_acknowledged(gateway, bedside, monkeypatch):
    commit, failures, answers_again = Writer.commit, [], threading.Event()

    def fails(self, letters, *more):
        if not answers_again.is_set():
            failures.append(len(letters))
            raise OperationalError
        return commit(self, letters, *more)

    monkeypatch.setattr(Writer, "commit", fails)
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(oru(SPO2)))
        wire.socket.settimeout(0.4)
        with pytest.raises(TimeoutError):
            wire.answer()
        answers_again.set()
        wire.socket.settimeout(30)
        assert wire.answers(1) == [("AA", "1001")]
    assert failures


def test_one_slow_sender_holds_up_nobody(gateway):
    with Wire(gateway.port) as slow, Wire(gateway.port) as quick:
        slow.socket.sendall(framed(oru(SPO2))[:50])
        quick.socket.sendall(framed(oru(SPO2, number=b"2")))
        assert quick.answers(1) == [("AA", "2")]
        slow.socket.sendall(framed(oru(SPO2))[50:])
        assert slow.answers(1) == [("AA", "1001")]


def recordings():
    folder = ketacare_reference_data(skip=False)
    if folder is None:
        return [pytest.param(None, marks=pytest.mark.skip("reference data absent"))]
    return [pytest.param(path, id=path.stem) for path in sorted((folder / "vitals").glob("*.csv"))]


@pytest.mark.parametrize("path", recordings())
def test_every_recording_plays_into_a_running_visit(gateway, bedside, path):
    moments = list(play.read(str(path)))
    door = play.Mllp("127.0.0.1", gateway.port, "0011223344556677", "CHAIR-3")
    tally = play.Tally()
    play.play(moments, door, 0, tally, now=clock.now)
    door.close()
    assert (tally.sent, tally.refused, tally.resent) == (len(moments), 0, 0)
    assert tally.acknowledged == tally.sent
    expected = {(row.at, row.channel, row.value) for row in rules.read_rows(path.read_text("utf-8"))}
    assert in_clinic(bedside, Reading.objects.filter(visit=bedside.visit).count) == len(expected)
    logged, again = in_clinic(bedside, lambda: (list(queries.signals(bedside.visit)), replays.signals(bedside.visit)))
    assert [told(row) for row in logged] == [told(signal) for signal in again]


def told(signal):
    return signal.at, signal.condition, signal.presence, signal.state, signal.sounding, signal.value


def test_the_watch_ticks_every_clinic_says_so_and_is_alone(bedside):

    with transaction.atomic():
        tenancy.enter(organisation_id=bedside.clinic.organisation_id)
        bedside.send(clock.now(), SPO2=97, HR=70)
    assert watch.holds_the_lock()
    assert watch.holds_the_lock()
    standby = threading.Thread(target=lambda: found.append(_lock_elsewhere()))
    found: list[bool] = []
    standby.start()
    standby.join()
    assert found == [False]
    later = clock.now().timestamp() + 600
    watch.round_of_all(lambda: clock.now().fromtimestamp(later, clock.now().tzinfo))
    assert in_clinic(bedside, AlarmSignal.objects.filter(kind="technical", presence="present").exists)
    assert Beat.objects.filter(process="watch").exists()
    assert time.time() < later


@pytest.mark.parametrize(
    "broken", ["dosing.actions.acting.renew", "supervision.actions.look", "monitoring.actions.tick"]
)
def test_h6_one_broken_act_of_the_watch_stops_neither_the_ladder_nor_its_own_silence(bedside, monkeypatch, broken):
    def breaks(**_):
        raise LookupError

    climbed = []
    monkeypatch.setattr(f"ketacare.clinic.{broken}", breaks)
    monkeypatch.setattr("ketacare.clinic.supervision.actions.climb", lambda **found: climbed.append(found))
    watch.round_of_all(clock.now)
    assert len(climbed) == Clinic.objects.count()
    assert not Beat.objects.filter(process="watch").exists(), "the screens say NOT LIVE (D9)"


def _lock_elsewhere():
    held = watch.holds_the_lock()
    connection.close()
    return held
