"""How long a clearance about medicines lasts: until the dose changes, or for the day when it was about one hold.

A stable daily sedative that must not be stopped is cleared for the series (RUL-10), and so is what a prescriber decided
about a class. A hold that was not met, or a substance, is cleared for the day on which somebody looked at it.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from ketacare.medicine.candidacy.rules.formulary import sorted_out
from ketacare.medicine.candidacy.rules.found_since import as_old, found_since, given_for
from ketacare.medicine.candidacy.rules.together import AT_ONCE, EVERY_DAY, OPIOIDS
from ketacare.medicine.candidacy.terms import Case, Clearance, Knowledge, Stage, TakenMedicine
from ketacare.medicine.candidacy.terms.medicines import Action, InteractionSheet, Taken
from ketacare.medicine.candidacy.terms.names import plain_name
from ketacare.medicine.candidacy.terms.risk import facts_read
from ketacare.medicine.evidence.rules import day_of, reason_for
from ketacare.medicine.evidence.rules.facts import as_of
from ketacare.medicine.evidence.terms import Result


def lasting(case: Case, knowledge: Knowledge) -> Case:
    """The same case with each clearance ending no later than what it was given for."""
    if not case.clearances:
        return case
    taken, unmatched = sorted_out(case.medicines or (), knowledge.formulary)
    asked = [replace(clearance, given_for=given_for(clearance, knowledge)) for clearance in case.clearances]
    limited = [_limited(clearance, taken, case, knowledge.interactions) for clearance in asked]
    return replace(case, clearances=tuple(_ended(one, taken, unmatched, case, knowledge) for one in limited))


def entry_days(case: Case, knowledge: Knowledge) -> int | None:
    """For how many days a clearance without days of its own counts. It is given for the series (RUL-10): within one it
    holds, and where a series is entered, or nobody knows, it is as old at most as the full review may be (WK-01)."""
    days = knowledge.workup.entry_days
    entry = as_of(case.facts, case.at).told(knowledge.workup.admission)
    return None if days is None or (entry is not None and entry.value is False) else days.integer


def _ended(
    clearance: Clearance, taken: Sequence[Taken], unmatched: Sequence[TakenMedicine], case: Case, knowledge: Knowledge
) -> Clearance:
    """Nobody clears what has not happened yet, nor a medicine that is not taken yet."""
    given_on = f"Clearance of {clearance.given_on:%d-%b-%Y}"
    since = _events_since(clearance, case, knowledge)
    if since:
        return replace(
            clearance, ended_by=f"{given_on} is older than what happened on {max(since):%d-%b-%Y}: ask again"
        )
    found = found_since(clearance, case, knowledge)
    if found:
        newest = max(found)
        when = "later that day" if newest == clearance.given_on else f"on {newest:%d-%b-%Y}"
        return replace(clearance, ended_by=f"{given_on} is older than what was found {when}: ask again")
    concerned = [one.medicine for one in _concerned(clearance.criterion, taken, knowledge.interactions)]
    if clearance.about is None:
        # RUL-13: a name is accepted, not whatever else nobody could check. RUL-10: until the dose changes.
        unnamed = clearance.criterion == UNMATCHED or not all(as_old(one, clearance, case) for one in concerned)
        return replace(clearance, ended_by=f"{given_on} names no medicine") if unnamed else clearance
    about = {plain_name(name) for name in clearance.about}
    named = [*concerned, *(unmatched if clearance.criterion == UNMATCHED else ())]
    others = sorted({one.name for one in named if plain_name(one.name) not in about})
    return replace(clearance, ended_by=f"{given_on} is not about {', '.join(others)}") if others else clearance


def _events_since(clearance: Clearance, case: Case, knowledge: Knowledge) -> list[date]:
    """Events of the same part of the history as the row, told by the patient, after the day of the clearance."""
    rows = [row for row in knowledge.contraindications.criteria if row.id == clearance.criterion]
    read = {name for row in rows for name in facts_read(row.condition)}
    parts = {knowledge.facts[name].group for name in read if name in knowledge.facts}  # not what is worked out
    told = [
        fact.value
        for kind in knowledge.facts.values()
        if kind.group in parts and kind.kind == "date or no" and kind.told_by == "patient"
        for fact in case.facts.all(kind.name)
    ]
    return [day for day in told if isinstance(day, date) and clearance.given_on < day]


def _limited(clearance: Clearance, taken: Sequence[Taken], case: Case, sheet: InteractionSheet) -> Clearance:
    ends = [clearance.until, *_ends(clearance, taken, case, sheet)]
    known = [day for day in ends if day is not None]
    return replace(clearance, until=min(known)) if known else clearance


def _ends(clearance: Clearance, taken: Sequence[Taken], case: Case, sheet: InteractionSheet) -> list[date]:
    today, concerned = day_of(case.at, case.at), _concerned(clearance.criterion, taken, sheet)
    changed = [today - timedelta(days=days) for one in concerned if (days := one.medicine.stable_days) is not None]
    ends = [day - timedelta(days=1) for day in changed if day > clearance.given_on]
    if case.stage is Stage.DOSE and _for_the_day(clearance.criterion, concerned, case, sheet):
        ends.append(clearance.given_on)
    return ends


UNMATCHED = "MED-UNK"
_TOGETHER = frozenset({"INT-01", *OPIOIDS})


def _concerned(criterion: str, taken: Sequence[Taken], sheet: InteractionSheet) -> list[Taken]:
    """The medicines that a clearance of this row is about; where it is worse with another one, that one too. One that
    is both stands there twice."""
    if criterion in (AT_ONCE, EVERY_DAY):
        return [one for one in taken if _TOGETHER & set(one.drug.rows)]
    own = [one for one in taken if criterion in (*one.drug.rows, *one.drug.groups)]
    others = {name for pair in sheet.pairs if pair.row == criterion for name in pair.others}
    beside = [one for one in taken if others & set(one.drug.rows)]
    return [*own, *beside] if own else own


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
