"""A day that no longer holds: a nurse is ill, a chair breaks. Everybody gets a place again with the fewest people
disturbed; nothing is done here, it is shown first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime

from ketacare.clinic.scheduling.planner.leftover import with_leftover
from ketacare.clinic.scheduling.planner.moves import Replan, Setting
from ketacare.medicine.scheduling.rules import breaks, day_of, patient_breaks
from ketacare.medicine.scheduling.terms import Booked, Rule, Violation

# What a visit can lose that was booked with nobody in particular: nobody is missing who was never named.
WITHOUT_A_PERSON = frozenset({Rule.HOURS, Rule.OUT_OF_ORDER, Rule.PATIENT_TWICE})


# The work of each step of a search, in the solver's own count: it ends by that alone, never by the clock.
TAKING_OVER, FINDING, ALONG, SHIFTING = 0.3, 0.3, 0.4, 0.3

# Of a course, not of the site: a move that leaves it as it was did not break it.
RHYTHM = frozenset({Rule.INTERVAL, Rule.PER_WEEK, Rule.WINDOW, Rule.SITTER, Rule.ORDER, Rule.AFTER})


def replan(setting: Setting, displaced: Iterable[str]) -> Replan:
    """As many as can be keep a place, then as few as can be are told another time. Step by step: whoever shares the day
    takes over, and no hour changes; then who is left finds another time; then the later visits of all who lost theirs
    move along: they are told anyway, and nobody else is; and last whoever shares their day may move too. Each step
    begins with what the one before it found."""
    # With the solver comes pandas: two seconds of every start, for the few processes that plan.
    from ketacare.clinic.scheduling.planner.day_model import Day

    lost = frozenset(displaced)
    if not lost:
        return Replan((), ())
    own = lost | _linked(setting, lost)
    all_of_them = own | _company(setting, lost)
    nobody = Replan((), tuple(one for one in setting.calendar if one.key in lost), proven=False)
    best = Day(setting, lost, all_of_them, pinned=all_of_them, known=nobody).solved(TAKING_OVER) or nobody
    if not best.without_place:
        return best
    best = _best(best, with_leftover(setting, best, lost))
    best = _best(best, Day(setting, lost, all_of_them, pinned=all_of_them - own, known=best).solved(FINDING))
    if best.without_place:
        best = _best(best, with_leftover(setting, best, lost, along=True))
        told = {_patient(setting, key) for key in lost}
        theirs = {one.key for one in setting.calendar if one.patient in told and one.span.within(setting.horizon)}
        kept = all_of_them - own - theirs
        along = Day(setting, lost, all_of_them | theirs, roaming=theirs, pinned=kept, known=best)
        best = _best(best, along.solved(ALONG))
    if best.disturbed > 1:
        moved = {move.after.key for move in best.moves}
        best = _best(best, Day(setting, lost, all_of_them | moved, roaming=moved, known=best).solved(SHIFTING))
    best = _best(best, with_leftover(setting, best, lost, along=True))
    # Somebody had to leave their hour: nobody less than one can be told.
    return replace(best, proven=best.proven or (not best.without_place and best.disturbed == 1))


def _best(*found: Replan | None) -> Replan:
    def cost(one: Replan) -> tuple[int, int, int, int, bool]:
        told = sum(move.moves_patient for move in one.moves)
        return len(one.without_place), one.disturbed, told, len(one.moves), not one.proven

    return min((one for one in found if one is not None), key=cost)


def _patient(setting: Setting, key: str) -> str:
    return next(one.patient for one in setting.calendar if one.key == key)


def _company(setting: Setting, lost: Set[str]) -> set[str]:
    """Whoever comes on the same days."""
    zone, starts = setting.house.zone, setting.horizon.starts
    days = {day_of(one.span.starts, zone) for one in setting.calendar if one.key in lost}
    ahead = (one for one in setting.calendar if one.span.starts >= starts)
    return {one.key for one in ahead if day_of(one.span.starts, zone) in days}


def _linked(setting: Setting, lost: Set[str]) -> set[str]:
    """The work that follows a displaced dose goes where the dose goes. What stands beyond the days that are planned
    stays, and holds the dose to its window: it has a place, and none could be found for it."""
    return {one.key for one in setting.calendar if one.follows in lost and one.span.within(setting.horizon)}


def displaced_in(setting: Setting, *, after: datetime, by_word: Mapping[str, Set[Rule]] | None = None) -> list[str]:
    """Whose visit no longer keeps to the rules of the site, from now on; `by_word`: by visit, the rules that somebody
    lifted for it by name."""
    return sorted(lost_by_rule(setting, after=after, by_word=by_word))


def lost_by_rule(
    setting: Setting, *, after: datetime, by_word: Mapping[str, Set[Rule]] | None = None
) -> dict[str, set[Rule]]:
    """The same visits, each with the rules that it breaks now."""
    coming = {one.key: one for one in setting.calendar if one.span.starts >= after}
    found: dict[str, set[Rule]] = {}
    for fault in breaks(setting.calendar, setting.house):
        one = coming.get(fault.keys[-1])
        if one is None or fault.rule in (by_word or {}).get(one.key, ()):
            continue
        if one.person or fault.rule in WITHOUT_A_PERSON:
            found.setdefault(one.key, set()).add(fault.rule)
    return found


def faults_after(setting: Setting, found: Replan) -> list[str]:
    """What the calendar would break once the moves are made, judged by the checker alone."""
    moves = [move.after for move in found.moves]
    return [fault.words for fault in judged_after(setting, moves, [one.key for one in found.without_place])]


def worse_after(
    setting: Setting, moves: Sequence[Booked], without: Iterable[str] = ()
) -> tuple[list[Violation], list[Violation]]:
    """What the moves would break, and what of the patients' own rhythm was as it would be before them."""
    keys = {one.key for one in moves}
    before = judged_after(setting, [one for one in setting.calendar if one.key in keys])
    stood = {(fault.rule, fault.keys) for fault in before if fault.rule in RHYTHM}
    after = judged_after(setting, moves, without)
    new = [fault for fault in after if (fault.rule, fault.keys) not in stood]
    return new, [fault for fault in after if fault not in new]


def judged_after(setting: Setting, moves: Sequence[Booked], without: Iterable[str] = ()) -> list[Violation]:
    """Of the visits that move, and of their patients' own: also what they broke before."""
    after, gone = {one.key: one for one in moves}, set(without)
    visits = [after.get(one.key, one) for one in setting.calendar if one.key not in gone]
    known = {one.key for one in setting.calendar}
    visits += [one for one in moves if one.key not in known]  # it stood beyond these days, and is judged where it goes
    found = [fault for fault in breaks(visits, setting.house) if set(fault.keys) & set(after)]
    for patient in sorted({one.patient for one in moves}):
        own = [one for one in visits if one.patient == patient]
        given = [one for one in setting.given if one.patient == patient]
        found += patient_breaks(own, setting.courses.get(patient), setting.house.zone, given=given)
    return found
