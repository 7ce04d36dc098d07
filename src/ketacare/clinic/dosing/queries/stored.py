"""The stored visits that a new version of a sheet is tried on before anybody signs it."""

from __future__ import annotations

from pathlib import Path

from ketacare.clinic.protocols.above import Answered, Find, Line, Retried, Tried
from ketacare.medicine.dosing.reader import stored_visits
from ketacare.medicine.dosing.rules import stored
from ketacare.medicine.dosing.rules.stored import Answer, Revisited


def visits(folder: Path, sheet_id: str, old: Find, new: Find) -> Tried:
    """Those of this folder that the sheet could change, answered by the sheets as they are and as they would be."""
    every = stored_visits(folder)
    judged = stored.judged_by(sheet_id, every, new)
    changed = () if old(sheet_id) is new(sheet_id) else stored.revisited(judged, old, new)
    return Tried(len(every), len(judged), tuple(_retried(one) for one in changed))


def _retried(one: Revisited) -> Retried:
    lines = tuple(Line(name, "", old, new) for name, old, new in one.lines)
    return Retried(one.visit.name, one.visit.title, _answered(one.old), _answered(one.new), lines, one.outcome_changes)


def _answered(answer: Answer) -> Answered:
    return Answered(answer.words, answer.weighs)
