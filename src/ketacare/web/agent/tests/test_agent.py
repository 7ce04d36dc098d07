"""A cut of the link loses nothing, keeps the order and says how long each message was held; so does kill -9."""

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from unittest.mock import patch

import pytest
from tests.browser import free_port

from ketacare.exchange.hl7v2 import send, translate
from ketacare.exchange.hl7v2.tests.examples import SPO2, oru
from ketacare.exchange.hl7v2.translate import FrameReader, acknowledgement, framed
from ketacare.web.agent import run, store, taking
from ketacare.web.agent.store import Moment, Place, Store
from ketacare.web.agent.taking import Keeper, read_on
from ketacare.web.commands import agent as command
from ketacare.web.runtime.faults import BadInput

ROOT = Path(__file__).resolve().parents[5]


def message(number):
    return oru(SPO2, number=str(number).encode())


class Server(threading.Thread):
    """A gateway by its wire: keeps what it acknowledges; may hang up after so many, unanswered."""

    def __init__(self, port=0, hang_up_after=None):
        super().__init__(daemon=True)
        self.listening = socket.create_server(("127.0.0.1", port))
        self.port, self.hang_up_after, self.frames = self.listening.getsockname()[1], hang_up_after, []
        self.said = []  # signs of life
        self.start()

    def run(self):
        while True:
            try:
                wire, _ = self.listening.accept()
            except OSError:
                return
            with wire, contextlib.suppress(ConnectionResetError):  # an agent that stops waits for no answer
                self.serve(wire)

    def serve(self, wire):
        frames = FrameReader()
        while received := wire.recv(65536):
            for raw in frames.feed(received):
                if translate.opened(raw).agent and not translate.opened(raw).messages:
                    self.said.append(raw)
                    wire.sendall(framed(translate.in_batch([], at=store.now().at)))
                    continue
                self.frames.append(raw)
                if self.hang_up_after is not None and len(self.frames) >= self.hang_up_after:
                    self.hang_up_after = None
                    return
                if not raw.startswith((b"MSH", b"BHS")):
                    wire.sendall(framed(acknowledgement(b"", "AR", at=store.now().at, number="1")))
                    continue
                [inner] = translate.opened(raw).messages
                answer = acknowledgement(inner, "AA", at=store.now().at, number="1")
                wire.sendall(framed(translate.in_batch([answer], at=store.now().at)))

    def numbers(self):
        return [int(number) for raw in self.frames for number in re.findall(rb"ORU_R01\|(\d+)\|", raw)]

    def held_s(self):
        return [translate.opened(raw).held.total_seconds() for raw in self.frames]

    def close(self):
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.join(10)


class Agent:
    """The agent on a loop of its own thread."""

    def __init__(self, folder, port, *, follow=(), most_mb=10):
        self.folder, self.arguments = (
            folder,
            argparse.Namespace(
                host="127.0.0.1", port=free_port(), follow=list(follow), most_mb=most_mb, name="Chair 3"
            ),
        )
        self.loop = asyncio.new_event_loop()
        self.servers = [("127.0.0.1", one) for one in ([port] if isinstance(port, int) else port)]
        self.thread = threading.Thread(target=self.live, daemon=True)
        self.thread.start()
        wait_for(lambda: reachable(self.arguments.port))

    def live(self):
        self.told = asyncio.Event()
        self.loop.run_until_complete(run.serve(self.arguments, self.folder, self.servers, self.told))
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    def stop_when_all_is_answered(self):
        """What was sent and not yet answered when it stops is sent again: right, and not what is asked here."""
        wait_for(lambda: told(self.folder)["waiting"] == 0)
        self.stop()

    def stop(self):
        self.loop.call_soon_threadsafe(self.told.set)
        self.thread.join(10)
        assert not self.thread.is_alive()


def told(folder):
    store = Store(folder, most_bytes=1)
    found = store.told()
    store.close()
    return found


def reachable(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(question, patience_s=20):
    give_up = time.monotonic() + patience_s
    while not question():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def send_all(port, numbers):
    """As a monitor does: each until it is acknowledged. Those that were."""
    acknowledged = []
    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        frames = FrameReader()
        for number in numbers:
            wire.sendall(framed(message(number)))
            answers = []
            while not answers:
                received = wire.recv(65536)
                if not received:
                    return acknowledged
                answers = frames.feed(received)
            assert send.answer_of(answers[0]) == ("AA", str(number))
            acknowledged.append(number)
    return acknowledged


def test_g6_what_came_during_a_cut_is_handed_on_once_in_order_with_the_time_it_was_held(tmp_path):
    port = free_port()
    agent = Agent(tmp_path, port)
    assert send_all(agent.arguments.port, range(150)) == list(range(150))
    time.sleep(0.3)
    server = Server(port, hang_up_after=70)  # and the link breaks again while it drains
    wait_for(lambda: told(tmp_path)["waiting"] == 0)
    agent.stop()
    numbers = server.numbers()
    assert sorted(set(numbers)) == list(range(150))
    firsts = [number for place, number in enumerate(numbers) if number not in numbers[:place]]
    assert firsts == list(range(150))
    assert all(held >= 0.3 for held in server.held_s())
    assert told(tmp_path)["handed_on"] == {"AA": 150}
    server.close()


def test_g6_the_control_arm_that_answers_before_the_disk_has_it_does_lose(tmp_path, monkeypatch):
    async def answered_first(self, raws, **_):
        return None

    monkeypatch.setattr(Keeper, "keep", answered_first)
    agent = Agent(tmp_path, free_port())
    assert send_all(agent.arguments.port, range(5)) == list(range(5))
    agent.stop()
    assert told(tmp_path)["waiting"] == 0


def test_g6_kill_9_of_the_agent_loses_nothing_it_acknowledged(tmp_path):
    server, port = Server(), free_port()
    server.close()
    arguments = ["agent", "--to", f"mllp://127.0.0.1:{server.port}", "--port", str(port), "--store", str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}

    def started():
        process = subprocess.Popen(
            [sys.executable, "-m", "ketacare", *arguments], env=environment, stdout=subprocess.PIPE, cwd=ROOT
        )
        assert b"Listening" in process.stdout.readline()
        return process

    process, acknowledged = started(), []
    monitor = threading.Thread(target=sent_until_reset, args=(port, acknowledged))
    monitor.start()
    wait_for(lambda: len(acknowledged) > 2)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    monitor.join(10)
    assert acknowledged
    server = Server(server.port)
    process = started()
    wait_for(lambda: set(acknowledged) <= set(server.numbers()))
    process.terminate()
    process.communicate()
    assert server.numbers() == sorted(server.numbers())
    server.close()


def sent_until_reset(port, acknowledged):
    """Until the agent is killed: that cut ends it, and a monitor that could send to the end has tried nothing."""

    def send_on():
        for number in range(100_000):
            acknowledged.extend(send_all(port, [number]))

    with pytest.raises(OSError):
        send_on()


def test_one_gateway_away_the_other_is_found(tmp_path):
    server = Server()
    agent = Agent(tmp_path, [free_port(), server.port])
    send_all(agent.arguments.port, range(3))
    wait_for(lambda: server.numbers() == [0, 1, 2])
    agent.stop()
    server.close()


def test_a_file_is_followed_from_where_the_last_start_left_off(tmp_path):
    source, server = tmp_path / "monitor.hl7", Server()
    source.write_bytes(framed(message(0)) + b"noise" + framed(message(1)) + framed(message(2))[:40])
    agent = Agent(tmp_path / "store", server.port, follow=[str(source)])
    wait_for(lambda: server.numbers() == [0, 1])
    assert b"noise" in server.frames, "to be refused and listed there"
    agent.stop_when_all_is_answered()
    with source.open("ab") as end:
        end.write(framed(message(2))[40:] + framed(message(3)))
    agent = Agent(tmp_path / "store", server.port, follow=[str(source)])
    wait_for(lambda: server.numbers() == [0, 1, 2, 3])
    source.unlink()
    source.write_bytes(framed(message(4)))
    wait_for(lambda: server.numbers() == [0, 1, 2, 3, 4])
    agent.stop_when_all_is_answered()
    server.close()


def test_each_file_that_was_put_away_while_nobody_read_is_read_in_its_turn(tmp_path):
    path = tmp_path / "monitor.hl7"
    for number, (name, letter) in enumerate((("0", b"Z"), ("2", b"A"), ("1", b"B"), ("1.gz", b"X"))):
        (tmp_path / f"monitor.hl7.{name}").write_bytes(letter * 10)
        os.utime(tmp_path / f"monitor.hl7.{name}", (1_000 + number, 1_000 + number))
    path.write_bytes(b"C" * 10)
    place, heard = Place((tmp_path / "monitor.hl7.2").stat().st_ino, 5, b"A" * 5), b""
    for _ in range(4):
        read = read_on(path, place)
        heard += read.piece
        place = Place(read.file, read.offset + len(read.piece), read.head[:10])
    assert heard == b"A" * 5 + b"B" * 10 + b"C" * 10


def test_what_lies_beside_a_file_and_is_none_that_was_put_away_keeps_nothing_from_being_read(tmp_path):
    path = tmp_path / "monitor.hl7"
    path.write_bytes(b"A" * 10)
    place = Place(path.stat().st_ino, 10, b"A" * 10)
    path.rename(tmp_path / "monitor.hl7.1")
    path.write_bytes(b"B" * 10)
    (tmp_path / "monitor.hl7-old").symlink_to(tmp_path / "nowhere")
    (tmp_path / "monitor.hl7.2").mkdir()
    assert read_on(path, place).piece == b"B" * 10


def test_a_file_that_was_put_away_and_cannot_be_opened_is_looked_at_again(tmp_path):
    path = tmp_path / "monitor.hl7"
    path.write_bytes(b"A" * 10)
    place = Place(path.stat().st_ino, 5, b"A" * 5)
    path.rename(tmp_path / "monitor.hl7.1")
    path.write_bytes(b"B" * 10)
    opens = Path.open

    def refused(other, mode):
        if other.name == "monitor.hl7.1":
            raise PermissionError(13, "Permission denied")
        return opens(other, mode)

    with patch.object(Path, "open", refused):
        for _ in range(2):
            again = read_on(path, place)
            assert (again.file, again.offset, again.piece) == (place.file, 5, b"")
            assert again.gap.words == "monitor.hl7.1 was put away and cannot be read: Permission denied"
        assert read_on(path, Place(place.file, 10, b"A" * 10)).piece == b"B" * 10, "nothing is left in it"
    assert read_on(path, place).piece == b"A" * 5


def test_h5_i15_one_that_cannot_be_opened_holds_up_no_live_values_for_long_and_the_gap_is_listed(tmp_path, monkeypatch):
    monkeypatch.setattr(taking, "UNREAD_MOST_S", 0.3)
    source, server = tmp_path / "monitor.hl7", Server()
    source.write_bytes(framed(message(0)))
    agent = Agent(tmp_path / "store", server.port, follow=[str(source)])
    wait_for(lambda: server.numbers() == [0])
    agent.stop_when_all_is_answered()
    kept = source.stat().st_size
    with source.open("ab") as end:
        end.write(framed(message(1)))
    source.rename(tmp_path / "monitor.hl7.1")
    source.write_bytes(framed(message(2)))
    opens = Path.open

    def refused(other, mode="r", *more, **how):
        if other.name == "monitor.hl7.1":
            raise PermissionError(13, "Permission denied")
        return opens(other, mode, *more, **how)

    with patch.object(Path, "open", refused):
        agent = Agent(tmp_path / "store", server.port, follow=[str(source)])
        wait_for(lambda: server.numbers() == [0, 2])
        agent.stop_when_all_is_answered()
    gap = f"monitor.hl7.1 was put away and cannot be read: Permission denied. Missing: bytes {kept} to {2 * kept}"
    assert gap.encode() in server.frames, "to be refused and listed there"
    server.close()


def test_a_file_that_was_put_away_is_read_to_its_end_and_one_filled_again_from_its_beginning(tmp_path):
    source, server = tmp_path / "monitor.hl7", Server()
    source.write_bytes(framed(message(0)))
    agent = Agent(tmp_path / "store", server.port, follow=[str(source)])
    wait_for(lambda: server.numbers() == [0])
    agent.stop_when_all_is_answered()
    with source.open("ab") as end:
        end.write(framed(message(1)))
    source.rename(tmp_path / "monitor.hl7.1")
    source.write_bytes(framed(message(2)))
    agent = Agent(tmp_path / "store", server.port, follow=[str(source)])
    wait_for(lambda: server.numbers() == [0, 1, 2])
    agent.stop_when_all_is_answered()
    with source.open("r+b") as filled:
        filled.truncate(0)
        filled.write(framed(message(3)) + framed(message(4)))
    agent = Agent(tmp_path / "store", server.port, follow=[str(source)])
    wait_for(lambda: server.numbers() == [0, 1, 2, 3, 4])
    agent.stop_when_all_is_answered()
    server.close()


def test_i15_what_is_no_message_is_kept_and_handed_on_to_be_refused_and_listed(tmp_path):
    agent = Agent(tmp_path, free_port())
    with socket.create_connection(("127.0.0.1", agent.arguments.port), 10) as wire:
        wire.sendall(b"nonsense \x0b of a monitor")
        assert send.answer_of(FrameReader().feed(wire.recv(65536))[0])[0] == "AR"
    agent.stop()
    store = Store(tmp_path, most_bytes=1000)
    assert [one.raw for one in store.waiting(after=0, most=9)] == [b"nonsense <0B> of a monitor"]
    store.close()


def test_a_full_agent_acknowledges_nothing_more(tmp_path):
    agent = Agent(tmp_path, free_port(), most_mb=0)
    with socket.create_connection(("127.0.0.1", agent.arguments.port), 0.5) as wire:
        wire.sendall(framed(message(1)))
        with pytest.raises(TimeoutError):
            wire.recv(100)
    agent.stop()


def test_what_is_no_message_is_refused_at_the_bedside(tmp_path):
    agent = Agent(tmp_path, free_port())
    with socket.create_connection(("127.0.0.1", agent.arguments.port), 10) as wire:
        wire.sendall(b"nonsense")
        assert send.answer_of(FrameReader().feed(wire.recv(65536))[0])[0] == "AR"
        assert wire.recv(100) == b""
    agent.stop()


def test_i15_what_is_wrong_with_a_batch_is_handed_on_to_be_refused_and_kept_there(tmp_path):
    server = Server()
    agent = Agent(tmp_path, server.port)
    batch = b"BHS|^~\\&|MON\r" + message(1) + b"BTS|2\r"
    with socket.create_connection(("127.0.0.1", agent.arguments.port), 10) as wire:
        wire.sendall(framed(batch))
        assert wire.recv(65536)
    wait_for(lambda: len(server.frames) == 2)
    assert [translate.opened(raw).fault for raw in server.frames] == ["", translate.opened(batch).fault]
    assert server.numbers() == [1, 1]
    agent.stop()
    server.close()


def test_the_time_held_is_by_a_clock_nobody_sets_until_the_machine_is_started_anew():
    then = Moment(1000.0, "boot", 50.0)
    assert Moment(9000.0, "boot", 60.0).since(then).total_seconds() == 10
    assert Moment(1600.0, "other", 5.0).since(then).total_seconds() == 600
    assert Moment(400.0, "other", 5.0).since(then).total_seconds() == 0


def test_how_it_stands_is_told_and_bad_addresses_are_refused(tmp_path, capsys):
    asked = argparse.Namespace(status=True, store=str(tmp_path))
    assert command.run(asked) == 0
    assert json.loads(capsys.readouterr().out) == {"waiting": 0, "oldest": None, "bytes": 0, "handed_on": {}}
    assert command.servers_in("mllp://a, mllp://b:99") == [("a", 2575), ("b", 99)]
    for wrong in ("", "http://a", "mllp://"):
        with pytest.raises(BadInput):
            command.servers_in(wrong)
    with pytest.raises(BadInput):
        command.run(argparse.Namespace(status=False, store=str(tmp_path), to="mllp://a", port=0, follow=[]))


def test_d9_with_nothing_to_hand_on_it_says_that_it_lives_and_when_it_is_stopped_that_it_does_not(tmp_path):
    server = Server()
    with patch("ketacare.web.agent.handing.ALIVE_EVERY_S", 0.02):
        agent = Agent(tmp_path, server.port)
        wait_for(lambda: len(server.said) > 2)
        assert send_all(agent.arguments.port, [1]) == [1]
        agent.stop_when_all_is_answered()
    wait_for(lambda: translate.opened(server.said[-1]).agent_stopped)
    assert {translate.opened(raw).agent for raw in server.said} == {"Chair 3"}
    assert server.numbers() == [1]
    server.close()
