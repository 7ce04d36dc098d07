"""Stored cases judged by two versions of what is known: for whom would the answer change?"""

from collections import Counter
from collections.abc import Iterable

from ketacare.medicine.candidacy.rules.decision import judge
from ketacare.medicine.candidacy.terms import Knowledge, Rejudged, StoredCase
from ketacare.medicine.evidence.terms import Decision, Reason, Result


def rejudged(cases: Iterable[StoredCase], old: Knowledge, new: Knowledge) -> tuple[Rejudged, ...]:
    """The cases that come out differently, those whose outcome changes first; in their own order otherwise."""
    judged = [_rejudged(stored, judge(stored.case, old), judge(stored.case, new)) for stored in cases]
    different = [one for one in judged if one.reasons or one.outcome_changes]
    return tuple(sorted(different, key=lambda one: not one.outcome_changes))


def _rejudged(stored: StoredCase, old: Decision, new: Decision) -> Rejudged:
    before, after = _by_criterion(old), _by_criterion(new)
    differ = [key for key in {**before, **after} if _told(before.get(key)) != _told(after.get(key))]
    return Rejudged(stored, old, new, tuple((before.get(key), after.get(key)) for key in differ))


def _by_criterion(decision: Decision) -> dict[tuple[str, str, int], Reason]:
    """A criterion may answer several times, once for each medicine or trial."""
    found: dict[tuple[str, str, int], Reason] = {}
    times: Counter[tuple[str, str]] = Counter()
    for reason in decision.reasons:
        name = (reason.criterion, reason.title)
        found[(*name, times[name])] = reason
        times[name] += 1
    return found


def _told(reason: Reason | None) -> tuple[object, ...]:
    """What of a reason a person would act on; a row that is not met says as much as one that is not there."""
    if reason is None or reason.result is Result.NOT_MET:
        return ()
    return (reason.result, reason.effect, reason.override, reason.cleared, reason.missing)
