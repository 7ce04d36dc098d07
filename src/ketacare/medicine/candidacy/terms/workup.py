"""The words of the workup: what must be known, by which route, and for how long it counts."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from ketacare.medicine.evidence.terms import Condition, FactValue, Grade, Source


@dataclass(frozen=True, slots=True)
class Against:
    """What taking one of these drugs says of an answer that says otherwise; `daily`: only if it is taken every day."""

    drugs: frozenset[str]
    says: FactValue
    daily: bool = False


@dataclass(frozen=True, slots=True)
class Absent:
    """What no medicine on the list bears out: none of these drugs, or only such as do not do alone. `by_trials`: the
    drugs are those that the table of trials counts as antidepressants, at a dose that is not one of another use."""

    drugs: frozenset[str]
    by_trials: bool = False
    not_alone: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Need:
    """Facts that are owed: each of `facts`, or one of `any_of`. `again_days` counts within a series; None: for ever.
    `ahead`: due by the first dose and not before; until then it is asked for and holds nothing back."""

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
    ahead: bool = False

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
