"""What could be cleared: the reasons of the answer so far that somebody's word may lift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from ketacare.clinic.candidacy.models.decision import two_sign
from ketacare.clinic.candidacy.queries.answer import Answered, answer_so_far
from ketacare.clinic.candidacy.queries.asked import told_value
from ketacare.clinic.candidacy.queries.clearance import giving
from ketacare.clinic.candidacy.queries.of_the_day import BY_THE_LIST, MILDER_BY_THE_LIST, AtTheChair, of_the_day
from ketacare.clinic.candidacy.queries.vocabulary import kinds
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy import rules
from ketacare.medicine.candidacy.rules import clearances, medicines
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.rules.lasting import lasting
from ketacare.medicine.candidacy.terms import Clearance, Signatures, Stage
from ketacare.medicine.evidence.terms import Effect, Reason, Result

SIGNED_BY = {
    Signatures.PRESCRIBER: (Signatures.PRESCRIBER, Signatures.WITH_SPECIALIST),
    Signatures.WITH_DIRECTOR: (Signatures.WITH_DIRECTOR,),
    Signatures.WITH_SPECIALIST: (Signatures.WITH_SPECIALIST,),
    Signatures.WITH_GUARDIAN: (Signatures.WITH_DIRECTOR, Signatures.WITH_SPECIALIST),
}

WHOSE = {
    Signatures.PRESCRIBER: "the prescriber’s word",
    Signatures.WITH_DIRECTOR: "the prescriber’s and the medical director’s word",
    Signatures.WITH_SPECIALIST: "a specialist’s opinion in writing",
}


@dataclass(frozen=True)
class Clearable:
    """A criterion that holds back and may be lifted, and by whose word."""

    id: str
    title: str
    words: str
    signatures: Signatures
    lifted: bool
    most_days: int | None
    effect: Effect
    known: tuple[str, ...] = ()

    @property
    def signed_by(self) -> tuple[Signatures, ...]:
        """Whose word, recorded by itself, lifts it or is a part of what lifts it. A director's second name is asked
        only where the row asks for it: nobody else's page has anything to sign."""
        return SIGNED_BY[self.signatures]

    @property
    def whose(self) -> str:
        joined = " and " if self.signatures is Signatures.WITH_GUARDIAN else " or "
        return joined.join(WHOSE[mark] for mark in self.signed_by)

    def as_json(self) -> dict[str, Any]:
        """As a letter asks it: by its title and what is known; our own rule about it is no question to a colleague."""
        said = {"id": self.id, "title": self.title, "words": self.words, "effect": self.effect}
        return said | {"known": list(self.known)}


def clearable(patient: Patient, *, at: datetime, zone: str) -> dict[str, Clearable]:
    return clearable_in(answer_so_far(patient, at=at, zone=zone))


def clearable_in(so_far: Answered) -> dict[str, Clearable]:
    found = {reason.criterion: of(reason) for reason in so_far.decision.reasons if may_be_cleared(reason)}
    return {reason.criterion: of(reason) for reason in at_a_dose(so_far) if may_be_cleared(reason)} | found


def at_a_dose(so_far: Answered) -> list[Reason]:
    """What medicines and answers of the day come to at a dose alone, and two must sign or a specialist writes; the rest
    the prescriber lifts there."""
    case = with_derived(replace(so_far.case, stage=Stage.DOSE), so_far.knowledge)
    said = clearances.applied(medicines.reasons(case, so_far.knowledge), lasting(case, so_far.knowledge), frozenset())
    of_today = of_the_day(so_far, AtTheChair(checks=EVERY_CHECK)).reasons
    return [reason for reason in (*said, *of_today) if two_sign(reason.override) or by_specialist(reason)]


EVERY_CHECK = frozenset(check for of in (BY_THE_LIST, MILDER_BY_THE_LIST) for checks in of.values() for check in checks)


def counted_now(so_far: Answered, patient: Patient) -> dict[UUID, tuple[Clearance, str]]:
    """What was given, as the judgement counts it today, and why it has ended: by the row as it stands now, by what has
    happened since, or by a dose that was changed. What is asked at a dose alone is counted as at a dose."""
    here = {reason.criterion for reason in so_far.decision.reasons if reason.result is not Result.NOT_MET}
    rows = giving(patient)
    now = rules.as_counted(so_far.case, so_far.knowledge, so_far.decision.reasons)
    at_dose = rules.as_counted(replace(so_far.case, stage=Stage.DOSE), so_far.knowledge, at_a_dose(so_far))
    return {
        row.pk: first if row.criterion in here else then
        for row, first, then in zip(rows, now, at_dose, strict=False)  # what was signed as a decision follows them
    }


def by_specialist(reason: Reason) -> bool:
    return reason.override == Signatures.WITH_SPECIALIST


def may_be_cleared(reason: Reason) -> bool:
    met = reason.result is Result.MET and reason.effect in (Effect.STOP, Effect.CLEAR)
    return met and reason.override in list(Signatures)


def of(reason: Reason) -> Clearable:
    signatures = Signatures(reason.override)
    return Clearable(
        reason.criterion,
        reason.title,
        reason.words,
        signatures,
        reason.cleared,
        most_days=reason.valid_days,
        effect=reason.effect,
        known=tuple(known_of(reason)),
    )


def known_of(reason: Reason) -> Iterator[str]:
    """What it rests on, as people say it; what is worked out from it is told by itself."""
    for fact in reason.facts:
        kind = kinds().get(fact.name)
        if kind is not None:
            yield f"{kind.title}: {told_value(kind, fact)}"
