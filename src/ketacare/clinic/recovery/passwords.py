"""Passwords for once: read out and typed, so nothing in them is read for something else."""

from __future__ import annotations

import secrets
from datetime import timedelta

# No 0 and o, no 1, i and l.
LETTERS, GROUPS, IN_A_GROUP = "abcdefghjkmnpqrstuvwxyz23456789", 4, 4
# So long it opens the account, once (design choice).
LASTS = timedelta(hours=24)


def spelled(number: int) -> str:
    """The letters that a large number stands for, in groups."""
    letters = ""
    for _ in range(GROUPS * IN_A_GROUP):
        number, place = divmod(number, len(LETTERS))
        letters += LETTERS[place]
    return "-".join(letters[first : first + IN_A_GROUP] for first in range(0, len(letters), IN_A_GROUP))


def drawn() -> str:
    return spelled(secrets.randbits(256))
