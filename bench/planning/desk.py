"""The baseline: a careful desk that books one visit after another at the first place that is free and keeps to every
rule of the site and to the days between doses, but looks no further ahead than the visit it is booking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from ketacare.clinic.scheduling.planner import Need, Setting
from ketacare.clinic.scheduling.planner.moves import Move, Replan
from ketacare.medicine.scheduling.rules import Board, day_of
from ketacare.medicine.scheduling.terms import Booked, CourseRules, House, Kind, Span

STEP = timedelta(minutes=15)


def first_free(
    needs: Sequence[Need], rules: CourseRules, house: House, held: Sequence[Booked], *, patient: str, horizon: Span
) -> list[Booked]:
    """The first dose so soon that its preparation finds a place before it; else a day later."""
    for lead in range(14):
        made = begun_after(timedelta(days=lead), needs, rules, house, held, patient=patient, horizon=horizon)
        if all(need.key in {one.key for one in made} for need in needs if need.kind is Kind.PREPARATION):
            return made
    return []


def begun_after(
    lead: timedelta, needs: Sequence[Need], rules: CourseRules, house: House, held: Sequence[Booked], *, patient: str,
    horizon: Span,
) -> list[Booked]:  # fmt: skip
    """Each dose at the first place after the least days; then preparation and the work after each dose at the first
    place in its time, and if there is none, the work at the first place after it."""
    board = Board(house, horizon.starts, horizon.ends, held)
    made: list[Booked] = []
    days: list[date] = []
    for need in (one for one in needs if one.kind is Kind.DOSE):
        span = Span(horizon.starts + lead, horizon.ends)
        dose = place(need, board, rules, patient, span, lambda at: fits(day_of(at, house.zone), days, rules))
        if dose is None:
            break
        days.append(day_of(dose.span.starts, house.zone))
        made.append(dose)
    doses = {one.key: one for one in made}
    for need in (one for one in needs if one.after in doses):
        begins = doses[need.after].span.starts + rules.before
        first, last = begins + timedelta(minutes=need.from_min), begins + timedelta(minutes=need.until_min)
        if need.kind is Kind.INTEGRATION:
            last = horizon.ends
        own = {day_of(one.span.starts, house.zone) for one in made if one.kind is Kind.PREPARATION}
        if last <= horizon.starts:
            continue
        span = Span(max(first, horizon.starts), last)
        found = place(need, board, rules, patient, span, lambda at, own=own: day_of(at, house.zone) not in own)
        if found is not None:
            made.append(found)
    return made


def fits(day: date, days: Sequence[date], rules: CourseRules) -> bool:
    near = not days or (day - days[-1]).days >= rules.min_days
    week = len(days) < rules.per_week or (day - days[-rules.per_week]).days >= 7
    return near and week


def place(need, board, rules, patient, span, may) -> Booked | None:
    before = rules.before if need.kind is Kind.DOSE else timedelta()
    for moment in board.starts_within(span, need.length, STEP):
        slot = Span(moment, moment + need.length)
        if not may(moment) or board.patients.get(patient, 0) & board.mask(slot):
            continue
        found = board.find(need.kind, slot, before=before)
        if found is not None:
            one = Booked(
                need.key, patient, need.kind, slot, found.places, found.person, found.hands_on, need.after, need.number
            )
            board.put(one)
            return one
    return None


def move_each(setting: Setting, lost: Sequence[str]) -> Replan:
    """Whoever lost a place is called and gets the first one that is free, without a look at anybody else."""
    keep = [one for one in setting.calendar if one.key not in set(lost)]
    board = Board(setting.house, setting.horizon.starts - timedelta(days=28), setting.horizon.ends, keep)
    moves, without = [], []
    for visit in sorted((one for one in setting.calendar if one.key in set(lost)), key=lambda one: one.span):
        rules = setting.courses[visit.patient]
        days = {
            day_of(one.span.starts, setting.house.zone)
            for one in keep
            if one.patient == visit.patient and one.kind is Kind.DOSE
        }
        need = Need(visit.key, visit.kind, visit.span.length, visit.number, visit.follows)
        span = Span(max(visit.span.starts, setting.horizon.starts), setting.horizon.ends)

        def may(moment: datetime, days: set[date] = days, visit: Booked = visit, rules: CourseRules = rules) -> bool:
            day, zone = day_of(moment, setting.house.zone), setting.house.zone
            if visit.kind is not Kind.DOSE:
                return True
            told = moment >= setting.horizon.starts + setting.notice or day == day_of(visit.span.starts, zone)
            return told and all(abs((day - other).days) >= rules.min_days for other in days)

        found = place(need, board, rules, visit.patient, span, may)
        if found is None:
            without.append(visit)
        else:
            moves.append(Move(visit, found))
            keep.append(found)
    return Replan(tuple(moves), tuple(without))
