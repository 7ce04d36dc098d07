"""The words of what an allergy list says about ketamine."""

from dataclasses import dataclass
from enum import StrEnum


class Allergic(StrEnum):
    """What a list comes to; in doubt is its own answer, and never a no."""

    YES = "yes"
    NO = "no"
    IN_DOUBT = "in doubt"


@dataclass(frozen=True, slots=True)
class Allergens:
    """Plain names: those that surely mean the group, and those that may."""

    sure: frozenset[str]
    doubtful: frozenset[str]
