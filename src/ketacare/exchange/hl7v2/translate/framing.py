"""MLLP: a message is 0x0B, its bytes, 0x1C 0x0D. Bytes come as they please: halves, several at once, or nonsense."""

from dataclasses import dataclass, field

START, END, CARRIAGE_RETURN = 0x0B, 0x1C, 0x0D
MESSAGE_MOST_BYTES = 1_048_576


class BadFraming(Exception):
    """The stream is no MLLP, or a message is larger than allowed. The connection cannot be trusted any further."""


@dataclass(slots=True)
class FrameReader:
    """Feed it what arrived, get the messages that are complete.

    Bytes between frames are skipped as long as they are line ends, which some senders add; anything else is refused,
    because a stream that has lost its frames could join two patients' messages into one.
    """

    most_bytes: int = MESSAGE_MOST_BYTES
    broken: BadFraming | None = None
    _waiting: bytearray = field(default_factory=bytearray)

    def feed(self, received: bytes) -> list[bytes]:
        """Complete messages, oldest first, each without its frame. Those before a break are still messages."""
        self._waiting += received
        messages: list[bytes] = []
        try:
            while (message := self._next()) is not None:
                messages.append(message)
            if len(self._waiting) > self.most_bytes + 3:
                raise BadFraming(f"A message is larger than {self.most_bytes:,} bytes.")
        except BadFraming as broken:
            self.broken = broken
        return messages

    def check(self) -> None:
        """Raise what broke the stream, if anything has."""
        if self.broken is not None:
            raise self.broken

    @property
    def unfinished(self) -> bytes:
        """What has arrived of a message not complete yet."""
        return bytes(self._waiting)

    def _next(self) -> bytes | None:
        waiting = self._waiting
        between = 0
        while between < len(waiting) and waiting[between] in (CARRIAGE_RETURN, 0x0A):
            between += 1
        del waiting[:between]
        if not waiting:
            return None
        if waiting[0] != START:
            raise BadFraming("Bytes came outside a frame; each message starts with 0x0B.")
        end = waiting.find(END, 1)
        self._refuse_a_second_start(end if end > 0 else len(waiting))
        if end < 0 or end + 1 >= len(waiting):
            return None
        if waiting[end + 1] != CARRIAGE_RETURN:
            raise BadFraming("0x1C was not followed by 0x0D.")
        message = bytes(waiting[1:end])
        if len(message) > self.most_bytes:
            raise BadFraming(f"A message is larger than {self.most_bytes:,} bytes.")
        del waiting[: end + 2]
        return message

    def _refuse_a_second_start(self, end: int) -> None:
        """The sender gave up half-way and began again: which half belongs to whom cannot be known."""
        if self._waiting.find(START, 1, end) > 0:
            raise BadFraming("A second message began before the first had ended.")


def framed(message: bytes) -> bytes:
    """`message` as it goes over the wire."""
    return bytes([START]) + message + bytes([END, CARRIAGE_RETURN])
