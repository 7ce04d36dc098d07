"""Which scores of a scale may stand on one line: scored by the same measure, from the same edition of the form where it
counts which, and with a rater who was blind as the others were. Danger is looked for across all of them."""

from __future__ import annotations

from collections.abc import Sequence

from ketacare.clinic.outcomes.models import Hidden, Rating, Score
from ketacare.medicine.outcomes.terms import Instrument, Rated, Wording

EDITIONS_DIFFER = (Wording.OWNER, Wording.TOTAL)  # the form is the owner's: what stands on it is not ours to know
Marks = tuple[str, str]


def is_same_measure(version: str, other: str) -> bool:
    """Two versions of a sheet score alike while the first of their numbers is the same."""
    return version.split(".")[0] == other.split(".")[0]


def marks(score: Score, sheet: Instrument) -> Marks:
    """Edition, and blind or not; each empty where it is not said or makes no difference."""
    rating: Rating | None = getattr(score.answers, "rating", None)
    if rating is None:
        return "", ""
    edition = " ".join(rating.edition.casefold().split()) if sheet.licence.wording in EDITIONS_DIFFER else ""
    if sheet.rated is not Rated.RATER or not rating.hidden:
        return edition, ""
    return edition, "open" if rating.hidden == [Hidden.NOTHING] else "blind"


def comparable(scores: Sequence[Score], sheet: Instrument) -> list[Score]:
    """Of the scores of one scale, in time, those that may be held against the newest. What is not said of one is not
    known to differ."""
    rows = [
        (score, marks(score, sheet)) for score in scores if is_same_measure(score.instrument_version, sheet.version)
    ]
    edition, blinding = (next((found[place] for _, found in reversed(rows) if found[place]), "") for place in (0, 1))
    return [score for score, (one, other) in rows if one in ("", edition) and other in ("", blinding)]


def told_apart(score: Score, sheet: Instrument) -> str:
    """Why a score is on a line of its own, in a few words."""
    if not is_same_measure(score.instrument_version, sheet.version):
        return f"sheet {score.instrument_version}"
    rating: Rating = score.answers.rating
    edition, blinding = marks(score, sheet)
    how = {"open": "rated not blind", "blind": "rated blind"}.get(blinding, "")
    return ", ".join(part for part in (f"edition {rating.edition}" if edition else "", how) if part)
