"""Whether a course asks for more and more of the drug, and how much there was of it in all. A prescriber decides.

Two doses are compared only as they were ordered, of one drug by one route in one unit; what cannot be compared is
counted as not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.medicine.dosing.rules.descriptors import days_of, figure, rules_by_id
from ketacare.medicine.dosing.rules.reviewing import DAY, SHEET, WEEK, Ceiling, Reach, by_distance
from ketacare.medicine.evidence.terms import Series
from ketacare.medicine.protocols.terms import DosingRule
from ketacare.medicine.quantities.terms import Mass, MassPerWeight

HALF_A_WEEK = timedelta(days=3)  # with the fourth day an interval is nearer to the week after


@dataclass(frozen=True, slots=True)
class Dosed:
    """One dose: what was ordered of it, and what was given. None is not known."""

    at: datetime
    drug: str
    route: str
    ordered: MassPerWeight | Mass | None
    given: Mass | None


@dataclass(frozen=True)
class Seen:
    """How often it was seen, of how many it takes, and how many doses could not be held against the one before."""

    rule: DosingRule
    count: int
    enough: int
    unknown: int

    @property
    def reach(self) -> Reach:
        if self.count >= self.enough:
            return Reach.REACHED
        return Reach.NEAR if self.count else Reach.FAR


@dataclass(frozen=True)
class Sum:
    """What was given in so many doses; None where of none of them it is known. `unknown`: of how many it is not."""

    given: Mass | None
    count: int
    unknown: int


@dataclass(frozen=True)
class Summed:
    """All of one drug by one route, and of each window in days."""

    drug: str
    route: str
    whole: Sum
    within: tuple[tuple[int, Sum], ...]


Step = tuple[Dosed, Dosed, Dosed]  # the dose, the one before, and the one before that


def rising(
    doses: Sequence[Dosed], at: datetime, began: datetime | None = None, reviewed: datetime | None = None
) -> Seen:
    """Higher doses at an interval that is no longer. `reviewed`: the last dose that a review has looked at."""
    rule = rules_by_id(SHEET)["CE-4"]
    new = _counted(rule, doses, at, began, reviewed)
    return _seen(rule, 1, new, lambda step: _is_higher(step) and not _is_stretched(step))


def more_for_the_same(
    doses: Sequence[Dosed], at: datetime, began: datetime | None = None, reviewed: datetime | None = None
) -> Seen:
    """Much more, or much sooner."""
    rule = rules_by_id(SHEET)["CE-5"]
    up, down = (figure(rule, name).value for name in ("dose_up", "interval_down"))
    times = int(figure(rule, "times").value)

    def is_more(step: Step) -> bool:
        dose, before, first = step
        sooner = 100 * (dose.at - before.at) <= int(100 - down) * (before.at - first.at)
        return sooner or (_is_higher(step) and 100 * _amount(dose) >= (100 + up) * _amount(before))

    return _seen(rule, times, _counted(rule, doses, at, began, reviewed), is_more)


def to_review(
    doses: Sequence[Dosed], at: datetime, began: datetime | None = None, reviewed: datetime | None = None
) -> tuple[DosingRule, ...]:
    """The rules that ask for a review of misuse and tolerance: too close together, a rising dose, more for the same.
    What a review has looked at asks for no other."""
    told = sorted(dose.at for dose in doses)
    course = [dose for dose in told if began is None or dose >= began]
    seen: list[Ceiling | Seen] = [
        *by_distance(told, course),
        rising(doses, at, began, reviewed),
        more_for_the_same(doses, at, began, reviewed),
    ]
    return tuple(one.rule for one in seen if one.reach is Reach.REACHED)


def first_weeks() -> timedelta:
    """Before they are over no course is looked at."""
    return int(figure(rules_by_id(SHEET)["CE-4"], "from_week").value) * WEEK


def _seen(rule: DosingRule, enough: int, steps: Iterator[Step], is_it: Callable[[Step], bool]) -> Seen:
    counted = list(steps)
    unknown = sum(not _comparable(step) and not is_it(step) for step in counted)
    return Seen(rule, sum(is_it(step) for step in counted), enough, unknown)


def _counted(
    rule: DosingRule, doses: Sequence[Dosed], at: datetime, began: datetime | None, reviewed: datetime | None
) -> Iterator[Step]:
    """The doses that the rule looks back on, once the first weeks of their course are over."""
    course = [dose for dose in sorted(doses, key=lambda one: one.at) if began is None or dose.at >= began]
    if not course:
        return
    late = course[0].at + first_weeks()
    since = max([at - days_of(rule, "back"), *([reviewed] if reviewed is not None else [])])
    for first, before, dose in zip(course, course[1:], course[2:], strict=False):
        if dose.at > late and since < dose.at <= at:
            yield dose, before, first


def _comparable(step: Step) -> bool:
    dose, before, _ = step
    same = (dose.drug, dose.route, type(dose.ordered)) == (before.drug, before.route, type(before.ordered))
    return same and dose.ordered is not None


def _amount(dose: Dosed) -> Decimal:
    assert dose.ordered is not None  # only of what is comparable
    return dose.ordered.amount


def _is_higher(step: Step) -> bool:
    return _comparable(step) and _amount(step[0]) > _amount(step[1])


def _is_stretched(step: Step) -> bool:
    """Intervals are lengthened by weeks: a day or two more is the same interval."""
    dose, before, first = step
    return _weeks(dose.at - before.at) > _weeks(before.at - first.at)


def _weeks(interval: timedelta) -> int:
    return (interval + HALF_A_WEEK) // WEEK


def sums(doses: Sequence[Dosed], at: datetime) -> tuple[Summed, ...]:
    """Every dose there was, whatever course it was of: by drug and route, in the order in which each came first."""
    windows = rules_by_id(SHEET)["CE-6"].figures["windows"]
    assert isinstance(windows, Series)  # as the sheet writes it
    told = sorted(doses, key=lambda one: one.at)
    kinds = dict.fromkeys((dose.drug, dose.route) for dose in told)
    return tuple(_sum(kind, [dose for dose in told if (dose.drug, dose.route) == kind], windows, at) for kind in kinds)


def _sum(kind: tuple[str, str], doses: list[Dosed], windows: Series, at: datetime) -> Summed:
    within = {int(days): [dose for dose in doses if at - int(days) * DAY < dose.at <= at] for days in windows.values}
    return Summed(*kind, _added(doses), tuple((days, _added(inside)) for days, inside in within.items()))


def _added(doses: list[Dosed]) -> Sum:
    known = [dose.given.amount for dose in doses if dose.given is not None]
    given = Mass(sum(known, Decimal(0))) if known or not doses else None
    return Sum(given, len(doses), len(doses) - len(known))
