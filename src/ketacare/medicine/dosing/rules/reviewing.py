"""When a course is reviewed, what the evidence says of it, and how near its ceilings it is. A prescriber decides.

What cannot be read because a fact is missing is unknown, and says which.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.dosing.rules.descriptors import figure, rules_by_id
from ketacare.medicine.evidence.terms import Result, Series
from ketacare.medicine.pharmacology.terms import Drug
from ketacare.medicine.protocols.terms import DosingRule
from ketacare.medicine.quantities.terms import plain

SHEET = "reviews-1"
DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(weeks=1)
_APPLIES = {Drug.KETAMINE: "racemic", Drug.ESKETAMINE: "esketamine", Drug.ARKETAMINE: "racemic"}


class Choice(StrEnum):
    CONTINUE = "continue"
    CHANGE = "change"
    STOP = "stop"
    SWITCH = "switch"


@dataclass(frozen=True, slots=True)
class CourseSoFar:
    """What a review looks at. None is not known.

    `doses` are the times at which they began. `next_day` is the improvement in percent at 24 h after each dose, on a
    scale that looks back no further; `improvement` that of the scale of the course, now, below 0 where it is worse.
    `lost` says that a response was lost, `concern` that one was opened since the last dose.
    """

    drug: Drug
    doses: tuple[datetime, ...]
    next_day: tuple[Decimal | None, ...]
    improvement: Decimal | None
    lost: bool | None
    concern: bool | None


@dataclass(frozen=True)
class Line:
    """One rule beside this course: whether it applies, and what was read."""

    rule: DosingRule
    result: Result
    read: str


class Reach(StrEnum):
    FAR = "under"
    NEAR = "near"
    REACHED = "reached"


@dataclass(frozen=True)
class Ceiling:
    """How many there were, of how many at most; `next_from` is when one more would be under it again."""

    rule: DosingRule
    words: str
    count: int
    most: Decimal
    reach: Reach
    next_from: datetime | None = None


# --- when -------------------------------------------------------------------------------------------------------------


def due_after(given: int, reviewed: Collection[int]) -> int | None:
    """The dose after which a review is owed: the last that asks for one, unless it or a later one was reviewed."""
    asked = [number for number in numbers("after_doses") if number <= given]
    if not asked or any(number >= asked[-1] for number in reviewed):
        return None
    return asked[-1]


def holds_next(given: int, reviewed: Collection[int]) -> bool:
    """Must the next dose wait for the review that is owed?"""
    return due_after(given, reviewed) in numbers("holds_after")


def numbers(name: str) -> tuple[int, ...]:
    found = rules_by_id(SHEET)["RV-1"].figures[name]
    assert isinstance(found, Series)  # as the sheet writes it
    return tuple(int(value) for value in found.values)


def opens_at(dose: datetime) -> datetime:
    return dose + int(figure(rules_by_id(SHEET)["RV-1"], "opens_after").value) * HOUR


def due_at(dose: datetime) -> datetime:
    return dose + int(figure(rules_by_id(SHEET)["RV-1"], "due_after").value) * HOUR


def follow_up(name: str) -> timedelta:
    """Within how long something is done after a stop or a switch."""
    found = figure(rules_by_id(SHEET)["NR-1"], name)
    return int(found.value) * (HOUR if found.unit == "h" else DAY)


# --- what the evidence says -------------------------------------------------------------------------------------------


def evidence(course: CourseSoFar) -> tuple[Line, ...]:
    """The rules about this drug, each with what was read of it."""
    readers = {
        "N1": _fourth, "N2": _each_of_three, "N3": _two_in_a_row, "N4": _induction, "N5": _six, "N6": _lost,
        "N7": _worse,
    }  # fmt: skip
    about = {"all", _APPLIES[course.drug]}
    rules = (rule for rule in rules_by_id(SHEET).values() if rule.id in readers and rule.applies in about)
    return tuple(Line(rule, *readers[rule.id](course, rule)) for rule in rules)


Read = tuple[Result, str]
NOT_ASKED = "no change known at 24 h on a scale that looks back a day: no score then, or none before the first dose"


def _little(found: Decimal | None, rule: DosingRule) -> Result:
    if found is None:
        return Result.UNKNOWN
    return Result.MET if found < figure(rule, "improvement_under").value else Result.NOT_MET


def _percent(found: Decimal | None) -> str:
    return NOT_ASKED if found is None else f"{plain(found.quantize(Decimal(1)))} % better"


def _next_day(course: CourseSoFar, number: int) -> Decimal | None:
    return course.next_day[number - 1] if len(course.next_day) >= number else None


def _so_far(course: CourseSoFar) -> str:
    return f"{len(course.doses)} {'dose' if len(course.doses) == 1 else 'doses'} so far"


def _fourth(course: CourseSoFar, rule: DosingRule) -> Read:
    number = int(figure(rule, "after_sessions").value)
    if len(course.doses) < number:
        return Result.NOT_MET, _so_far(course)
    found = _next_day(course, number)
    return _little(found, rule), f"24 h after dose {number}: {_percent(found)}"


def _each_of_three(course: CourseSoFar, rule: DosingRule) -> Read:
    count = int(figure(rule, "in_a_row").value)
    if len(course.doses) < count:
        return Result.NOT_MET, _so_far(course)
    found = [_next_day(course, number) for number in range(1, count + 1)]
    results = [_little(one, rule) for one in found]
    told = "; ".join(f"dose {number}: {_percent(one)}" for number, one in enumerate(found, start=1))
    if Result.NOT_MET in results:
        return Result.NOT_MET, told
    return (Result.UNKNOWN if Result.UNKNOWN in results else Result.MET), told


def _two_in_a_row(course: CourseSoFar, rule: DosingRule) -> Read:
    """Met where the last two that were asked are the only reason: then it speaks against stopping."""
    count = int(figure(rule, "in_a_row").value)
    found = list(course.next_day[-count:])
    if len(course.doses) < count or len(found) < count:
        return Result.NOT_MET, _so_far(course)
    results = [_little(one, rule) for one in found]
    first = len(course.doses) - count + 1
    told = "; ".join(f"dose {first + place}: {_percent(one)}" for place, one in enumerate(found))
    if Result.UNKNOWN in results:
        return Result.UNKNOWN, told
    return (Result.MET if set(results) == {Result.MET} else Result.NOT_MET), told


def _induction(course: CourseSoFar, rule: DosingRule) -> Read:
    weeks = int(figure(rule, "after_weeks").value)
    if not course.doses or course.doses[-1] - course.doses[0] < (weeks - 1) * WEEK:
        return Result.NOT_MET, "induction is not over"
    told = "not known since the baseline" if course.improvement is None else f"now {_percent(course.improvement)}"
    return Result.MET, f"the end of induction: {told}"


def _six(course: CourseSoFar, rule: DosingRule) -> Read:
    if len(course.doses) < figure(rule, "after_sessions").value:
        return Result.NOT_MET, _so_far(course)
    if course.improvement is None:
        return Result.UNKNOWN, "no score since the first dose with a baseline to compare it with"
    return _little(course.improvement, rule), f"now {_percent(course.improvement)}"


def _lost(course: CourseSoFar, rule: DosingRule) -> Read:
    if course.lost is None:
        return Result.UNKNOWN, "there was no response, or too few scores since"
    return (Result.MET, "lost") if course.lost else (Result.NOT_MET, "held")


def _worse(course: CourseSoFar, rule: DosingRule) -> Read:
    line = figure(rule, "worse_by").value
    if course.concern:
        return Result.MET, "a concern was opened since the last dose"
    if course.improvement is None or course.concern is None:
        return Result.UNKNOWN, "no score since the first dose with a baseline to compare it with"
    fall = plain(abs(course.improvement).quantize(Decimal(1)))
    told = (
        f"{fall} % {'worse' if course.improvement < 0 else 'better'} than the baseline, no concern since the last dose"
    )
    return (Result.MET if course.improvement <= -line else Result.NOT_MET), told


# --- ceilings ---------------------------------------------------------------------------------------------------------


def ceilings(drug: Drug, doses: Sequence[datetime], at: datetime, began: datetime | None = None) -> tuple[Ceiling, ...]:
    """How often, and how close together, beside what the sheet calls much: of all doses, whatever course they were of.
    The first weeks are those of the course that `began` then, or of the first dose of all."""
    given = sorted(doses)
    course = [dose for dose in given if began is None or dose >= began]
    return (*_by_count(drug, given, course, at), *by_distance(given, course))


def _by_count(drug: Drug, given: Sequence[datetime], course: Sequence[datetime], at: datetime) -> Iterator[Ceiling]:
    rule = rules_by_id(SHEET)["CE-2" if drug is Drug.ESKETAMINE else "CE-1"]
    for name, most in (("month", "most_in_month"), ("year", "most_in_year")):
        if name not in rule.figures:
            continue
        days, limit = int(figure(rule, name).value), figure(rule, most).value
        inside = [dose for dose in given if at - days * DAY < dose <= at]
        yield Ceiling(
            rule=rule,
            words=f"sessions in {days} days",
            count=len(inside),
            most=limit,
            reach=_reach(len(inside), limit, rule, course, at),
            next_from=inside[-int(limit)] + days * DAY if len(inside) >= limit else None,
        )


def _reach(count: int, most: Decimal, rule: DosingRule, course: Sequence[datetime], at: datetime) -> Reach:
    if "from_week" in rule.figures and not _late_enough(course, at, rule):
        return Reach.FAR
    if count >= most:
        return Reach.REACHED
    return Reach.NEAR if 100 * count >= figure(rule, "near").value * most else Reach.FAR


def _late_enough(course: Sequence[datetime], at: datetime, rule: DosingRule) -> bool:
    return bool(course) and at - course[0] > int(figure(rule, "from_week").value) * WEEK


def by_distance(given: Sequence[datetime], course: Sequence[datetime]) -> Iterator[Ceiling]:
    """The last two doses, once the first weeks are over."""
    rule = rules_by_id(SHEET)["CE-3"]
    least = figure(rule, "least_apart").value
    if len(given) < 2:
        return
    apart = (given[-1] - given[-2]).days
    late = _late_enough(course, given[-1], rule)
    reach = Reach.REACHED if late and apart < least else Reach.FAR
    yield Ceiling(
        rule, "days between the last two doses", apart, least, reach, given[-1] + int(least) * DAY if late else None
    )
