"""Time courses and grades of effects held against the tables of the reference, both ways: minutes, grades, words."""

import re
from decimal import Decimal

import pytest

from ketacare.medicine.evidence.terms import Grade
from ketacare.medicine.safety.reader import effects_sheet
from tests.reference.differences import deliberate
from tests.reference.test_protocols import numbers
from tests.reference_tables import tables

SHEET = effects_sheet()
PARTS = {"Onset": "onset", "Peak": "peak", "Gone": "gone"}
MINUTES_OF_AN_HOUR = 60

# --- time course ------------------------------------------------------------------------------------------------------

COURSES = {
    "dissociation, esketamine": [("dissociation", "esketamine")],
    "sedation, esketamine": [("sedation", "esketamine")],
    "BP, esketamine": [("hypertension", "esketamine")],
    "dissociation, IV 40": [("dissociation", "IV")],
    "BP, IV 40": [("hypertension", "IV")],
    "nausea": [("nausea", "")],
    "dissociation, IM / SC / SL / PO": [("dissociation", route) for route in ("IM", "SC", "SL", "PO")],
    "headache, fatigue": [("headache", "")],
}
OURS = {(one.effect, one.route): one for one in SHEET.courses}
TIMED = tables("treatment", "Time course")


def minutes(cell):
    """The first and the last minute of a cell, which counts in hours where it says so."""
    found = [int(number) for number in re.findall(r"\d+", cell)]
    found = [number * MINUTES_OF_AN_HOUR for number in found] if re.search(r"\d h\b", cell) else found
    return (Decimal(found[0]), Decimal(found[-1]))


def verified(cell):
    """The parts of a row whose figures were read in a source: all, those named before the V, or none."""
    named = re.match(r"(?:(peak|end)(?:, (end))? )?V\b", cell)
    if named is None:
        return set()
    parts = {{"end": "Gone", "peak": "Peak"}[part] for part in named.groups() if part}
    return parts or set(PARTS)


def differences_of_courses():
    for row in TIMED:
        if row["Effect"] not in COURSES:
            yield row["Effect"], "Effect"
            continue
        for place, key in enumerate(COURSES[row["Effect"]]):
            for column, part in PARTS.items():
                cells = row[column].split(" / ")
                series = getattr(OURS[key], part)
                if tuple(series.values) != minutes(cells[place] if len(cells) > 1 else cells[0]):
                    yield row["Effect"], column
                if (series.grade is Grade.V) is not (column in verified(row["Grade"])):
                    yield row["Effect"], f"{column}, grade"


def test_every_effect_begins_is_at_its_most_and_is_gone_when_the_table_says_and_no_surer():
    assert set(differences_of_courses()) == deliberate("time course")
    assert OURS.keys() == {key for keys in COURSES.values() for key in keys}


# --- grades -----------------------------------------------------------------------------------------------------------

GRADED = {
    "Hypertension": ("hypertension",),
    "Sinus tachycardia": ("tachycardia",),
    "Hypoxia": ("hypoxia",),
    "Apnoea": ("apnoea",),
    "Laryngospasm": ("laryngospasm",),
    "Nausea": ("nausea",),
    "Vomiting": ("vomiting",),
    "Dizziness, vertigo": ("dizziness", "vertigo"),
    "Somnolence": ("sedation",),
    "Anxiety": ("anxiety",),
    "Hallucinations; psychosis": ("hallucination", "psychosis"),
    "Euphoria": ("euphoria",),
    "Confusion": ("confusion",),
    "Headache": ("headache",),
    "Blurred vision": ("vision_blurred",),
    "Dysgeusia": ("dysgeusia",),
    "Paraesthesia (numbness)": ("paraesthesia",),
    "Urinary frequency / urgency / pain": ("pollakiuria", "urinary", "dysuria"),
    "Cystitis non-infective": ("cystitis",),
    "ALT or AST increased": ("liver_enzymes",),
    "Memory, cognitive disturbance": ("memory",),
    "Allergic / anaphylaxis": ("anaphylaxis",),
}
# Graded in words of the house, since the standard has no such term or none for a session.
OF_THE_HOUSE = {"dissociation", "respiratory_depression"}
GRADES = {row["Term"]: row for row in tables("treatment", "Grading (CTCAE v5")}


def figures_in(text):
    """The numbers of a cell without the grade that it repeats."""
    return numbers(re.sub(r"\b(severe pain|anaphylaxis) G?\d|^G\d$|NRS|ULN", "", text))


def differences_of_grades():
    for term, effects in GRADED.items():
        for place, column in enumerate("1234"):
            cell = GRADES[term][column]
            ours = [SHEET.terms[effect].grades[place] for effect in effects]
            if (set(cell) <= set("- /")) is not (not any(ours)):
                yield term, column
            if set().union(*map(figures_in, ours)) != figures_in(cell):
                yield term, f"{column}, figures"


def test_every_term_has_the_grades_of_the_table_and_their_figures():
    assert GRADES.keys() == GRADED.keys()
    assert set(differences_of_grades()) == deliberate("grades")


def test_every_other_effect_is_graded_by_the_general_rule():
    others = SHEET.terms.keys() - {effect for effects in GRADED.values() for effect in effects} - OF_THE_HOUSE
    general = {SHEET.terms[effect].grades for effect in others}
    assert len(general) == 1
    (words,) = general
    assert [word.split()[0] for word in words] == ["Mild,", "Limits", "Severe,", "Life-threatening"]


@pytest.mark.parametrize(
    ("term", "lines"),
    [
        ("Nausea", ["nausea_2", "nausea_3"]),
        ("Anxiety", ["distress_2", "distress_3"]),
        ("Somnolence", ["sedation_1", "sedation_2", "sedation_3", "sedation_4"]),
    ],
)
def test_scores_are_graded_from_the_lines_of_the_note(term, lines):
    """A band begins where the one before it ends; that of grade 1 begins at any score, which needs no line."""
    bands = re.findall(r"(\d+)(?:-\d+)?(?= /| help| danger| \(D)", GRADES[term]["Engine note"])
    begins = [Decimal(first) for first in bands]
    ours = [SHEET.lines[line].value for line in lines]
    told = begins if term == "Somnolence" else begins[1 : len(ours) + 1]
    assert ours == told
    assert all(SHEET.lines[line].grade is Grade.D for line in lines)


def test_low_oxygen_of_a_minute_on_air_is_moderate():
    assert "< 90 >= 1 min on air = at least G2 (D)" in GRADES["Hypoxia"]["Engine note"]
    assert (SHEET.lines["spo2_under"].value, SHEET.lines["spo2_for"].value) == (90, MINUTES_OF_AN_HOUR)
