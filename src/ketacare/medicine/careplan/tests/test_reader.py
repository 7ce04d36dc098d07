"""The sheets of this room load, say everything in both languages, and refuse what lacks a source."""

import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.careplan import reader
from ketacare.medicine.evidence.reader import SheetRefused, sheet_from

SHEETS = Path(reader.__file__).parent / "knowledge"


def changed(name: str, before: str, after: str):
    text = (SHEETS / f"{name}.toml").read_text()
    assert before in text
    return sheet_from(tomllib.loads(text.replace(before, after, 1), parse_float=Decimal), name)


def test_every_topic_is_told_in_english_and_spanish():
    for topic in reader.education().topics:
        assert topic.title["en"]
        assert topic.title["es"]
        for passage in topic.passages:
            assert passage.words["en"] != passage.words["es"]
            assert "{" not in passage.words["en"] + passage.words["es"]
            assert bool(passage.sources) == (passage.grade is not None)


def test_a_figure_in_a_text_comes_from_its_source():
    helps = next(topic for topic in reader.education().topics if topic.id == "helps")
    assert "55 of 100" in helps.passages[0].words["en"]
    assert "80 de cada 100" in helps.passages[1].words["es"]
    assert [source.label for source in helps.sources] == ["ANAND-2023", "MCINNES-2022"]


def test_what_a_caregiver_reads_is_named():
    assert [topic.id for topic in reader.education().topics if topic.caregiver] == ["normal", "call", "home"]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('title_es = "El día del tratamiento"', "", "title_es"),
        ("{responded} of 100", "{answered} of 100", "answered"),
        ('source = "REMS-PATIENT"\ngrade = "V"', 'source = "REMS-PATIENT"', "grade"),
        ('source = "REMS-PATIENT"', 'source = "NOWHERE"', "NOWHERE"),
    ],
)
def test_a_text_without_its_language_figure_grade_or_source_does_not_load(before, after, fault):
    with pytest.raises(SheetRefused, match=fault):
        reader.education_from(changed("education-1", before, after))


@pytest.mark.parametrize("until", ['{ value = 24, unit = "h"', '{ value = 7, unit = "min"', '{ value = 0, unit = "h"'])
def test_the_morning_is_an_hour_of_the_day(until):
    with pytest.raises(SheetRefused, match="hour of the day"):
        reader.after_dose_from(changed("after-dose", '{ value = 7, unit = "h"', until))
