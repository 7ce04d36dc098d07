"""Why somebody has no place, in words: day by day what stands in the way while all others stay as they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby

from ketacare.clinic.scheduling.planner.leftover import STEP, at_moment, board_of, broken, in_order
from ketacare.clinic.scheduling.planner.moves import Replan, Setting
from ketacare.clinic.scheduling.planner.times import Times
from ketacare.medicine.scheduling.rules import Board, Why, day_of
from ketacare.medicine.scheduling.terms import NEEDED, Booked, Rule, Skill, Span

WHO = {
    Skill.INFUSION: "nurse",
    Skill.THERAPY: "therapist",
    Skill.PRESCRIBE: "prescriber",
    Skill.LABORATORY: "person for the laboratory",
}
# The site's reasons come first: those of the patient's own course nobody mends with a chair or a nurse.
FREE, SITE, OWN, SOON = range(4)
Reason = tuple[int, str]


@dataclass(frozen=True)
class Asked:
    """One visit without a place beside all others, its patient's later ones apart: they would go along."""

    setting: Setting
    one: Booked
    others: Sequence[Booked]
    board: Board
    times: Times


def why_none(setting: Setting, found: Replan, lost: Collection[str]) -> dict[str, tuple[str, ...]]:
    after = {one.key: one for one in setting.calendar} | {move.after.key: move.after for move in found.moves}
    for one in found.without_place:
        after.pop(one.key, None)
    others = list(after.values())
    return {one.key: tuple(day_by_day(setting, others, one, lost)) for one in found.without_place}


def day_by_day(setting: Setting, others: Sequence[Booked], one: Booked, lost: Collection[str]) -> Iterator[str]:
    zone, starts = setting.house.zone, one.span.starts
    later = [other for other in others if other.patient == one.patient and other.span.starts > starts]
    rest = [other for other in others if other not in later]
    asked = Asked(setting, one, rest, board_of(setting, rest, one), Times(setting, lost))
    open_days = [opens for opens in asked.times.openings(one) if opens.ends > setting.horizon.starts]
    told = [(day_of(opens.starts, zone), in_the_way(asked, opens)) for opens in open_days]
    for words, days in groupby(told, key=lambda each: each[1]):
        yield f"{from_to([day for day, _ in days])}: {words}."
    if not told:
        yield "The site is closed on every day on which it may stand."
    apart = asked.times.days_apart(one)
    yield f"Its course lets it stand no more than {apart} days from where it was."


def from_to(days: Sequence[date]) -> str:
    first, last = (f"{day:%a} {day.day}-{day:%b}" for day in (days[0], days[-1]))
    return first if first == last else f"{first} to {last}"


def in_the_way(asked: Asked, opens: Span) -> str:
    """What most of the hours of this day fail by."""
    counts: Counter[Reason] = Counter()
    moment, last = opens.starts, asked.times.last_in(asked.one, opens)
    while moment <= last:
        if moment >= asked.setting.horizon.starts:
            counts[at_this_hour(asked, moment)] += 1
        moment += STEP
    if not counts:
        return "too little of the day is left before closing"
    foremost = min(kind for kind, _ in counts)
    often = [words for (kind, words), _ in counts.most_common() if kind == foremost]
    return ", or ".join(often[:2])


def at_this_hour(asked: Asked, moment: datetime) -> Reason:
    one, board = asked.one, asked.board
    span = Span(moment, moment + one.span.length)
    if asked.times.is_too_soon(one, moment):
        hours = asked.setting.notice.total_seconds() / 3600
        return SOON, f"a dose gets no other time within {hours:.0f} h: it is fasted for, and somebody fetches them"
    if board.patients.get(one.patient, 0) & board.mask(span):
        return OWN, "they have another visit then"
    why = Why()
    there = at_moment(board, one, moment, why)
    rules = broken(asked.setting, asked.others, there or replace(one, span=span, hands_on=None))
    if rules:
        return OWN, near_or_far(asked, moment) if rules[0] is Rule.INTERVAL else str(rules[0])
    if there is not None and not in_order(asked.others, one, there):
        return OWN, "another of their doses stands before it"
    if there is not None:
        return FREE, "there is a place for it, and none for all that would have to go along with it"
    return SITE, in_words(board, one, span, next(iter(why.counts)))


def near_or_far(asked: Asked, moment: datetime) -> str:
    one, setting, zone = asked.one, asked.setting, asked.setting.house.zone
    rules = setting.courses[one.patient]
    doses = [
        other for other in (*setting.given, *asked.others) if (other.patient, other.kind) == (one.patient, one.kind)
    ]
    days = [abs((day_of(other.span.starts, zone) - day_of(moment, zone)).days) for other in doses]
    hours = [abs(other.span.starts - moment) for other in doses]
    is_near = min(days) < rules.min_days or min(hours) < timedelta(hours=rules.min_hours)
    return "too near another of their doses" if is_near else "too far from the dose before it"


def in_words(board: Board, one: Booked, span: Span, reason: str) -> str:
    """Of somebody who is missing: whether nobody is here then, or all who are have their hands full."""
    skill = next((each for each in Skill if f"“{each}”" in reason), None)
    if skill is None:
        return f"{reason} or out of order" if reason.startswith("every") else reason
    here = [who for who in board.by_skill[skill] if not board.away[who.id] & board.mask(span)]
    if not here:
        return f"no {WHO[skill]} is here for all of it"
    if skill is NEEDED[one.kind] and skill is Skill.INFUSION:
        who = "the nurse" if len(here) == 1 else f"each of the {len(here)} nurses"
        return f"{who} here watches as many chairs as one may, or has another start"
    return f"every {WHO[skill]} who is here is with somebody else"
