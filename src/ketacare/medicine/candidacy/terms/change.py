"""The words of what would change an answer: the day a reason ends by itself, and the facts that would lift it."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Lift:
    """A fact that would lift a reason alone, and what it would have to be: "at most 500 ms", "no", "stable"."""

    fact: str
    needs: str


@dataclass(frozen=True, slots=True)
class Change:
    """What would lift one reason: a day by which the same facts no longer hold it, or one fact that is otherwise."""

    criterion: str
    on: date | None
    lifts: tuple[Lift, ...]
