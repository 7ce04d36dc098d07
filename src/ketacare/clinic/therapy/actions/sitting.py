"""What a therapist keeps while sitting: a stamp, a piece of music, the patient's words. One timeline with everything
else of the session, and no number of a vital sign."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions import helping, timeline
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy.queries.sitting import CALLS, REASSURED, SAID
from ketacare.medicine.therapy import reader

LETTERS_MOST = 500


QUOTES = '“”"'


def quoted(words: str) -> str:
    """In quotation marks, once."""
    return f"“{words.strip(QUOTES)}”"


@transaction.atomic
def stamp(*, session: Session, name: str, words: str, by: Actor, at: datetime) -> TimelineEntry:
    """One tap, stamped with its moment; or what the patient said, as they said it."""
    access.require(by, "therapy", "C", patient=session.visit.patient)
    practice, words = reader.practice(), words.strip()
    if len(words) > LETTERS_MOST:
        raise Refused(Refusal("words", f"is longer than {LETTERS_MOST} letters.", "Keep the sentence that matters."))
    known = {**practice.stamps, **practice.music}
    if name in CALLS:
        entry = helping.call_from_sitting(session=session, name=name, words=words, by=by, at=at)
    elif name in known or name == REASSURED:
        entry = timeline.sit(session=session, kind=Kind.EVENT, name=name, words=words, by=by, at=at)
    elif words:
        entry = timeline.sit(session=session, kind=Kind.REMARK, name=SAID, words=quoted(words), by=by, at=at)
    else:
        raise Refused(Refusal("words", "There is nothing to keep.", "Tap a stamp, or write what the patient says."))
    stamped = name if name in known or name in (*CALLS, REASSURED) else SAID  # no word that was posted is kept there
    audit.note(by=by, at=at, verb="sitting.stamp", on=entry, patient=session.visit.patient, because=stamped)
    return entry
