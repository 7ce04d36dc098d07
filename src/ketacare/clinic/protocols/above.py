"""What the rooms above this one judge by its sheets. Each says so once, when the product starts, so that a change of a
sheet can be tried on visits that this room cannot judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ketacare.medicine.evidence.terms import Sheet

Find = Callable[[str], Sheet]


@dataclass(frozen=True)
class Answered:
    """An answer in few words, and how it weighs: stop, unknown, act, done."""

    words: str
    weighs: str


@dataclass(frozen=True)
class Line:
    """One thing behind an answer, as it was and as it would be."""

    name: str
    title: str
    old: str
    new: str


@dataclass(frozen=True)
class Retried:
    """A stored case that two versions answer differently. `outcome_changes`: somebody would be treated otherwise."""

    name: str
    title: str
    old: Answered
    new: Answered
    lines: tuple[Line, ...]
    outcome_changes: bool


@dataclass(frozen=True)
class Tried:
    """How many cases there are, how many of them are judged by the sheet, and which would be answered differently."""

    stored: int
    judged: int
    changed: tuple[Retried, ...] = ()


def nobody(folder: Path, sheet_id: str, old: Find, new: Find) -> Tried:
    return Tried(0, 0)


@dataclass
class Above:
    visits: Callable[[Path, str, Find, Find], Tried] = nobody
    """The stored visits of this folder, judged by the sheets as they are and as they would be."""


above = Above()
