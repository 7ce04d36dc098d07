"""What a plan of the invented site keeps to, written a second time: from instants, five minutes by five minutes, with
the figures of the clinical reference. It reads no rule and no sheet of the product; only its values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise, product
from zoneinfo import ZoneInfo

from ketacare.medicine.scheduling.terms import Booked, House, Kind, PlaceKind, Span

FIVE, HOUR = timedelta(minutes=5), timedelta(hours=1)
SKILL = {"dose": "infusion", "integration": "therapy", "preparation": "therapy", "review": "prescribe"}
# treatment.md 10.2: of IV and IM two at once while the dose acts, one over 0.5 mg/kg, three in recovery; nasal four.
AT_ONCE = {"usual": (2, 3), "large": (1, 3), "nasal": (4, 4)}
ACTS = HOUR
# treatment.md RD-24: latest start = closing - (chair time + 60).
BEFORE_CLOSING = HOUR
HANDS = timedelta(minutes=15)
MORNING = time(7)
# The first visit of preparation 14 to 3 days before the first dose, the second 3 to 1.
TRIES = 2000
PREPARED = {1: (14, 3), 2: (3, 1)}


@dataclass(frozen=True)
class Course:
    """What the course of one patient is held to, as it was asked for."""

    min_days: int
    most_days: int
    per_week: int
    opens_h: int
    closes_h: int
    sits: bool = False
    never: frozenset[int] = frozenset()


def broken(visits: Sequence[Booked], house: House, course: Course, *, of: str) -> list[str]:
    """Every law that the visits of one patient break: alone, among all the others, and in their course."""
    own = [one for one in visits if one.patient == of]
    found = [words for one in own for words in alone(one, house)]
    found += together(own, visits)
    found += [f"watching {one.key}" for one in own if too_much(one, visits)]
    return found + in_course(own, course, ZoneInfo(house.zone))


def moments(one: Booked) -> Iterable[datetime]:
    moment = one.span.starts
    while moment < one.span.ends:
        yield moment
        moment += FIVE


def began(dose: Booked) -> datetime:
    assert dose.hands_on is not None
    return dose.hands_on.starts


def alone(one: Booked, house: House) -> list[str]:
    found = []
    here = {person.id: person.here for person in house.people}
    able = {person.id: {str(skill) for skill in person.skills} for person in house.people}
    opens = [span for span in house.opens if span.starts <= one.span.starts and one.span.ends <= span.ends]
    if not opens:
        found.append(f"hours {one.key}")
    if SKILL[one.kind] not in able.get(one.person, ()):
        found.append(f"skill {one.key}")
    for who in filter(None, (one.person, one.sitter)):
        if not all(any(span.starts <= moment < span.ends for span in here[who]) for moment in moments(one)):
            found.append(f"away {one.key}")
    chairs = {place.id for place in house.places if place.kind is PlaceKind.CHAIR}
    rooms = {place.id for place in house.places if place.kind is PlaceKind.ROOM}
    if one.kind != "dose":
        return found + ([f"room {one.key}"] if rooms and one.places.get(PlaceKind.ROOM) not in rooms else [])
    if one.places.get(PlaceKind.CHAIR) not in chairs:
        found.append(f"chair {one.key}")
    if one.hands_on is None or one.hands_on.ends - one.hands_on.starts < HANDS:
        return [*found, f"hands {one.key}"]
    chair_time = one.span.ends - one.span.starts
    if opens and began(one) + chair_time + BEFORE_CLOSING > opens[0].ends:
        found.append(f"closing {one.key}")
    prescribers = [span for who, spans in here.items() if "prescribe" in able[who] for span in spans]
    if not all(any(span.starts <= moment < span.ends for span in prescribers) for moment in moments(one)):
        found.append(f"supervisor {one.key}")
    if one.sitter and ("therapy" not in able[one.sitter] or one.sitter == one.person):
        found.append(f"sitter {one.key}")
    return found


def overlap(one: Span, two: Span) -> bool:
    return max(one.starts, two.starts) < min(one.ends, two.ends)


def together(own: Sequence[Booked], visits: Sequence[Booked]) -> list[str]:
    found = []
    for one, two in product(own, visits):
        if one is two or not overlap(one.span, two.span):
            continue
        pair = f"{one.key} {two.key}"
        if one.patient == two.patient:
            found.append(f"patient {pair}")
        if set(one.places.values()) & set(two.places.values()):
            found.append(f"place {pair}")
        for mine, other in ((one, two), (two, one)):
            whole = {mine.sitter} | ({mine.person} if mine.kind != "dose" else set())
            if (whole - {""}) & {other.person, other.sitter}:
                found.append(f"person {pair}")
        if one.hands_on and two.hands_on and one.person == two.person and overlap(one.hands_on, two.hands_on):
            found.append(f"hands {pair}")
    return found


def too_much(dose: Booked, visits: Sequence[Booked]) -> bool:
    """At any five minutes of it more than one whole nurse."""
    near = [
        one for one in visits
        if one.person == dose.person and one.kind == "dose" and one.hands_on and overlap(one.span, dose.span)
    ]  # fmt: skip
    for moment in moments(dose) if dose.kind == "dose" else ():
        taken = Fraction()
        for one in near:
            if one.span.starts <= moment < one.span.ends:
                acts = began(one) <= moment < began(one) + ACTS
                taken += Fraction(1, AT_ONCE[one.watch][0 if acts else 1])
        if taken > 1:
            return True
    return False


def in_course(own: Sequence[Booked], course: Course, zone: ZoneInfo) -> list[str]:
    def day(moment: datetime) -> date:
        return moment.astimezone(zone).date()

    doses = sorted((one for one in own if one.kind == "dose"), key=lambda one: one.span.starts)
    days = [day(one.span.starts) for one in doses]
    found = [
        f"interval {two}" for one, two in pairwise(days) if not course.min_days <= (two - one).days <= course.most_days
    ]
    found += [f"a week {one}" for one in days if sum(0 <= (two - one).days < 7 for two in days) > course.per_week]
    found += [f"sitter {one.key}" for one in doses if bool(one.sitter) != course.sits]
    found += [f"weekday {one.key}" for one in own if day(one.span.starts).weekday() in course.never]
    by_key = {one.key: one for one in doses}
    for one in own:
        dose = by_key.get(one.follows)
        if one.kind == "integration":
            after = (one.span.starts - began(by_key[one.follows])).total_seconds() / 3600
            if not course.opens_h <= after < course.closes_h:
                found.append(f"window {one.key}")
            for other in doses:
                morning = datetime.combine(day(other.span.starts) + timedelta(days=1), MORNING, tzinfo=zone)
                if other.span.starts < one.span.ends and one.span.starts < morning:
                    found.append(f"floor {one.key} {other.key}")
        if one.kind == "preparation":
            assert dose is not None
            earliest, latest = PREPARED[one.number]
            before = began(dose) - one.span.starts
            if not timedelta(days=latest) < before <= timedelta(days=earliest) or one.span.ends > dose.span.starts:
                found.append(f"preparation {one.key}")
    prepared = sorted((one for one in own if one.kind == "preparation"), key=lambda one: one.number)
    found += [f"a night {two.key}" for one, two in pairwise(prepared) if day(one.span.starts) >= day(two.span.starts)]
    return found


# -- is there a way at all ---------------------------------------------------------------------------------------------


def fits(course: Course, house: House, *, doses: int, patient: str, first: date, weeks: int) -> bool:
    """A course on full hours in an empty calendar, dose by dose, each with the work after it and the first one with its
    preparation; no proof that there is none, but where it finds one there is one."""
    zone = ZoneInfo(house.zone)
    hours = [
        datetime.combine(first + timedelta(days=n), time(hour), tzinfo=zone)
        for n in range(weeks * 7)
        for hour in range(8, 17)
    ]
    nurse, therapist, tried = "nurse0", "therapist0", list[int]()
    room = {place.kind: place.id for place in house.places if place.kind is PlaceKind.ROOM}

    def dose_at(starts: datetime, number: int) -> Booked:
        hands = Span(starts + timedelta(minutes=25), starts + timedelta(minutes=40))
        sitter = therapist if course.sits else ""
        return Booked(f"d{number}", patient, Kind.DOSE, Span(starts, starts + 2 * HOUR),
                      {PlaceKind.CHAIR: "chair0"}, nurse, hands, "", number, sitter=sitter)  # fmt: skip

    def work_at(kind: Kind, key: str, starts: datetime, number: int, follows: str) -> Booked:
        return Booked(key, patient, kind, Span(starts, starts + HOUR), room, therapist, None, follows, number)

    def right(visits: list[Booked]) -> bool:
        return not broken(visits, house, course, of=patient)

    def ahead(made: list[Booked], number: int) -> bool:
        if number > doses:
            return True
        last = max((one.span.starts for one in made if one.kind == "dose"), default=None)
        for starts in hours:
            if last is not None and not HOUR < starts - last <= timedelta(days=course.most_days + 1):
                continue
            tried.append(number)
            if len(tried) > TRIES:
                return False
            with_dose = [*made, dose_at(starts, number)]
            if not right(with_dose):
                continue
            with_work = added(with_dose, Kind.INTEGRATION, f"i{number}", number, f"d{number}")
            if with_work and number == 1:
                with_work = added(with_work, Kind.PREPARATION, "p2", 2, "d1")
                with_work = with_work and added(with_work, Kind.PREPARATION, "p1", 1, "d1")
            if with_work and ahead(with_work, number + 1):
                return True
        return False

    def added(made: list[Booked], kind: Kind, key: str, number: int, follows: str) -> list[Booked]:
        for starts in hours:
            now = [*made, work_at(kind, key, starts, number, follows)]
            if right(now):
                return now
        return []

    return ahead([], 1)
