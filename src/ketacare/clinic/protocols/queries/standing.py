"""What this clinic has decided about each sheet, and what is on file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ketacare.clinic.protocols.models import COUNTS, Adoption, OwnSheet
from ketacare.clinic.protocols.queries.versions import (
    OWN,
    fingerprint_of,
    judged_by_version,
    shelf,
    version_of,
)
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.reader import Versions
from ketacare.medicine.evidence.terms import Grade, Sheet, SheetHeader
from ketacare.medicine.protocols import reader


@dataclass(frozen=True)
class OnFile:
    """One sheet in this clinic: what counts here, what the product ships, and what was decided."""

    versions: Versions
    adoption: Adoption | None
    adopted: Sheet | None
    own: int
    on: date

    @property
    def sheet(self) -> Sheet:
        """What counts here: the adopted version, else what ships."""
        return self.adopted or self.versions.newest

    @property
    def header(self) -> SheetHeader:
        return self.sheet.header

    @property
    def newest(self) -> SheetHeader:
        return self.versions.newest.header

    @property
    def room(self) -> str:
        return self.versions.room

    @property
    def may_amend(self) -> bool:
        return judged_by_version(self.versions)

    @property
    def is_adopted(self) -> bool:
        return self.adopted is not None

    @property
    def is_own(self) -> bool:
        return OWN in self.header.version

    @property
    def newer_waits(self) -> bool:
        """A version ships that nobody here has looked at; an amended copy of it was made with it in hand."""
        return self.is_adopted and self.header.version.split(OWN)[0] != self.newest.version

    @property
    def is_lost(self) -> bool:
        """What was adopted is no longer on file as it was signed, so that what ships counts instead."""
        return self.adoption is not None and self.adopted is None

    @property
    def review_is_late(self) -> bool:
        return rules.expired(self.header, self.on)

    @property
    def unconfirmed(self) -> int:
        """How many figures the director takes on by name because nobody re-read their source."""
        return unconfirmed(self.sheet)


def unconfirmed(sheet: Sheet) -> int:
    return sum(getattr(entry.value, "grade", None) is Grade.M for entry in rules.figures_of(sheet))


def adoption(clinic_id: UUID, sheet_id: str) -> Adoption | None:
    """The adoption that stands now; none once it is withdrawn."""
    return adoptions(clinic_id).get(sheet_id)


@looked_up
def adoptions(clinic_id: UUID) -> dict[str, Adoption]:
    """What stands adopted in this clinic, by sheet."""
    rows = Adoption.objects.current().filter(clinic_id=clinic_id).select_related("recorded_by")
    newest = {row.sheet_id: row for row in rows.order_by("recorded_at")}
    return {sheet_id: row for sheet_id, row in newest.items() if row.standing in COUNTS}


def signed_sheet(row: Adoption) -> Sheet | None:
    """The sheet that was adopted, if it is still on file as it was signed."""
    return as_signed(row.clinic_id, row.sheet_id, row.sheet_version, row.fingerprint)


def as_signed(clinic_id: UUID, sheet_id: str, version: str, fingerprint: str) -> Sheet | None:
    if sheet_id not in shelf():
        return None
    if fingerprint and fingerprint_of(clinic_id, sheet_id, version) != fingerprint:
        return None
    return version_of(clinic_id, sheet_id, version)


@looked_up
def signed_sheets(clinic_id: UUID) -> dict[str, Sheet]:
    """What stands adopted in this clinic and is still on file as it was signed. Every page that judges asks: who signed
    and in which words is left where it is."""
    rows = Adoption.objects.current().filter(clinic_id=clinic_id).order_by("recorded_at")
    newest = {row[0]: row for row in rows.values_list("sheet_id", "sheet_version", "fingerprint", "standing")}
    sheets = {
        sheet_id: as_signed(clinic_id, sheet_id, version, fingerprint)
        for sheet_id, version, fingerprint, stands in newest.values()
        if stands in COUNTS
    }
    return {sheet_id: sheet for sheet_id, sheet in sheets.items() if sheet is not None}


def history(clinic_id: UUID, sheet_id: str) -> list[Adoption]:
    rows = Adoption.objects.filter(clinic_id=clinic_id, sheet_id=sheet_id).select_related("recorded_by")
    return list(rows.order_by("-recorded_at"))


def once_adopted(clinic_id: UUID, sheet_id: str) -> list[str]:
    """The versions that counted here before and do not now, the last one first: what one may go back to."""
    standing = adoption(clinic_id, sheet_id)
    now = standing.sheet_version if standing else None
    versions = [row.sheet_version for row in history(clinic_id, sheet_id) if row.standing in COUNTS]
    return [version for version in dict.fromkeys(versions) if version != now]


def on_file(clinic_id: UUID, *, on: date) -> list[OnFile]:
    """All sheets: protocols first, then by room and title."""
    standing = adoptions(clinic_id)
    own: dict[str, int] = {}
    for sheet_id in OwnSheet.objects.filter(clinic_id=clinic_id).values_list("sheet_id", flat=True):
        own[sheet_id] = own.get(sheet_id, 0) + 1
    rows = [
        OnFile(versions, row, signed_sheet(row) if row else None, own.get(sheet_id, 0), on)
        for sheet_id, versions in shelf().items()
        for row in [standing.get(sheet_id)]
    ]
    return sorted(rows, key=lambda row: (row.header.id not in reader.PROTOCOLS, row.room, row.header.title))


def one_on_file(clinic_id: UUID, sheet_id: str, *, on: date) -> OnFile | None:
    if sheet_id not in shelf():
        return None
    row = adoption(clinic_id, sheet_id)
    own = OwnSheet.objects.filter(clinic_id=clinic_id, sheet_id=sheet_id).count()
    return OnFile(shelf()[sheet_id], row, signed_sheet(row) if row else None, own, on)
