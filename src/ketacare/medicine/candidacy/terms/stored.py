"""The words of stored cases: patients written down once, judged again whenever a sheet changes."""

from dataclasses import dataclass

from ketacare.medicine.candidacy.terms.case import Case
from ketacare.medicine.evidence.terms import Decision, Outcome, Reason


@dataclass(frozen=True)
class StoredCase:
    name: str
    title: str
    case: Case


@dataclass(frozen=True)
class Rejudged:
    """One stored case that two versions judge differently; `reasons` are the rows that differ, old beside new."""

    stored: StoredCase
    old: Decision
    new: Decision
    reasons: tuple[tuple[Reason | None, Reason | None], ...]

    @property
    def outcome_changes(self) -> bool:
        """Would somebody be treated otherwise: stopped, held, asked or let go?"""
        return _answer(self.old) != _answer(self.new)


def _answer(decision: Decision) -> tuple[Outcome, bool]:
    """Whoever is stopped is not helped by a clearance; there it does not count."""
    return decision.outcome, decision.needs_clearance and decision.outcome is not Outcome.STOP
