"""The times that each visit of a course could have in the calendar as it stands, with what it would hold at each."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ketacare.clinic.scheduling.planner.asking import Need, Wishes
from ketacare.medicine.scheduling.rules import Board, Found, Why, day_of
from ketacare.medicine.scheduling.terms import CourseRules, Kind, Span

STEP = timedelta(minutes=15)


@dataclass
class Slots:
    """The times that a need could have in the calendar as it stands, with what it would hold at each."""

    need: Need
    found: dict[int, Found] = field(default_factory=dict)
    why: Why = field(default_factory=Why)


@dataclass
class Calendar:
    """The board of one question; a time that two needs of one shape ask for is looked up once."""

    board: Board
    rules: CourseRules
    wishes: Wishes
    patient: str
    known: dict[tuple[Kind, timedelta, bool, bool, datetime], tuple[Found | None, str]] = field(default_factory=dict)

    def at(self, need: Need, moment: datetime) -> tuple[Found | None, str]:
        key = (need.kind, need.length, need.devices, need.sits, moment)
        if key not in self.known:
            self.known[key] = self.look(need, Span(moment, moment + need.length))
        return self.known[key]

    def look(self, need: Need, span: Span) -> tuple[Found | None, str]:
        board = self.board
        if unwished(span, self.wishes, board.house.zone):
            return None, "the patient cannot come then"
        if board.patients.get(self.patient, 0) & board.mask(span):
            return None, "the patient has another visit"
        why = Why()
        found = board.find(
            need.kind,
            span,
            before=self.rules.before if need.kind is Kind.DOSE else timedelta(),
            devices=need.devices,
            sits=need.sits,
            prefer=self.wishes.people,
            why=why,
        )
        return found, "" if found else why.most(1)[0]


def slots_of(need: Need, calendar: Calendar, horizon: Span) -> Slots:
    slots = Slots(need)
    for moment in calendar.board.starts_within(need.span or horizon, need.length, STEP):
        found, why = calendar.at(need, moment)
        if found is not None:
            slots.found[(moment - horizon.starts) // timedelta(minutes=1)] = found
        else:
            slots.why.counts[why] += 1
    return slots


def unwished(span: Span, wishes: Wishes, zone: str) -> bool:
    weekday = day_of(span.starts, zone).weekday()
    return weekday in wishes.never_weekdays or any(span.meets(away) for away in wishes.away)
