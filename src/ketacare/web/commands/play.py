"""Plays a recording as a bedside monitor would send it: one message a moment, the next when it is acknowledged."""

from __future__ import annotations

import argparse
import os
import socket
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit

HELP = "plays a recording as a bedside monitor would send it, over MLLP or HTTP"
EXAMPLE = "ketacare play recording.csv --to mllp://127.0.0.1:2575 --speed 1"

ANSWER_WITHIN_S = 10.0
TRY_AGAIN_S = 0.3
AGAIN_AND_AGAIN_S = 120.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("recording", help="CSV: t_s,channel,value[,quality] or timestamp,channel,value; - for input")
    parser.add_argument("--to", required=True, help="mllp://HOST:PORT, or http://HOST:PORT for the JSON door")
    parser.add_argument("--speed", type=float, default=1.0, help="times real time; 0 is as fast as it is acknowledged")
    parser.add_argument("--device", default="PLAYER/CHAIR-1", help="STATION/BED for MLLP; the device's id for HTTP")
    parser.add_argument("--token", default=os.environ.get("KETACARE_DEVICE_TOKEN", ""), help="HTTP: the device's key")
    parser.add_argument("--repeat", action="store_true", help="begin again at the end, until stopped")


@dataclass
class Tally:
    """What became of the recording. Acknowledged means: committed there, or so it says."""

    sent: int = 0
    acknowledged: int = 0
    refused: int = 0
    values: int = 0
    resent: int = 0


class Door(Protocol):
    """One way to hand over a message; None when no answer came and it must be sent again, `fault` says why."""

    fault: str

    def message(self, moment: Moment, number: str, at: datetime) -> bytes: ...
    def send(self, message: bytes, number: str) -> str | None: ...
    def close(self) -> None: ...


@dataclass(frozen=True)
class Moment:
    """Everything measured at one time of the recording."""

    after_s: float
    values: tuple[tuple[str, str | None], ...]


def run(arguments: argparse.Namespace) -> int:
    import json

    from ketacare.web import clock
    from ketacare.web.runtime.faults import BadInput

    if arguments.speed < 0:
        raise BadInput("--speed", "is a number of times real time, or 0 for as fast as possible")
    moments = list(read(arguments.recording))
    door = door_to(arguments)
    tally = Tally()
    try:
        while True:
            play(moments, door, arguments.speed, tally, now=clock.now)
            if not arguments.repeat:
                break
    finally:
        door.close()
        print(json.dumps(asdict(tally)), flush=True)
    return 0 if tally.acknowledged == tally.sent else 1


def play(moments: list[Moment], door: Door, speed: float, tally: Tally, *, now: Callable[[], datetime]) -> None:
    """Every moment at its time, or as soon after it as the answer to the one before has come."""
    began = time.monotonic()
    run_id = uuid.uuid4()
    for place, moment in enumerate(moments):
        if speed:
            time.sleep(max(0.0, began + moment.after_s / speed - time.monotonic()))
        number = str(uuid.uuid5(run_id, str(place)))
        message = door.message(moment, number, now())
        tally.sent += 1
        answer = until_answered(door, message, number, tally)
        if answer in ("AA", "201"):
            tally.acknowledged += 1
            tally.values += len(moment.values)
        else:
            tally.refused += 1


def until_answered(door: Door, message: bytes, number: str, tally: Tally) -> str:
    """The same bytes under the same number again, until there is an answer: a repeat stores nothing new."""
    from ketacare.web.runtime.faults import CannotRun

    give_up = time.monotonic() + AGAIN_AND_AGAIN_S
    while (answer := door.send(message, number)) is None:
        if time.monotonic() > give_up:
            why = f" ({door.fault})" if door.fault else ""
            raise CannotRun(f"no answer for {AGAIN_AND_AGAIN_S:.0f} s{why}; is the gateway running?")
        tally.resent += 1
        time.sleep(TRY_AGAIN_S)
    return answer


def read(path: str) -> Iterator[Moment]:
    """The recording by moments, oldest first."""
    from itertools import groupby

    from ketacare.medicine.monitoring import rules
    from ketacare.web.commands.replay import read_text
    from ketacare.web.runtime.faults import BadInput

    try:
        rows = sorted(rules.read_rows(read_text(path)), key=lambda row: row.at)
    except rules.RecordingRefused as refused:
        raise BadInput("RECORDING", str(refused))
    if not rows:
        raise BadInput("RECORDING", "holds no value of a channel known here")
    for at, together in groupby(rows, key=lambda row: row.at):
        values = tuple((str(row.channel), None if row.value is None else f"{row.value:f}") for row in together)
        yield Moment((at - rows[0].at).total_seconds(), values)


def door_to(arguments: argparse.Namespace) -> Door:
    from ketacare.web.runtime.faults import BadInput

    where = urlsplit(arguments.to)
    if where.scheme == "mllp" and where.hostname:
        station, _, bed = arguments.device.partition("/")
        return Mllp(where.hostname, where.port or 2575, station, bed)
    if where.scheme in ("http", "https") and where.hostname:
        return Http(f"{arguments.to.rstrip('/')}/api/devices/{arguments.device}/readings", arguments.token)
    raise BadInput("--to", "is mllp://HOST:PORT or http://HOST:PORT")


class Mllp:
    """A monitor on a wire."""

    def __init__(self, host: str, port: int, station: str, bed: str) -> None:
        self.host, self.port, self.station, self.bed = host, port, station, bed
        self.wire: socket.socket | None = None
        self.fault = ""

    def message(self, moment: Moment, number: str, at: datetime) -> bytes:
        from decimal import Decimal

        from ketacare.exchange.hl7v2 import send
        from ketacare.medicine.monitoring.terms import Channel

        values = [(Channel(name), None if value is None else Decimal(value)) for name, value in moment.values]
        return send.results(values, station=self.station, bed=self.bed, number=number, at=at)

    def send(self, message: bytes, number: str) -> str | None:
        from ketacare.exchange.hl7v2 import send, translate

        try:
            if self.wire is None:
                self.wire = socket.create_connection((self.host, self.port), ANSWER_WITHIN_S)
            self.wire.sendall(translate.framed(message))
            frames = translate.FrameReader()
            while received := self.wire.recv(65_536):
                for answer in frames.feed(received):
                    code, answered = send.answer_of(answer)
                    if answered == number:
                        return code
                frames.check()
            self.fault = "the line was closed before an answer came"
        except (OSError, translate.BadFraming) as wrong:  # what was sent may have been kept: the same bytes go again
            self.fault = str(wrong)
        self.close()
        return None

    def close(self) -> None:
        if self.wire is not None:
            self.wire.close()
            self.wire = None


class Http:
    """A monitor that speaks JSON."""

    def __init__(self, address: str, token: str) -> None:
        self.address, self.token, self.fault = address, token, ""

    def message(self, moment: Moment, number: str, at: datetime) -> bytes:
        import json

        from ketacare.medicine.monitoring.terms import Channel

        rows = [
            {"channel": name, "unit": Channel(name).unit, "taken_at": at.isoformat()}
            | ({"value": None, "quality": "none"} if value is None else {"value": float(value)})
            for name, value in moment.values
        ]
        return json.dumps({"sent_at": at.isoformat(), "readings": rows}).encode()

    def send(self, message: bytes, number: str) -> str | None:
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": number,
        }
        request = urllib.request.Request(self.address, message, headers)  # noqa: S310 - the person named the address
        try:
            with urllib.request.urlopen(request, timeout=ANSWER_WITHIN_S) as answer:  # noqa: S310
                return str(answer.status)
        except urllib.error.HTTPError as refused:
            self.fault = f"answered {refused.code}"
            return None if refused.code >= 500 or refused.code in (409, 429) else str(refused.code)
        except OSError as wrong:
            self.fault = str(wrong)
            return None

    def close(self) -> None:
        return None
