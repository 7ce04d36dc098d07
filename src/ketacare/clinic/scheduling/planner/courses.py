"""A whole course into a calendar that stands: up to three alternatives that differ, or what holds it back."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ketacare.clinic.scheduling.planner.asking import NO_WISHES, Alternative, CutShort, Held, Need, Profile, Wishes
from ketacare.clinic.scheduling.planner.places import CANNOT_COME, Calendar, Slots, leads, only_with, slots_of
from ketacare.medicine.scheduling.rules import Board, Why, breaks, course_breaks, floor_breaks
from ketacare.medicine.scheduling.terms import Booked, CourseRules, House, Kind, Span

if TYPE_CHECKING:
    from ketacare.clinic.scheduling.planner.course_model import Model

logger = logging.getLogger(__name__)

# Of the work of a search, what is spent on a course with one therapist alone.
SHARE = 0.5

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
CUT = "The search was cut short: nothing says that it does not fit. Ask again, or begin later."
BROKEN = "What was found breaks a rule of the course: a fault of ours, and noted. Place the visits one by one."

PROFILES = (
    Profile("Soonest", "begins and ends as early as it can", soon=4, steady=1),
    Profile(
        "Evenly spread",
        "the same weekdays and hour, spread over the week",
        soon=1,
        steady=4,
        even=20,
        apart=timedelta(hours=12),
    ),
    Profile("Afternoons", "after noon where there is a place", soon=1, steady=1, part="afternoon"),
    Profile("Mornings", "before noon where there is a place", soon=1, steady=1, part="morning"),
    Profile("One rhythm", "weekdays and hour change as little as they can", soon=1, steady=12),
)


def propose(
    needs: Sequence[Need],
    rules: CourseRules,
    house: House,
    held: Iterable[Booked],
    *,
    patient: str,
    horizon: Span,
    wishes: Wishes = NO_WISHES,
    given: Sequence[date] = (),
    most: int = 3,
) -> list[Alternative] | Held:
    """Alternatives in order of preference; every one has passed the checker before it is returned."""
    held = list(held)
    own = tuple(one for one in held if one.patient == patient)
    stands = [need.stands for need in needs if need.stands is not None]
    board = Board(house, horizon.starts, horizon.ends, held)
    lead = leads(board, wishes)
    people = tuple(dict.fromkeys(one for one in (*wishes.people, lead) if one))
    calendar = Calendar(board, rules, replace(wishes, people=people), patient, own)
    slots = [slots_of(need, calendar, horizon) for need in needs]
    empty = [one for one in slots if not one.found]
    if empty:
        return Held((*no_places(empty), *wished(empty, wishes, house)))
    made: list[Alternative] = []
    broken = False
    theirs = only_with(lead, slots, house.zone)
    for profile in (one for one in PROFILES if not (one.part and wishes.part)):
        try:
            before = [one.visits for one in made]
            starts = None if theirs is None else with_one(theirs, rules, house, horizon, wishes, profile, given, before)
            if starts is None and not made:
                theirs = None
            if theirs is None:
                starts = solve(slots, rules, house, horizon, wishes, profile, given, before, lead=lead)
            if starts is None and not made:
                return Held((*why_not(slots, rules, house, horizon, given), *wished(slots, wishes, house)))
        except CutShort:
            starts = None
        if starts is None:
            continue
        visits = _visits(slots if theirs is None else theirs, starts, patient)
        made_now = {one.key for one in visits}
        faults = breaks(beside(visits, held), house)
        faults += course_breaks([*stands, *visits], rules, house.zone, given=given)
        faults += floor_breaks([*own, *visits], house.zone)
        faults = [one for one in faults if made_now & set(one.keys)]
        if faults:  # nobody is shown what the checker would refuse
            logger.error("a course was planned against %s", ", ".join(sorted({fault.rule for fault in faults})))
            broken = True
            continue
        made.append(Alternative(profile.name, profile.words, visits))
        if len(made) == most:
            break
    return made or Held((BROKEN if broken else CUT,))


def beside(visits: Sequence[Booked], held: Sequence[Booked]) -> list[Booked]:
    """These, and whatever else stands at the same hours."""
    return [*(one for one in held if any(one.span.meets(other.span) for other in visits)), *visits]


def solve(
    slots: Sequence[Slots],
    rules: CourseRules,
    house: House,
    horizon: Span,
    wishes: Wishes,
    profile: Profile,
    given: Sequence[date],
    made: Sequence[tuple[Booked, ...]],
    *,
    lead: str = "",
    share: float = 1,
) -> dict[str, int] | None:
    model = a_model(slots, house, horizon)
    model.rule(rules, given)
    for earlier in made:
        model.differ_from(earlier, profile.apart)
    model.weigh(profile, wishes, rules.per_week, lead)
    return model.solved(share)


def with_one(
    slots: Sequence[Slots],
    rules: CourseRules,
    house: House,
    horizon: Span,
    wishes: Wishes,
    profile: Profile,
    given: Sequence[date],
    made: Sequence[tuple[Booked, ...]],
) -> dict[str, int] | None:
    """One therapist for the whole course; a search that was cut short says nothing of it, and others are let in."""
    try:
        return solve(slots, rules, house, horizon, wishes, profile, given, made, share=SHARE)
    except CutShort:
        return None


def _visits(slots: Sequence[Slots], starts: dict[str, int], patient: str) -> tuple[Booked, ...]:
    made = []
    for one in (one for one in slots if one.need.stands is None):
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
                sitter=found.sitter,
                watch=one.need.watch,
            )
        )
    return tuple(sorted(made, key=lambda visit: visit.span.starts))


# -- what holds it back ------------------------------------------------------------------------------------------------


def no_places(empty: Sequence[Slots]) -> list[str]:
    """Each reason once, with all that it leaves without a place."""
    by_reason: dict[str, list[str]] = {}
    for one in empty:
        reasons = "; ".join(one.why.most() or ["the site is closed then"])
        by_reason.setdefault(reasons, []).append(one.need.words or one.need.key)
    return [
        f"{listed(names)} {'has' if len(names) == 1 else 'have'} no place at all: {reasons}."
        for reasons, names in by_reason.items()
    ]


def listed(names: Sequence[str], shown: int = 3) -> str:
    more = [f"{len(names) - shown} more"] if len(names) > shown else []
    said = [*names[:shown], *more] if more else list(names)
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"


def wished(slots: Sequence[Slots], wishes: Wishes, house: House) -> list[str]:
    """Which wishes stand in the way, so that it is seen which would have to be lifted."""
    if not any(one.why.counts[CANNOT_COME] for one in slots):
        return []
    zone = ZoneInfo(house.zone)
    never = [WEEKDAYS[day] for day in sorted(wishes.never_weekdays)]
    days = [f"never on {listed(never, len(WEEKDAYS))}"] if never else []
    for span in wishes.away:
        first, last = span.starts.astimezone(zone), (span.ends - timedelta(minutes=1)).astimezone(zone)
        days.append(f"away {first:%d-%b-%Y}" + (f" to {last:%d-%b-%Y}" if last.date() != first.date() else ""))
    return [f"The patient's wishes: {'; '.join(days)}."] if days else []


def why_not(
    slots: Sequence[Slots],
    rules: CourseRules,
    house: House,
    horizon: Span,
    given: Sequence[date],
) -> list[str]:
    """Each visit has places by itself; which rule leaves none for all of them is found by leaving one out."""
    doses = [one for one in slots if one.need.kind is Kind.DOSE]
    said = []
    if fits(doses, rules, house, horizon, given):
        crowded = [
            one.need.words or one.need.key
            for one in slots
            if one.need.kind is not Kind.DOSE and not fits([*doses, one], rules, house, horizon, given)
        ]
        what = ", ".join(crowded) if crowded else "The visits beside the doses"
        said.append(f"{what}: no place at the right time after a dose. The doses alone would fit.")
        said += scarce([one for one in slots if one.need.kind is not Kind.DOSE])
    elif fits(doses, rules, house, horizon, given, stretch=7):
        said.append(
            f"The doses fit only with more than {rules.most_days} days between two of them. "
            "Begin later, or ask the prescriber whether a longer gap is right."
        )
        said += scarce(doses)
    else:
        said.append(f"{len(doses)} doses do not fit between these days. Begin later, or free a chair or a nurse.")
        said += scarce(doses)
    return said


def a_model(slots: Sequence[Slots], house: House, horizon: Span) -> Model:
    """With the solver comes pandas: two seconds of every start, for the few processes that plan."""
    from ketacare.clinic.scheduling.planner.course_model import Model

    return Model(slots, house, horizon)


def fits(
    slots: Sequence[Slots],
    rules: CourseRules,
    house: House,
    horizon: Span,
    given: Sequence[date],
    stretch: int = 0,
) -> bool:
    model = a_model(slots, house, horizon)
    model.rule(rules, given, stretch=stretch)
    return model.solved() is not None


def scarce(slots: Sequence[Slots]) -> list[str]:
    """What most often stood in the way of these."""
    together = Why()
    for one in slots:
        together.counts.update(one.why.counts)
    reasons = [words for words in together.most(4) if words != "the site is closed"]
    return [f"Most often in the way: {'; '.join(reasons)}."] if reasons else []
