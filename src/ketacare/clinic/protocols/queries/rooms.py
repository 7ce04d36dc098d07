"""Does a sheet still make sense to the room that judges by it? A loader knows figures, a room knows what they do."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from ketacare.clinic.protocols.queries.in_force import sheets_in_force
from ketacare.clinic.protocols.queries.versions import on_shelf
from ketacare.medicine.candidacy import reader as candidacy
from ketacare.medicine.candidacy.reader.consent import consent_from
from ketacare.medicine.candidacy.reader.following import following_from
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.monitoring.reader import refuse_lines
from ketacare.medicine.protocols import reader

# A part tells its own faults by place; the protocols put together from it would only say that it has some.
_PARTS: dict[str, Callable[[Sheet], object]] = {
    "parameters": lambda sheet: refuse_lines(reader.limit_set_from(sheet)),
    "release": reader.release_set_from,
    "checks": reader.checklist_from,
}

# Sheets of candidacy that are read beside the knowledge a case is judged by.
_BY_THEMSELVES: dict[str, Callable[[Sheet], object]] = {"consent-1": consent_from, "following-1": following_from}


def read_by_its_room(clinic_id: UUID, sheet: Sheet) -> None:
    """SheetRefused when the room cannot use this version beside the others in force here."""
    current = sheets_in_force(clinic_id) | {sheet.header.id: sheet}
    if (read := _BY_THEMSELVES.get(sheet.header.id)) is not None:
        _whole(lambda: read(sheet), sheet)
    if on_shelf(sheet.header.id).room == "candidacy":
        _whole(lambda: candidacy.knowledge_from(current.__getitem__), sheet)
    else:
        _whole(lambda: _protocol_room(sheet, current.__getitem__), sheet)


def _protocol_room(sheet: Sheet, find: Callable[[str], Sheet]) -> None:
    sheet_id = sheet.header.id
    if sheet_id in reader.REGIMENS:
        reader.regimen_from(sheet)
    if sheet_id in reader.RULES:
        reader.dosing_rules_from(sheet)
    if sheet_id in reader.PROTOCOLS:
        faults = reader.crowded(reader.protocol_from(sheet, find))
        if faults:
            raise SheetRefused(sheet_id, faults)
    if sheet_id not in reader.PROTOCOLS:
        for table, read in _PARTS.items():
            if table in sheet.body:
                read(sheet)
    if sheet_id in reader.PARTS:
        for protocol_id in reader.PROTOCOLS:
            reader.protocol_from(find(protocol_id), find)


def _whole(read: Callable[[], object], sheet: Sheet) -> None:
    """A room refuses in its own words; whatever else it stumbles over is a refusal too, and nothing is saved."""
    try:
        read()
    except (KeyError, AttributeError, TypeError, ValueError, ArithmeticError) as wrong:
        if isinstance(wrong, SheetRefused):
            raise
        raise SheetRefused(sheet.header.id, [f"{sheet.header.title}: {wrong}. Correct what was changed."])
