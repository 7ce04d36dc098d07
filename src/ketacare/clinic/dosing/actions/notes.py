"""The note: a draft of the author's own words, signed once with the password, then only added to (I3)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, NoteDraft, NotePart, Session, SignedNote
from ketacare.clinic.dosing.queries import note, signed_notes
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused

MEANING = "I have read this note and it is my record of the session"


@transaction.atomic
def keep_draft(*, session: Session, words: str, by: Actor, at: datetime) -> NoteDraft:
    """One author at a time; nobody else sees or changes the draft."""
    access.require(by, "notes", "U", patient=session.visit.patient)
    assert by.user_id is not None
    draft = NoteDraft.objects.select_for_update().filter(visit=session.visit).first()
    if draft is not None and draft.author_id != by.user_id:
        raise Refused(
            Refusal("words", "Somebody else is writing this note.", "Let them finish; or take it over, and say why.")
        )
    if draft is None:
        draft = NoteDraft.objects.create(
            organisation_id=by.organisation_id, clinic_id=by.clinic_id, created_at=at, visit=session.visit,
            author_id=by.user_id, words=words,
        )  # fmt: skip
    else:
        NoteDraft.objects.filter(pk=draft.pk).update(words=words, version=draft.version + 1)
    audit.note(by=by, at=at, verb="note.draft", on=draft, patient=session.visit.patient)
    return draft


@transaction.atomic
def take_over(*, session: Session, reason: str, by: Actor, at: datetime, words: str = "") -> NoteDraft:
    """Whoever was writing fell ill, or is gone: what they had written is the colleague's to finish and to sign under
    their own name, and the timeline says why. Until then nobody else reads it. What the colleague had written before
    they saw that stands below it."""
    access.require(by, "notes", "S", patient=session.visit.patient)
    draft = NoteDraft.objects.select_for_update(of=("self",)).filter(visit=session.visit).first()
    if draft is None or draft.author_id == by.user_id or signed_notes.signed(session.visit) is not None:
        raise Refused(Refusal("note_taken", "Nobody else is writing this note.", "Write it.", "policy"))
    if not reason.strip():
        raise Refused(Refusal("note_taken", "Why do you take it over?", "Say it in a few words."))
    said = f"Note taken over from {draft.author.name}: {reason.strip()}"
    both = "\n\n".join(filter(None, (draft.words.strip(), words.strip())))
    NoteDraft.objects.filter(pk=draft.pk).update(author_id=by.user_id, words=both, version=draft.version + 1)
    write(visit=session.visit, kind=Kind.REMARK, name="note.taken", words=said, by=by, at=at)
    audit.note(by=by, at=at, verb="note.take_over", on=draft, patient=session.visit.patient)
    draft.refresh_from_db()
    return draft


@transaction.atomic
def sign(*, session: Session, words: str, zone: str, by: Actor, at: datetime) -> SignedNote:
    """Locked from now on. The caller has made the signer prove who they are."""
    access.require(by, "notes", "S", patient=session.visit.patient)
    lacking = signed_notes.missing(session)
    if lacking:
        raise Refused([Refusal("sign", rule, "", "policy") for rule in lacking])
    if signed_notes.signed(session.visit) is not None:
        raise Refused(Refusal("sign", "The note is signed already.", "Add an addendum.", "policy"))
    return keep(session, NotePart.NOTE, words, note.content(session, zone), by=by, at=at)


@transaction.atomic
def add(*, session: Session, words: str, by: Actor, at: datetime) -> SignedNote:
    """A signed note is not changed; what is new stands beneath it."""
    access.require(by, "notes", "S", patient=session.visit.patient)
    if signed_notes.signed(session.visit) is None:
        raise Refused(Refusal("addendum", "The note is not signed yet.", "Write it into the note.", "policy"))
    if not words.strip():
        raise Refused(Refusal("addendum", "The addendum is empty.", "Write what is to be added."))
    return keep(session, NotePart.ADDENDUM, words.strip(), {}, by=by, at=at)


def keep(
    session: Session, part: NotePart, words: str, content: dict[str, object], *, by: Actor, at: datetime
) -> SignedNote:
    row = SignedNote.objects.create(
        organisation_id=by.organisation_id, clinic_id=by.clinic_id, happened_at=at, recorded_at=at,
        recorded_by_id=by.user_id, patient=session.visit.patient, visit=session.visit, part=part, words=words,
        content=content, digest=signed_notes.digest(content, words), meaning=MEANING,
    )  # fmt: skip
    audit.note(by=by, at=at, verb=f"note.{part}", on=row, patient=session.visit.patient)
    return row
