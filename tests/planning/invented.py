"""An invented site of any size, its calendar and courses, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.scheduling.planner import Need
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.rules import course_rules
from ketacare.medicine.scheduling.terms import (
    CourseRules,
    House,
    Kind,
    Person,
    Place,
    PlaceKind,
    SiteRules,
    Skill,
    Span,
    Watch,
    Watched,
    Window,
)

ZONE = "America/New_York"
MONDAY = date(2026, 9, 7)
WINDOW = Window(24, 72)


def at(day: date, clock: str, zone: str = ZONE) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), tzinfo=ZoneInfo(zone))


def days(first: date, weeks: float, *, shut: Iterable[date] = (), weekdays: Iterable[int] = range(5)) -> list[date]:
    every = [first + timedelta(days=n) for n in range(int(weeks * 7))]
    return [day for day in every if day.weekday() in set(weekdays) and day not in set(shut)]


def spans(on: Iterable[date], opens: str = "08:00", closes: str = "17:00", zone: str = ZONE) -> tuple[Span, ...]:
    return tuple(Span(at(day, opens, zone), at(day, closes, zone)) for day in on)


def a_house(
    first: date = MONDAY,
    weeks: float = 6,
    *,
    chairs: int = 2,
    nurses: int = 2,
    therapists: int = 1,
    prescribers: int = 1,
    rooms: int = 0,
    zone: str = ZONE,
    weekdays: Iterable[int] = range(5),
    watched_most: int | None = None,
) -> House:
    open_days = spans(days(first, weeks, weekdays=weekdays), zone=zone)

    def people(word: str, count: int, *skills: Skill) -> list[Person]:
        return [Person(f"{word}{n}", f"{word.capitalize()} {n}", frozenset(skills), open_days) for n in range(count)]

    staff = [
        *people("nurse", nurses, Skill.INFUSION, Skill.LABORATORY),
        *people("therapist", therapists, Skill.THERAPY),
        *people("prescriber", prescribers, Skill.PRESCRIBE),
    ]
    places = [Place(f"chair{n}", f"Chair {n}", PlaceKind.CHAIR) for n in range(chairs)]
    places += [Place(f"room{n}", f"Room {n}", PlaceKind.ROOM) for n in range(rooms)]
    watched = lengths().site.watched
    if watched_most is not None:  # the same for every dose and at every moment
        watched = Watched(watched_most, watched_most, watched_most, watched.acts)
    rules = SiteRules(timedelta(minutes=15), watched, timedelta(minutes=60))
    return House(zone, open_days, tuple(staff), tuple(places), rules)


def rules_of(min_days: int = 2, per_week: int = 2, window: Window = WINDOW, sits: bool = False) -> CourseRules:
    figures = {"min_days": min_days, "per_week": per_week, "window": window}
    return course_rules(**figures, route="IV", lengths=lengths(), sits=sits)


def a_course(
    doses: int = 6, *, window: Window = WINDOW, prefix: str = "", prepared: bool = False, sits: bool = False,
    watch: Watch = Watch.USUAL,
) -> list[Need]:  # fmt: skip
    """Doses, the integration visit after each, and preparation before the first where wanted."""
    block = lengths().blocks["IV"]
    hour = timedelta(minutes=60)
    dose = {"sits": sits, "watch": watch}
    needs = [Need(f"{prefix}d{n}", Kind.DOSE, block, n, **dose, words=f"Dose {n}") for n in range(1, doses + 1)]
    needs += [
        Need(
            f"{prefix}i{n}", Kind.INTEGRATION, hour, n, f"{prefix}d{n}", window.opens_h * 60, window.closes_h * 60,
            words=f"Integration after dose {n}",
        )
        for n in range(1, doses + 1)
    ]  # fmt: skip
    if prepared:
        day = 24 * 60
        needs += [
            Need(f"{prefix}p{n}", Kind.PREPARATION, hour, n, f"{prefix}d1", -one.earliest * day, -one.latest * day)
            for n, one in enumerate(lengths().preparations, 1)
        ]
    return needs


def horizon(first: date = MONDAY, weeks: float = 6, zone: str = ZONE) -> Span:
    return Span(at(first, "00:00", zone), at(first + timedelta(days=int(weeks * 7)), "00:00", zone))
