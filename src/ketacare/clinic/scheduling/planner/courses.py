"""A whole course into a calendar that stands: up to three alternatives that differ, or what holds it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ortools.sat.python import cp_model

from ketacare.medicine.scheduling.rules import Board, Found, Why, breaks, course_breaks, day_of
from ketacare.medicine.scheduling.terms import Booked, CourseRules, House, Kind, Span

STEP = timedelta(minutes=15)
# The work a search may do, in the solver's own count, so that a busy machine says the same as an idle one; and a bound
# by the clock beyond which the desk would rather be told that it was cut short.
WORK, SECONDS = 0.6, 6.0
DAY_MIN = 24 * 60
NEAR_MIN = 120
HORIZON_MOST = 400 * DAY_MIN
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class Need:
    """One visit of a course. Doses follow each other; the others stand within `span`, or between minutes after (or,
    negative, before) the start of the dose `after`."""

    key: str
    kind: Kind
    length: timedelta
    number: int = 0
    after: str = ""
    from_min: int = 0
    until_min: int = 0
    span: Span | None = None
    devices: bool = False
    words: str = ""


@dataclass(frozen=True)
class Wishes:
    """What the patient asked for. Days that are impossible are kept free; the rest is weighed."""

    never_weekdays: frozenset[int] = frozenset()
    away: tuple[Span, ...] = ()
    part: str = ""
    """ "morning", "afternoon" or nothing."""
    people: tuple[str, ...] = ()


@dataclass(frozen=True)
class Alternative:
    """One way to place the whole course, and how it differs."""

    name: str
    words: str
    visits: tuple[Booked, ...]


@dataclass(frozen=True)
class Held:
    """No way, and why, in words."""

    reasons: tuple[str, ...]


class CutShort(Exception):
    """The search ended before it knew: neither a plan nor that there is none."""


CUT = "The search was cut short: nothing says that it does not fit. Ask again, or begin later."


@dataclass
class _Slots:
    """The times that a need could have in the calendar as it stands, with what it would hold at each."""

    need: Need
    found: dict[int, Found] = field(default_factory=dict)
    why: Why = field(default_factory=Why)


@dataclass(frozen=True)
class _Profile:
    name: str
    words: str
    soon: int
    steady: int
    even: int = 0
    part: str = ""


PROFILES = (
    _Profile("Soonest", "begins and ends as early as it can", soon=4, steady=1),
    _Profile("Evenly spread", "the same weekdays and hour, spread over the week", soon=1, steady=4, even=20),
    _Profile("Afternoons", "after noon where there is a place", soon=1, steady=1, part="afternoon"),
    _Profile("Mornings", "before noon where there is a place", soon=1, steady=1, part="morning"),
)


def propose(
    needs: Sequence[Need],
    rules: CourseRules,
    house: House,
    held: Iterable[Booked],
    *,
    patient: str,
    horizon: Span,
    wishes: Wishes = Wishes(),
    given: Sequence[date] = (),
    most: int = 3,
) -> list[Alternative] | Held:
    """Alternatives in order of preference; every one has passed the checker before it is returned."""
    calendar = _Calendar(Board(house, horizon.starts, horizon.ends, held), rules, wishes, patient)
    slots = [_slots_of(need, calendar, horizon) for need in needs]
    empty = [one for one in slots if not one.found]
    if empty:
        return Held(tuple(_no_place(one) for one in empty))
    made: list[Alternative] = []
    for profile in PROFILES:
        try:
            starts = _solve(slots, rules, house, horizon, wishes, profile, given, [one.visits for one in made])
            if starts is None and not made:
                return Held(tuple(_why_not(slots, rules, house, horizon, given)))
        except CutShort:
            starts = None
        if starts is None:
            continue
        visits = _visits(slots, starts, patient)
        faults = breaks(visits, house) + course_breaks(visits, rules, house.zone, given=given)
        if faults:
            raise AssertionError(f"the planner broke a rule: {faults[0]}")
        made.append(Alternative(profile.name, profile.words, visits))
        if len(made) == most:
            break
    return made or Held((CUT,))


# -- where each visit could be -----------------------------------------------------------------------------------------


@dataclass
class _Calendar:
    """The board of one question; a time that two needs of one shape ask for is looked up once."""

    board: Board
    rules: CourseRules
    wishes: Wishes
    patient: str
    known: dict[tuple[Kind, timedelta, bool, datetime], tuple[Found | None, str]] = field(default_factory=dict)

    def at(self, need: Need, moment: datetime) -> tuple[Found | None, str]:
        key = (need.kind, need.length, need.devices, moment)
        if key not in self.known:
            self.known[key] = self.look(need, Span(moment, moment + need.length))
        return self.known[key]

    def look(self, need: Need, span: Span) -> tuple[Found | None, str]:
        board = self.board
        if _unwished(span, self.wishes, board.house.zone):
            return None, "the patient cannot come then"
        if board.patients.get(self.patient, 0) & board.mask(span):
            return None, "the patient has another visit"
        why = Why()
        found = board.find(
            need.kind,
            span,
            before=self.rules.before if need.kind is Kind.DOSE else timedelta(),
            devices=need.devices,
            prefer=self.wishes.people,
            why=why,
        )
        return found, "" if found else why.most(1)[0]


def _slots_of(need: Need, calendar: _Calendar, horizon: Span) -> _Slots:
    slots = _Slots(need)
    for moment in calendar.board.starts_within(need.span or horizon, need.length, STEP):
        found, why = calendar.at(need, moment)
        if found is not None:
            slots.found[(moment - horizon.starts) // timedelta(minutes=1)] = found
        else:
            slots.why.counts[why] += 1
    return slots


def _unwished(span: Span, wishes: Wishes, zone: str) -> bool:
    weekday = day_of(span.starts, zone).weekday()
    return weekday in wishes.never_weekdays or any(span.meets(away) for away in wishes.away)


# -- the model ---------------------------------------------------------------------------------------------------------


class _Model:
    """One integer variable a visit, its start in minutes, tied to its day and to the minute of that day."""

    def __init__(self, slots: Sequence[_Slots], house: House, horizon: Span) -> None:
        self.model = cp_model.CpModel()
        self.slots, self.zone, self.horizon = slots, ZoneInfo(house.zone), horizon
        self.start: dict[str, cp_model.IntVar] = {}
        self.day: dict[str, cp_model.IntVar] = {}
        self.minute: dict[str, cp_model.IntVar] = {}
        self.first_day, last_day = self.day_at(0), self.day_at(_minutes(horizon.length))
        self.midnights = {day: self._elapsed(day) for day in range(self.first_day, last_day + 2)}
        self.changes = [
            day
            for day in range(self.first_day, last_day + 1)
            if self.midnights[day + 1] - self.midnights[day] != DAY_MIN
        ]
        for one in slots:
            self._add(one)

    def _add(self, one: _Slots) -> None:
        key = one.need.key
        starts = sorted(one.found)
        self.start[key] = self.model.new_int_var_from_domain(cp_model.Domain.from_values(starts), key)
        days = sorted({self.day_at(start) for start in starts})
        self.day[key] = self.model.new_int_var_from_domain(cp_model.Domain.from_values(days), key)
        self.minute[key] = self.model.new_int_var(0, DAY_MIN + 60, key)
        self.model.add(self.start[key] == self._midnight(key) + self.minute[key])

    def _elapsed(self, day: int) -> int:
        begins = datetime.combine(date.fromordinal(day), time(), tzinfo=self.zone)
        return int((begins.timestamp() - self.horizon.starts.timestamp()) // 60)

    def _midnight(self, key: str) -> cp_model.LinearExprT:
        """Minutes from the horizon's beginning to its day's: a day has 23 or 25 hours when the clocks change."""
        if not self.changes:
            return DAY_MIN * self.day[key] - DAY_MIN * self.first_day + self.midnights[self.first_day]
        late = []
        for change in self.changes:
            after = self.model.new_bool_var("")
            self.model.add(self.day[key] > change).only_enforce_if(after)
            self.model.add(self.day[key] <= change).only_enforce_if(~after)
            late.append((self.midnights[change + 1] - self.midnights[change] - DAY_MIN) * after)
        return DAY_MIN * self.day[key] - DAY_MIN * self.first_day + self.midnights[self.first_day] + sum(late)

    def day_at(self, start: int) -> int:
        """The site's own day at this minute."""
        return (self.horizon.starts + timedelta(minutes=start)).astimezone(self.zone).date().toordinal()

    def rule(self, rules: CourseRules, given: Sequence[date], *, windows: bool = True, stretch: int = 0) -> None:
        doses = [one.need for one in self.slots if one.need.kind is Kind.DOSE]
        days: list[cp_model.LinearExprT] = [day.toordinal() for day in sorted(given)]
        days += [self.day[dose.key] for dose in doses]
        for place in range(len(given), len(days)):
            if place:
                gap = days[place] - days[place - 1]
                self.model.add(gap >= rules.min_days)
                if place > len(given):
                    self.model.add(gap <= rules.most_days + stretch)
            if place >= rules.per_week:
                self.model.add(days[place] - days[place - rules.per_week] >= 7)
        for one in self.slots:
            if windows and one.need.after:
                self._anchored(one.need, rules)
        self.model.add_no_overlap(
            [
                self.model.new_fixed_size_interval_var(self.start[one.need.key], _minutes(one.need.length), "")
                for one in self.slots
            ]
        )

    def _anchored(self, need: Need, rules: CourseRules) -> None:
        distance = self.start[need.key] - self.start[need.after] - _minutes(rules.before)
        self.model.add(distance >= need.from_min)
        self.model.add(distance < need.until_min)
        if need.kind is Kind.INTEGRATION:
            self.model.add(self.day[need.key] > self.day[need.after])
            follower = self._next_dose(need.after)
            if follower:  # the work of one dose is done before the next one
                self.model.add(self.start[need.key] + _minutes(need.length) <= self.start[follower])

    def _next_dose(self, key: str) -> str:
        doses = [one.need.key for one in self.slots if one.need.kind is Kind.DOSE]
        place = doses.index(key) + 1
        return doses[place] if place < len(doses) else ""

    def weigh(self, profile: _Profile, wishes: Wishes, per_week: int) -> None:
        doses = [one.need.key for one in self.slots if one.need.kind is Kind.DOSE]
        first_day = self.horizon.starts.astimezone(self.zone).date().toordinal()
        terms: list[cp_model.LinearExprT] = []
        if doses:
            terms += [profile.soon * 24 * (self.day[doses[0]] - first_day), profile.soon * 12 * self.day[doses[-1]]]
        if profile.even:
            terms += [profile.even * self._uneven(one, two, per_week) for one, two in pairwise(doses)]
        terms += [profile.steady * self._differs(one, two) for one, two in zip(doses, doses[per_week:], strict=False)]
        part = wishes.part or profile.part
        for one in self.slots:
            terms.append(self._off_part(one.need.key, part) * (6 if one.need.kind is Kind.DOSE else 2) if part else 0)
            if one.need.kind is not Kind.DOSE and one.need.after:
                terms.append(self.day[one.need.key] - self.day[one.need.after])
        self.model.minimize(sum(terms))

    def _uneven(self, one: str, two: str, per_week: int) -> cp_model.LinearExprT:
        """How far two doses stand from an even spread over the week."""
        apart = self.model.new_int_var(0, 7 * 60, "")
        self.model.add_abs_equality(apart, per_week * (self.day[two] - self.day[one]) - 7)
        return apart

    def _differs(self, one: str, two: str) -> cp_model.LinearExprT:
        """Quarter hours by which the hour differs, and a day's worth where the weekday does."""
        apart = self.model.new_int_var(0, DAY_MIN, "")
        self.model.add_abs_equality(apart, self.minute[one] - self.minute[two])
        quarter = self.model.new_int_var(0, DAY_MIN, "")
        self.model.add_division_equality(quarter, apart, 15)
        days = self.model.new_int_var(0, 60, "")
        self.model.add_abs_equality(days, self.day[two] - self.day[one] - 7)
        return quarter + 20 * days

    def _off_part(self, key: str, part: str) -> cp_model.LinearExprT:
        """Quarter hours that it stands in the other half of the day."""
        off = self.model.new_int_var(0, DAY_MIN, "")
        if part == "morning":
            self.model.add_max_equality(off, [0, self.minute[key] - 11 * 60])
        else:
            self.model.add_max_equality(off, [0, 12 * 60 - self.minute[key]])
        quarter = self.model.new_int_var(0, DAY_MIN, "")
        self.model.add_division_equality(quarter, off, 15)
        return quarter

    def differ_from(self, made: Sequence[Booked]) -> None:
        """Two doses in three stand at least two hours from where they stood before."""
        doses = [one for one in self.slots if one.need.kind is Kind.DOSE]
        before = {visit.key: visit.span.starts for visit in made if visit.kind is Kind.DOSE}
        same = []
        for one in doses:
            there = (before[one.need.key] - self.horizon.starts) // timedelta(minutes=1)
            elsewhere = cp_model.Domain.from_intervals([[0, there - NEAR_MIN], [there + NEAR_MIN, HORIZON_MOST]])
            is_near = self.model.new_bool_var("")
            self.model.add_linear_expression_in_domain(self.start[one.need.key], elsewhere).only_enforce_if(~is_near)
            same.append(is_near)
        self.model.add(sum(same) <= len(doses) // 3)

    def solved(self) -> dict[str, int] | None:
        """The starts; None where it is proven that there are none."""
        solver = cp_model.CpSolver()
        solver.parameters.max_deterministic_time = WORK
        solver.parameters.max_time_in_seconds = SECONDS
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        status = solver.solve(self.model)
        if status == cp_model.UNKNOWN:
            raise CutShort
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return {key: solver.value(variable) for key, variable in self.start.items()}


def _solve(
    slots: Sequence[_Slots],
    rules: CourseRules,
    house: House,
    horizon: Span,
    wishes: Wishes,
    profile: _Profile,
    given: Sequence[date],
    made: Sequence[tuple[Booked, ...]],
) -> dict[str, int] | None:
    model = _Model(slots, house, horizon)
    model.rule(rules, given)
    for earlier in made:
        model.differ_from(earlier)
    model.weigh(profile, wishes, rules.per_week)
    return model.solved()


def _visits(slots: Sequence[_Slots], starts: dict[str, int], patient: str) -> tuple[Booked, ...]:
    made = []
    for one in slots:
        found = one.found[starts[one.need.key]]
        made.append(
            Booked(
                key=one.need.key,
                patient=patient,
                kind=one.need.kind,
                span=found.span,
                places=found.places,
                person=found.person,
                hands_on=found.hands_on,
                follows=one.need.after,
                number=one.need.number,
                lane=found.lane,
            )
        )
    return tuple(sorted(made, key=lambda visit: visit.span.starts))


# -- what holds it back ------------------------------------------------------------------------------------------------


def _no_place(one: _Slots) -> str:
    what = one.need.words or one.need.key
    reasons = one.why.most() or ["the site is closed then"]
    return f"{what} has no place at all: {'; '.join(reasons)}."


def _why_not(
    slots: Sequence[_Slots],
    rules: CourseRules,
    house: House,
    horizon: Span,
    given: Sequence[date],
) -> list[str]:
    """Each visit has places by itself; which rule leaves none for all of them is found by leaving one out."""
    doses = [one for one in slots if one.need.kind is Kind.DOSE]
    said = []
    if _fits(doses, rules, house, horizon, given):
        crowded = [
            one.need.words or one.need.key
            for one in slots
            if one.need.kind is not Kind.DOSE and not _fits([*doses, one], rules, house, horizon, given)
        ]
        what = ", ".join(crowded) if crowded else "The visits beside the doses"
        said.append(f"{what}: no place at the right time after a dose. The doses alone would fit.")
        said += _scarce([one for one in slots if one.need.kind is not Kind.DOSE])
    elif _fits(doses, rules, house, horizon, given, stretch=7):
        said.append(
            f"The doses fit only with more than {rules.most_days} days between two of them. "
            "Begin later, or ask the prescriber whether a longer gap is right."
        )
        said += _scarce(doses)
    else:
        said.append(f"{len(doses)} doses do not fit between these days. Begin later, or free a chair or a nurse.")
        said += _scarce(doses)
    return said


def _fits(
    slots: Sequence[_Slots],
    rules: CourseRules,
    house: House,
    horizon: Span,
    given: Sequence[date],
    stretch: int = 0,
) -> bool:
    model = _Model(slots, house, horizon)
    model.rule(rules, given, stretch=stretch)
    return model.solved() is not None


def _scarce(slots: Sequence[_Slots]) -> list[str]:
    """What most often stood in the way of these."""
    together = Why()
    for one in slots:
        together.counts.update(one.why.counts)
    reasons = [words for words in together.most(4) if words != "the site is closed"]
    return [f"Most often in the way: {'; '.join(reasons)}."] if reasons else []


def _minutes(length: timedelta) -> int:
    return length // timedelta(minutes=1)
