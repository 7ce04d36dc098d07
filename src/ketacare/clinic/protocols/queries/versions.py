"""A sheet by id and version: from the shelf that came with the product, or this clinic's own amended copy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import ketacare.medicine
from ketacare.clinic.people.access import NotHere
from ketacare.clinic.protocols.models import OwnSheet
from ketacare.medicine.evidence import reader
from ketacare.medicine.evidence.reader import SheetRefused, Versions
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.evidence.terms import Sheet, SheetHeader

OWN = "+clinic."
# The rooms that judge by the versions in force. Sheets of the others are used as they ship.
JUDGED_BY_VERSION = ("candidacy", "protocols")
# Of those rooms, what is read as it ships whatever is adopted: a copy of it would change nothing.
AS_SHIPPED = frozenset({"amounts-1", "reviews-1"})


WING = Path(str(files(ketacare.medicine)))


@cache
def shelf() -> Mapping[str, Versions]:
    """Every sheet of medicine by id, in every version on file. One that does not load stops here, not at a bedside."""
    return reader.shelf(WING)


def judged_by_version(versions: Versions) -> bool:
    """Would another version, or a copy of a clinic's own, be judged by?"""
    return versions.room in JUDGED_BY_VERSION and versions.newest.header.id not in AS_SHIPPED


@cache
def fingerprint_on_file(sheet_id: str, version: str) -> str:
    sheet = shelf()[sheet_id].at(version)
    return "" if sheet is None else reader.fingerprint(sheet.table)


def on_shelf(sheet_id: str) -> Versions:
    """All versions of this sheet that came with the product; NotHere when there is no such sheet."""
    versions = shelf().get(sheet_id)
    if versions is None:
        raise NotHere
    return versions


def past_review(sheet_ids: Iterable[str], on: date) -> tuple[SheetHeader, ...]:
    """Which of these sheets, used as they ship, somebody should have read again by this day."""
    return warnings((on_shelf(sheet_id).newest.header for sheet_id in sheet_ids), on)


def version_of(clinic_id: UUID, sheet_id: str, version: str) -> Sheet | None:
    """This very version, or None when neither the product nor this clinic has it."""
    if OWN not in version:
        return on_shelf(sheet_id).at(version)
    try:
        return own_sheet(clinic_id, sheet_id, version)
    except OwnSheet.DoesNotExist:
        return None


@lru_cache(maxsize=512)
def own_sheet(clinic_id: UUID, sheet_id: str, version: str) -> Sheet:
    """This clinic's amended copy. Rows are never changed, so it is read once; one that was changed is refused."""
    row = OwnSheet.objects.get(clinic_id=clinic_id, sheet_id=sheet_id, sheet_version=version)
    sheet = read_own(row.text, sheet_id)
    if reader.fingerprint(sheet.table) != row.fingerprint:
        fault = f"version {version} is not what was amended and kept. Restore it from a backup, or amend again."
        raise SheetRefused(sheet_id, [fault])
    return sheet


def read_own(text: str, sheet_id: str) -> Sheet:
    return reader.sheet_from(reader.table_in(text, sheet_id), sheet_id)


def fingerprint_of(clinic_id: UUID, sheet_id: str, version: str) -> str:
    """What this version says, as one number; empty when it is nowhere on file."""
    if OWN not in version:
        return fingerprint_on_file(sheet_id, version)
    sheet = version_of(clinic_id, sheet_id, version)
    return "" if sheet is None else reader.fingerprint(sheet.table)


def own_copies(clinic_id: UUID, sheet_id: str) -> list[OwnSheet]:
    """This clinic's amended copies, newest first."""
    rows = OwnSheet.objects.filter(clinic_id=clinic_id, sheet_id=sheet_id).select_related("recorded_by")
    return list(rows.order_by("-recorded_at", "-sheet_version"))
