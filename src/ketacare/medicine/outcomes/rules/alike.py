"""Which scores may be held against each other: by the same measure, of the same edition of the form where the form is
its owner's, and with a rater who was blind as the others were. Who answers is the sheet's own: a scale that a person
rates and one that the patient answers are two sheets, and two lines.

One rule for the curve, the triage of a rise and the programme's rates. It takes many scores at once, as the programme
has them; apart from the other rules, so that whoever scores one form need not wait for arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ketacare.medicine.outcomes.terms import Instrument, Rated, Wording

EDITIONS_DIFFER = (Wording.OWNER, Wording.TOTAL)  # the form is the owner's: what stands on it is not ours to know
OPEN, BLIND = "open", "blind"
BLINDINGS = ("", OPEN, BLIND)
LONG_AGO = 1e6  # days: before whatever comes after the first dose
Marks = tuple[str, str]  # edition, blinding; each empty where it is not said or makes no difference
NOT_SAID: Marks = ("", "")
Whole = NDArray[np.int64]
Floats = NDArray[np.float64]
Yes = NDArray[np.bool_]


def is_same_measure(version: str, other: str) -> bool:
    """Two versions of a sheet score alike while the first of their numbers is the same."""
    return version.split(".")[0] == other.split(".")[0]


def looks_back(sheet: Instrument) -> bool:
    """Whether a patient says in it how the last week or weeks were."""
    return sheet.recall_days > 1 and sheet.rated is not Rated.RATER


def is_too_soon(
    sheet: Instrument, at: datetime, doses: Sequence[datetime], *, overlaps: bool, within: timedelta
) -> bool:
    """Whether a score is mostly about the days before a dose, and so another measure: of a form of weeks that is given
    again (`overlaps` the one before it) `within` so long after it."""
    return overlaps and looks_back(sheet) and any(dose <= at < dose + within for dose in doses)


def has_editions(sheet: Instrument) -> bool:
    return sheet.licence.wording in EDITIONS_DIFFER


def marks(sheet: Instrument, edition: str, is_blind: bool | None) -> Marks:
    """`is_blind`: None where it is not said. A patient is blind to nothing that would count."""
    written = " ".join(edition.lower().split()) if has_editions(sheet) else ""
    if sheet.rated is not Rated.RATER or is_blind is None:
        return written, ""
    return written, BLIND if is_blind else OPEN


def coded(rows: Sequence[tuple[str, Marks]], sheet: Instrument) -> Whole:
    """Version and marks of each score as the rule takes them: another measure or not, edition and blinding, 0 for not
    said. (n, 3)"""
    editions = {"": 0}
    found = [
        (
            int(not is_same_measure(version, sheet.version)),
            editions.setdefault(edition, len(editions)),
            BLINDINGS.index(blinding),
        )
        for version, (edition, blinding) in rows
    ]
    return np.array(found, dtype=np.int64).reshape(len(found), 3)


def in_line(of: Whole, coded: Whole, first: Floats) -> Yes:
    """Whether each score stands on the line of its own patient or course (`of`). Of edition and blinding the line is
    what the score with the lowest `first` says that says it; what is not said is not known to differ."""
    fits: Yes = coded[:, 0] == 0
    alike = fits.copy()
    if not len(of):
        return alike
    for mark in (coded[:, 1], coded[:, 2]):
        says = np.flatnonzero(fits & (mark != 0))
        says = says[np.lexsort((first[says], of[says]))]
        whose, place = np.unique(of[says], return_index=True)
        line = np.zeros(int(of.max()) + 1, dtype=np.int64)
        line[whose] = mark[says[place]]
        alike &= (mark == 0) | (mark == line[of])
    return alike


def first_of_course(day: Floats) -> Floats:
    """Which score says what line a course is on, by its day after the first dose: the last before it, against which the
    others are held; else the first after it. So a later edition takes nothing away that was told before."""
    return np.where(day <= 0, -LONG_AGO - day, day)
