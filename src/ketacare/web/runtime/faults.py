"""The two ways a command says no."""

from __future__ import annotations


class BadInput(Exception):
    """What was given can't be used: which field, and by which rule (exit code 2)."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(f"{field}: {rule}")
        self.field = field
        self.rule = rule


class CannotRun(Exception):
    """The machine or the installation does not allow it; the text says why and what to do (exit code 1)."""
