"""What no monitor should send, and some do: taken apart, bounded, kept, owned and answered."""

import asyncio
import socket
import time
from datetime import timedelta
from unittest.mock import Mock
from uuid import uuid4

import pytest
from django.db import DataError, transaction
from tests.reference_data import ketacare_reference_data

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.monitoring import processes
from ketacare.clinic.monitoring.agents import AGENT, Place, process_of
from ketacare.clinic.monitoring.models import Beat, Reading
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.scheduling.models import Chair
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.exchange.hl7v2.tests.examples import SPO2, UNKNOWN, oru
from ketacare.exchange.hl7v2.translate import alive, framed, held_by_agent
from ketacare.exchange.mailroom.models import Message, Refusal, UnknownParameter
from ketacare.web import clock
from ketacare.web.gateway import listener
from ketacare.web.gateway.agents import named
from ketacare.web.gateway.tests.running import Running, Wire


@pytest.fixture
def bedside(fresh_database):
    with transaction.atomic():
        return Bedside(at=clock.now() - timedelta(minutes=1))


@pytest.fixture
def gateway(bedside):
    running = Running()
    yield running
    running.stop()


def kept(bedside, model):
    with tenancy.tenant(bedside.clinic.organisation_id):
        return list(model.objects.order_by("pk"))


def spo2(value, number):
    return oru(SPO2.replace(b"|97|", b"|%d|" % value), number=number)


def closed(wire):
    try:
        return wire.socket.recv(100) == b""
    except ConnectionResetError:
        return True


def test_messages_run_together_in_one_frame_are_taken_apart_each_with_its_own_answer(gateway, bedside):
    """Read as one, the second patient's values would be the first one's."""
    other = spo2(91, b"2002").replace(b"CHAIR-3", b"CHAIR-4")
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(spo2(97, b"2001") + other))
        assert wire.answers(2) == [("AA", "2001"), ("AA", "2002")]
    rows = kept(bedside, Message)
    assert [(row.sender, bytes(row.body)) for row in rows] == [
        ("0011223344556677/CHAIR-3", spo2(97, b"2001")),
        ("0011223344556677/CHAIR-4", other),
    ]
    assert [row.value for row in kept(bedside, Reading)] == [97]


def test_a_batch_is_answered_as_a_batch_and_a_wrong_count_is_said_and_kept(gateway, bedside):
    batch = b"FHS|^~\\&|HUB\rBHS|^~\\&|HUB\r" + spo2(97, b"1") + spo2(96, b"2") + b"BTS|3\rFTS|1\r"
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(batch))
        answer = wire.raw()
        assert answer.startswith(b"BHS|")
        assert answer.endswith(b"BTS|3\r")
        said = [line.split(b"|")[1:3] for line in answer.split(b"\r") if line.startswith(b"MSA")]
        assert said == [[b"AA", b"1"], [b"AA", b"2"], [b"AR", b""]]
    assert "BTS-1 does not say 2" in kept(bedside, Refusal)[0].words
    assert bytes(kept(bedside, Message)[-1].body) == batch


def test_a_repeat_within_and_across_frames_gets_the_same_answer_and_doubles_nothing(gateway, bedside):
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(oru(SPO2) + oru(SPO2)) + framed(oru(SPO2)))
        answers = [wire.raw() for _ in range(3)]
    assert len(set(answers)) == 1
    assert (len(kept(bedside, Message)), len(kept(bedside, Reading))) == (1, 1)


def test_i15_bytes_outside_a_frame_are_kept_owned_and_the_line_closed(gateway, bedside):
    with Wire(gateway.port) as wire:
        wire.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert wire.answers(1) == [("AR", "")]
        assert closed(wire)
    [row], [line], [duty] = (kept(bedside, model) for model in (Message, Refusal, Duty))
    assert bytes(row.body) == b"GET / HTTP/1.1\r\n\r\n"
    assert (row.answer, line.owner_role, line.last_message_id) == ("AR", "AD", row.pk)
    assert (duty.kind, duty.owner_role) == ("mailroom.look", "AD")


def test_a_giant_is_counted_not_held_kept_by_its_beginning_and_digest_and_the_line_goes_on(gateway, bedside):
    giant = spo2(97, b"77") + b"NTE|1||" + b"x" * 3_000_000
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(giant) + framed(spo2(96, b"78")) + framed(giant))
        assert wire.answers(3) == [("AR", "77"), ("AA", "78"), ("AR", "77")]
    first, second = kept(bedside, Message)
    assert (first.whole_bytes, len(first.body)) == (len(giant), 65_536)
    assert second.whole_bytes is None
    assert [row.value for row in kept(bedside, Reading)] == [96]


def test_a_giant_field_of_a_message_within_bounds_is_read_past(gateway, bedside):
    message = oru(b"NTE|1||" + b"y" * 900_000, SPO2)
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(message))
        assert wire.answers(1) == [("AA", "1001")]
    assert [row.value for row in kept(bedside, Reading)] == [97]


def test_a_message_of_too_many_values_is_refused_whole(gateway, bedside):
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(oru(*[SPO2] * 2001)))
        assert wire.answers(1) == [("AR", "1001")]
    assert not kept(bedside, Reading)


def test_a_message_that_never_ends_is_kept_answered_and_let_go(gateway, bedside, monkeypatch):
    monkeypatch.setattr(listener, "FRAME_WITHIN_S", 0.5)
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(oru(SPO2))[:80])
        assert wire.answers(1)[0][0] == "AR"
        assert closed(wire)
    assert "did not end" in kept(bedside, Refusal)[0].words


def test_a_sender_of_single_bytes_is_read_as_any_other(gateway):
    with Wire(gateway.port) as wire:
        wire.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in framed(oru(SPO2)):
            wire.socket.sendall(bytes([byte]))
        assert wire.answers(1) == [("AA", "1001")]


def test_a_half_open_peer_is_found_by_the_kernel(gateway, monkeypatch):
    """The wire answers nothing and closes nothing: only the kernel's own probes can tell."""
    probed, asked = [], listener.keep_alive
    monkeypatch.setattr(listener, "keep_alive", lambda sender: (asked(sender), probed.append(sender)))
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(oru(SPO2)))
        assert wire.answers(1) == [("AA", "1001")]
        served = probed[0].get_extra_info("socket")
        assert served.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert served.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 60_000


def test_more_connections_than_allowed_are_refused_and_those_there_are_stay(gateway, monkeypatch):
    monkeypatch.setattr(listener, "CONNECTIONS_MOST", 2)
    with Wire(gateway.port) as one, Wire(gateway.port) as two:
        one.socket.sendall(framed(spo2(97, b"1")))
        two.socket.sendall(framed(spo2(97, b"2")))
        assert (one.answers(1), two.answers(1)) == ([("AA", "1")], [("AA", "2")])
        with Wire(gateway.port) as three:
            assert closed(three)
        one.socket.sendall(framed(spo2(97, b"3")))
        assert one.answers(1) == [("AA", "3")]


def test_long_messages_wait_for_room_and_all_are_read(gateway, monkeypatch):
    """Forty at once, one allowed to hold a long one: memory is bounded and nobody is turned away."""
    monkeypatch.setattr(listener, "LARGE_AT_ONCE", 1)
    wires = [Wire(gateway.port) for _ in range(6)]
    message = oru(b"NTE|1||" + b"y" * 400_000, SPO2)
    halves = [message.replace(b"|1001|", b"|%d|" % number) for number in range(len(wires))]
    for wire, one in zip(wires, halves, strict=True):
        wire.socket.sendall(framed(one)[:300_000])
    time.sleep(0.2)
    for wire, one in zip(wires, halves, strict=True):
        wire.socket.sendall(framed(one)[300_000:])
    assert [wire.answers(1)[0] for wire in wires] == [("AA", str(number)) for number in range(len(wires))]
    for wire in wires:
        wire.socket.close()


NAMED = [
    (b"UNICODE UTF-8", "Müller".encode(), "AA"),
    (b"8859/1", "Müller".encode("latin-1"), "AA"),
    (b"", b"Muller", "AA"),
    (b"UNICODE UTF-16", b"Muller", "AE"),
    (b"GB 18030-2000", b"Muller", "AE"),
]


def test_character_sets_are_read_as_named_or_refused_with_the_reason(gateway, bedside):
    with Wire(gateway.port) as wire:
        for number, (named, encoded, answer) in enumerate(NAMED):
            code = b"OBX|3|ST|%d^" % number + encoded + b"^99X||5||||||R"
            message = oru(code, number=b"%d" % number).replace(b"|UNICODE UTF-8\r", b"|" + named + b"\r")
            wire.socket.sendall(framed(message))
            assert wire.answers(1) == [(answer, str(number))]
    refused = [row.faults for row in kept(bedside, Message) if row.answer == "AE"]
    assert [[fault["where"] for fault in faults] for faults in refused] == [["MSH^1^18"]] * 2
    codes = {line.code for line in kept(bedside, UnknownParameter)}
    assert codes == {"0^Müller^99X", "1^Müller^99X", "2^Muller^99X"}


def test_h24_an_unknown_parameter_is_listed_once_with_its_owner_and_counted(gateway, bedside):
    with Wire(gateway.port) as wire:
        for number in range(3):
            wire.socket.sendall(framed(oru(SPO2, UNKNOWN, number=b"%d" % number)))
        assert {code for code, _ in wire.answers(3)} == {"AA"}
    [line] = kept(bedside, UnknownParameter)
    assert (line.code, line.unit, line.last_value, line.messages) == ("999999^VENDOR_THING^99VENDOR", "/min", "42", 3)
    assert len(kept(bedside, Duty)) == 1


def test_every_sample_of_a_real_monitor_is_acknowledged_alone_repeated_and_in_an_agent_s_batch(gateway, bedside):
    samples = sorted((ketacare_reference_data() / "hl7").glob("*.hl7"))
    assert len(samples) == 8
    for path in samples:
        raw = path.read_bytes()
        with Wire(gateway.port) as wire:
            wire.socket.sendall(framed(raw) * 2)
            first, again = wire.raw(), wire.raw()
            assert b"\rMSA|AA|" in first, path.stem
            assert first == again
            held = held_by_agent(raw, name="Chair 3", at=clock.now(), held=timedelta(hours=4))
            wire.socket.sendall(framed(held))
            assert b"\rMSA|AA|" in wire.raw(), path.stem
    assert {bytes(row.body).strip() for row in kept(bedside, Message)} == {
        path.read_bytes().strip() for path in samples
    }


def test_h6_d9_an_agent_is_heard_at_its_chair_and_what_is_no_name_of_one_is_refused_and_ends_nothing(gateway, bedside):
    agents, name = gateway.listener.agents, "Fenêtre 3"
    with tenancy.tenant(bedside.clinic.organisation_id):
        of = {"organisation": bedside.clinic.organisation, "clinic": bedside.clinic, "created_at": clock.now()}
        chair = Chair.objects.create(**of, name=name)
    agents.tell()
    beat = Beat.objects.filter(process=process_of(chair.pk))
    with Wire(gateway.port) as wire:
        wire.socket.sendall(framed(alive(name=name, at=clock.now())))
        assert wire.raw().endswith(b"BTS|0\r")
        agents.tell()
        assert beat.get().at > processes.STOPPED
        for number in range(2):
            wire.socket.sendall(framed(alive(name=f"invented {number}", at=clock.now())))
            wire.raw()
        assert agents.heard == {}
        assert kept(bedside, Message) == kept(bedside, Refusal) == [], "of what says only that it lives nothing is kept"
        wire.socket.sendall(framed(alive(name=name, at=clock.now()).replace(b"Fen tre", b"Fen\x00tre")))
        wire.raw()
        assert (agents.heard, len(kept(bedside, Refusal))) == ({}, 1)
        wire.socket.sendall(framed(alive(name=name, at=clock.now(), stopped=True)))
        wire.raw()
        agents.tell()
    assert beat.get().at == processes.STOPPED
    assert Beat.objects.filter(process__startswith=AGENT).count() == 1


@pytest.mark.parametrize(("told_to_stop", "missed_by_nobody"), [(False, 0), (True, 1)])
def test_h6_d9_no_fault_in_what_is_told_of_agents_ends_the_sign_of_life(told_to_stop, missed_by_nobody, monkeypatch):
    """It went on for nobody then, marked as stopped on purpose."""
    beats, stopped = [], []
    monkeypatch.setattr(listener, "BEAT_EVERY_S", 0.0)
    monkeypatch.setattr(listener, "hang_up", lambda: None)
    monkeypatch.setattr(listener.monitoring, "beat", lambda **said: beats.append(said))
    monkeypatch.setattr(listener.processes, "stopped", stopped.append)

    async def second_sign() -> None:
        agents, stop = Mock(tell=Mock(side_effect=DataError("a row's words"))), asyncio.Event()
        lateness = Mock(late_s=lambda: 0.0)
        telling = asyncio.create_task(listener.tell_lateness(lateness, "gateway here", clock.now, agents, stop))
        while len(beats) < 2:
            await asyncio.sleep(0.001)
        if told_to_stop:
            stop.set()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)

    asyncio.run(asyncio.wait_for(second_sign(), 10))
    assert len(stopped) == missed_by_nobody


CHAIR, OTHER, TRIED = (uuid4() for _ in range(3))


@pytest.mark.parametrize(
    ("places", "chairs", "shared"),
    [
        ([Place(CHAIR, "Chair 3", "North", False)], {"Chair 3": CHAIR, "North Chair 3": CHAIR}, set()),
        (
            [Place(CHAIR, "Chair 3", "North", False), Place(OTHER, "Chair 3", "South", False)],
            {"North Chair 3": CHAIR, "South Chair 3": OTHER},
            {"Chair 3"},
        ),
        (
            [Place(CHAIR, "Fenêtre", "North", False), Place(TRIED, "Fenêtre", "Training", True)],
            {"Fen tre": CHAIR, "North Fen tre": CHAIR, "Training Fen tre": TRIED},
            set(),
        ),
    ],
)
def test_h29_d9_the_name_of_an_agent_stands_for_one_chair_or_for_none(places, chairs, shared):
    assert named(places) == (chairs, shared)
