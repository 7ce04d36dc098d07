"""The versions of the sheets on file.

A room's `knowledge/ID.toml` is the version that ships now. What it replaced stays readable beside it as
`knowledge/earlier/ID-VERSION.toml`, so that a clinic may stay on it, or go back to it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ketacare.medicine.evidence.reader.listing import EARLIER, KNOWLEDGE
from ketacare.medicine.evidence.reader.sheets import SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Sheet


@dataclass(frozen=True)
class Versions:
    """One sheet in every version on file: what ships now first, then what it replaced."""

    room: str
    sheets: tuple[Sheet, ...]

    @property
    def newest(self) -> Sheet:
        return self.sheets[0]

    def at(self, version: str) -> Sheet | None:
        return next((sheet for sheet in self.sheets if sheet.header.version == version), None)


def shelf(wing: Path) -> Mapping[str, Versions]:
    """Every sheet of the rooms in this folder by id, or SheetRefused for the first that cannot be used."""
    found: dict[str, Versions] = {}
    for folder in sorted(wing.glob(f"*/{KNOWLEDGE}")):
        for path in sorted(folder.glob("*.toml")):
            sheet = read_sheet(path)
            if sheet.header.id in found:
                raise SheetRefused(path.name, [f"sheet.id: {sheet.header.id} is the id of another sheet. Choose one."])
            found[sheet.header.id] = Versions(folder.parent.name, (sheet, *_earlier(folder, sheet)))
    return found


def _earlier(folder: Path, newest: Sheet) -> Iterator[Sheet]:
    """The versions that this one replaced, newest first."""
    head = newest.header
    paths = (folder / EARLIER).glob(f"{head.id}-*.toml")
    replaced = [sheet for path in paths if (sheet := _replaced(path, head.id)) is not None]
    for sheet in replaced:
        if sheet.header.version == head.version:
            raise SheetRefused(
                head.id, [f"sheet.version: {head.version} is also an earlier version. Give it a new one."]
            )
    yield from sorted(replaced, key=lambda sheet: _counted(sheet.header.version), reverse=True)


def _replaced(path: Path, sheet_id: str) -> Sheet | None:
    """The earlier version in this file; None where the file belongs to a sheet of a longer id."""
    sheet = read_sheet(path)
    if path.stem != f"{sheet.header.id}-{sheet.header.version}":
        raise SheetRefused(
            path.name, [f"it holds {sheet.header.id} {sheet.header.version}. Name the file after id and version."]
        )
    return sheet if sheet.header.id == sheet_id else None


def _counted(version: str) -> tuple[tuple[int, str], ...]:
    """1.10.0 after 1.9.0."""
    return tuple((int(part), "") if part.isdigit() else (0, part) for part in version.split("."))
