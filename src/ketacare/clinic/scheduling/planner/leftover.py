"""Whoever is left without a place, one after the other: the nearest one that is free while all others stay as they are.
A first answer for the search, and a last look behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.scheduling.planner.following import together
from ketacare.clinic.scheduling.planner.moves import Move, Replan, Setting
from ketacare.clinic.scheduling.planner.times import Times
from ketacare.medicine.scheduling.rules import Board, Why, day_of, patient_breaks
from ketacare.medicine.scheduling.terms import Booked, Kind, PlaceKind, Rule, Span

STEP = timedelta(minutes=15)
DEVICES = frozenset({PlaceKind.PUMP, PlaceKind.MONITOR})


# So many places of a dose on each day are tried with everything that has to go along with it, the nearest first.
A_DAY = 2
# Beyond the days that are planned their own later visits may go this far, where the calendar is still known.
BEYOND = timedelta(days=7)


def with_leftover(setting: Setting, found: Replan, lost: Collection[str], *, along: bool = False) -> Replan:
    """The same plan, with a place for each of those it left without one that still finds one; where `along`, also if
    later doses of the same patient have to move for it."""
    before = {one.key: one for one in setting.calendar}
    after = before | {move.after.key: move.after for move in found.moves}
    left = {one.key for one in found.without_place}
    for one in sorted(found.without_place, key=lambda one: (one.kind is not Kind.DOSE, one.span)):
        others = [after[key] for key in after if key not in left]
        there = settled(setting, others, one, lost)
        if not there and along and one.kind is Kind.DOSE:
            there = with_its_course(setting, others, one, lost)
        if there:
            after |= {visit.key: visit for visit in there}
            left.discard(one.key)
    moves = [Move(before[key], one) for key, one in after.items() if key not in left and one != before[key]]
    without = [one for one in found.without_place if one.key in left]
    return Replan(tuple(moves), tuple(without), found.proven and len(without) == len(found.without_place))


def settled(setting: Setting, others: list[Booked], one: Booked, lost: Collection[str]) -> list[Booked]:
    """This visit and what follows it, which goes where it goes; empty where one of them finds no place."""
    work = [other for other in others if other.follows == one.key]
    rest = [other for other in others if other.follows != one.key]
    for there in free_for(setting, rest, one, lost):
        calendar = [*rest, there]
        for follower in work:
            stays = not broken(setting, calendar, follower) and not meets_own(calendar, follower)
            found = follower if stays else next(free_for(setting, calendar, follower, {*lost, one.key}), None)
            if found is None:
                break
            calendar.append(found)
        else:
            return calendar[len(rest) :]
    return []


def meets_own(calendar: Iterable[Booked], one: Booked) -> bool:
    return any(other.patient == one.patient and other.span.meets(one.span) for other in calendar)


def with_its_course(setting: Setting, others: list[Booked], one: Booked, lost: Collection[str]) -> list[Booked]:
    """The nearest place at which the patient's own later visits find theirs as well."""
    theirs = [other for other in others if other.patient == one.patient and other.span.starts > one.span.starts]
    rest = [other for other in others if other not in theirs]
    horizon = Span(setting.horizon.starts, setting.horizon.ends + BEYOND)
    now, tried = replace(setting, calendar=(*others, one), horizon=horizon), Counter[date]()
    for there in free_for(setting, rest, one, lost):
        tried[day := day_of(there.span.starts, setting.house.zone)] += 1
        if tried[day] > A_DAY:
            continue
        plan = together(now, there)
        if plan is not None and not plan.words and not plan.without:
            return [move.after for move in plan.moves]
    return []


def free_for(setting: Setting, others: list[Booked], one: Booked, lost: Collection[str]) -> Iterator[Booked]:
    """The nearest first: fewest days from where it stood, then nearest to its hour."""
    zone = ZoneInfo(setting.house.zone)
    home, hour = day_of(one.span.starts, zone.key), minute_of(one.span.starts, zone)

    def apart(moment: datetime) -> tuple[int, int, datetime]:
        return abs((day_of(moment, zone.key) - home).days), abs(minute_of(moment, zone) - hour), moment

    board = board_of(setting, others, one)
    for moment in sorted(Times(setting, lost).of(one, STEP), key=apart):
        there = at_moment(board, one, moment)
        if there is not None and in_order(others, one, there) and not broken(setting, others, there):
            yield there


def in_order(others: Iterable[Booked], one: Booked, there: Booked) -> bool:
    """No dose goes past another of the same patient."""
    if one.kind is not Kind.DOSE:
        return True
    doses = [other.span for other in others if other.patient == one.patient and other.kind is Kind.DOSE]
    return all((other < one.span) == (other < there.span) for other in doses)


def board_of(setting: Setting, others: Iterable[Booked], one: Booked) -> Board:
    return Board(setting.house.for_patient(one.patient), setting.horizon.starts, setting.horizon.ends, others)


def at_moment(board: Board, one: Booked, moment: datetime, why: Why | None = None) -> Booked | None:
    span = Span(moment, moment + one.span.length)
    if board.patients.get(one.patient, 0) & board.mask(span):
        return None
    found = board.find(
        one.kind,
        span,
        before=one.before,
        devices=bool(DEVICES & one.places.keys()),
        sits=bool(one.sitter),
        prefer=(one.person, one.sitter, *one.places.values()),
        watch=one.watch,
        why=why,
    )
    if found is None:
        return None
    places = {kind: found.places.get(kind, name) for kind, name in one.places.items()} | found.places
    return replace(one, span=span, places=places, person=found.person, hands_on=found.hands_on, sitter=found.sitter)


def broken(setting: Setting, calendar: Iterable[Booked], one: Booked) -> list[Rule]:
    """What of the patient's own it would break there, and did not before."""
    rules, zone = setting.courses.get(one.patient), setting.house.zone
    given = [dose for dose in setting.given if dose.patient == one.patient]

    def faults(visits: list[Booked]) -> set[tuple[Rule, tuple[str, ...]]]:
        found = patient_breaks(visits, rules, zone, given=given)
        return {(fault.rule, tuple(sorted(fault.keys))) for fault in found if one.key in fault.keys}

    own = [other for other in calendar if other.patient == one.patient and other.key != one.key]
    stood = faults([other for other in setting.calendar if other.patient == one.patient])
    return sorted({rule for rule, _ in faults([*own, one]) - stood})


def minute_of(moment: datetime, zone: ZoneInfo) -> int:
    local = moment.astimezone(zone)
    return local.hour * 60 + local.minute
