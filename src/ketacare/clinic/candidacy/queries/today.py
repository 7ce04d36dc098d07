"""Does what the prescriber accepted still hold today? A clearance may have ended, a fact have gone stale (H14)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from ketacare.clinic.candidacy.models import Judgement
from ketacare.clinic.candidacy.queries.answer import answer_so_far
from ketacare.clinic.candidacy.queries.decision import acceptance
from ketacare.clinic.candidacy.queries.of_the_day import NOTHING_OF_THE_DAY, AtTheChair, OfTheDay, disputed, of_the_day
from ketacare.clinic.candidacy.queries.vocabulary import kinds, sheet
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.candidacy.reader import kept_answer, reasons_to_json
from ketacare.medicine.candidacy.rules import with_titles
from ketacare.medicine.candidacy.terms import Signatures
from ketacare.medicine.evidence.terms import Effect, Reason, Result


class Hold(StrEnum):
    """How candidacy stands on a day of a course. What needs more than the prescriber's word stops it like a stop does,
    until it is cleared (RUL-12)."""

    HOLDS = "holds"
    STOPPED = "stopped"
    TO_CLEAR = "to clear"
    STALE = "stale"


@dataclass(frozen=True)
class Today:
    """The gravest change since the decision, every change in words, by criterion, and the rows that stop."""

    hold: Hold
    words: tuple[str, ...] = ()
    stopping: tuple[Reason, ...] = ()
    day: OfTheDay = NOTHING_OF_THE_DAY


def candidacy_today(patient: Patient, *, at: datetime, zone: str, chair: AtTheChair | None = None) -> Today | None:
    """None while nobody has accepted this person: then nothing is known about it."""
    accepted = acceptance(patient)
    if accepted is None:
        return None
    so_far = answer_so_far(patient, at=at, zone=zone)
    decision, day = so_far.decision, of_the_day(so_far, chair or AtTheChair())
    rows = contraindications(patient)
    asked = [reason for reason in decision.reasons if reason.criterion in rows and lasts(reason)]
    since = (local_day(at, zone) - local_day(accepted.happened_at, zone)).days
    changes = gravest_of_each(
        changed(asked, accepted, told(kept_answer(decision)), since),
        holding_today(not_accepted(day.reasons, accepted, since)),
    )
    gravest = min((hold for hold, _ in changes), key=GRAVEST_FIRST.index, default=Hold.HOLDS)
    words = tuple(f"{reason.criterion}: {with_titles(reason.words, kinds())}" for _, reason in changes)
    return Today(gravest, words, tuple(reason for hold, reason in changes if hold is Hold.STOPPED), day)


GRAVEST_FIRST = list(Hold)[1:]


def gravest_of_each(*found: Iterable[tuple[Hold, Reason]]) -> list[tuple[Hold, Reason]]:
    """A row judged as it lasts and for this day holds as the graver of the two: gone stale excuses no finding."""
    worst: dict[str, tuple[Hold, Reason]] = {}
    for hold, reason in chain(*found):
        before = worst.get(reason.criterion)
        if before is None or GRAVEST_FIRST.index(hold) < GRAVEST_FIRST.index(before[0]):
            worst[reason.criterion] = (hold, reason)
    return list(worst.values())


def holding_today(reasons: Iterable[Reason]) -> Iterator[tuple[Hold, Reason]]:
    """Rows of the day that nothing has cleared."""
    for reason in reasons:
        if not reason.holds_back or reason.effect is Effect.CAUTION:
            continue
        lifts = reason.effect is not Effect.STOP and reason.override == Signatures.PRESCRIBER
        yield (Hold.STOPPED if not lifts else Hold.TO_CLEAR if reason.result is Result.MET else Hold.STALE), reason


def not_accepted(reasons: Iterable[Reason], accepted: Judgement, since_days: int) -> list[Reason]:
    """Without what lasts longer than a day and was decided by name: the same finding from the same facts. Of what
    counts for a day alone no acceptance of an earlier day was about it, and none is about something new."""
    found = list(reasons)
    then, now = told(accepted.answer), told({"reasons": reasons_to_json(found)})
    return [
        reason
        for reason in found
        if reason.result is not Result.MET
        or not lasts(reason)
        or reason.criterion not in accepted.overrides
        or not still_accepted(reason, accepted, then, now, since_days)
    ]


def contraindications(patient: Patient) -> frozenset[str]:
    return frozenset(row.id for row in sheet(patient).contraindications.criteria)


def lasts(reason: Reason) -> bool:
    """Does what decides this reason count for longer than a day? The rest is asked anew by the list of the day itself;
    of a row with a part of either kind, the part that decides counts."""
    return reason.valid_days != 0


def told(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["criterion"]: row for row in answer.get("reasons", ())}


def changed(
    reasons: Iterable[Reason], accepted: Judgement, now: dict[str, dict[str, Any]], since_days: int
) -> Iterator[tuple[Hold, Reason]]:
    """Reasons of safety that hold back now and were neither there nor decided by name when the person was accepted.

    What was accepted by name is not asked again each day while it is what it was, for no longer than the row counts.
    Else what was known and has gone stale is asked, and what was not known then and is not now is not; two records that
    disagree hold until somebody rules. Where what was
    found then needed more than the prescriber's word, leaving it unasked needs no less.
    """
    then = told(accepted.answer)
    for reason in reasons:
        if not reason.holds_back or reason.effect is Effect.CAUTION:
            continue
        by_name = reason.criterion in accepted.overrides
        if by_name and still_accepted(reason, accepted, then, now, since_days):
            continue
        before = then.get(reason.criterion, {})
        by_prescriber = reason.override == Signatures.PRESCRIBER
        if reason.result is Result.MET:
            yield (Hold.TO_CLEAR if by_prescriber and reason.effect is not Effect.STOP else Hold.STOPPED), reason
        elif disputed(reason):
            yield Hold.STALE if by_prescriber else Hold.STOPPED, reason
        elif by_name or before.get("result") in (Result.MET, Result.NOT_MET):
            yield (Hold.STALE if by_prescriber or not (by_name or held_then(before)) else Hold.STOPPED), reason


def held_then(row: dict[str, Any]) -> bool:
    """Was there something that holds back, cleared or not? A caution or a note held nobody back then."""
    return row["result"] == Result.MET and row.get("effect") not in (Effect.CAUTION, Effect.NOTE)


def still_accepted(
    reason: Reason,
    accepted: Judgement,
    then: dict[str, dict[str, Any]],
    now: dict[str, dict[str, Any]],
    since_days: int,
) -> bool:
    """Is it the very thing that was decided by name: the same finding and effect, lifted by the same people, from the
    same facts, and not older than the row counts (H14)?"""
    by = {row["criterion"]: row["override"] for row in accepted.against}
    if by.get(reason.criterion) != reason.override or reason.criterion not in then:
        return False
    if reason.valid_days is not None and since_days > reason.valid_days:
        return False
    return finding(then[reason.criterion]) == finding(now[reason.criterion])


def finding(row: dict[str, Any]) -> tuple[Any, ...]:
    """What was found, and from what where it is met or two records disagree; how long ago and by whom is told beside
    it. While it is only not known, what is known besides decides nothing."""
    facts = sorted((fact["name"], str(fact["value"])) for fact in row["facts"])
    at_odds = len({name for name, _ in facts}) < len(set(facts))
    return row["result"], row["effect"], facts if row["result"] == Result.MET or at_odds else []
