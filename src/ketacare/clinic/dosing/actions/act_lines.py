"""What of an act of an emergency may be put right: its time, its words, and which act it was (H41, I1)."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.dosing.models import Session, TimelineEntry
from ketacare.clinic.dosing.queries import emergencies
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.tenancy.refusals import Refusal, Refused

MINUTE = timedelta(minutes=1)


def refuse(
    session: Session, entry: TimelineEntry, name: str, words: str, happened_at: datetime | None, *, by: Actor
) -> None:
    """In the right order, and by its right name, it tells how long somebody was without oxygen, and what they were
    given. That no drug was given after all is a prescriber's word, as where it is struck out."""
    if (name, words, happened_at or entry.happened_at) == (entry.name, entry.words, entry.happened_at):
        raise Refused(
            Refusal("words", "Nothing is changed.", "Put right what was done, its words or its time.", "policy")
        )
    if name not in dict(emergencies.ACTS):
        raise Refused(Refusal("what", "is none of the acts.", "Choose one of the list."))
    if name in emergencies.NEEDS_WORDS and not words:
        raise Refused(Refusal("words", "What was given is empty.", "Write drug, amount and route."))
    if emergencies.DRUG in (name, entry.name):
        access.require(by, "readings", "C", patient=session.visit.patient)
    if entry.name == emergencies.DRUG != name and not may(by, "plan", "S"):
        said = "That no drug was given is a prescriber's to say."
        raise Refused(Refusal("what", said, "Ask the prescriber to correct it.", "policy"))
    if happened_at is not None:
        refuse_outside(session, entry, happened_at)


def in_its_first_minute(session: Session, entry: TimelineEntry, typed: datetime | None) -> datetime | None:
    """An emergency begins with its seconds, a time is typed in whole minutes: of that minute it is its beginning."""
    begun = emergencies.under_way(session, entry.happened_at)
    if typed is None or begun is None or not typed < begun.happened_at < typed + MINUTE:
        return typed
    return begun.happened_at


def refuse_outside(session: Session, entry: TimelineEntry, happened_at: datetime) -> None:
    its_own, then = emergencies.under_way(session, entry.happened_at), emergencies.under_way(session, happened_at)
    if then is None or its_own is None or then.pk != its_own.pk:
        words = "Its emergency did not last then."
        raise Refused(Refusal("happened_at", words, "Look at the times of the emergency; enter it again.", "policy"))
