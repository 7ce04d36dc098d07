"""The model of a day that no longer holds: what may move, to when, with whom and where, and what each change costs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Set
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeVar

from ortools.sat.python import cp_model

from ketacare.clinic.scheduling.planner.eyes import eyes_of, summed, taken_by, united
from ketacare.clinic.scheduling.planner.moves import Move, Replan, Setting
from ketacare.clinic.scheduling.planner.times import Times
from ketacare.medicine.scheduling.rules import WHOLE, course_breaks, day_of, floor_breaks, is_early
from ketacare.medicine.scheduling.terms import (
    BEFORE_A_DOSE,
    NEEDED,
    THERAPY_WORK,
    Booked,
    CourseRules,
    Kind,
    Person,
    Place,
    PlaceKind,
    Skill,
    Span,
)

MINUTE = timedelta(minutes=1)
# What a plan costs, each more than all that follows it can come to: a visit without a place; a patient who is told
# another time; then another day, another hour and half hours of shift; then hands and chairs exchanged, of which the
# patient notices little.
NO_PLACE, TOLD, OTHER_DAY, OTHER_HOUR, HALF_HOUR, OTHER_HANDS = 1_000_000, 10_000, 400, 100, 2, 1
# Of another day: how many days it is off, so far as they are counted, weighs more than the hour of that day.
DAY_FURTHER, MOST_DAYS, CLOCK_OFF, MOST_OFF = 12, 14, 1, 11
DAY_MIN = 24 * 60

NOTHING = Replan((), ())
Holder = TypeVar("Holder", Person, Place)


class Day:
    def __init__(
        self,
        setting: Setting,
        lost: Set[str],
        movable: Set[str],
        *,
        roaming: Set[str] = frozenset(),
        pinned: Set[str] = frozenset(),
        known: Replan = NOTHING,
    ) -> None:
        """`known` is an answer to begin with: its hours are among those that are looked at."""
        self.known, self.known_after = known, {move.after.key: move.after for move in known.moves}
        self.setting, self.house, self.lost = setting, setting.house, lost
        self.times = Times(setting, lost, roaming, pinned)
        self.model = cp_model.CpModel()
        self.moving = [one for one in setting.calendar if one.key in movable]
        self.fixed = [one for one in setting.calendar if one.key not in movable]
        self.by_key = {one.key: one for one in (*setting.given, *setting.calendar)}
        self.given = {one.key for one in setting.given}
        self.start: dict[str, cp_model.IntVar] = {}
        self.day: dict[str, cp_model.IntVar] = {}
        self.placed: dict[str, cp_model.IntVar] = {}
        self.at: dict[str, dict[int, cp_model.IntVar]] = {}
        self.with_place: dict[str, dict[PlaceKind, dict[str, cp_model.IntVar]]] = {}
        self.with_person: dict[str, dict[str, cp_model.IntVar]] = {}
        self.with_sitter: dict[str, dict[str, cp_model.IntVar]] = {}
        self.cost: list[cp_model.LinearExprT] = []
        self.told: dict[str, list[cp_model.LinearExprT]] = defaultdict(list)
        for visit in self.moving:
            self._times(visit)
            self._holders(visit)
        self._no_sharing()
        self._courses()

    def minutes(self, moment: datetime) -> int:
        return (moment - self.setting.horizon.starts) // MINUTE

    # -- when ----------------------------------------------------------------------------------------------------------

    def _times(self, visit: Booked) -> None:
        key, model = visit.key, self.model
        self.placed[key] = model.new_bool_var("")
        options = {self.minutes(moment) for moment in self.times.of(visit)}
        if visit.key in self.known_after and self.known_after[visit.key].span.within(self.setting.horizon):
            options.add(self.minutes(self.known_after[visit.key].span.starts))
        self.at[key] = {start: model.new_bool_var("") for start in options}
        model.add(sum(self.at[key].values()) == self.placed[key])
        rest = [1 - self.placed[key]] if options else []
        starts = sorted(options)
        self.start[key] = model.new_int_var(0, self.minutes(self.setting.horizon.ends), "")
        self.day[key] = model.new_int_var(0, 4_000_000, "")
        if not options:
            model.add(self.placed[key] == 0)
            model.add(self.start[key] == 0)
        else:
            model.add(self.start[key] == sum(start * self.at[key][start] for start in starts) + starts[0] * rest[0])
            first_day = self._day_at(starts[0])
            model.add(
                self.day[key]
                == sum(self._day_at(start) * self.at[key][start] for start in starts) + first_day * rest[0]
            )
        if key not in self.lost:
            model.add(self.placed[key] == 1) if options else None
        self.cost.append(NO_PLACE * (1 - self.placed[key]))
        here = self.minutes(visit.span.starts)
        elsewhere = [chosen for start, chosen in self.at[key].items() if start != here]
        if elsewhere:
            self.told[visit.patient].append(sum(elsewhere))
        for start, chosen in self.at[key].items():
            if start != here:
                self.cost.append(chosen * (OTHER_HOUR + self._shift(start, here)))

    def _shift(self, start: int, here: int) -> int:
        """What it costs to stand at `start` and not `here`: on the same day each half hour; on another the day, then
        each day of distance, then each half hour by the clock."""
        days = abs(self._day_at(start) - self._day_at(here))
        if not days:
            return abs(start - here) // 30 * HALF_HOUR
        by_the_clock = abs(start - here - days * DAY_MIN * (1 if start > here else -1)) // 30
        return OTHER_DAY + min(days, MOST_DAYS) * DAY_FURTHER + min(by_the_clock, MOST_OFF) * CLOCK_OFF

    def _day_at(self, start: int) -> int:
        return day_of(self.setting.horizon.starts + start * MINUTE, self.house.zone).toordinal()

    # -- with whom and where -------------------------------------------------------------------------------------------

    def _holders(self, visit: Booked) -> None:
        people = {one.id: one for one in self.times.able(NEEDED[visit.kind], visit.patient)}
        nobody = not visit.person and visit.key not in self.lost  # booked with nobody in particular, and stays so
        self.with_person[visit.key] = {} if nobody else self._one_of(visit, people, visit.person, self._is_away)
        self._sitters(visit)
        self.with_place[visit.key] = {}
        for kind in self._kinds(visit):
            places = {one.id: one for one in self.house.places_of(kind)}
            self.with_place[visit.key][kind] = self._one_of(visit, places, visit.places.get(kind, ""), self._is_out)

    def _sitters(self, visit: Booked) -> None:
        """A dose with a therapist keeps one, who is not the nurse that watches it."""
        therapists = {one.id: one for one in self.times.able(Skill.THERAPY, visit.patient)} if visit.sitter else {}
        chosen = self._one_of(visit, therapists, visit.sitter, self._is_away) if visit.sitter else {}
        self.with_sitter[visit.key] = chosen
        for name in chosen.keys() & self.with_person[visit.key].keys():
            self.model.add(chosen[name] + self.with_person[visit.key][name] <= 1)

    def _kinds(self, visit: Booked) -> list[PlaceKind]:
        kinds = list(visit.places)
        return kinds if visit.kind is not Kind.DOSE or PlaceKind.CHAIR in kinds else [*kinds, PlaceKind.CHAIR]

    def _one_of(
        self, visit: Booked, among: Mapping[str, Holder], now: str, shut: Callable[[Holder, Span], bool]
    ) -> dict[str, cp_model.IntVar]:
        chosen = {name: self.model.new_bool_var("") for name in among}
        self.model.add(sum(chosen.values()) == self.placed[visit.key])
        for name, variable in chosen.items():
            for start, at in self.at[visit.key].items():
                moment = self.setting.horizon.starts + start * MINUTE
                span = Span(moment, moment + visit.span.length)
                if shut(among[name], span):
                    self.model.add_bool_or([~at, ~variable])
            if now and name != now:
                self.cost.append(OTHER_HANDS * variable)
        return chosen

    @staticmethod
    def _is_away(person: Person, span: Span) -> bool:
        return not any(span.within(here) for here in person.here)

    @staticmethod
    def _is_out(place: Place, span: Span) -> bool:
        return any(span.meets(out) for out in place.out)

    # -- nothing for two -----------------------------------------------------------------------------------------------

    def _no_sharing(self) -> None:
        alone: dict[str, list[cp_model.IntervalVar]] = defaultdict(list)
        watched: dict[str, list[tuple[cp_model.IntervalVar, int]]] = defaultdict(list)

        def wholly(name: str, whole: cp_model.IntervalVar) -> None:
            alone[f"person {name}"].append(whole)
            watched[name].append((whole, WHOLE))

        for visit in self.moving:
            key, length = visit.key, visit.span.length // MINUTE
            alone[f"patient {visit.patient}"].append(self._while(visit, self.placed[key], 0, length))
            for places in self.with_place[key].values():
                for name, chosen in places.items():
                    alone[f"place {name}"].append(self._while(visit, chosen, 0, length))
            for name, chosen in self.with_person[key].items():
                if visit.kind is Kind.DOSE:
                    begins, hands = self._hands(visit)
                    alone[f"person {name}"].append(self._while(visit, chosen, begins, hands))
                    for offset, long, taken in eyes_of(visit, begins, self.house.rules.watched):
                        watched[name].append((self._while(visit, chosen, offset, long), taken))
                else:
                    wholly(name, self._while(visit, chosen, 0, length))
            for name, chosen in self.with_sitter[key].items():
                wholly(name, self._while(visit, chosen, 0, length))
        self._as_they_stand(alone, watched)
        for intervals in alone.values():
            self.model.add_no_overlap(intervals)
        for held in watched.values():
            self.model.add_cumulative([one for one, _ in held], [need for _, need in held], WHOLE)

    def _while(self, visit: Booked, chosen: cp_model.IntVar, offset: int, length: int) -> cp_model.IntervalVar:
        return self.model.new_optional_fixed_size_interval_var(self.start[visit.key] + offset, length, chosen, "")

    def _hands(self, visit: Booked) -> tuple[int, int]:
        if visit.hands_on is not None:
            return (visit.hands_on.starts - visit.span.starts) // MINUTE, visit.hands_on.length // MINUTE
        rules = self.setting.courses.get(visit.patient)
        return (rules.before // MINUTE if rules else 0), self.house.rules.hands_on // MINUTE

    def _as_they_stand(
        self,
        alone: dict[str, list[cp_model.IntervalVar]],
        watched: dict[str, list[tuple[cp_model.IntervalVar, int]]],
    ) -> None:
        """Whatever does not move, where something that moves could meet it. What of it breaks a rule by itself, by an
        override or because it runs already, counts as the whole and leaves the others their places."""
        busy: dict[str, list[Span]] = defaultdict(list)
        eyes: dict[str, list[tuple[Span, int]]] = defaultdict(list)
        for visit in self.fixed:
            for name in (f"patient {visit.patient}", *(f"place {place}" for place in visit.places.values())):
                busy[name].append(visit.span)
            busy[f"person {visit.person}"].append(visit.hands_on or visit.span)
            eyes[visit.person] += taken_by(visit, self.house.rules.watched)
            busy[f"person {visit.sitter}"].append(visit.span)
            eyes[visit.sitter].append((visit.span, WHOLE))
        for name in alone.keys() & busy.keys():
            alone[name] += [self._fixed(span) for span in united(busy[name])]
        for name in watched.keys() & eyes.keys():
            watched[name] += [(self._fixed(span), min(taken, WHOLE)) for span, taken in summed(eyes[name])]

    def _fixed(self, span: Span) -> cp_model.IntervalVar:
        return self.model.new_fixed_size_interval_var(self.minutes(span.starts), span.length // MINUTE, "")

    # -- what a course is held to --------------------------------------------------------------------------------------

    def _courses(self) -> None:
        patients = {visit.patient for visit in self.moving}
        for patient in sorted(patients):
            own = sorted((one for one in self.by_key.values() if one.patient == patient), key=lambda one: one.span)
            doses = [one for one in own if one.kind is Kind.DOSE]
            rules = self.setting.courses.get(patient)
            if rules is not None:
                self._rhythm(doses, rules)
            for visit in own:
                dose = self.by_key.get(visit.follows)
                if visit.kind in THERAPY_WORK:
                    if dose is not None and rules is not None:
                        self._window(visit, dose, rules)
                    for other in doses:
                        self._floor(visit, other)
                elif dose is not None and visit.kind in {*BEFORE_A_DOSE, Kind.REVIEW}:
                    self._order(*((dose, visit) if visit.kind is Kind.REVIEW else (visit, dose)))

    def _rhythm(self, doses: list[Booked], rules: CourseRules) -> None:
        for one, two in pairwise(doses):
            # How long ago a dose was given no plan can change.
            self._apart(one, two, rules.min_days, None if one.key in self.given else rules.most_days)
            self._hours_apart(one, two, rules.min_hours * 60)
        for one, two in zip(doses, doses[rules.per_week :], strict=False):
            self._apart(one, two, 7, None)

    def _enforced(self, *visits: Booked) -> list[cp_model.IntVar]:
        return [self.placed[one.key] for one in visits if one.key in self.placed]

    def _day_of(self, visit: Booked) -> cp_model.LinearExprT:
        return self.day.get(visit.key, day_of(visit.span.starts, self.house.zone).toordinal())

    def _start_of(self, visit: Booked) -> cp_model.LinearExprT:
        return self.start.get(visit.key, self.minutes(visit.span.starts))

    def _apart(self, one: Booked, two: Booked, least: int, most: int | None) -> None:
        enforced = self._enforced(one, two)
        if not enforced:
            return
        gap = self._day_of(two) - self._day_of(one)
        # A course that stood too far apart before is not made to wait for a place that never was.
        was = (day_of(two.span.starts, self.house.zone) - day_of(one.span.starts, self.house.zone)).days
        self.model.add(gap >= min(least, was)).only_enforce_if(enforced)
        if most is not None:
            self.model.add(gap <= max(most, was)).only_enforce_if(enforced)

    def _hours_apart(self, one: Booked, two: Booked, least: int) -> None:
        was = (two.span.starts - one.span.starts) // MINUTE
        enforced = self._enforced(one, two)
        if enforced and least:
            self.model.add(self._start_of(two) - self._start_of(one) >= min(least, was)).only_enforce_if(enforced)

    def _window(self, visit: Booked, dose: Booked, rules: CourseRules) -> None:
        enforced = self._enforced(visit, dose)
        lost = {visit.key, dose.key} & self.lost
        if not enforced or (not lost and course_breaks([dose, visit], rules, self.house.zone)):
            return
        distance = self._start_of(visit) - self._start_of(dose) - rules.before // MINUTE
        self.model.add(distance >= rules.window.opens_h * 60).only_enforce_if(enforced)
        self.model.add(distance < rules.window.closes_h * 60).only_enforce_if(enforced)
        self._from_the_morning(visit, dose, enforced)

    def _from_the_morning(self, visit: Booked, dose: Booked, enforced: list[cp_model.IntVar]) -> None:
        """On a day after the dose; on the very next one not before the hour that the floor ends at."""
        apart = self._day_of(visit) - self._day_of(dose)
        self.model.add(apart >= 1).only_enforce_if(enforced)
        starts, zone = self.setting.horizon.starts, self.house.zone
        if visit.key not in self.at:
            self.model.add(apart >= 1 + is_early(visit.span.starts, zone)).only_enforce_if(enforced)
        for start, at in self.at.get(visit.key, {}).items():
            if is_early(starts + start * MINUTE, zone):
                self.model.add(apart >= 2).only_enforce_if([*enforced, at])

    def _floor(self, visit: Booked, dose: Booked) -> None:
        """Over before the dose, or on a day after it: whoever the visit belongs to, and with or without a course."""
        enforced = self._enforced(visit, dose)
        lost = {visit.key, dose.key} & self.lost
        if not enforced or (not lost and floor_breaks([dose, visit], self.house.zone)):
            return
        after = self.model.new_bool_var("")
        ends = self._start_of(visit) + visit.span.length // MINUTE
        self._from_the_morning(visit, dose, [*enforced, after])
        self.model.add(ends <= self._start_of(dose)).only_enforce_if([*enforced, ~after])

    def _order(self, first: Booked, then: Booked) -> None:
        """What comes before a dose is over when the patient arrives for it; what looks back on it comes after it."""
        enforced = self._enforced(first, then)
        lost = {first.key, then.key} & self.lost
        if not enforced or (not lost and first.span.ends > then.span.starts):
            return
        ends = self._start_of(first) + first.span.length // MINUTE
        self.model.add(ends <= self._start_of(then)).only_enforce_if(enforced)

    # -- the answer ----------------------------------------------------------------------------------------------------

    def solved(self, work: float) -> Replan | None:
        """The best that so much work finds, in the solver's own count: a busy machine says the same as an idle one."""
        self.model.minimize(sum(self.cost) + TOLD * sum(self._is_told(each) for each in self.told.values()))
        self._begin_with_what_is_known()
        solver = cp_model.CpSolver()
        solver.parameters.max_deterministic_time = work
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        status = solver.solve(self.model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        moves, without = [], []
        for visit in self.moving:
            if not solver.boolean_value(self.placed[visit.key]):
                without.append(visit)
                continue
            after = self._after(visit, solver)
            if after != visit:
                moves.append(Move(visit, after))
        return Replan(tuple(moves), tuple(without), proven=status == cp_model.OPTIMAL)

    def _is_told(self, each: list[cp_model.LinearExprT]) -> cp_model.LinearExprT:
        """Once, however many of a patient's visits move."""
        if len(each) == 1:
            return each[0]
        told = self.model.new_bool_var("")
        for elsewhere in each:
            self.model.add(elsewhere <= told)
        return told

    def _begin_with_what_is_known(self) -> None:
        gone = {one.key for one in self.known.without_place}
        for visit in self.moving:
            there = self.known_after.get(visit.key, visit)
            stays = visit.key not in gone
            self.model.add_hint(self.placed[visit.key], int(stays))
            here = self.minutes(there.span.starts)
            for start, at in self.at[visit.key].items():
                self.model.add_hint(at, int(stays and start == here))
            held = [(self.with_person, there.person), (self.with_sitter, there.sitter)]
            chosen = [(among[visit.key], name) for among, name in held]
            chosen += [(among, there.places.get(kind, "")) for kind, among in self.with_place[visit.key].items()]
            for among, name in chosen:
                for one, variable in among.items():
                    self.model.add_hint(variable, int(stays and one == name))

    def _after(self, visit: Booked, solver: cp_model.CpSolver) -> Booked:
        starts = self.setting.horizon.starts + solver.value(self.start[visit.key]) * MINUTE
        span = Span(starts, starts + visit.span.length)
        hands = None
        if visit.kind is Kind.DOSE:
            begins, length = self._hands(visit)
            hands = Span(starts + begins * MINUTE, starts + (begins + length) * MINUTE)
        places = {
            kind: next(name for name, chosen in among.items() if solver.boolean_value(chosen))
            for kind, among in self.with_place[visit.key].items()
        }
        person, sitter = (
            next((name for name, chosen in among[visit.key].items() if solver.boolean_value(chosen)), "")
            for among in (self.with_person, self.with_sitter)
        )
        return replace(visit, span=span, hands_on=hands, places=places, person=person, sitter=sitter)
