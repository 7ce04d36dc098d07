"""Which stretch of its protocol a course stands in: the doses that were ordered first, or the weekly and rarer ones
that the sheet lets follow. A plan signed after the last dose of the one before counts its own doses."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ketacare.clinic.enrolment.models import Plan
from ketacare.clinic.scheduling.models import GIVEN_UP, Visit, VisitKind, VisitState
from ketacare.medicine.evidence.terms import Series
from ketacare.medicine.protocols import reader
from ketacare.medicine.protocols.rules import later_phases, whole
from ketacare.medicine.protocols.terms import Phase, Protocol
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.rules import course_rules
from ketacare.medicine.scheduling.terms import CourseRules, Lengths, Window


@dataclass(frozen=True)
class Stretch:
    """How often its doses are given, and how many of them are still to come; None where the sheet names no end."""

    name: str
    per_week: int
    least_days: int
    most_days: int | None
    left: int | None


def counted_before(plan: Plan) -> int:
    """Doses that this plan does not count: those that were given when the plan before it was used up."""
    before = plan.amends
    if not isinstance(before, Plan):
        return 0
    earlier = counted_before(before)
    rows = Visit.objects.filter(patient=plan.patient_id, kind=VisitKind.DOSE)
    rows = rows.filter(starts_at__gte=plan.enrolment.created_at, starts_at__lt=plan.happened_at)
    given = rows.exclude(state__in=[*GIVEN_UP, VisitState.BOOKED]).count()
    return given if given - earlier >= before.sessions else earlier


def stretch_of(protocol: Protocol, given: int) -> Stretch:
    """By how many doses were given: first those that the protocol orders, then the sheet's later phases in turn."""
    rest = given - protocol.sessions
    if rest >= 0 and protocol.later:
        return stretch_later(protocol, rest)
    if rest >= 0 and protocol.id in reader.REGIMENS:
        for phase in later_phases(reader.regimen(protocol.id).phases, protocol):
            per_week, weeks = whole(phase, "per_week"), whole(phase, "weeks")
            days = values(phase, "days_between")
            if days:
                return Stretch(phase.name, 1, min(days), max(days), None)
            if per_week and weeks and rest < per_week * weeks:
                return Stretch(phase.name, per_week, protocol.min_days_between, None, per_week * weeks - rest)
            rest -= (per_week or 0) * (weeks or 0)
    return Stretch("", protocol.per_week, protocol.min_days_between, None, None)


def stretch_later(protocol: Protocol, rest: int) -> Stretch:
    """Of a sheet that has its taper: by how many doses were given since the course. Where a stretch may be shorter or
    longer it is planned as long as it may be; a prescriber goes on earlier, or one step back, by name."""
    spare = lengths().stretch_most
    for phase in protocol.later:
        days, doses = values(phase, "days_between"), max(values(phase, "doses"), default=None)
        if doses is None or rest < doses:
            most = max(days) if len(days) > 1 else max(days) + spare
            return Stretch(phase.name, 1, min(days), most, None if doses is None else doses - rest)
        rest -= doses
    raise AssertionError("the last stretch has no end")  # the reader


def values(phase: Phase, name: str) -> list[int]:
    figure = phase.figures.get(name)
    if figure is None:
        return []
    return [int(one) for one in figure.values] if isinstance(figure, Series) else [figure.integer]


def rules_in(stretch: Stretch, protocol: Protocol, window: Window, sheet: Lengths) -> CourseRules:
    rules = course_rules(
        min_days=stretch.least_days,
        per_week=stretch.per_week,
        window=window,
        route=protocol.route,
        lengths=sheet,
        sits=protocol.id in sheet.sits,
        min_hours=protocol.least_hours_between or 0,
    )
    return rules if stretch.most_days is None else replace(rules, most_days=stretch.most_days)
