"""One dose at another time, and what goes with it: the work after it, what comes before it, and the patient's later
doses where the interval asks for it. Nobody else moves; what still holds stays. It is shown first."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ketacare.clinic.scheduling.planner.moves import Move, Replan, Setting
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.rules import Board, day_of, patient_breaks, window_after
from ketacare.medicine.scheduling.terms import BEFORE_A_DOSE, Booked, CourseRules, Kind, PlaceKind, Rule, Span

STEP = timedelta(minutes=15)
DAY = timedelta(days=1)
# As far as a later dose is looked for on either side of where it stood.
FAR = timedelta(days=14)
DEVICES = frozenset({PlaceKind.PUMP, PlaceKind.MONITOR})
# What the move of one visit can break of the others of the same patient.
ITS_OWN = frozenset({
    Rule.INTERVAL, Rule.PER_WEEK, Rule.WINDOW, Rule.FLOOR, Rule.ORDER, Rule.AFTER, Rule.PATIENT_TWICE,
})  # fmt: skip


@dataclass
class Together:
    """The patient's own visits, settled one after the other; `words` says which later dose finds no day."""

    setting: Setting
    rules: CourseRules | None
    board: Board
    given: list[Booked]
    stood: frozenset[tuple[Rule, tuple[str, ...]]]
    """What was so before: a visit that stays as it was did not break it."""
    settled: dict[str, Booked] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    without: list[Booked] = field(default_factory=list)
    words: str = ""

    def settle(self, before: Booked, after: Booked) -> None:
        self.settled[after.key] = after
        self.board.put(after)
        if after != before:
            self.moves.append(Move(before, after))

    def faults(self, one: Booked) -> set[tuple[Rule, tuple[str, ...]]]:
        own = [*self.settled.values(), one]
        found = patient_breaks(own, self.rules, self.setting.house.zone, given=self.given)
        return {(fault.rule, fault.keys) for fault in found if one.key in fault.keys}

    def may_stay(self, one: Booked) -> bool:
        return self.faults(one) <= self.stood and not self.is_taken(one)

    def is_taken(self, one: Booked) -> bool:
        return any(one.span.meets(other.span) for other in self.settled.values())


def together(setting: Setting, dose: Booked) -> Together | None:
    """The dose at its new place and everything of its patient that has to move because of it; None where another dose
    would come before it than did."""
    own = [one for one in setting.calendar if one.patient == dose.patient and one.span.starts >= setting.horizon.starts]
    was = next((one for one in own if one.key == dose.key), None)
    doses = sorted((one for one in own if one.kind is Kind.DOSE), key=lambda one: one.span)
    if was is None:
        return None
    first = [one for one in doses if one.span < was.span]
    later = [one for one in doses if one.span > was.span]
    if first and first[-1].span.starts >= dose.span.starts:
        return None
    keys = {one.key for one in own}
    others = [one for one in setting.calendar if one.key not in keys]
    house = setting.house.for_patient(dose.patient)
    board = Board(house, setting.horizon.starts, setting.horizon.ends, others)
    given = [one for one in setting.given if one.patient == dose.patient]
    rules = setting.courses.get(dose.patient)
    stood = frozenset((one.rule, one.keys) for one in patient_breaks(own, rules, house.zone, given=given))
    plan = Together(setting, rules, board, given, stood)
    for one in first:
        plan.settle(one, one)
    plan.settle(was, dose)
    last = dose
    for one in later:
        stays = last.span < one.span and plan.may_stay(one)
        there = one if stays else nearest_dose(plan, one, last)
        if there is None:
            plan.words = f"Dose {one.number}" if one.number else "A later dose"
            return plan
        plan.settle(one, there)
        last = there
    rest = [one for one in own if one.kind is not Kind.DOSE]
    kept = [one for one in rest if plan.may_stay(one)]
    for one in kept:
        plan.settle(one, one)
    where = {one.key: one for one in doses}
    for one in sorted((one for one in rest if one not in kept), key=lambda one: one.span):
        there = nearest_work(plan, one, where.get(one.follows))
        if there is None:
            plan.without.append(one)
        else:
            plan.settle(one, there)
    return plan


def replan_of(plan: Together) -> Replan:
    return Replan(tuple(plan.moves), tuple(plan.without))


def nearest_dose(plan: Together, one: Booked, last: Booked) -> Booked | None:
    """Behind the dose before it: none takes the place of another."""
    soonest = max(plan.setting.horizon.starts + plan.setting.notice, last.span.ends)
    span = within(Span(one.span.starts - FAR, one.span.starts + FAR), soonest, plan.setting.horizon.ends)
    return nearest(plan, one, span, one.span.starts) if span else None


def nearest_work(plan: Together, one: Booked, dose: Booked | None) -> Booked | None:
    """As long after its dose as it stood before, or before it, where that hour is free and right."""
    now = plan.settled.get(one.follows)
    if dose is None or now is None:
        at, span = one.span.starts, Span(one.span.starts - DAY * 7, one.span.starts + DAY * 7)
    else:
        at = now.span.starts + (one.span.starts - dose.span.starts)
        span = right_for(plan, one, now, at)
    begins = max(plan.setting.horizon.starts, now.span.ends) if now and at > now.span.starts else None
    inside = within(span, begins or plan.setting.horizon.starts, plan.setting.horizon.ends)
    return nearest(plan, one, inside, at) if inside else None


def right_for(plan: Together, one: Booked, dose: Booked, at: datetime) -> Span:
    if one.kind is Kind.INTEGRATION and plan.rules is not None:
        return window_after(dose, plan.rules)
    if one.kind in BEFORE_A_DOSE:
        earliest = reader.lengths().owed_earliest
        return Span(dose.span.starts - earliest * DAY, dose.span.starts)
    return Span(dose.span.ends, max(at, dose.span.ends) + DAY * 7)


def within(span: Span, starts: datetime, ends: datetime) -> Span | None:
    first, last = max(span.starts, starts), min(span.ends, ends)
    return Span(first, last) if first < last else None


def nearest(plan: Together, one: Booked, span: Span, at: datetime) -> Booked | None:
    """The free place that is nearest: fewest days from `at`, then nearest to the hour that it had."""
    zone = ZoneInfo(plan.setting.house.zone)
    hour, day = minute_of(one.span.starts, zone), day_of(at, zone.key)

    def apart(moment: datetime) -> tuple[int, int, datetime]:
        return abs((day_of(moment, zone.key) - day).days), abs(minute_of(moment, zone) - hour), moment

    begins = plan.board.starts_within(span, one.span.length, STEP)
    for moment in sorted((moment for moment in begins if span.starts <= moment < span.ends), key=apart):
        there = placed_at(plan, one, Span(moment, moment + one.span.length))
        if there is not None:
            return there
    return None


def placed_at(plan: Together, one: Booked, span: Span) -> Booked | None:
    there = replace(one, span=span, hands_on=None)
    if plan.is_taken(there) or plan.faults(there) or same_day(plan, there):
        return None
    before = one.hands_on.starts - one.span.starts if one.hands_on else timedelta()
    found = plan.board.find(
        one.kind,
        span,
        before=before,
        devices=bool(DEVICES & one.places.keys()),
        sits=bool(one.sitter),
        prefer=(one.person, one.sitter, *one.places.values()),
        watch=one.watch,
    )
    if found is None:
        return None
    return replace(
        there,
        places=found.places,
        person=found.person,
        hands_on=found.hands_on,
        sitter=found.sitter,
    )


def same_day(plan: Together, there: Booked) -> bool:
    """A night lies between two visits of preparation."""
    if there.kind is not Kind.PREPARATION:
        return False
    zone = plan.setting.house.zone
    days = {day_of(one.span.starts, zone) for one in plan.settled.values() if one.kind is Kind.PREPARATION}
    return day_of(there.span.starts, zone) in days


def minute_of(moment: datetime, zone: ZoneInfo) -> int:
    local = moment.astimezone(zone)
    return local.hour * 60 + local.minute
