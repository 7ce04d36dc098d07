"""Turns this room's sheets into terms; a fact without its source does not load."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.careplan.terms import AfterDose, Education, Passage, Topic
from ketacare.medicine.evidence.reader import SheetRefused, cite, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Sheet
from ketacare.medicine.quantities.terms import plain

_KNOWLEDGE = Path(__file__).parent / "knowledge"
LANGUAGES = ("en", "es")


@cache
def after_dose() -> AfterDose:
    return after_dose_from(read_sheet(_KNOWLEDGE / "after-dose.toml"))


def after_dose_from(sheet: Sheet) -> AfterDose:
    body: Mapping[str, Any] = sheet.body
    until = body["shown_least"]["until"]
    if until.unit != "h" or not 0 < until.value < 24:
        raise SheetRefused(sheet.header.id, ["shown_least.until: is an hour of the day, 1 to 23, in h. Correct it."])
    return AfterDose(sheet.header, until)


@cache
def education() -> Education:
    return education_from(read_sheet(_KNOWLEDGE / "education-1.toml"))


def education_from(sheet: Sheet) -> Education:
    faults: list[str] = []
    body: Mapping[str, Any] = sheet.body
    topics = tuple(
        Topic(
            row["id"],
            _worded(row, "title", f"topics[{row['id']}]", faults),
            tuple(_passage(sheet, part, f"topics[{row['id']}]", faults) for part in row["passages"]),
            row.get("caregiver", False),
        )
        for row in body["topics"]
    )
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return Education(sheet.header, topics)


def _worded(row: Mapping[str, Any], name: str, path: str, faults: list[str]) -> dict[str, str]:
    """A text in each language; nobody reads less than another."""
    words = {language: row.get(f"{name}_{language}", "") for language in LANGUAGES}
    faults += [f"{path}.{name}_{language}: is missing. Write it." for language, text in words.items() if not text]
    return words


def _passage(sheet: Sheet, row: Mapping[str, Any], path: str, faults: list[str]) -> Passage:
    figures = {name: value for name, value in row.items() if isinstance(value, Figure)}
    numbers = {name: plain(figure.value) for name, figure in figures.items()}
    try:
        words = {name: text.format(**numbers) for name, text in _worded(row, "words", path, faults).items()}
    except KeyError as missing:
        faults.append(f"{path}: the text names {missing}, which is no figure beside it. Add the figure.")
        words = {}
    sources = cite(row["source"], path, sheet.sources, faults) if "source" in row else ()
    cited = tuple(dict.fromkeys([*sources, *(source for figure in figures.values() for source in figure.sources)]))
    if sources and "grade" not in row:
        faults.append(f"{path}: a source without a grade. Say how sure it is.")
    return Passage(words, cited, Grade(row["grade"]) if "grade" in row else None, tuple(figures.values()))
