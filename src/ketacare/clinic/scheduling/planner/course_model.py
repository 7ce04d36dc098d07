"""The model of one course: a variable a visit, the rules of the course, and how one answer is better than another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from ortools.sat.python import cp_model

from ketacare.clinic.scheduling.planner.asking import CutShort, Need, Profile, Wishes
from ketacare.clinic.scheduling.planner.places import Slots, is_with
from ketacare.medicine.scheduling.rules import is_early
from ketacare.medicine.scheduling.terms import Booked, CourseRules, House, Kind, Span

# The work a search may do, in the solver's own count, so that a busy machine says the same as an idle one; and a bound
# by the clock beyond which the desk would rather be told that it was cut short.
WORK, SECONDS = 0.6, 6.0
DAY_MIN = 24 * 60
# A visit with another therapist weighs as much as two weeks of waiting: above any hour of the day.
OTHER_THERAPIST = 2000
HORIZON_MOST = 400 * DAY_MIN


class Model:
    """One integer variable a visit, its start in minutes, tied to its day and to the minute of that day."""

    def __init__(self, slots: Sequence[Slots], house: House, horizon: Span) -> None:
        self.model = cp_model.CpModel()
        self.slots, self.zone, self.horizon = slots, ZoneInfo(house.zone), horizon
        self.start: dict[str, cp_model.IntVar] = {}
        self.day: dict[str, cp_model.IntVar] = {}
        self.minute: dict[str, cp_model.IntVar] = {}
        self.first_day, last_day = self.day_at(0), self.day_at(minutes(horizon.length))
        self.midnights = {day: self._elapsed(day) for day in range(self.first_day, last_day + 2)}
        self.changes = [
            day
            for day in range(self.first_day, last_day + 1)
            if self.midnights[day + 1] - self.midnights[day] != DAY_MIN
        ]
        for one in slots:
            self._add(one)

    def _add(self, one: Slots) -> None:
        key = one.need.key
        starts = sorted(one.found)
        self.start[key] = self.model.new_int_var_from_domain(cp_model.Domain.from_values(starts), key)
        days = cp_model.Domain.from_values(sorted(one.times.days))
        self.day[key] = self.model.new_int_var_from_domain(days, key)
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
        moves = [False] * len(given) + [dose.stands is None for dose in doses]
        for place in range(len(given), len(days)):
            if place and any(moves[place - 1 : place + 1]):
                gap = days[place] - days[place - 1]
                self.model.add(gap >= rules.min_days)
                if place > len(given):
                    self.model.add(gap <= rules.most_days + stretch)
            if place >= rules.per_week and any(moves[place - rules.per_week : place + 1]):
                self.model.add(days[place] - days[place - rules.per_week] >= 7)
        for first, then in pairwise(doses):
            if first.stands is None or then.stands is None:
                self.model.add(self.start[then.key] - self.start[first.key] >= rules.min_hours * 60)
        prepared = [one.need.key for one in self.slots if one.need.kind is Kind.PREPARATION]
        for before, after in pairwise(prepared):  # a night lies between two visits of preparation
            self.model.add(self.day[after] > self.day[before])
        for one in self.slots:
            if windows and one.need.after:
                self._anchored(one.need, rules)
        self.model.add_no_overlap(
            [
                self.model.new_fixed_size_interval_var(self.start[one.need.key], minutes(one.need.length), "")
                for one in self.slots
            ]
        )

    def _anchored(self, need: Need, rules: CourseRules) -> None:
        distance = self.start[need.key] - self.start[need.after] - minutes(rules.before)
        self.model.add(distance >= need.from_min)
        self.model.add(distance < need.until_min)
        if need.kind is Kind.INTEGRATION:
            self._from_the_morning(need)
            follower = self._next_dose(need.after)
            if follower:  # the work of one dose is done before the next one
                self.model.add(self.start[need.key] + minutes(need.length) <= self.start[follower])

    def _from_the_morning(self, need: Need) -> None:
        """On a day after the dose; on the very next one not before the hour that the floor ends at."""
        apart = self.day[need.key] - self.day[need.after]
        self.model.add(apart >= 1)
        found = next(one.found for one in self.slots if one.need.key == need.key)
        early = [start for start in found if is_early(found[start].span.starts, self.zone.key)]
        if early:
            is_early_one = self.model.new_bool_var("")
            elsewhere = cp_model.Domain.from_values(early).complement()
            here = self.model.add_linear_expression_in_domain(self.start[need.key], elsewhere)
            here.only_enforce_if(~is_early_one)
            self.model.add(apart >= 2).only_enforce_if(is_early_one)

    def _next_dose(self, key: str) -> str:
        doses = [one.need.key for one in self.slots if one.need.kind is Kind.DOSE]
        place = doses.index(key) + 1
        return doses[place] if place < len(doses) else ""

    def weigh(self, profile: Profile, wishes: Wishes, per_week: int, lead: str = "") -> None:
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
        terms += [OTHER_THERAPIST * one for one in self._with_another(lead)] if lead else []
        self.model.minimize(sum(terms))

    def _with_another(self, lead: str) -> list[cp_model.IntVar]:
        """Whether a visit is with another therapist, for each that has times with both."""
        found = []
        for one in self.slots:
            theirs = [start for start, there in one.found.items() if is_with(lead, one.need.kind, there)]
            if theirs and len(theirs) < len(one.found):
                other = self.model.new_bool_var("")
                among = cp_model.Domain.from_values(theirs)
                self.model.add_linear_expression_in_domain(self.start[one.need.key], among).only_enforce_if(~other)
                found.append(other)
        return found

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

    def differ_from(self, made: Sequence[Booked], apart: timedelta) -> None:
        """Two doses in three stand at least so far from where they stood before."""
        near_min = apart // timedelta(minutes=1)
        doses = [one for one in self.slots if one.need.kind is Kind.DOSE and one.need.stands is None]
        before = {visit.key: visit.span.starts for visit in made if visit.kind is Kind.DOSE}
        same = []
        for one in doses:
            there = (before[one.need.key] - self.horizon.starts) // timedelta(minutes=1)
            later, earlier = [there + near_min, HORIZON_MOST], [0, there - near_min]
            elsewhere = cp_model.Domain.from_intervals([earlier, later] if there >= near_min else [later])
            is_near = self.model.new_bool_var("")
            self.model.add_linear_expression_in_domain(self.start[one.need.key], elsewhere).only_enforce_if(~is_near)
            same.append(is_near)
        self.model.add(sum(same) <= len(doses) // 3)

    def solved(self, share: float = 1) -> dict[str, int] | None:
        """The starts; None where it is proven that there are none."""
        solver = cp_model.CpSolver()
        solver.parameters.max_deterministic_time = WORK * share
        solver.parameters.max_time_in_seconds = SECONDS
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        # The search itself takes a hundredth of what thinking about it beforehand does.
        solver.parameters.max_presolve_iterations = 1
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.symmetry_level = 0
        status = solver.solve(self.model)
        if status == cp_model.UNKNOWN:
            raise CutShort
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return {key: solver.value(variable) for key, variable in self.start.items()}


def minutes(length: timedelta) -> int:
    return length // timedelta(minutes=1)
