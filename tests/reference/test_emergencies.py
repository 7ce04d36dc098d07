"""Emergencies: each row of the table has its first acts in order with their figures, and so have the calls."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Series
from ketacare.medicine.safety import reader
from tests.reference.test_protocols import numbers
from tests.reference_tables import copied, section, tables

SHEET = read_sheet(Path(reader.__file__).parent / "knowledge" / "emergencies-1.toml")
OURS = {row.id: row for row in reader.emergencies().emergencies}
TOLD = {row["id"]: row for row in tables("treatment", "Emergencies")}
PROSE = " ".join(section("Emergencies", copied("treatment"))).replace("**", "")
# What is written out in ours.
IN_WORDS = {
    r"\bO2\b": "oxygen", r"\bNTG\b": "nitroglycerin", r"\bBP\b": "blood pressure", r"911/112": "call 911 or 112",
    r"12-lead": "12-lead ECG", r"\bHR lines\b": "lines of heart rate", r"if danger": "if there is danger",
    r"\b4-6 h\+": "4-6 h or more", r"AED/defibrillator": "AED or defibrillator", r"BP\+SpO2\+ECG": "BP + SpO2 + ECG",
    r"the 4\.2 drugs": "the medicines as needed", r"\(?see 4\.1\)?": "the limits in force say when",
}  # fmt: skip
# The tags of the reference and a word of the work that each stands for.
WORKS = {"T45": "paediatric", "T46": "2009;54:171", "T15": "13:151", "T34": "2011;57:449", "T3": "REMS", "T30": "JAMA",
         "T31": "Pain Med"}  # fmt: skip


def words(text):
    """In order: every word of four letters and more, and every number; without grades and tags."""
    for pattern, told in IN_WORDS.items():
        text = re.sub(pattern, told, text)
    plain = re.sub(r"\[T\d+\]|\b[VSMD]\b|\bsource\b|\bH\d+\b", " ", text).lower()
    return re.findall(r"[a-z]{4,}|\d+(?:[.,]\d+)?", plain)


def in_order(told, ours):
    """Do the words of the one stand in the other, in the same order?"""
    rest = iter(ours)
    return all(word in rest for word in told)


def test_every_emergency_of_the_table_is_there_and_no_other():
    assert list(OURS) == list(TOLD) == [f"EM-{number:02}" for number in range(1, 16)]


@pytest.mark.parametrize("row", TOLD)
def test_the_acts_of_a_row_stand_in_their_order_with_their_figures(row):
    mine, told = OURS[row], TOLD[row]
    for cell, ours in (
        (told["Event"], mine.title),
        (told["Recognise"], mine.recognise),
        (told["First acts in order"], " ; ".join(mine.acts)),
        (told["Notes"], mine.note),
    ):
        assert in_order(words(cell), words(ours)), (row, cell)
        assert set(re.findall(r"\d+(?:\.\d+)?", ours)) <= set(re.findall(r"\d+(?:\.\d+)?", " ".join(words(cell))))
    assert set(words(" ; ".join(mine.acts))) <= set(words(told["First acts in order"])), "no act that it does not name"


@pytest.mark.parametrize("row", TOLD)
def test_a_row_is_no_surer_than_its_weakest_part_and_cites_what_the_reference_cites(row):
    whole = " ".join(TOLD[row].values())
    read = [Grade(letter) for letter in re.findall(r"(?<![\w-])([VSM])(?=\)|,|;| \[T| low| same|$| upper)", whole)]
    assert OURS[row].grade is (Grade.M if Grade.M in read else Grade.D)
    cited = " ".join(source.citation for source in OURS[row].sources)
    assert all(WORKS[tag] in cited for tag in re.findall(r"T\d+", whole))


def figures_of(part):
    found = [value for row in SHEET.body[part] for value in row.values() if isinstance(value, (Figure, Series))]
    return [number for one in found for number in (one.values if isinstance(one, Series) else (one.value,))]


def test_the_thresholds_that_call_emergency_services_are_all_there_and_no_other():
    told = re.search(r"Call thresholds \(any\): (.*?)\. Emergency services .* within (\d+) s \(D\)", PROSE)
    assert told is not None
    sure = re.sub(r"\bSpO2\b", "", told[1])
    asked = [Decimal(number) for number in re.findall(r"(?<![\w.])\d+", sure)]
    assert sorted(figures_of("call")) == sorted(asked)
    assert SHEET.body["lines"]["called_within"].value == Decimal(told[2])
    calls = " ".join(reader.emergencies().call).lower()
    assert all(one in calls for one in ("seizure", "anaphylaxis", "stroke", "violence", "chest pain"))
    assert "{" not in calls


@pytest.mark.parametrize(("row", "begins"), [("equipment", "Equipment at chair"), ("competence", "Competence")])
def test_what_is_at_hand_is_what_the_reference_lists(row, begins):
    told = re.search(rf"{begins}[^:]*: (.*?)\. ?(?:Checked|\(D)", PROSE)
    (mine,) = [one for one in SHEET.body["at_hand"] if one["id"] == f"at-hand.{row}"]
    assert in_order(words(told[1]), words(mine["text"]))
    assert numbers(told[1]) - {Decimal("4.2")} <= numbers(mine["text"]), "the number of a section is no figure"
    assert Grade(mine["grade"]) is (Grade.M if row == "competence" else Grade.D)
