"""The stored cases that this installation can try a new version on: invented patients, and visits of a course."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from uuid import UUID

from ketacare.clinic.protocols.above import Answered, Line, Retried, Tried, above
from ketacare.clinic.protocols.queries.in_force import Chosen, finder, knowledge_under
from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.terms import Rejudged
from ketacare.medicine.evidence.terms import Decision, Outcome, Reason

_WORDS = {
    Outcome.STOP: Answered("Stop", "stop"),
    Outcome.UNKNOWN: Answered("Unknown", "unknown"),
    Outcome.WARN: Answered("Warn", "act"),
    Outcome.PERMIT: Answered("Permit", "done"),
}


@lru_cache(maxsize=8)
def tried(clinic_id: UUID, room: str, sheet_id: str, old: Chosen, new: Chosen, folder: Path) -> Tried:
    """Judging all of them takes seconds, and the pages and the signature ask for the same."""
    if room != "candidacy":
        return above.visits(folder, sheet_id, *(finder(clinic_id, dict(versions)) for versions in (old, new)))
    sides = [knowledge_under(clinic_id, dict(versions)) for versions in (old, new)]
    stored = reader.stored_cases(folder)
    if sheet_id not in {header.id for header in sides[1].headers}:
        return Tried(len(stored), 0)
    changed = () if old == new else rules.rejudged(stored, *sides)
    return Tried(len(stored), len(stored), tuple(_retried(one) for one in changed))


def _retried(one: Rejudged) -> Retried:
    lines = tuple(_line(old, new) for old, new in one.reasons)
    return Retried(
        one.stored.name, one.stored.title, _answered(one.old), _answered(one.new), lines, one.outcome_changes
    )


def _answered(decision: Decision) -> Answered:
    told = _WORDS[decision.outcome]
    return Answered(f"{told.words}, needs clearance", told.weighs) if decision.needs_clearance else told


def _line(old: Reason | None, new: Reason | None) -> Line:
    row = new or old
    assert row is not None  # one of the two is there
    return Line(row.criterion, row.title, _told(old), _told(new))


def _told(reason: Reason | None) -> str:
    if reason is None:
        return "no such row"
    asks = f"; asks for {', '.join(reason.missing).replace('_', ' ')}" if reason.missing else ""
    return f"{reason.result}, {reason.effect}{asks}"
