"""Reading what is one person's alone. The row policy has answered before: a row that is not theirs is not there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Patient
from ketacare.clinic.recovery import queries as recovery
from ketacare.clinic.therapy.private import JournalEntry, JournalShare, ProcessNote
from ketacare.clinic.therapy.sealing import CannotBeOpened, unseal

NOTES, JOURNAL = "process-note", "journal"


@dataclass(frozen=True)
class Page:
    """One entry, opened. `words` is None where the key of this installation does not open it."""

    id: UUID
    at: datetime
    words: str | None
    is_shared: bool = False
    shared_at: datetime | None = None
    readers: tuple[str, ...] = ()
    came_later: tuple[str, ...] = ()  # therapists of today who were not yet theirs when it was shared


def notes_of(actor: Actor, patient: Patient) -> list[Page]:
    """One's own notes about a patient, newest first."""
    access.require(actor, "therapy_notes", "R", patient=patient)
    rows = ProcessNote.objects.filter(patient=patient, recorded_by_id=actor.person_id).order_by("-happened_at")
    return [Page(row.pk, row.happened_at, opened(row, NOTES)) for row in rows]


def journal_of(actor: Actor, patient: Patient) -> list[Page]:
    """The patient's own pages, newest first, with what they share; none while it waits for who had their address
    before (K7)."""
    access.require(actor, "journal", "C", patient=patient)
    if recovery.journal_opens(actor) is not None:
        return []
    rows = JournalEntry.objects.filter(patient=patient, recorded_by_id=actor.person_id).order_by("-happened_at")
    shares = {row.entry_id: row for row in JournalShare.objects.filter(patient=patient, ended_at__isnull=True)}
    therapists = CareRelation.objects.filter(access.stands(actor), patient=patient, kind="therapist")
    named = list(therapists.select_related("user").order_by("user__name"))
    before = list(CareRelation.objects.filter(patient=patient, kind="therapist", ended_at__isnull=False))
    return [told_to(page_of(row, shares.get(row.pk)), named, before) for row in rows]


def told_to(page: Page, therapists: list[CareRelation], before: list[CareRelation]) -> Page:
    """With the names of those who may read it, and of those who may not yet."""
    if page.shared_at is None:
        return page
    by_then = [was_theirs(one, page.shared_at, before) for one in therapists]
    readers = tuple(one.user.name for one, was in zip(therapists, by_then, strict=True) if was)
    later = tuple(one.user.name for one, was in zip(therapists, by_then, strict=True) if not was)
    return replace(page, readers=readers, came_later=later)


def was_theirs(one: CareRelation, at: datetime, before: list[CareRelation]) -> bool:
    """As the row policy has it: since then, or by what this assignment goes on with."""
    if one.created_at <= at:
        return True
    gone = [row for row in before if one.goes_on_id is not None and one.goes_on_id in (row.pk, row.goes_on_id)]
    return any(row.created_at <= at and row.ended_at is not None and at < row.ended_at for row in gone)


def shared_entries(actor: Actor, patient: Patient, since: datetime | None = None) -> list[Page]:
    """What the patient shares with this therapist now, newest first. The patient has a page of their own for it."""
    if not access.granted(actor.role, "journal", "R", access.relations_to(actor, patient) - {"o"}):
        return []
    shares = JournalShare.objects.filter(patient=patient, ended_at__isnull=True)
    if since is not None:
        shares = shares.filter(created_at__gt=since)
    found = {row.entry_id: row for row in shares}
    rows = JournalEntry.objects.filter(pk__in=found, patient=patient).order_by("-happened_at")
    return [page_of(row, found[row.pk]) for row in rows]


def page_of(row: JournalEntry, share: JournalShare | None) -> Page:
    shared_at = share.created_at if share else None
    return Page(row.pk, row.happened_at, opened(row, JOURNAL), share is not None, shared_at)


def opened(row: ProcessNote | JournalEntry, store: str) -> str | None:
    assert row.recorded_by_id is not None
    try:
        return unseal(bytes(row.sealed), author=row.recorded_by_id, store=store, row=row.pk)
    except CannotBeOpened:
        return None
