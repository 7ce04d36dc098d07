"""Messages as a broken wire, a broken monitor or somebody of ill will would make them; each from its number alone."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal

from ketacare.exchange.hl7v2 import send
from ketacare.medicine.monitoring.terms import Channel

SEED = 20260714
PIECES = (
    b"", b"|", b"^", b"~", b"\\", b"&", b"\r", b"\n", b"\x00", b"\xff", b"\xc3\x28", b"\x0b", b"\x1c", b"\x1c\r",
    b"MSH|", b"\rMSH|^~\\&|", b"\rOBX|1|NM|", b"BHS|^~\\&\r", b"\rBTS|9\r", b"-999", b"1e999", b"NaN", b"9" * 40,
    b"19700101000000", b"99999999999999", b"\\X00\\", b'""', "ü".encode(), b"8859/1", b"UNICODE UTF-16", b"A" * 5000,
)  # fmt: skip


def seeds(station: str, chairs: int = 2) -> list[bytes]:
    """Whole messages of that many beds, of all channels and of three by turns, and of a stranger."""
    at = datetime(2026, 7, 14, 12, tzinfo=UTC)
    every = [(channel, Decimal(70)) for channel in Channel]
    beds = [
        send.results(every[: 3 if bed % 2 else None], station=station, bed=str(bed), number="NUMBER", at=at)
        for bed in range(chairs)
    ]
    return [*beds, send.results(every[:1], station="STRANGER", bed="X", number="NUMBER", at=at)]


def mutated(seeds: list[bytes], number: int) -> bytes:
    """The message of this number: the same in every run."""
    chance = random.Random(SEED * 1_000_003 + number)
    raw = bytearray(chance.choice(seeds).replace(b"NUMBER", str(number).encode()))
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8, 30))):
        if not raw:
            break
        place = chance.randrange(len(raw))
        kind = chance.randrange(6)
        if kind == 0:
            raw[place] = chance.randrange(256)
        elif kind == 1:
            del raw[place : place + chance.choice((1, 2, 10, 200))]
        elif kind == 2:
            raw[place:place] = chance.choice(PIECES)
        elif kind == 3:
            raw[place:place] = raw[max(0, place - chance.choice((5, 50, 300))) : place]
        elif kind == 4:
            other = chance.choice(seeds)
            raw[place:] = other[chance.randrange(len(other)) :]
        else:
            raw[place:place] = bytes(chance.randrange(256) for _ in range(chance.choice((1, 4, 16))))
    return bytes(raw)
