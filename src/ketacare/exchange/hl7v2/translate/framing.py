"""MLLP: a message is 0x0B, its bytes, 0x1C 0x0D. Bytes come as they please: halves, several at once, or nonsense."""

import hashlib
from dataclasses import dataclass, field

START, END, CARRIAGE_RETURN = 0x0B, 0x1C, 0x0D
MESSAGE_MOST_BYTES = 1_048_576
KEPT_MOST_BYTES = 65_536  # of what is refused unread: enough to see whose it was, never enough to fill a disk
GIANT_MOST_BYTES = 67_108_864


class BadFraming(Exception):
    """The stream is no MLLP. The connection cannot be trusted any further."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message, or the beginning of one that is refused unread: then `fault` says why, and the digest is of all."""

    raw: bytes
    fault: str = ""
    whole_bytes: int | None = None
    digest: str = ""


def beginning(raw: bytes, fault: str) -> Frame:
    """What is kept of bytes that are refused unread."""
    return Frame(raw[:KEPT_MOST_BYTES], fault, len(raw), hashlib.sha256(raw).hexdigest())


@dataclass(slots=True)
class _Giant:
    """A message too large to hold: its beginning is, the rest is counted and passed through the digest."""

    kept: bytes
    whole_bytes: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def swallow(self, piece: bytes | bytearray) -> None:
        self.whole_bytes += len(piece)
        self.digest.update(piece)

    def frame(self, most_bytes: int) -> Frame:
        return Frame(self.kept, _too_large(most_bytes), self.whole_bytes, self.digest.hexdigest())


def _too_large(most_bytes: int) -> str:
    return f"The message is larger than {most_bytes:,} bytes; only its beginning is kept."


@dataclass(slots=True)
class FrameReader:
    """Feed it what arrived, get the messages that are complete.

    Bytes between frames are skipped as long as they are line ends, which some senders add; anything else is refused,
    because a stream that has lost its frames could join two patients' messages into one.
    """

    most_bytes: int = MESSAGE_MOST_BYTES
    broken: BadFraming | None = None
    _waiting: bytearray = field(default_factory=bytearray)
    _seen: int = 1  # of what waits, so far searched in vain: a sender of single bytes costs no more than any other
    _giant: _Giant | None = None

    def feed(self, received: bytes) -> list[bytes]:
        """As take, for a reader to whom a message too large is as bad as a broken stream."""
        frames = self.take(received)
        refused = next((place for place, frame in enumerate(frames) if frame.fault), None)
        if refused is not None or self._giant is not None:
            self.broken = self.broken or BadFraming(_too_large(self.most_bytes))
        return [frame.raw for frame in frames[:refused]]

    def take(self, received: bytes) -> list[Frame]:
        """Complete frames, oldest first. Those before a break are still messages."""
        self._waiting += received
        frames: list[Frame] = []
        try:
            while (frame := self._next()) is not None:
                frames.append(frame)
        except BadFraming as broken:
            self.broken = broken
        return frames

    def check(self) -> None:
        """Raise what broke the stream, if anything has."""
        if self.broken is not None:
            raise self.broken

    @property
    def unfinished(self) -> bytes:
        """What has arrived of a message not complete yet; of a giant, its beginning."""
        return self._giant.kept if self._giant is not None else bytes(self._waiting)

    @property
    def holds_bytes(self) -> int:
        return len(self._waiting)

    def _next(self) -> Frame | None:
        if self._giant is not None:
            return self._pass_by(self._giant)
        waiting = self._waiting
        between = 0
        while between < len(waiting) and waiting[between] in (CARRIAGE_RETURN, 0x0A):
            between += 1
        del waiting[:between]
        if not waiting:
            return None
        if waiting[0] != START:
            raise BadFraming("Bytes came outside a frame; each message starts with 0x0B.")
        end = waiting.find(END, self._seen)
        self._refuse_a_second_start(end if end > 0 else len(waiting))
        if end < 0 or end + 1 >= len(waiting):
            self._seen = max(1, end if end > 0 else len(waiting))
            return self._begin_giant() if len(waiting) > self.most_bytes + 2 else None
        if waiting[end + 1] != CARRIAGE_RETURN:
            raise BadFraming("0x1C was not followed by 0x0D.")
        message = bytes(waiting[1:end])
        del waiting[: end + 2]
        self._seen = 1
        if len(message) > self.most_bytes:
            return beginning(message, _too_large(self.most_bytes))
        return Frame(message)

    def _begin_giant(self) -> Frame | None:
        self._giant = _Giant(bytes(self._waiting[1 : 1 + KEPT_MOST_BYTES]))
        del self._waiting[:1]
        self._seen = 1
        return self._pass_by(self._giant)

    def _pass_by(self, giant: _Giant) -> Frame | None:
        waiting = self._waiting
        end = waiting.find(END)
        self._refuse_a_second_start(end if end >= 0 else len(waiting), start=0)
        if end < 0 or end + 1 >= len(waiting):
            giant.swallow(waiting[: end if end >= 0 else len(waiting)])
            del waiting[: end if end >= 0 else len(waiting)]
            if giant.whole_bytes > GIANT_MOST_BYTES:
                raise BadFraming(f"A message went on beyond {GIANT_MOST_BYTES:,} bytes.")
            return None
        if waiting[end + 1] != CARRIAGE_RETURN:
            raise BadFraming("0x1C was not followed by 0x0D.")
        giant.swallow(waiting[:end])
        del waiting[: end + 2]
        self._giant = None
        return giant.frame(self.most_bytes)

    def _refuse_a_second_start(self, end: int, start: int | None = None) -> None:
        """The sender gave up half-way and began again: which half belongs to whom cannot be known."""
        if self._waiting.find(START, self._seen if start is None else start, end) >= 0:
            raise BadFraming("A second message began before the first had ended.")


def framed(message: bytes) -> bytes:
    """`message` as it goes over the wire."""
    return bytes([START]) + message + bytes([END, CARRIAGE_RETURN])
