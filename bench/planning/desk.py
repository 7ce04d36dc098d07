"""The baseline: a careful desk that books one visit after another at the first place that is free and keeps to every
rule of the site and to the days between doses, but looks no further ahead than the visit it is booking."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from ketacare.clinic.scheduling.planner import Need, Setting
from ketacare.clinic.scheduling.planner.moves import Move, Replan
from ketacare.medicine.scheduling.rules import Board, day_of
from ketacare.medicine.scheduling.terms import Booked, CourseRules, House, Kind, Span

STEP = timedelta(minutes=15)


def first_free(
    needs: Sequence[Need], rules: CourseRules, house: House, held: Sequence[Booked], *, patient: str, horizon: Span
) -> list[Booked]:
    """Each dose at the first place after the least days; then the work after it at the first place in its window, and
    if there is none, at the first place after it."""
    board = Board(house, horizon.starts, horizon.ends, held)
    made: list[Booked] = []
    days: list[date] = []
    for need in (one for one in needs if one.kind is Kind.DOSE):
        dose = place(need, board, rules, patient, horizon, lambda day: fits(day, days, rules), house.zone)
        if dose is None:
            break
        days.append(day_of(dose.span.starts, house.zone))
        made.append(dose)
    for need in (one for one in needs if one.kind is Kind.INTEGRATION):
        dose = next((one for one in made if one.key == need.after), None)
        if dose is None:
            continue
        begins = dose.span.starts + rules.before
        span = Span(begins + timedelta(minutes=need.from_min), horizon.ends)
        found = place(need, board, rules, patient, span, lambda day: True, house.zone)
        if found is not None:
            made.append(found)
    return made


def fits(day: date, days: Sequence[date], rules: CourseRules) -> bool:
    near = not days or (day - days[-1]).days >= rules.min_days
    week = len(days) < rules.per_week or (day - days[-rules.per_week]).days >= 7
    return near and week


def place(need, board, rules, patient, span, may, zone) -> Booked | None:
    before = rules.before if need.kind is Kind.DOSE else timedelta()
    for moment in board.starts_within(span, need.length, STEP):
        slot = Span(moment, moment + need.length)
        if not may(day_of(moment, zone)) or board.patients.get(patient, 0) & board.mask(slot):
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

        def may(day: date, days: set[date] = days, visit: Booked = visit, rules: CourseRules = rules) -> bool:
            return visit.kind is not Kind.DOSE or all(abs((day - other).days) >= rules.min_days for other in days)

        found = place(need, board, rules, visit.patient, span, may, setting.house.zone)
        if found is None:
            without.append(visit)
        else:
            moves.append(Move(visit, found))
            keep.append(found)
    return Replan(tuple(moves), tuple(without))
