"""Does what the prescriber accepted still hold today? A clearance may have ended, a fact have gone stale (H14)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ketacare.clinic.candidacy.models import Judgement
from ketacare.clinic.candidacy.queries.answer import answer_so_far
from ketacare.clinic.candidacy.queries.decision import acceptance
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.people.models import Patient
from ketacare.medicine.evidence.terms import Effect, Reason, Result


class Hold(StrEnum):
    """How candidacy stands on a day of a course."""

    HOLDS = "holds"
    STOPPED = "stopped"
    TO_CLEAR = "to clear"
    STALE = "stale"


@dataclass(frozen=True)
class Today:
    """The gravest change since the decision, and every change in words, by criterion."""

    hold: Hold
    words: tuple[str, ...] = ()


def candidacy_today(patient: Patient, *, at: datetime, zone: str) -> Today | None:
    """None while nobody has accepted this person: then nothing is known about it."""
    accepted = acceptance(patient)
    if accepted is None:
        return None
    rows = lasting(patient)
    reasons = answer_so_far(patient, at=at, zone=zone).decision.reasons
    changes = list(changed([reason for reason in reasons if reason.criterion in rows], accepted))
    gravest = min((hold for hold, _ in changes), key=list(Hold)[1:].index, default=Hold.HOLDS)
    return Today(gravest, tuple(f"{reason.criterion}: {reason.words}" for _, reason in changes))


def lasting(patient: Patient) -> frozenset[str]:
    """Rows whose facts count for longer than a day; the others are asked anew by the list of the day itself."""
    rows = sheet(patient).contraindications.criteria
    return frozenset({row.id for row in rows} - {row.id for row in rows if row.valid_days == 0})


def changed(reasons: Iterable[Reason], accepted: Judgement) -> Iterator[tuple[Hold, Reason]]:
    """Reasons of safety that hold back now and were neither there nor decided by name when the person was accepted.

    What was unknown then and was accepted as such is not asked again each day; what was known and has gone stale is.
    """
    then = {row["criterion"]: row["result"] for row in accepted.answer.get("reasons", ())}
    for reason in reasons:
        if not reason.holds_back or reason.criterion in accepted.overrides or reason.effect is Effect.CAUTION:
            continue
        if reason.result is Result.MET:
            yield (Hold.STOPPED if reason.effect is Effect.STOP else Hold.TO_CLEAR), reason
        elif then.get(reason.criterion) in (Result.MET, Result.NOT_MET):
            yield Hold.STALE, reason
