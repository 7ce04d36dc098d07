"""What only the medical director does to a sheet: adopt a version, amend a copy, go back, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.protocols import queries
from ketacare.clinic.protocols.models import Adoption, OwnSheet, Standing
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Kind, Refusal, Refused
from ketacare.medicine.evidence import reader, rules
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.rules import Amendment, AmendmentRefused
from ketacare.medicine.evidence.terms import Sheet, Status

NOT_FOR_USE = {Status.DRAFT: "is a draft", Status.RETIRED: "was retired"}


@transaction.atomic
def adopt(
    *, sheet_id: str, version: str, by: Actor, at: datetime, words: str = "", seen: str = "", read: bool = False
) -> Adoption:
    """Make a version this clinic's own.

    What differs from the version that counts today, and whom of the stored cases it would change, must have been read:
    `seen` is the digest that the pages handed out, `read` the director's word.
    """
    access.require(by, "protocols", "A")
    sheet = usable(by.clinic_id, sheet_id, version)
    if stands(by.clinic_id, sheet_id, version):
        raise refused("version", f"Version {version} is adopted here already.", "Look at the list again.", "policy")
    refuse_what_no_version_may_say(by.clinic_id, sheet)
    require_seen(by.clinic_id, sheet, seen=seen, read=read)
    return record(sheet, Standing.ADOPTED, words, by=by, at=at, seen=seen)


def stands(clinic_id: UUID, sheet_id: str, version: str) -> bool:
    """Is just this version adopted here, and still what was signed?"""
    row = queries.adoption(clinic_id, sheet_id)
    return row is not None and row.sheet_version == version and standing_holds(row)


def usable(clinic_id: UUID, sheet_id: str, version: str) -> Sheet:
    """This version, if it is on file and may be treated by."""
    on_file = queries.on_shelf(sheet_id)
    sheet = queries.version_of(clinic_id, sheet_id, version)
    if sheet is None:
        now = on_file.newest.header.version
        raise refused("version", f"Version {version} is no longer on file.", f"Read version {now}.")
    if sheet.header.status in NOT_FOR_USE:
        words = f"Version {version} {NOT_FOR_USE[sheet.header.status]} and may not be treated by."
        raise refused("version", words, "Choose a version that was released.", "policy")
    if not queries.judged_by_version(on_file) and sheet is not on_file.newest:
        words = "This sheet is used as it ships; an earlier version of it would not be judged by."
        raise refused("version", words, f"Read version {on_file.newest.header.version}.", "policy")
    return sheet


def refuse_what_no_version_may_say(clinic_id: UUID, sheet: Sheet) -> None:
    """A clinic's own copy may be from before a rule was drawn: who began with it keeps it, nobody begins with it."""
    if queries.OWN not in sheet.header.version:
        return
    try:
        queries.read_by_its_room(clinic_id, sheet)
    except SheetRefused as fault:
        raise Refused([refusal_in(words) for words in fault.faults])


def standing_holds(row: Adoption) -> bool:
    """Is the sheet on file still what was signed?"""
    return not row.fingerprint or row.fingerprint == queries.fingerprint_of(
        row.clinic_id, row.sheet_id, row.sheet_version
    )


def require_seen(clinic_id: UUID, sheet: Sheet, *, seen: str, read: bool) -> None:
    review = queries.review(clinic_id, sheet)
    if not review.must_be_seen:
        return
    faults = []
    if not seen:
        faults.append(Refusal("seen", "Nobody has looked at what would change.", "Read the stored cases first."))
    elif seen != review.digest:
        faults.append(Refusal("seen", "What would change is no longer what you read.", "Read the pages again."))
    if not read:
        faults.append(Refusal("read", "You have not said that you read what changes.", "Tick it once you have."))
    if faults:
        raise Refused(faults)


@transaction.atomic
def roll_back(*, sheet_id: str, version: str, words: str, by: Actor, at: datetime) -> Adoption:
    """Go back to a version that counted here before, at once and with a reason. Courses keep what they began with."""
    access.require(by, "protocols", "A")
    sheet = usable(by.clinic_id, sheet_id, version)
    if version not in queries.once_adopted(by.clinic_id, sheet_id):
        raise refused("version", f"Version {version} never counted here before.", "Adopt it instead.", "policy")
    if not words.strip():
        raise refused("words", "The reason is empty.", "Say in a few words why.")
    refuse_what_no_version_may_say(by.clinic_id, sheet)
    return record(sheet, Standing.RESTORED, words, by=by, at=at)


@transaction.atomic
def withdraw(*, sheet_id: str, words: str, by: Actor, at: datetime) -> Adoption:
    """From now on nobody is enrolled under this sheet; courses that run keep the version they began with."""
    access.require(by, "protocols", "A")
    standing = queries.adoption(by.clinic_id, sheet_id)
    if standing is None:
        raise refused("sheet", "This sheet is not adopted here.", "Look at the list again.", "policy")
    if not words.strip():
        raise refused("words", "The reason is empty.", "Say in a few words why.")
    row = Adoption.objects.create(
        **stamped(by, at),
        sheet_id=sheet_id,
        sheet_version=standing.sheet_version,
        standing=Standing.WITHDRAWN,
        words=words.strip(),
        fingerprint=standing.fingerprint,
    )
    audit.note(by=by, at=at, verb="protocol.withdrawn", on=row, because=f"{sheet_id} {standing.sheet_version}")
    return row


@transaction.atomic
def amend(*, sheet_id: str, version: str, amendments: Sequence[Amendment], by: Actor, at: datetime) -> OwnSheet:
    """Keep this clinic's own copy of a sheet with figures changed, each for a reason. It counts once it is adopted."""
    access.require(by, "protocols", "A")
    on_file = queries.on_shelf(sheet_id)
    if not queries.judged_by_version(on_file):
        raise refused("sheet", "This sheet is used as it ships.", "Ask its author to change it.", "policy")
    base = usable(by.clinic_id, sheet_id, version)
    if not amendments:
        raise refused("figures", "No figure is changed.", "Change at least one, or keep the sheet as it is.")
    own_version = next_version(by.clinic_id, sheet_id, version)
    table = amended_table(base, amendments, own_version, by=by, at=at)
    text = reader.written(table)
    refuse_what_no_version_may_say(by.clinic_id, queries.read_own(text, sheet_id))
    row = OwnSheet.objects.create(
        **stamped(by, at),
        sheet_id=sheet_id,
        sheet_version=own_version,
        based_on=version,
        text=text,
        fingerprint=reader.fingerprint(table),
    )
    figures = f"{len(amendments)} {'figure' if len(amendments) == 1 else 'figures'}"
    audit.note(by=by, at=at, verb="protocol.amend", on=row, because=f"{sheet_id} {own_version}: {figures}")
    return row


def next_version(clinic_id: UUID, sheet_id: str, version: str) -> str:
    """The shipped version it goes back to, and this clinic's next number."""
    taken = len(queries.own_copies(clinic_id, sheet_id))
    return f"{version.split(queries.OWN)[0]}{queries.OWN}{taken + 1}"


def amended_table(
    base: Sheet, amendments: Sequence[Amendment], version: str, *, by: Actor, at: datetime
) -> dict[str, Any]:
    shipped = queries.on_shelf(base.header.id).at(base.header.version.split(queries.OWN)[0]) or base
    today = local_day(at, by.zone)
    try:
        return rules.amended(
            base, amendments, shipped=shipped, bounds=reader.bounds(), version=version, by=by.name, on=today
        )
    except AmendmentRefused as refused:
        kinds: dict[bool, Kind] = {True: "unlikely", False: "impossible"}
        raise Refused([refusal_in(str(fault), kinds[fault.is_question]) for fault in refused.faults])


def refusal_in(fault: str, kind: Kind = "impossible") -> Refusal:
    """A fault of the loader, `place: rule. Remedy.`, beside the field of that place."""
    place, _, words = fault.partition(": ")
    return Refusal(place, words[:1].upper() + words[1:], "", kind)


def refused(field: str, rule: str, remedy: str, kind: Any = "impossible") -> Refused:
    return Refused(Refusal(field, rule, remedy, kind))


def stamped(by: Actor, at: datetime) -> dict[str, Any]:
    return {
        "organisation_id": by.organisation_id,
        "clinic_id": by.clinic_id,
        "happened_at": at,
        "recorded_at": at,
        "recorded_by_id": by.user_id,
    }


def record(sheet: Sheet, standing: Standing, words: str, *, by: Actor, at: datetime, seen: str = "") -> Adoption:
    head = sheet.header
    row = Adoption.objects.create(
        **stamped(by, at),
        sheet_id=head.id,
        sheet_version=head.version,
        standing=standing,
        words=words.strip(),
        fingerprint=queries.fingerprint_of(by.clinic_id, head.id, head.version),
        seen=seen,
    )
    audit.note(by=by, at=at, verb=f"protocol.{standing}", on=row, because=f"{head.id} {head.version}")
    return row
