"""Turns this room's sheets into terms; a fact without its source does not load."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.careplan.terms import AfterDose, Education, Passage, TakeHome, Topic, Words
from ketacare.medicine.evidence.reader import SheetRefused, cite, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Sheet
from ketacare.medicine.quantities.terms import plain

_KNOWLEDGE = Path(__file__).parent / "knowledge"
LANGUAGES = ("en", "es")
NUMBERS = ("emergency", "clinic", "crisis")
STAY = "stay"


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
    topics = _topics(sheet, "topics", faults)
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return Education(sheet.header, topics)


def _topics(sheet: Sheet, table: str, faults: list[str]) -> tuple[Topic, ...]:
    body: Mapping[str, Any] = sheet.body
    return tuple(
        Topic(
            row["id"],
            _worded(row, "title", f"{table}[{row['id']}]", faults),
            tuple(_passage(sheet, part, f"{table}[{row['id']}]", faults) for part in row["passages"]),
            row.get("caregiver", False),
            _number(row, f"{table}[{row['id']}]", faults),
        )
        for row in body[table]
    )


@cache
def take_home() -> TakeHome:
    return take_home_from(read_sheet(_KNOWLEDGE / "take-home-1.toml"))


def take_home_from(sheet: Sheet) -> TakeHome:
    faults: list[str] = []
    patient, escort = _topics(sheet, "patient", faults), _topics(sheet, "escort", faults)
    medicines, labels = _words(sheet, "medicines", faults), _words(sheet, "labels", faults)
    named = next((one for topic in escort for part in topic.passages for one in part.figures if topic.id == STAY), None)
    if named is None or named.unit != "h":
        faults.append(f"escort[{STAY}]: says for how many hours somebody stays, in h. Add the figure.")
    if faults or named is None:
        raise SheetRefused(sheet.header.id, faults)
    return TakeHome(sheet.header, patient, escort, medicines, labels, named)


def _number(row: Mapping[str, Any], path: str, faults: list[str]) -> str:
    number: str = row.get("number", "")
    if number and number not in NUMBERS:
        faults.append(f"{path}.number: {number} is nobody's number. Take one of: {', '.join(NUMBERS)}.")
    return number


def _words(sheet: Sheet, table: str, faults: list[str]) -> Words:
    """Short lines by name, each in every language."""
    body: Mapping[str, Any] = sheet.body
    names = dict.fromkeys(key.rsplit("_", 1)[0] for key in body[table])
    return {name: _worded(body[table], name, table, faults) for name in names}


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
