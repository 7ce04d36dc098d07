"""The whole judged: every part of the knowledge answers for itself, and the severest answer wins (RUL-01)."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from ketacare.medicine.candidacy.rules import (
    clearances,
    criteria,
    exceptions,
    indications,
    medicines,
    pressure,
    risk,
    told_otherwise,
    trials,
    workup,
)
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.rules.lasting import entry_days, lasting
from ketacare.medicine.candidacy.rules.smallest import smallest
from ketacare.medicine.candidacy.terms import Case, Clearance, Knowledge
from ketacare.medicine.evidence.rules import decide
from ketacare.medicine.evidence.terms import Decision, Reason, Result

# Each part: a case and what it is judged by in, its reasons out. Order never matters.
PARTS: tuple[Callable[[Case, Knowledge], tuple[Reason, ...]], ...] = (
    criteria.reasons,
    workup.reasons,
    indications.reasons,
    pressure.reasons,
    trials.reasons,
    medicines.reasons,
    risk.reasons,
)


def judge(case: Case, knowledge: Knowledge) -> Decision:
    """Permit, warn, stop or unknown, with every reason and the sheets it rests on."""
    reasons = _weighed(case, knowledge)
    odd = told_otherwise.disagreements(case, reasons, lambda other: _weighed(other, knowledge))
    decision = decide((*reasons, *odd), knowledge.refs)
    return replace(decision, missing=smallest(decision, with_derived(case, knowledge), knowledge))


def _weighed(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """What every part says, with what a path replaces and a clearance lifts."""
    case = with_derived(case, knowledge)
    reasons = exceptions.applied(_said(case, knowledge), case, knowledge)
    by_path = frozenset(path.stop for path in knowledge.exceptions.paths)
    at_entry = entry_days(case, knowledge)
    return clearances.applied(reasons, _counting(case, knowledge), by_path, at_entry)


def _counting(case: Case, knowledge: Knowledge) -> Case:
    """With each clearance as long as it counts: signatures under a path by exception until its review."""
    paths = {path.id: path for path in knowledge.exceptions.paths}

    def counted(given: Clearance) -> Clearance:
        path = paths.get(given.criterion)
        return given if path is None else exceptions.while_it_counts(given, path, case, knowledge)

    case = lasting(case, knowledge)
    return replace(case, clearances=tuple(counted(one) for one in case.clearances))


def as_counted(case: Case, knowledge: Knowledge, reasons: Iterable[Reason]) -> tuple[tuple[Clearance, str], ...]:
    """The clearances of the case in their order, each with its last day as these reasons count it, and why it does not
    count on the day of the case; no word: it does."""
    case = _counting(with_derived(case, knowledge), knowledge)
    at_entry = entry_days(case, knowledge)
    open_ = {reason.criterion: reason for reason in reasons if reason.result is not Result.NOT_MET}

    def counted(clearance: Clearance) -> Clearance:
        reason = open_.get(clearance.criterion)
        days = None if reason is None else clearances.days_of(reason, at_entry)
        return clearances.while_it_counts(clearance, days)

    found = [counted(clearance) for clearance in case.clearances]
    return tuple(
        (one, clearances.out_of_date(one, case) or clearances.not_for(one, open_.get(one.criterion))) for one in found
    )


def part_reasons(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    """What every part says, before anything is replaced by a path or lifted by a clearance."""
    return _said(with_derived(case, knowledge), knowledge)


def _said(case: Case, knowledge: Knowledge) -> tuple[Reason, ...]:
    return tuple([reason for part in PARTS for reason in part(case, knowledge)])
