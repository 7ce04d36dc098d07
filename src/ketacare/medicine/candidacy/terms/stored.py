"""The words of stored cases: patients written down once, judged again whenever a sheet changes."""

from dataclasses import dataclass

from ketacare.medicine.candidacy.terms.case import Case
from ketacare.medicine.evidence.terms import Decision, Reason


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
        return (self.old.outcome, self.old.needs_clearance) != (self.new.outcome, self.new.needs_clearance)
