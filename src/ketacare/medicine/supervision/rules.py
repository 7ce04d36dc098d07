"""Is a session watched, how long was it not, and whose turn it is to be told of an alarm that nobody answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.medicine.supervision.terms import (
    Episode,
    Gap,
    Ladder,
    Level,
    Manner,
    Rung,
    Stage,
    Telling,
    Told,
    Turn,
    Watching,
)

HIGH, MEDIUM = "high", "medium"


@dataclass(frozen=True, slots=True)
class Lapse:
    """Nobody answered since then, and how gravely that weighs by now."""

    level: Level
    since: datetime


def lapse(answered_at: datetime | None, owed_from: datetime, at: datetime, times: Watching) -> Lapse:
    """Counted from the last answer, or from when one was first owed: what came before is another session's (D4)."""
    since = owed_from if answered_at is None else max(answered_at, owed_from)
    silent = at - since
    if silent < times.answers_within:
        return Lapse(Level.NONE, since)
    return Lapse(Level.HIGH if silent >= times.unwatched_high else Level.MEDIUM, since)


def is_watching(answered_at: datetime | None, at: datetime, times: Watching) -> bool:
    """Did this page answer in the last seconds? A page that said it is hidden has no answer at all."""
    return answered_at is not None and at - answered_at < times.answers_within


def without(gaps: Iterable[Gap], start: datetime, end: datetime) -> timedelta:
    """How long between start and end there was a gap; overlapping ones count once, an open one runs to the end."""
    total, covered = timedelta(), start
    for gap in sorted(gaps, key=lambda gap: gap.since):
        since, until = max(gap.since, covered), min(gap.until or end, end)
        if until > since:
            total, covered = total + (until - since), until
    return total


def quiet_until(listened_at: datetime | None, at: datetime, times: Watching) -> datetime | None:
    """Until when a chair may stay silent on the word of this listener elsewhere (D8). None: it sounds."""
    if not is_watching(listened_at, at, times):
        return None
    assert listened_at is not None
    return listened_at + times.answers_within


def unanswered(tellings: Iterable[Telling], at: datetime, same_within: timedelta) -> Episode | None:
    """The alarm nobody has answered, from what was told of it, newest first (D6). None: answered, or truly over.

    A change of its priority breaks nothing, nor does its falling silent for no longer than `same_within` while nobody
    has seen that it rang (A6): it is no less unanswered for coming and going.
    """
    began = high = None
    rings: bool | None = None
    heard_at, newer = at, None  # when it rang next, and what was told then
    for one in tellings:
        if one.manner is Manner.ANSWERED or (one.manner is Manner.OVER and not _goes_on(newer, one)):
            break
        if one.manner is Manner.RINGS:
            began = heard_at = one.at
            high = one.at if one.priority == HIGH else high
        elif heard_at - one.at > same_within:
            break
        rings = one.manner is Manner.RINGS if rings is None else rings
        newer = one
    if began is None:
        return None
    return Episode(began, began if high is None else high, MEDIUM if high is None else HIGH, bool(rings))


def _goes_on(newer: Telling | None, over: Telling) -> bool:
    """A level that ends as a lesser one goes on is told of twice in one moment: of its end, and of what is now (A5)."""
    return newer is not None and newer.at == over.at and newer.manner is not Manner.OVER


def due_rungs(
    ladder: Ladder, priority: str, since: datetime, at: datetime, told: Mapping[str, Told]
) -> tuple[Rung, ...]:
    """The rungs to take now (D6): at their time, or at once when the one before reached nobody.

    Taken one after the other, so that each knows whether the one before was heard: a ladder on which nobody answers
    the telephone is climbed in as many steps of `confirmed_within` as it has rungs.
    """
    return due_of(ladder.rungs(priority), ladder.confirmed_within, since, at, told)


def due_of(
    rungs: Iterable[Rung],
    confirmed_within: timedelta,
    since: datetime,
    at: datetime,
    told: Mapping[str, Told],
    *,
    from_taken: bool = False,
) -> tuple[Rung, ...]:
    """Of any ladder: of an alarm, or of a concern.

    `from_taken`: a rung that was taken before its time draws those after it along, so that who is called at once
    because nobody stands before them has as long as anybody, and no longer. No rung comes later for it.
    """
    found: list[Rung] = []
    hurry: datetime | None = None
    for rung in rungs:
        begins = since + rung.after if hurry is None else min(since + rung.after, hurry)
        if begins > at:
            break
        taken = told.get(rung.id)
        if taken is None:
            found.append(rung)
        elif from_taken:
            since = min(since, taken.begun_at - rung.after)
        hurry = _given_up_at(taken, confirmed_within)
    return tuple(found)


def turn(stage: Stage, since: datetime, at: datetime, told: Mapping[int, Mapping[str, Told]]) -> Turn | None:
    """The next rung to take of a ladder without an end: after the last it goes round again, until a person answers.

    `told` holds every rung taken, by its time round; what was taken before `since` is another time's. A time round
    that was missed is not made up for: each begins some time after the last rung of the one before.
    """
    if at < since:
        return None
    rounds = {number: taken for number, taken in told.items() if min(one.begun_at for one in taken.values()) >= since}
    if not rounds:
        return Turn(max(told, default=0) + 1, stage.rungs[0])
    number = max(rounds)
    taken = rounds[number]
    begins = since if len(rounds) == 1 else min(one.begun_at for one in taken.values())
    if due := due_of(stage.rungs, stage.confirmed_within, begins, at, taken, from_taken=True):
        return Turn(number, due[0])
    is_through = all(rung.id in taken for rung in stage.rungs)
    if is_through and at >= max(one.begun_at for one in taken.values()) + stage.again_after:
        return Turn(number + 1, stage.rungs[0])
    return None


def _given_up_at(told: Told | None, within: timedelta) -> datetime | None:
    """When the next is to be told because of this one: nobody there, or nothing confirmed in time."""
    if told is None:
        return None
    if not told.anybody:
        return told.begun_at
    if told.confirmed_at is not None and told.confirmed_at <= told.begun_at + within:
        return None
    return told.begun_at + within


def unreached(ladder: Ladder, priority: str, told: Mapping[str, Told], at: datetime) -> bool:
    """Has every rung been taken, and none of them reached anybody in its time?"""
    rungs = ladder.rungs(priority)
    given_up = [_given_up_at(told.get(rung.id), ladder.confirmed_within) for rung in rungs]
    return bool(rungs) and all(moment is not None and moment <= at for moment in given_up)
