"""Calendar feeds: an address of one's own, made anew or taken back."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.scheduling.actions.resources import place_of
from ketacare.clinic.scheduling.models import CalendarFeed


@transaction.atomic
def open_feed(*, by: Actor, at: datetime, patient: Patient | None = None) -> CalendarFeed:
    """One's own feed; a patient's is opened by the patient, or at the desk for them. The address before is dead."""
    if patient is not None:
        access.require(by, "appointments", "R", patient=patient)
    elif by.role == Role.PT or by.user_id is None:
        raise NotAllowed("appointments", "R")
    before = feeds_of(by, patient).first()
    close(before, at)
    row = CalendarFeed.objects.create(
        **place_of(by, at),
        user_id=None if patient else by.person_id,
        patient=patient,
        serial=before.serial + 1 if before else 1,
    )
    audit.note(by=by, at=at, verb="feed.open", on=row, patient=patient)
    return row


@transaction.atomic
def revoke_feed(*, by: Actor, at: datetime, patient: Patient | None = None) -> None:
    if patient is not None:
        access.require(by, "appointments", "R", patient=patient)
    row = feeds_of(by, patient).first()
    close(row, at)
    if row is not None:
        audit.note(by=by, at=at, verb="feed.revoke", on=row, patient=patient)


def close(row: CalendarFeed | None, at: datetime) -> None:
    if row is not None:
        CalendarFeed.objects.filter(pk=row.pk).update(revoked_at=at, version=row.version + 1)


def feeds_of(by: Actor, patient: Patient | None) -> QuerySet[CalendarFeed]:
    rows = CalendarFeed.objects.filter(clinic_id=by.clinic_id, revoked_at=None)
    return rows.filter(patient=patient) if patient else rows.filter(user_id=by.person_id)
