"""Duties that no record of ours ends: somebody is spoken with, told or called. Whoever owes one says what was done.

A room that opens such a duty says so once, with what is asked of whoever has done it; every other kind is ended by its
own record alone, and not by a word.
"""

from __future__ import annotations

_ASKED: dict[str, str] = {}


def ends_by_word(kind: str, asks: str) -> str:
    """This kind is done when somebody says what was done; the kind, to be named where it is declared."""
    _ASKED[kind] = asks
    return kind


def asked_of(kind: str) -> str:
    """What is asked of whoever has done it; nothing where its record ends it."""
    return _ASKED.get(kind, "")


def kinds() -> frozenset[str]:
    return frozenset(_ASKED)
