"""What a course of doses is held to: intervals, doses a week, windows and the hard floor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.terms import (
    AFTER_ITS_DOSE,
    BEFORE_A_DOSE,
    Booked,
    CourseRules,
    Kind,
    Lengths,
    Rule,
    Span,
    Violation,
    Window,
)

WEEK = 7
# What a dose that was given still asks of the work after it.
AFTER_A_DOSE = frozenset({Rule.WINDOW, Rule.FLOOR})


def day_of(moment: datetime, zone: str) -> date:
    """The site's own day."""
    return moment.astimezone(ZoneInfo(zone)).date()


def course_rules(
    *,
    min_days: int,
    per_week: int,
    window: Window,
    route: str,
    lengths: Lengths,
    sits: bool = False,
    min_hours: int = 0,
) -> CourseRules:
    """From a protocol's figures; the rhythm may stretch by what the sheet allows."""
    rhythm = -(-WEEK // per_week)
    return CourseRules(
        min_days=min_days,
        most_days=max(rhythm, min_days) + lengths.stretch_most,
        per_week=per_week,
        window=window,
        before=lengths.befores.get(route, max(lengths.befores.values())),
        sits=sits,
        min_hours=min_hours,
    )


def window_after(dose: Booked, rules: CourseRules) -> Span:
    """True hours from the start of the dose, also over a change of the clocks."""
    begins = dose.span.starts + rules.before
    return Span(begins + timedelta(hours=rules.window.opens_h), begins + timedelta(hours=rules.window.closes_h))


def morning_after(dose_at: datetime, zone: str) -> datetime:
    """The hour of the next day where the site is, as the sheet has it: a night's sleep lies before it."""
    return datetime.combine(day_of(dose_at, zone) + timedelta(days=1), reader.lengths().morning, tzinfo=ZoneInfo(zone))


def floor_after(dose: Booked, zone: str) -> datetime:
    """No therapy before the morning after."""
    return morning_after(dose.span.starts, zone)


def is_early(moment: datetime, zone: str) -> bool:
    """Before the hour of the morning: on the day after a dose the floor still holds."""
    return moment.astimezone(ZoneInfo(zone)).time() < reader.lengths().morning


def course_breaks(
    visits: Iterable[Booked], rules: CourseRules, zone: str, *, given: Iterable[date] = ()
) -> list[Violation]:
    """What the visits of one patient's course break; `given` are the days of doses before these."""
    visits = list(visits)
    doses = sorted((one for one in visits if one.kind is Kind.DOSE), key=lambda one: one.span.starts)
    by_key = {dose.key: dose for dose in doses}
    earlier = sorted(given)
    return [
        *_intervals(doses, rules, zone, earlier),
        *_hours(doses, rules),
        *_per_week(doses, rules, zone, earlier),
        *(fault for one in visits if one.kind is Kind.INTEGRATION for fault in _window(one, by_key, rules)),
        *_floor(visits, doses, zone),
        *_order(visits, doses),
        *_after(visits, by_key),
        *(
            Violation(Rule.SITTER, (dose.key,), "The protocol has a therapist with the patient; nobody is planned.")
            for dose in doses
            if rules.sits and not dose.sitter
        ),
    ]


def patient_breaks(
    visits: Sequence[Booked], rules: CourseRules | None, zone: str, *, given: Sequence[Booked] = ()
) -> list[Violation]:
    """What the visits of one patient break beside the doses that were given before them: those count by their day, and
    open their window. The hard floor holds also where there is no course and no plan."""
    if rules is None:
        return [*floor_breaks([*given, *visits], zone), *_after(visits, {one.key: one for one in visits})]
    found = course_breaks(visits, rules, zone, given=[day_of(dose.span.starts, zone) for dose in given])
    found += [one for one in course_breaks([*given, *visits], rules, zone) if one.rule in AFTER_A_DOSE]
    done = {dose.key for dose in given}
    doses = [*given, *(one for one in visits if one.kind is Kind.DOSE)]
    found += [one for one in _hours(sorted(doses, key=lambda one: one.span), rules) if not done.issuperset(one.keys)]
    return list({(one.rule, one.keys): one for one in found}.values())


def floor_breaks(visits: Sequence[Booked], zone: str) -> list[Violation]:
    return _floor(visits, [one for one in visits if one.kind is Kind.DOSE], zone)


def _intervals(doses: list[Booked], rules: CourseRules, zone: str, given: list[date]) -> list[Violation]:
    days = [(given[-1], "")] if given else []
    days += [(day_of(dose.span.starts, zone), dose.key) for dose in doses]
    found = []
    for (before, earlier), (day, key) in pairwise(days):
        gap = (day - before).days
        # How long ago the last dose was given no plan can change; between two that are planned the gap is the plan's.
        most = rules.most_days if earlier else gap
        if not rules.min_days <= gap <= most:
            words = f"{gap} days after the dose before; {rules.min_days} to {rules.most_days} are right."
            found.append(Violation(Rule.INTERVAL, (key, earlier) if earlier else (key,), words))
    return found


def _hours(doses: Sequence[Booked], rules: CourseRules) -> list[Violation]:
    """Days alone would let an afternoon be followed by the next morning."""
    least = timedelta(hours=rules.min_hours)
    return [
        Violation(Rule.INTERVAL, (two.key, one.key), f"Less than {rules.min_hours} h after the dose before.")
        for one, two in pairwise(doses)
        if two.span.starts - one.span.starts < least
    ]


def _per_week(doses: list[Booked], rules: CourseRules, zone: str, given: list[date]) -> list[Violation]:
    days = [(day, "") for day in given] + [(day_of(dose.span.starts, zone), dose.key) for dose in doses]
    words = f"More than {rules.per_week} doses in seven days."
    return [
        Violation(Rule.PER_WEEK, (key, earlier) if earlier else (key,), words)
        for (first, earlier), (day, key) in zip(days, days[rules.per_week :], strict=False)
        if (day - first).days < WEEK and key
    ]


def _window(visit: Booked, doses: Mapping[str, Booked], rules: CourseRules) -> list[Violation]:
    dose = doses.get(visit.follows)
    if dose is None:
        return []
    window = window_after(dose, rules)
    if window.starts <= visit.span.starts < window.ends:
        return []
    words = f"It begins outside {rules.window.opens_h} to {rules.window.closes_h} h after dose {dose.number}."
    return [Violation(Rule.WINDOW, (visit.key, dose.key), words)]


def _floor(visits: Sequence[Booked], doses: list[Booked], zone: str) -> list[Violation]:
    return [
        Violation(
            Rule.FLOOR,
            (visit.key, dose.key),
            f"Therapy waits until the morning after a dose, {floor_after(dose, zone):%H:%M}.",
        )
        for visit in visits
        if visit.kind is Kind.INTEGRATION
        for dose in doses
        if dose.span.starts < visit.span.ends and visit.span.starts < floor_after(dose, zone)
    ]


def _order(visits: list[Booked], doses: list[Booked]) -> list[Violation]:
    first = next((dose for dose in doses if dose.number == 1), None)
    return [
        Violation(Rule.ORDER, (visit.key, first.key), f"{visit.kind.capitalize()} comes before the first dose.")
        for visit in visits
        if first is not None
        and visit.kind in BEFORE_A_DOSE
        and visit.follows == first.key
        and visit.span.ends > first.span.starts
    ]


def _after(visits: Iterable[Booked], by_key: Mapping[str, Booked]) -> list[Violation]:
    """What works on a dose, or looks back on it, comes after it: whoever moved one of the two."""
    pairs = [(one, by_key[one.follows]) for one in visits if one.kind in AFTER_ITS_DOSE and one.follows in by_key]
    return [
        Violation(Rule.AFTER, (one.key, dose.key), f"{one.kind.capitalize()} comes after its dose.")
        for one, dose in pairs
        if dose.kind is Kind.DOSE and one.span.starts < dose.span.starts
    ]
