"""What is one person's alone: process notes and the journal. No word of them reaches audit, duty or notice."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy.models import JournalEntry, JournalShare, ProcessNote
from ketacare.clinic.therapy.queries.private import JOURNAL, NOTES
from ketacare.clinic.therapy.sealing import seal
from ketacare.medicine.safety import reader as safety_reader
from ketacare.medicine.safety import rules as safety_rules

LETTERS_MOST = 20_000
SAID_IN_JOURNAL = "words.journal"


@transaction.atomic
def write_process_note(*, patient: Patient, words: str, by: Actor, at: datetime) -> ProcessNote:
    """The author's alone. Nothing that was written can be changed; a further thought is a further note."""
    access.require(by, "therapy_notes", "C", patient=patient)
    refuse_unfit(words)
    key = uuid4()
    sealed = seal(words.strip(), author=by.person_id, store=NOTES, row=key)
    row = ProcessNote.objects.create(**about(patient, by, at), id=key, sealed=sealed)
    audit.note(by=by, at=at, verb="process_note.write", on=row, patient=patient)
    return row


@transaction.atomic
def write_journal(*, patient: Patient, words: str, by: Actor, at: datetime) -> tuple[JournalEntry, Concern | None]:
    """The patient's own, read by nobody until they share it. Where it speaks of danger, or a concern stands, somebody
    is told that it was written, in the same transaction, and never what it says (H13)."""
    access.require(by, "journal", "C", patient=patient)
    danger = safety_reader.danger_words()
    is_grave = safety_rules.speaks_of_danger(words, danger)
    if not is_grave:  # danger is kept whatever its length: a refusal would take the call back
        refuse_unfit(words)
    key = uuid4()
    sealed = seal(words.strip(), author=by.person_id, store=JOURNAL, row=key)
    row = JournalEntry.objects.create(**about(patient, by, at), id=key, sealed=sealed)
    audit.note(by=by, at=at, verb="journal.write", on=row, patient=patient)
    beside = {"where": SAID_IN_JOURNAL, "shown": outcomes.IN_THE_JOURNAL, "key": str(row.pk)}
    outcomes.keep_beside(patient, words, **beside, by=by, at=at)
    if not is_grave:
        return row, None
    tier = int(danger.tier.removeprefix("T"))
    concern = safety.raise_concern(patient=patient, tier=tier, reason_code=SAID_IN_JOURNAL, source=row, by=by, at=at)
    return row, concern


def refuse_unfit(words: str) -> None:
    if not words.strip():
        raise Refused(Refusal("words", "is empty.", "Write a word or two."))
    if len(words) > LETTERS_MOST:
        raise Refused(Refusal("words", f"is longer than {LETTERS_MOST:,} letters.", "Write it as two."))


@transaction.atomic
def share(*, entry: JournalEntry, by: Actor, at: datetime) -> JournalShare:
    """From now on those who are the patient's therapists at this moment may read this entry."""
    own(entry, by)
    there = JournalShare.objects.filter(entry=entry, ended_at__isnull=True).first()
    if there is not None:
        return there
    row = JournalShare.objects.create(
        organisation_id=entry.organisation_id,
        clinic_id=entry.clinic_id,
        created_at=at,
        entry=entry,
        patient=entry.patient,
    )
    audit.note(by=by, at=at, verb="journal.share", on=entry, patient=entry.patient)
    return row


@transaction.atomic
def share_anew(*, entry: JournalEntry, by: Actor, at: datetime) -> JournalShare:
    """With those too who came later."""
    unshare(entry=entry, by=by, at=at)
    return share(entry=entry, by=by, at=at)


@transaction.atomic
def unshare(*, entry: JournalEntry, by: Actor, at: datetime) -> None:
    """From now on nobody else reads it. What was read before cannot be unread; the page says so."""
    own(entry, by)
    JournalShare.objects.filter(entry=entry, ended_at__isnull=True).update(ended_at=at)
    audit.note(by=by, at=at, verb="journal.unshare", on=entry, patient=entry.patient)


def own(entry: JournalEntry, by: Actor) -> None:
    access.require(by, "journal", "U", patient=entry.patient)
    if entry.recorded_by_id != by.user_id:
        raise NotHere
