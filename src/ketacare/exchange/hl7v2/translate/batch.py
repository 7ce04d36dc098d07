"""Several messages in one frame: with the envelope of a batch (FHS, BHS … BTS, FTS), or simply one after the other.

Each is a message of its own, taken and answered alone: two patients' results must never become one. A bedside agent
sends each message in a batch of one, whose BHS says for how long the agent had held it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

LINE = re.compile(rb"[^\r\n]+")
HEADER = re.compile(rb"MSH[^A-Za-z0-9\s]")
ENVELOPE = re.compile(rb"(FHS|BHS|BTS|FTS)([^A-Za-z0-9\s]|$)")
SECOND = re.compile(rb"[\r\n]MSH[^A-Za-z0-9\s]")
MESSAGES_MOST = 500
HELD = re.compile(rb"held ([0-9]{1,7}(?:\.[0-9]{1,3})?) s\Z")
HELD_MOST = timedelta(days=31)
AGENT = b"KETACARE-AGENT"
ALIVE, STOPPED = "alive", "stopped"
NAME_MOST = 60
NAMED = re.compile(rb"[A-Za-z0-9_. -]{0,%d}" % NAME_MOST)


@dataclass(frozen=True, slots=True)
class Opened:
    """The messages of a frame; `fault` says what is wrong with their envelope, whatever they are themselves. `agent` is
    by which bedside agent it came; one that has nothing to hand on says only that it lives."""

    messages: tuple[bytes, ...]
    in_batch: bool = False
    held: timedelta = timedelta()
    fault: str = ""
    agent: str = ""
    agent_stopped: bool = False


def opened(raw: bytes) -> Opened:
    """What is in a frame, each message byte for byte. The usual one, a single message, is not looked at twice."""
    if not raw.startswith((b"FHS", b"BHS")) and SECOND.search(raw) is None:
        return Opened((raw,))
    walk = _Walk(raw)
    for line in LINE.finditer(raw):
        walk.line(line.start(), line.group())
    walk.end(len(raw))
    return walk.found()


class _Walk:
    """One pass over the lines."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self.messages: list[bytes] = []
        self.begun: int | None = None
        self.in_batch, self.held, self.since_header, self.fault = False, timedelta(), 0, ""
        self.agent, self.agent_says = "", ""

    def line(self, place: int, line: bytes) -> None:
        envelope = ENVELOPE.match(line)
        if envelope is not None:
            self.end(place)
            self.in_batch = True
            self.envelope(envelope.group(1), line)
        elif HEADER.match(line):
            self.end(place)
            self.begun = place
            self.since_header += 1
        elif self.begun is None:
            self.fault = self.fault or "A segment stands outside every message of the batch."

    def end(self, place: int) -> None:
        if self.begun is not None:
            self.messages.append(self.raw[self.begun : place])
        self.begun = None

    def envelope(self, name: bytes, line: bytes) -> None:
        fields = line.split(line[3:4] or b"|")
        if name == b"BHS":
            self.since_header = 0
            self.held = _held(fields)
            self.agent, self.agent_says = _agent(fields)
        elif name == b"BTS":
            said = fields[1].strip() if len(fields) > 1 else b""
            if said and said != str(self.since_header).encode():
                self.fault = f"BTS-1 does not say {self.since_header}, which is how many messages the batch holds."

    def found(self) -> Opened:
        if len(self.messages) > MESSAGES_MOST:
            return Opened((), self.in_batch, fault=f"A frame holds more than {MESSAGES_MOST} messages.")
        empty = not self.messages and self.agent_says not in (ALIVE, STOPPED)
        fault = self.fault or ("The batch holds no message." if empty else "")
        return Opened(tuple(self.messages), self.in_batch, self.held, fault, self.agent, self.agent_says == STOPPED)


def _held(fields: Sequence[bytes]) -> timedelta:
    """How long an agent held what follows, by one clock of its own; nothing for any other sender."""
    if len(fields) < 10 or fields[2].strip() != AGENT:
        return timedelta()
    match = HELD.match(fields[9].strip())
    return min(timedelta(seconds=float(match.group(1))), HELD_MOST) if match else timedelta()


def _agent(fields: Sequence[bytes]) -> tuple[str, str]:
    """Its name, and what it says of itself. What an agent never writes as its name was sent by another, or was spoiled
    on its way: that is nobody's sign of life."""
    if len(fields) < 10 or fields[2].strip() != AGENT or NAMED.fullmatch(fields[3]) is None:
        return "", ""
    return fields[3].decode("ascii").strip(), fields[9].decode("ascii", "replace").strip()


def station(name: str) -> str:
    """A name as it stands in an agent's header."""
    return re.sub(r"[^A-Za-z0-9_. -]", " ", name)[:NAME_MOST].strip()


def in_batch(answers: Sequence[bytes], *, at: datetime) -> bytes:
    """The answers to the messages of a batch, as a batch."""
    sent_at = at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000").encode()
    return b"BHS|^~\\&|KETACARE||||" + sent_at + b"\r" + b"".join(answers) + f"BTS|{len(answers)}\r".encode()


def held_by_agent(message: bytes, *, name: str, at: datetime, held: timedelta) -> bytes:
    """`message` as a bedside agent hands it on, with how long it had it."""
    header = _header(name, at, f"held {held.total_seconds():.3f} s")
    end = b"" if message.endswith(b"\r") else b"\r"
    return header + message + end + b"BTS|1\r"


def alive(*, name: str, at: datetime, stopped: bool = False) -> bytes:
    """What a bedside agent says that has nothing to hand on, or that is stopped on purpose: a batch of none."""
    return _header(name, at, STOPPED if stopped else ALIVE) + b"BTS|0\r"


def _header(name: str, at: datetime, words: str) -> bytes:
    sent_at = at.astimezone(UTC).strftime("%Y%m%d%H%M%S+0000")
    return f"BHS|^~\\&|{AGENT.decode()}|{station(name)}|||{sent_at}|||{words}\r".encode()
