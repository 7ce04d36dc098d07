"""What societies and regulators ask, and the scales of a session: each row with its numbers, grade and citation."""

import re
from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.rules import cited_rows
from ketacare.medicine.evidence.terms import Grade, weakest
from ketacare.medicine.safety import reader
from tests.reference.differences import deliberate
from tests.reference.test_protocols import numbers
from tests.reference_tables import tables

FOLDER = Path(reader.__file__).parent / "knowledge"
AUTHORITIES, SCALES = read_sheet(FOLDER / "authorities-1.toml"), read_sheet(FOLDER / "session-scales-1.toml")
ASKED = tables("treatment", "What societies and regulators ask")
USED = tables("treatment", "Scales used in and after the session")
# The tags of the reference and a word of the work that each stands for.
WORKS = {
    "T1": "SPRAVATO", "T2": "EU SmPC", "T3": "REMS 386", "T24": "Rodrigues", "T25": "Kim", "T26": "Sessler",
    "T30": "Sanacora", "T31": "Cohen", "T33": "ASA", "T34": "Green", "T41": "risk-minimisation", "T42": "October 2023",
    "T43": "Chernik", "T50": "dissociation", "T68": "Pasero", "T69": "wjge.v5.i10.502", "T72": "ASKP3",
    "T73": "APNA-AANA", "T74": "Arizona", "T75": "BC draft",
}  # fmt: skip


def letters(*cells):
    return [Grade(letter) for cell in cells for letter in re.findall(r"\b[VSMD]\b", cell)]


def cited(sheet, row):
    tags = row["source"] if isinstance(row["source"], tuple) else (row["source"],)
    return [sheet.sources[tag].citation for tag in tags]


def plain(text):
    return re.sub(r"\s*\([VSMD]( \[T\d+\])?\)", "", text.replace("**", ""))


def test_whoever_asks_is_told_in_the_words_of_the_reference():
    ours = {row["title"]: row for row in AUTHORITIES.body["authorities"]}
    assert ours.keys() == {row["Source"] for row in ASKED}
    for row in ASKED:
        assert ours[row["Source"]]["text"].startswith(plain(row["Asks"]))


def differences_of_scales():
    ours = {row["title"]: row for row in SCALES.body["scales"]}
    assert ours.keys() == {row["id"] for row in USED}
    for row in USED:
        mine = ours[row["id"]]
        for column, key in (("Levels / items", "levels"), ("Scoring", "scoring"), ("Use and cut-off", "use")):
            if numbers(mine[key]) != numbers(plain(row[column])):
                yield row["id"], column


def test_every_scale_has_the_numbers_of_its_levels_its_sum_and_its_lines():
    assert set(differences_of_scales()) == deliberate("session scales")


@pytest.mark.parametrize(
    ("sheet", "part", "key", "rows"),
    [(AUTHORITIES, "authorities", "Source", ASKED), (SCALES, "scales", "id", USED)],
    ids=["authorities", "scales"],
)
def test_each_row_is_as_weak_as_its_weakest_part_and_cites_what_the_reference_cites(sheet, part, key, rows):
    ours = {row["title"]: row for row in sheet.body[part]}
    for row in rows:
        mine = ours[row[key]]
        told = (row["Grade"], *re.findall(r"\([VSMD][^)]*\)", row.get("Use and cut-off", "")))
        assert mine["grade"] == weakest(letters(*told)), mine["title"]
        for tag in re.findall(r"T\d+", " ".join(told)):
            assert any(WORKS[tag] in citation for citation in cited(sheet, mine)), (mine["title"], tag)


def test_every_row_is_found_on_the_page_of_its_sheet_with_its_words():
    for sheet, part in ((AUTHORITIES, "authorities"), (SCALES, "scales")):
        shown = {row.name.split()[0]: row for row in cited_rows(sheet)}
        assert shown.keys() == {row["id"] for row in sheet.body[part]}
        assert all(row.words and row.sources for row in shown.values())
