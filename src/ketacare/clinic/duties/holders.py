"""Duties that not every role can do: what ends them is a record that only some may write.

A room that opens such a duty says so once. It escalates only to whoever can do it, and where the next in the ladder
cannot, they are owed something of their own: to find somebody.
"""

from __future__ import annotations

from collections.abc import Callable

_MAY: dict[str, Callable[[str, str], bool]] = {}


def done_only_by(prefix: str, may: Callable[[str, str], bool]) -> None:
    """`may`: whether a role can do a duty of a kind that begins so."""
    _MAY[prefix] = may


def can_do(role: str, kind: str) -> bool:
    return all(may(role, kind) for prefix, may in _MAY.items() if kind.startswith(prefix))


def is_limited(kind: str) -> bool:
    return any(kind.startswith(prefix) for prefix in _MAY)
