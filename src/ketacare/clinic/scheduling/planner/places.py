"""The times that each visit of a course could have in the calendar as it stands, with what it would hold at each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from ketacare.clinic.scheduling.planner.asking import Need, Wishes
from ketacare.medicine.scheduling.rules import Board, Found, Why, day_of, floor_breaks
from ketacare.medicine.scheduling.terms import NEEDED, Booked, CourseRules, Kind, Skill, Span, Watch

STEP = timedelta(minutes=15)
CANNOT_COME = "the patient cannot come then"


@dataclass
class Times:
    """What the calendar as it stands has for one shape of visit: what would be held at each time, in minutes from the
    horizon's beginning; on which days, by the site's clock; and what stood in the way elsewhere."""

    found: dict[int, Found] = field(default_factory=dict)
    why: Why = field(default_factory=Why)
    days: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Slots:
    """The times that a need could have; needs of one shape share them."""

    need: Need
    times: Times

    @property
    def found(self) -> dict[int, Found]:
        return self.times.found

    @property
    def why(self) -> Why:
        return self.times.why


@dataclass
class Calendar:
    """The board of one question; what two needs of one shape ask for is looked up once."""

    board: Board
    rules: CourseRules
    wishes: Wishes
    patient: str
    own: tuple[Booked, ...] = ()
    """What the patient has booked already."""
    known: dict[tuple[Kind, timedelta, bool, bool, Watch, Span], Times] = field(default_factory=dict)

    def times(self, need: Need, horizon: Span) -> Times:
        span = need.span or horizon
        key = (need.kind, need.length, need.devices, need.sits, need.watch, span)
        if key not in self.known:
            self.known[key] = self.looked(need, span, horizon)
        return self.known[key]

    def looked(self, need: Need, span: Span, horizon: Span) -> Times:
        times = Times()
        for moment in self.board.starts_within(span, need.length, STEP):
            found = self.look(need, Span(moment, moment + need.length), times.why)
            if found is None:
                continue
            times.found[(moment - horizon.starts) // timedelta(minutes=1)] = found
            times.days.add(day_of(moment, self.board.house.zone).toordinal())
        return times

    def look(self, need: Need, span: Span, why: Why) -> Found | None:
        board = self.board
        if unwished(span, self.wishes, board.house.zone):
            why.counts[CANNOT_COME] += 1
            return None
        if self.patient in board.patients and board.patients[self.patient] & board.mask(span):
            why.counts["the patient has another visit"] += 1
            return None
        if self.own and self.below_the_floor(need, span):
            why.counts["a visit that is booked would stand on the day of a dose"] += 1
            return None
        return board.find(
            need.kind,
            span,
            before=self.rules.before if need.kind is Kind.DOSE else timedelta(),
            devices=need.devices,
            sits=need.sits,
            prefer=self.wishes.people,
            watch=need.watch,
            why=why,
        )

    def below_the_floor(self, need: Need, span: Span) -> bool:
        """Therapy that stays booked waits for the morning after any dose, and so does this visit after theirs."""
        one = Booked(need.key, self.patient, need.kind, span)
        return any(need.key in fault.keys for fault in floor_breaks([*self.own, one], self.board.house.zone))


def slots_of(need: Need, calendar: Calendar, horizon: Span) -> Slots:
    stands = need.stands
    return Slots(need, calendar.times(need, horizon) if stands is None else as_it_stands(stands, calendar, horizon))


def as_it_stands(one: Booked, calendar: Calendar, horizon: Span) -> Times:
    found = Found(one.span, dict(one.places), one.person, one.hands_on, one.sitter)
    start = (one.span.starts - horizon.starts) // timedelta(minutes=1)
    return Times({start: found}, days={day_of(one.span.starts, calendar.board.house.zone).toordinal()})


def leads(board: Board, wishes: Wishes) -> str:
    """The therapist of the whole course: who was asked for, else who has most time that is free."""
    able = {one.id for one in board.by_skill[Skill.THERAPY]}
    asked = next((name for name in wishes.people if name in able), "")
    return asked or min(able, key=lambda name: (-free_time(board, name), name), default="")


def free_time(board: Board, name: str) -> int:
    return (board.open & ~(board.away[name] | board.hands[name] | board.busy(name))).bit_count()


def only_with(lead: str, slots: Sequence[Slots], zone: str) -> list[Slots] | None:
    """The times at which this therapist does all of the therapy, and sits; None where a visit has none of them."""
    kept: dict[int, Times] = {}
    for one in slots:
        if id(one.times) not in kept:
            found = {start: there for start, there in one.found.items() if is_with(lead, one.need.kind, there)}
            days = {day_of(there.span.starts, zone).toordinal() for there in found.values()}
            kept[id(one.times)] = Times(found, one.why, days)
        if not kept[id(one.times)].found:
            return None
    return [Slots(one.need, kept[id(one.times)]) for one in slots]


def is_with(lead: str, kind: Kind, found: Found) -> bool:
    """Nobody else is with the patient as their therapist."""
    return (found.sitter or lead) == lead if NEEDED[kind] is not Skill.THERAPY else found.person == lead


def unwished(span: Span, wishes: Wishes, zone: str) -> bool:
    weekday = day_of(span.starts, zone).weekday()
    return weekday in wishes.never_weekdays or any(span.meets(away) for away in wishes.away)
