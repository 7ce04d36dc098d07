"""The words of the workup: what must be known, by which route, and for how long it counts."""

from dataclasses import dataclass, replace

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


@dataclass(frozen=True, slots=True)
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

    def with_needs(self, needs: tuple[Need, ...]) -> "Check":
        return replace(self, needs=needs)
