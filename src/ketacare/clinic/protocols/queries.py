"""The sheets on file, what this clinic has adopted of them, and the protocol in force."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path
from uuid import UUID

import ketacare.medicine
from ketacare.clinic.protocols.models import Adoption, Standing
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, SheetHeader
from ketacare.medicine.protocols import reader
from ketacare.medicine.protocols.terms import Protocol


@dataclass(frozen=True)
class OnFile:
    """A sheet that came with the product, beside what the clinic decided about it."""

    sheet: Sheet
    room: str
    adoption: Adoption | None
    on: date

    @property
    def header(self) -> SheetHeader:
        return self.sheet.header

    @property
    def is_adopted(self) -> bool:
        """This very version; an older adopted version does not count."""
        return self.adoption is not None and self.adoption.sheet_version == self.header.version

    @property
    def newer_waits(self) -> bool:
        return self.adoption is not None and self.adoption.sheet_version != self.header.version

    @property
    def review_is_late(self) -> bool:
        return self.on > self.header.next_review_on

    @property
    def unconfirmed(self) -> int:
        """How many figures the director takes on by name because nobody re-read their source."""
        return sum(row.grade is Grade.M for _, row in figures(self.sheet))


@cache
def sheets() -> dict[str, tuple[str, Sheet]]:
    """Every sheet of medicine by id, with its room. A sheet that does not load stops here, not at the bedside."""
    found: dict[str, tuple[str, Sheet]] = {}
    for path in sorted(Path(str(files(ketacare.medicine))).glob("*/knowledge/*.toml")):
        sheet = read_sheet(path)
        found[sheet.header.id] = (path.parent.parent.name, sheet)
    return found


def figures(sheet: Sheet) -> list[tuple[str, Figure | Series]]:
    """Every figure of a sheet with the path to it, in the sheet's own order."""
    return list(figures_in(sheet.body, ()))


def figures_in(tree: object, path: tuple[str, ...]) -> Iterator[tuple[str, Figure | Series]]:
    if isinstance(tree, Figure | Series):
        yield " › ".join(path), tree
    elif isinstance(tree, Mapping):
        for key, part in tree.items():
            yield from figures_in(part, (*path, str(key).replace("_", " ")))
    elif isinstance(tree, tuple | list):
        for place, part in enumerate(tree, start=1):
            yield from figures_in(part, (*path, name_of(part, place)))


def name_of(part: object, place: int) -> str:
    """A row of a list by its own name, where it has one."""
    if isinstance(part, Mapping):
        for key in ("title", "name", "generic", "kind", "id"):
            if isinstance(part.get(key), str):
                return str(part[key])
    return str(place)


def adoption(clinic_id: UUID, sheet_id: str) -> Adoption | None:
    """The adoption that stands now; none once it is withdrawn."""
    row: Adoption | None = (
        Adoption.objects.current()
        .filter(clinic_id=clinic_id, sheet_id=sheet_id)
        .select_related("recorded_by")
        .order_by("recorded_at")
        .last()
    )
    return row if row is not None and row.standing == Standing.ADOPTED else None


def history(clinic_id: UUID, sheet_id: str) -> list[Adoption]:
    rows = Adoption.objects.filter(clinic_id=clinic_id, sheet_id=sheet_id).select_related("recorded_by")
    return list(rows.order_by("-recorded_at"))


def on_file(clinic_id: UUID, *, on: date) -> list[OnFile]:
    """All sheets: protocols first, then by room and title."""
    rows = [OnFile(sheet, room, adoption(clinic_id, sheet_id), on) for sheet_id, (room, sheet) in sheets().items()]
    first = {*reader.PROTOCOLS, *reader.REGIMENS}
    return sorted(rows, key=lambda row: (row.header.id not in first, row.room, row.header.title))


def protocols_in_force(clinic_id: UUID) -> list[Protocol]:
    """The protocols a patient may be enrolled under today: those whose shipped version is the adopted one."""
    return [
        protocol
        for protocol in map(reader.protocol, reader.PROTOCOLS)
        if (row := adoption(clinic_id, protocol.id)) is not None and row.sheet_version == protocol.version
    ]
