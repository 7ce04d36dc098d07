"""Whether a medicine on the list is an antidepressant that was begun, as the table of trials counts one (EXC-01).

A dose on the way to the least that counts is one begun. A dose of another use is not, nor is what is added to an
antidepressant (TRIAL-09) or given by another way than the mouth; in a disorder with medicines of its own, those count
too (ADQ-09).
"""

from collections.abc import Sequence

from ketacare.medicine.candidacy.rules.adequacy import plain
from ketacare.medicine.candidacy.terms import Case, Knowledge, TakenMedicine, TrialLines
from ketacare.medicine.candidacy.terms.medicines import Taken
from ketacare.medicine.candidacy.terms.trials import Medicine
from ketacare.medicine.evidence.rules.facts import as_of

_DIAGNOSIS = "diagnosis"


def none_begun(case: Case, taken: Sequence[Taken], knowledge: Knowledge) -> tuple[str, bool]:
    """Why none of these is an antidepressant that was begun, no word where one is; and whether that is sure: one of
    which nobody told the dose may be one all the same."""
    told = as_of(case.facts, case.at).told(_DIAGNOSIS)
    disorder = knowledge.trials.disorders.get(str(told.value)) if told is not None else None
    own = set() if disorder is None else {medicine.id for medicine in disorder.medicines.values()}
    why, is_sure = [], True
    for one in taken:
        row = _row(one, knowledge.trials)
        if row is not None and not _why_not(row, one.medicine):
            return "", True
        added = knowledge.trials.augmenter(one.drug.name)
        if disorder is not None and (one.drug.name in disorder.medicines or (added is not None and added.id in own)):
            return "", True
        if row is not None:
            is_sure = is_sure and (row.not_oral or one.medicine.daily_dose_mg is not None)
            why.append(f"{one.drug.name}{_why_not(row, one.medicine)}")
        elif added is not None:
            why.append(f"{one.drug.name} is added to an antidepressant and is none (TRIAL-09)")
    return "; ".join(why) or "none of them is on it", is_sure


def _row(one: Taken, lines: TrialLines) -> Medicine | None:
    return lines.medicine(one.drug.name) or lines.medicine(f"{one.drug.name} {one.form or one.medicine.form}".strip())


def _why_not(row: Medicine, told: TakenMedicine) -> str:
    """Why this is none, in words that follow its name."""
    if row.not_oral:
        return " is not taken by mouth"
    if row.other_use is None:
        return ""
    if told.daily_dose_mg is None:
        return f", of which no dose is told, may be for {row.other_use_is}"
    most = max(row.other_use.values)
    return f" up to {plain(most)} mg is for {row.other_use_is} ({row.id})" if told.daily_dose_mg <= most else ""
