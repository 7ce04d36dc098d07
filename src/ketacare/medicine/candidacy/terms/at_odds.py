"""The words of answers about one person that cannot both be right."""

from dataclasses import dataclass

from ketacare.medicine.evidence.terms import Condition, FactUsed, Figure


@dataclass(frozen=True)
class AtOdds:
    """A pair that cannot be: when it is there, somebody is asked which is right."""

    id: str
    title: str
    condition: Condition


@dataclass(frozen=True)
class OddLists:
    """What a list says twice that cannot both be right, each by its row and title: a medicine of every day that was
    last taken more than so many days ago; a trial of an episode that began only after it, by its last day or, where
    nobody told that, so many days after the last that was told."""

    last_taken: tuple[str, str]
    over_before: tuple[str, str]
    more_than: Figure
    untold: Figure


@dataclass(frozen=True)
class Odd:
    """A pair that is there, with the facts that do not fit."""

    id: str
    title: str
    facts: tuple[FactUsed, ...]
