"""The written pages: what is in `docs/` is what the code says today, and no figure goes missing on the way."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.web.handbook import clinical, figures, pages, reference

DOCS = Path(__file__).resolve().parents[5] / "docs"
PAGES = dict(pages.pages())
BEHIND = "is behind the code: run `python3 make.py docs`"


@pytest.mark.parametrize("place", PAGES)
def test_the_page_in_docs_is_the_one_the_code_writes(place: str) -> None:
    written = DOCS / place
    assert written.is_file(), f"docs/{place} {BEHIND}"
    assert written.read_text(encoding="utf-8") == PAGES[place], f"docs/{place} {BEHIND}"


def test_no_clinical_page_is_left_from_a_sheet_that_is_gone() -> None:
    assert {f"clinical/{page.name}" for page in (DOCS / "clinical").glob("*.md")} <= PAGES.keys()


def test_every_sheet_stands_in_exactly_one_chapter() -> None:
    placed = [sheet for topic in clinical.TOPICS for sheet in clinical.sheets_of(topic)]
    assert sorted(placed) == clinical.sheets()


def test_a_long_list_is_one_table_and_loses_nothing_that_few_of_its_rows_have() -> None:
    text = PAGES["clinical/medicines.md"]
    (row,) = [line for line in text.splitlines() if line.startswith("| morphine |")]
    assert "| MSIR | opioid | INT-03 |" in row
    assert "never abrupt: yes" in row


# Scales are looked up by their id, as a case writes it.
IN_WORDS = [
    f"clinical/{one.file}"
    for one in clinical.TOPICS
    if one.sheets[0].startswith("candidacy/") and one.file != "scales.md"
]


@pytest.mark.parametrize("place", IN_WORDS)
def test_no_key_of_a_sheet_stands_among_the_words_for_a_clinic(place: str) -> None:
    assert re.findall(r"(?<![{\w`])[a-z0-9]+(?:_[a-z0-9]+)+", PAGES[place]) == []


def test_rows_signatures_and_figures_are_told_in_words() -> None:
    text = {place.rpartition("/")[2]: PAGES[place] for place in IN_WORDS}
    assert "asked anew at | entry to a new series |" in text["contraindications.md"]
    assert "| rows | INT-01 Benzodiazepines; INT-02 Z-drugs;" in text["contraindications.md"]
    assert "| in place of a scale | signed statement that the episode is moderate or severe |" in text["indications.md"]
    assert "| signed by | prescriber and medical director together |" in text["suicide-risk.md"]
    assert "More than 8 mg a day diazepam equivalent separated responders" in text["medicines.md"]


def test_the_contents_lead_to_every_page() -> None:
    contents = PAGES["clinical/README.md"]
    assert all(
        f"]({place.removeprefix('clinical/')})" in contents
        for place in PAGES
        if place.startswith("clinical/") and place != "clinical/README.md"
    )


@pytest.mark.parametrize("sheet", clinical.sheets(), ids=lambda sheet: sheet.stem)
def test_every_figure_of_a_sheet_is_in_its_chapter_with_grade_and_source(sheet: Path) -> None:
    text = figures.chapter(read_sheet(sheet))
    for figure in figures_of(tomllib.loads(sheet.read_text(encoding="utf-8"))):
        named = figure["source"] if isinstance(figure["source"], list) else [figure["source"]]
        values = figure["value"] if isinstance(figure["value"], list) else [figure["value"]]
        assert ", ".join(f"{value:,.10f}".rstrip("0").rstrip(".") for value in values) in text
        cited = (f"[{figure['grade']}: {', '.join(named)}]", f"| {figure['grade']} | {', '.join(named)} |")
        assert any(words in text for words in cited), figure


def figures_of(tree: Any) -> list[dict[str, Any]]:
    if isinstance(tree, dict):
        return [tree] if {"value", "unit", "grade"} <= tree.keys() else figures_of(list(tree.values()))
    return [figure for part in tree for figure in figures_of(part)] if isinstance(tree, list) else []


def test_the_reference_names_every_role_act_and_relation_there_is() -> None:
    from ketacare.clinic.people import access
    from ketacare.clinic.people.models import Role

    assert {code: role.lower() for code, role in Role.choices} == reference.ROLES
    assert reference.ACTS.keys() == access.ACTS
    assert reference.RELATIONS.keys() | {"clinic"} == access.RELATIONS
