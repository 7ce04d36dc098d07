"""The words of the workup: what must be known, by which route, and for how long it counts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from ketacare.medicine.evidence.terms import Condition, Grade, Source


@dataclass(frozen=True, slots=True)
class Need:
    """Facts that are owed: each of `facts`, or one of `any_of`. `again_days` counts within a series; None: for ever."""

    facts: tuple[str, ...]
    any_of: tuple[str, ...]
    valid_days: int | None
    again_days: int | None
    asked_again: bool = True
    done: bool = False
    routes: tuple[str, ...] = ()
    stage: str = ""
    only_if: Condition | None = None
    override: str = "P"

    @property
    def names(self) -> tuple[str, ...]:
        return self.facts or self.any_of


@dataclass(frozen=True)
class Check:
    id: str
    title: str
    purpose: str
    needs: tuple[Need, ...]
    sources: tuple[Source, ...]
    grade: Grade
    override: str = "P"
    repeat: str = ""
    owed: str = ""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every fact that it asks for, each once."""
        return tuple(dict.fromkeys(name for need in self.needs for name in need.names))

    def with_needs(self, needs: Iterable[Need]) -> "Check":
        return replace(self, needs=tuple(needs))
