"""Who calls what a contraindication: each body with its words, its grade and the works that the reference cites."""

import re
from pathlib import Path

import pytest

from ketacare.medicine.candidacy import reader
from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.rules import cited_rows
from ketacare.medicine.evidence.terms import Grade, weakest
from tests.reference_tables import ketacare_reference, original, tables

SHEET = read_sheet(Path(reader.__file__).parent.parent / "knowledge" / "contraindications-by-source-1.toml")
TOLD = tables("screening", "Who says what")
# The tags of the reference, and words by which the work of each is known.
WORKS = {
    "L1": "US prescribing information, Janssen", "L2": "EU summary of product characteristics",
    "L2c": "Malaysian concise information", "L2e": "EU package leaflet", "L3": "Ketamine hydrochloride injection",
    "L3a": "Ketalar", "G1": "Sanacora", "G1a": "summarising", "G2": "Swainson", "G3": "McIntyre", "G4": "Beaglehole",
    "G5": "RANZCP", "G6": "Royal College", "G7": "ASKP3", "G9": "Canadian Rapid Treatment", "G10": "Field Trip",
    "G11": "Psyon", "G12": "American Society of Anesthesiologists",
}  # fmt: skip
GRADED = r"\s*\([VSMD](?: \[\w+\]|; [^)]*)?\)"


def plain(text):
    return re.sub(r" *\[\w+\](?:-\[\w+\])?", "", re.sub(GRADED, "", text))


def tags(row):
    """The tags of a row; a span of them is every one between."""
    text = " ".join(row.values())
    spans = re.findall(r"\[([A-Z])(\d+)\]-\[\1(\d+)\]", text)
    between = {f"{letter}{n}" for letter, first, last in spans for n in range(int(first), int(last) + 1)}
    return {*re.findall(r"\[(\w+)\]", text), *between}


def test_every_body_of_the_table_is_there_with_its_words_and_no_other():
    ours = [(row["title"], row["text"], row["what"]) for row in SHEET.body["bodies"]]
    assert ours == [
        (
            plain(row["Source"]),
            "no list of contraindications" if row["Contraindicated"] == "-" else plain(row["Contraindicated"]),
            plain(row["Weigh or manage first"]),
        )
        for row in TOLD
    ]


@pytest.mark.parametrize("row", TOLD, ids=lambda row: plain(row["Source"]))
def test_a_body_is_as_sure_as_its_weakest_part_and_cites_what_the_reference_cites(row):
    (mine,) = [one for one in SHEET.body["bodies"] if one["title"] == plain(row["Source"])]
    letters = re.findall(r"\(([VSMD])\b", " ".join(row.values()))
    assert mine["grade"] == weakest([Grade(row["Grade"]), *map(Grade, letters)])
    names = mine["source"] if isinstance(mine["source"], tuple) else (mine["source"],)
    cited = [SHEET.sources[name].citation for name in names]
    assert {tag for tag, work in WORKS.items() if any(work in one for one in cited)} == tags(row)
    assert len(cited) == len(tags(row))


@pytest.mark.parametrize("tag", WORKS)
def test_each_tag_stands_for_its_work(tag):
    told = original("screening", ketacare_reference())
    work = re.search(rf"^[^|\n]*?\[{tag}\] ((?:(?!\[\w+\] ).)*)", told[told.index("## 10. Sources") :], re.MULTILINE)
    assert WORKS[tag].replace(" prescribing", "") in work[1].replace(" prescribing", "")


def test_each_body_is_found_on_the_page_of_the_sheet_with_both_its_lists():
    shown = {row.name.partition(" ")[0]: row for row in cited_rows(SHEET)}
    assert shown.keys() == {row["id"] for row in SHEET.body["bodies"]}
    assert all(len(row.words) == 2 and row.sources for row in shown.values())


@pytest.mark.parametrize("begins", ["Sanacora G", "Swainson J", "McIntyre RS", "Beaglehole B"])
def test_the_works_are_those_of_the_reference(begins):
    (ours,) = [one.citation for one in SHEET.sources.values() if one.citation.startswith(begins)]
    told = original("screening", ketacare_reference())
    assert re.sub(r"[^\w]", "", ours.split(" (")[0]) in re.sub(r"[^\w]", "", told)
