"""What could be cleared: the reasons of the answer so far that somebody's word may lift."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ketacare.clinic.candidacy.models.decision import two_sign
from ketacare.clinic.candidacy.queries.answer import Answered, answer_so_far
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy.rules import clearances, medicines
from ketacare.medicine.candidacy.rules.derived import with_derived
from ketacare.medicine.candidacy.rules.lasting import lasting
from ketacare.medicine.candidacy.terms import Signatures, Stage
from ketacare.medicine.evidence.terms import Effect, Reason, Result


@dataclass(frozen=True)
class Clearable:
    """A criterion that holds back and may be lifted, and by whose word."""

    id: str
    title: str
    words: str
    signatures: Signatures
    lifted: bool

    def as_json(self) -> dict[str, str]:
        return {"id": self.id, "title": self.title, "words": self.words}


def clearable(patient: Patient, *, at: datetime, zone: str) -> dict[str, Clearable]:
    so_far = answer_so_far(patient, at=at, zone=zone)
    found = {reason.criterion: of(reason) for reason in so_far.decision.reasons if may_be_cleared(reason)}
    return {reason.criterion: of(reason) for reason in at_a_dose(so_far) if may_be_cleared(reason)} | found


def at_a_dose(so_far: Answered) -> list[Reason]:
    """What medicines come to on the day of a dose alone, and two must sign; the rest the prescriber lifts there."""
    case = with_derived(replace(so_far.case, stage=Stage.DOSE), so_far.knowledge)
    said = clearances.applied(medicines.reasons(case, so_far.knowledge), lasting(case, so_far.knowledge), frozenset())
    return [reason for reason in said if two_sign(reason.override)]


def may_be_cleared(reason: Reason) -> bool:
    met = reason.result is Result.MET and reason.effect in (Effect.STOP, Effect.CLEAR)
    return met and reason.override in list(Signatures)


def of(reason: Reason) -> Clearable:
    return Clearable(reason.criterion, reason.title, reason.words, Signatures(reason.override), reason.cleared)
