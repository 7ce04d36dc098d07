"""A simulated clinic: 8 chairs, 4 nurses, 3 therapists, 2 prescribers, 60 patients, 8 weeks, with illness, breakdowns
and no-shows; two ways of planning the same demand."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from tests.planning.invented import MONDAY, ZONE, a_course, a_house, at, rules_of

from bench.planning import desk
from ketacare.clinic.scheduling.planner import Held, Replan, Setting, displaced_in, propose, replan, worse_after
from ketacare.clinic.scheduling.planner.days import RHYTHM
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.rules import breaks, day_of, window_after
from ketacare.medicine.scheduling.terms import Booked, House, Kind, Rule, Span

WEEKS, PATIENTS = 8, 60
ROOMY = 4  # weeks after the eighth in which what was begun is finished
PATIENTS_OWN = RHYTHM | {Rule.FLOOR}
ILL, BROKEN, NO_SHOW = 0.04, 0.02, 0.05  # a day of a person, a day of a chair, a visit


@dataclass(frozen=True)
class Event:
    """On this morning somebody or something is missing for the day, or a patient does not come."""

    on: date
    person: str = ""
    chair: str = ""


@dataclass(frozen=True)
class Demand:
    """What happens to both ways of planning alike."""

    begins: tuple[tuple[str, date], ...]
    events: tuple[Event, ...]
    luck: int


@dataclass
class Outcome:
    held: list[Booked] = field(default_factory=list)
    given: int = 0
    windows: int = 0
    used: int = 0
    not_begun: int = 0
    unprepared: int = 0
    disturbed: list[int] = field(default_factory=list)
    without: int = 0
    against: int = 0
    idle_hours: float = 0.0
    broken: int = 0
    missed: set[str] = field(default_factory=set)


def a_demand(seed: int, house: House) -> Demand:
    luck = random.Random(seed)
    days = [MONDAY + timedelta(days=n) for n in range((WEEKS - 4) * 7)]
    begins = sorted(((f"p{n:02}", luck.choice(days)) for n in range(PATIENTS)), key=lambda one: (one[1], one[0]))
    events = []
    for n in range(WEEKS * 7):
        on = MONDAY + timedelta(days=n)
        if on.weekday() > 4:
            continue
        events += [Event(on, person=one.id) for one in house.people if luck.random() < ILL]
        events += [Event(on, chair=one.id) for one in house.places if luck.random() < BROKEN]
    return Demand(tuple(begins), tuple(events), seed)


def a_site() -> House:
    return a_house(MONDAY, WEEKS + ROOMY, chairs=8, nurses=4, therapists=3, prescribers=2)


def without(house: House, event: Event) -> House:
    day = Span(at(event.on, "00:00"), at(event.on + timedelta(days=1), "00:00"))
    people = tuple(
        replace(one, here=tuple(span for span in one.here if not span.meets(day))) if one.id == event.person else one
        for one in house.people
    )
    places = tuple(replace(one, out=(*one.out, day)) if one.id == event.chair else one for one in house.places)
    return replace(house, people=people, places=places)


def play(demand: Demand, *, planner: bool) -> Outcome:
    """Day by day: who begins is booked, what is missing is planned around, who does not come is lost."""
    house, rules, found = a_site(), rules_of(), Outcome()
    luck = random.Random(demand.luck + 1)
    shows = {f"p{n:02}{kind}{number}": luck.random() >= NO_SHOW for n in range(PATIENTS) for kind in "di"
             for number in range(1, 7)}  # fmt: skip
    courses = {}
    for n in range(WEEKS * 7):
        today = MONDAY + timedelta(days=n)
        morning = at(today, "07:00")
        for event in (one for one in demand.events if one.on == today):
            house = without(house, event)
            disturb(found, house, courses, morning, planner)
        for patient, _ in (one for one in demand.begins if one[1] == today):
            courses[patient] = rules
            book(found, house, patient, morning, planner)
    close(found, shows, house)
    return found


def book(found: Outcome, house: House, patient: str, morning: datetime, planner: bool) -> None:
    rules, horizon = rules_of(), Span(morning + timedelta(days=1), morning + timedelta(days=42))
    needs = a_course(6, prefix=patient, prepared=True)
    if planner:
        made = propose(needs, rules, house, found.held, patient=patient, horizon=horizon, most=1)
        visits: Sequence[Booked] = () if isinstance(made, Held) else made[0].visits
    else:
        visits = desk.first_free(needs, rules, house, found.held, patient=patient, horizon=horizon)
    found.not_begun += not visits
    found.unprepared += len(needs) - len(visits) if visits else 0
    found.held += visits


def disturb(found: Outcome, house: House, courses, morning: datetime, planner: bool) -> None:
    horizon = Span(morning, morning + timedelta(days=14))
    near = tuple(
        one for one in found.held
        if horizon.starts - timedelta(days=28) <= one.span.starts < horizon.ends + timedelta(days=14)
    )  # fmt: skip
    setting = Setting(house, near, courses, horizon, notice=lengths().notice)
    lost = displaced_in(setting, after=morning)
    if not lost:
        return
    made = replan(setting, lost) if planner else desk.move_each(setting, lost)
    found.disturbed.append(made.disturbed)
    found.without += len(made.without_place)
    found.against += against_the_course(setting, made)
    gone = {one.key for one in made.without_place}
    after = {move.after.key: move.after for move in made.moves}
    found.held = [after.get(one.key, one) for one in found.held if one.key not in gone]


def against_the_course(setting: Setting, made: Replan) -> int:
    """Patients whose own course the new places break: the window, the days between doses, the morning after one, the
    order. Such a place is none: the visit would have to be moved again, or be of no use."""
    new, _ = worse_after(setting, [one.after for one in made.moves], [one.key for one in made.without_place])
    whose = {one.key: one.patient for one in setting.calendar}
    return len({whose[fault.keys[-1]] for fault in new if fault.rule in PATIENTS_OWN})


def close(found: Outcome, shows: dict[str, bool], house: House) -> None:
    """What was kept: a window counts where its dose was given, and is used where its visit began inside it."""
    rules = rules_of()
    came = [one for one in found.held if shows.get(one.key, True)]
    visits = {one.key: one for one in came}
    for dose in (one for one in came if one.kind is Kind.DOSE):
        window = window_after(dose, rules)
        found.given += 1
        found.windows += 1
        mine = dose.key.replace("d", "i", 1)
        visit = visits.get(mine)
        kept = shows.get(mine, True)
        if not kept:
            found.windows -= 1  # whoever does not come has had the place: no plan can use it
        elif visit is not None and window.starts <= visit.span.starts < window.ends:
            found.used += 1
    found.broken = len(breaks(found.held, house))
    span = [one for one in house.opens if day_of(one.starts, ZONE) < MONDAY + timedelta(days=WEEKS * 7)]
    hours = sum((one.length for one in span), timedelta()).total_seconds() / 3600
    taken = sum((one.span.length for one in came if one.kind is Kind.DOSE), timedelta()).total_seconds() / 3600
    found.idle_hours = 8 * hours - taken
