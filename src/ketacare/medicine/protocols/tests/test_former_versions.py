"""H19: a course that began with a former version goes on with it, also where a later one draws lines that it lacks."""

from __future__ import annotations

from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import read_sheet, sheet_from
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


@pytest.mark.parametrize("version", ["1.0.0", "1.1.0"])
def test_h19_rules_of_a_former_version_keep_their_figures_and_are_held_to_lines_it_did_not_draw(version):
    began = reader.rules_in(read_sheet(KNOWLEDGE / "earlier" / f"titration-1-{version}.toml"))
    ships = {rule.id: rule for rule in reader.dosing_rules("titration-1")}
    assert began.keys() == ships.keys()
    assert began["TP-1"].figures["monthly"] == ships["TP-1"].figures["monthly"]
    assert began["TI-3"].figures.keys() == ships["TI-3"].figures.keys()


def test_h19_a_figure_that_a_version_has_is_its_own():
    sheet = read_sheet(KNOWLEDGE / "titration-1.toml")
    rows = [
        {**row, "sessions": {**row["sessions"], "value": 4}} if row["id"] == "TI-3" else row
        for row in sheet.table["rules"]
    ]
    own = reader.rules_in(sheet_from({**sheet.table, "rules": rows}, "titration-1"))
    assert own["TI-3"].figures["sessions"].value == 4
    assert reader.rules_in(sheet)["TI-3"].figures["sessions"].value == 2
