"""How long a clearance about medicines lasts: until the dose changes, or for the day when it was about one hold.

A stable daily sedative that must not be stopped is cleared for the series (RUL-10), and so is what a prescriber decided
about a class. A hold that was not met, or a substance, is cleared for the day on which somebody looked at it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from ketacare.medicine.candidacy.rules.formulary import sorted_out
from ketacare.medicine.candidacy.rules.together import AT_ONCE, EVERY_DAY, OPIOIDS
from ketacare.medicine.candidacy.terms import Case, Clearance, Knowledge, Stage
from ketacare.medicine.candidacy.terms.medicines import Action, InteractionSheet, Taken
from ketacare.medicine.evidence.rules import day_of, reason_for
from ketacare.medicine.evidence.terms import Result


def lasting(case: Case, knowledge: Knowledge) -> Case:
    """The same case with each clearance ending no later than what it was given for."""
    if not case.clearances:
        return case
    taken, _ = sorted_out(case.medicines or (), knowledge.formulary)
    limited = tuple(_limited(clearance, taken, case, knowledge.interactions) for clearance in case.clearances)
    return replace(case, clearances=limited)


def _limited(clearance: Clearance, taken: Sequence[Taken], case: Case, sheet: InteractionSheet) -> Clearance:
    ends = [clearance.until, *_ends(clearance, taken, case, sheet)]
    known = [day for day in ends if day is not None]
    return replace(clearance, until=min(known)) if known else clearance


def _ends(clearance: Clearance, taken: Sequence[Taken], case: Case, sheet: InteractionSheet) -> list[date]:
    today, concerned = day_of(case.at, case.at), _concerned(clearance.criterion, taken)
    changed = [today - timedelta(days=days) for one in concerned if (days := one.medicine.stable_days) is not None]
    ends = [day - timedelta(days=1) for day in changed if day > clearance.given_on]
    if case.stage is Stage.DOSE and _for_the_day(clearance.criterion, concerned, case, sheet):
        ends.append(clearance.given_on)
    return ends


_TOGETHER = frozenset({"INT-01", *OPIOIDS})


def _concerned(criterion: str, taken: Sequence[Taken]) -> list[Taken]:
    """The medicines that a clearance of this row is about."""
    if criterion in (AT_ONCE, EVERY_DAY):
        return [one for one in taken if _TOGETHER & set(one.drug.rows)]
    return [one for one in taken if criterion in (*one.drug.rows, *one.drug.groups)]


def _for_the_day(criterion: str, concerned: Sequence[Taken], case: Case, sheet: InteractionSheet) -> bool:
    of_today = [row for row in (*sheet.substances, *sheet.measured) if row.id == criterion]
    taken_today = any(reason_for(row, case.facts, case.at).result is not Result.NOT_MET for row in of_today)
    return criterion == AT_ONCE or taken_today or any(_waits(one, criterion) for one in concerned)


def _waits(taken: Taken, criterion: str) -> bool:
    """Is a hold open that could have been kept? What is taken daily and never stopped abruptly could not."""
    if taken.drug.never_abrupt and taken.medicine.as_needed is False:
        return False
    since = taken.medicine.hours_since_last
    uses = [use for use in taken.drug.uses if use.row == criterion and use.action in (Action.HOLD, Action.STOP)]
    return any(since is None or since < use.hold.value for use in uses if use.hold is not None)
