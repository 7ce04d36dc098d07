"""H19: a course that began with a former version goes on with it, also where a later one draws lines that it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.protocols import reader

KNOWLEDGE = Path(reader.__file__).parent.parent / "knowledge"
FORMER = {sheet.header.id: sheet for sheet in map(read_sheet, sorted((KNOWLEDGE / "earlier").glob("*.toml")))}


def former(sheet_id: str) -> Sheet:
    return FORMER.get(sheet_id) or read_sheet(KNOWLEDGE / f"{sheet_id}.toml")


@pytest.mark.parametrize("sheet_id", ["p-iv-05-2w", "p-iv-kap", "p-iv-2step", "p-im-kap", "p-si-2", "p-esk-trd"])
def test_h19_a_protocol_of_former_sheets_is_read_and_held_to_the_lines_that_ship(sheet_id):
    began, ships = reader.protocol_from(former(sheet_id), former), reader.protocol(sheet_id)
    assert [head.version for head in began.headers] != [head.version for head in ships.headers]
    assert began.pump == ships.pump
    assert (began.second and began.second.pressure_within) == (ships.second and ships.second.pressure_within)
