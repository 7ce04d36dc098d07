"""What answers show beside a total: syndromes, screens, and answers that a person must see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ketacare.medicine.outcomes.rules.ranges import Known
from ketacare.medicine.outcomes.terms import Condition, Finding, Instrument, WhenMissing


@dataclass(frozen=True, slots=True)
class Judged:
    """Each finding as it is shown, and the flags that are certain."""

    shown: dict[str, bool | None]
    flags: tuple[str, ...]
    found: dict[str, bool | None]


def judged(instrument: Instrument, known: Known, *, has_total: bool) -> Judged:
    """Half a form can still say the one thing that matters: a flag is raised as soon as nothing could take it back."""
    within = [one for one in instrument.findings if all(part.of in known.ranges for part in one.conditions)]
    found = {one.id: met(one, known) for one in within}
    shown = {one.id: _shown(one, found[one.id], has_total) for one in within if one.is_shown}
    return Judged(shown, tuple(one.id for one in within if one.is_flag and found[one.id]), found)


def _shown(finding: Finding, is_met: bool | None, has_total: bool) -> bool | None:
    return None if finding.when_missing is WhenMissing.NO_TOTAL and not has_total else is_met


def met(finding: Finding, known: Known) -> bool | None:
    """Met, not met, or open: what is missing could still decide."""
    results = {_holds(condition, known, finding.when_missing) for condition in finding.conditions}
    return _any(results) if finding.is_any else _all(results)


def _holds(condition: Condition, known: Known, when_missing: WhenMissing) -> bool | None:
    if condition.unanswered:
        return condition.of.removeprefix("item ") in known.unanswered
    low, high = known.ranges[condition.of]
    if when_missing is WhenMissing.NOT_MET:
        high = low  # as the published program counts: what is missing adds nothing
    return _all((_at_least(condition.at_least, low, high), _at_most(condition.at_most, low, high)))


def _at_least(line: Decimal | None, low: Decimal, high: Decimal) -> bool | None:
    return True if line is None or low >= line else False if high < line else None


def _at_most(line: Decimal | None, low: Decimal, high: Decimal) -> bool | None:
    return True if line is None or high <= line else False if low > line else None


def _all(results: Iterable[bool | None]) -> bool | None:
    found = set(results)
    return False if False in found else None if None in found else True


def _any(results: Iterable[bool | None]) -> bool | None:
    found = set(results)
    return True if True in found else None if None in found else False


def level(instrument: Instrument, found: dict[str, bool | None]) -> str | None:
    """The gravest level whose finding is met, where an instrument is not a sum; open while a graver one is."""
    for name, finding in instrument.levels:
        if found[finding] is not False:
            return name if found[finding] else None
    return None
