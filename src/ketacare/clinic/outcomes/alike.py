"""Which scores of a scale may stand on one line, by the rule of `medicine`: what sheet and rating of each say."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ketacare.clinic.outcomes.models import Hidden, Rating, Score
from ketacare.medicine.outcomes.rules import alike as rule
from ketacare.medicine.outcomes.rules.alike import NOT_SAID, Marks
from ketacare.medicine.outcomes.rules.alike import is_same_measure as is_same_measure
from ketacare.medicine.outcomes.terms import Instrument


def said(sheet: Instrument, edition: str, hidden: Sequence[str]) -> Marks:
    """Edition, and blind or not, of one rating; nothing where it is not said or makes no difference."""
    return rule.marks(sheet, edition, None if not hidden else list(hidden) != [Hidden.NOTHING])


def marks(score: Score, sheet: Instrument) -> Marks:
    rating: Rating | None = getattr(score.answers, "rating", None)
    return NOT_SAID if rating is None else said(sheet, rating.edition, rating.hidden)


def comparable(scores: Sequence[Score], sheet: Instrument, now: Marks = NOT_SAID) -> list[Score]:
    """Of the scores of one scale, in time, those that may be held against the newest; `now`: of answers that come after
    them all and are no score yet."""
    rows = [(score.instrument_version, marks(score, sheet)) for score in scores]
    coded = rule.coded([*rows, (sheet.version, now)], sheet)
    newest_first = -np.arange(len(coded), dtype=float)
    fits = rule.in_line(np.zeros(len(coded), dtype=np.int64), coded, newest_first)
    return [score for score, is_alike in zip(scores, fits, strict=False) if is_alike]


def told_apart(score: Score, sheet: Instrument) -> str:
    """Why a score is on a line of its own, in a few words."""
    if not is_same_measure(score.instrument_version, sheet.version):
        return f"sheet {score.instrument_version}"
    rating: Rating = score.answers.rating
    edition, blinding = marks(score, sheet)
    how = {rule.OPEN: "rated not blind", rule.BLIND: "rated blind"}.get(blinding, "")
    return ", ".join(part for part in (f"edition {rating.edition}" if edition else "", how) if part)
