"""Adopting a sheet and withdrawing it: the medical director's act, never anybody else's."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, NotHere
from ketacare.clinic.protocols import queries
from ketacare.clinic.protocols.models import Adoption, Standing
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def adopt(*, sheet_id: str, version: str, by: Actor, at: datetime, words: str = "") -> Adoption:
    """Make the version on file this clinic's own. The version read on the page must still be the one on file."""
    access.require(by, "protocols", "A")
    _, sheet = queries.sheets().get(sheet_id, (None, None))
    if sheet is None:
        raise NotHere
    if sheet.header.version != version:
        raise Refused(
            Refusal("version", f"Version {version} is no longer on file.", f"Read version {sheet.header.version}.")
        )
    return record(sheet_id, version, Standing.ADOPTED, words, by=by, at=at)


@transaction.atomic
def withdraw(*, sheet_id: str, words: str, by: Actor, at: datetime) -> Adoption:
    """From now on nobody is enrolled under this sheet; courses that run keep the version they began with."""
    access.require(by, "protocols", "A")
    standing = queries.adoption(by.clinic_id, sheet_id)
    if standing is None:
        raise Refused(Refusal("sheet", "This sheet is not adopted here.", "Look at the list again.", "policy"))
    if not words.strip():
        raise Refused(Refusal("words", "The reason is empty.", "Say in a few words why."))
    return record(sheet_id, standing.sheet_version, Standing.WITHDRAWN, words, by=by, at=at)


def record(sheet_id: str, version: str, standing: Standing, words: str, *, by: Actor, at: datetime) -> Adoption:
    row = Adoption.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        happened_at=at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        sheet_id=sheet_id,
        sheet_version=version,
        standing=standing,
        words=words.strip(),
    )
    audit.note(by=by, at=at, verb=f"protocol.{standing}", on=row, because=f"{sheet_id} {version}")
    return row
