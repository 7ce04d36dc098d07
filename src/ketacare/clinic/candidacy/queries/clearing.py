"""What could be cleared: the reasons of the answer so far that somebody's word may lift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.candidacy.queries.answer import answer_so_far
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy.terms import Signatures
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
    reasons = answer_so_far(patient, at=at, zone=zone).decision.reasons
    return {reason.criterion: of(reason) for reason in reasons if may_be_cleared(reason)}


def may_be_cleared(reason: Reason) -> bool:
    met = reason.result is Result.MET and reason.effect in (Effect.STOP, Effect.CLEAR)
    return met and reason.override in list(Signatures)


def of(reason: Reason) -> Clearable:
    return Clearable(reason.criterion, reason.title, reason.words, Signatures(reason.override), reason.cleared)
