"""The words of answers about one person that cannot both be right."""

from dataclasses import dataclass

from ketacare.medicine.evidence.terms import Condition, FactUsed


@dataclass(frozen=True)
class AtOdds:
    """A pair that cannot be: when it is there, somebody is asked which is right."""

    id: str
    title: str
    condition: Condition


@dataclass(frozen=True)
class Odd:
    """A pair that is there, with the facts that do not fit."""

    id: str
    title: str
    facts: tuple[FactUsed, ...]
