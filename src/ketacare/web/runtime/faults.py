"""The two ways a command says no."""

from __future__ import annotations


class BadInput(Exception):
    """What was given can't be used: which field, and by which rule (exit code 2). `more` tells the further faults."""

    def __init__(self, field: str, rule: str, more: tuple[str, ...] = ()) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule
        self.more = more

    @classmethod
    def of(cls, faults: tuple[str, ...]) -> BadInput:
        """From sentences that each begin with their field, as the medicine wing writes them."""
        field, _, rule = faults[0].partition(": ")
        return cls(field, rule, faults[1:])

    def at(self, place: str) -> BadInput:
        """The same, said of one place among many; without a field it is the place itself that is meant."""
        return BadInput(
            f"{place}, {self.field}".removesuffix(", "), self.rule, tuple(f"{place}, {fault}" for fault in self.more)
        )

    @property
    def faults(self) -> tuple[str, ...]:
        return (str(self), *self.more)


class CannotRun(Exception):
    """The machine or the installation does not allow it; the text says why and what to do (exit code 1)."""
