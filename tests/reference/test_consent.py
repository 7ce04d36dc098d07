"""What is told before consent, held against the fields that the reference asks to be recorded."""

import re

import pytest

from ketacare.medicine.candidacy.reader.consent import consent
from ketacare.medicine.evidence.terms import Grade, weakest
from tests.reference_tables import copied, section, tables

# Each field of the reference, and the element of the list that tells it, or the record that keeps it.
ELEMENTS = {
    "product and route": "what_it_is",
    "on/off label": "off_label",
    "purpose": "why_now",
    "number of doses and what ends the course": "how_many",
    "expected benefit in numbers": "benefit",
    "common and serious risks": "serious_risks",
    "unknowns of long use": "long_use",
    "alternatives": "alternatives",
    "no driving": "going_home",
    "escort": "going_home",
    "release conditions": "release",
    "monitoring and recording (video, automatic transcription, research: each separately)": "recording",
    "medicines to hold": "before_each_dose",
    "data sharing": "data_and_cost",
    "cost": "data_and_cost",
    "right to withdraw any time": "right_to_stop",
    "emergency plan": "emergency",
    "interpreter used": "language",
    "time to think (>= 24 h outside crisis, D)": "time",
    "signature of patient, prescriber, date, version": "in_writing",
}


def fields():
    (text,) = [line for line in section("Capacity and consent elements", copied("screening")) if line.strip()]
    named = text.partition("Consent fields: ")[2].partition(". Capacity not assumed")[0]
    return [field.strip() for field in named.split(";")]


def test_every_field_of_consent_is_told_by_an_element():
    assert list(ELEMENTS) == fields()
    assert set(ELEMENTS.values()) <= {element.id for element in consent().elements}


def test_the_hours_of_consent():
    text = " ".join(section("Capacity and consent elements", copied("screening")))
    assert f">= {consent().time_to_think.integer} h outside crisis" in text
    assert f"no new consent within {consent().after_dose.integer} h after a dose" in text


def test_what_is_told_before_the_first_dose():
    """INFO-01 of the special groups."""
    (row,) = [row for row in tables("screening", "Driving, breast-feeding") if row["id"] == "INFO-01"]
    told = {element.id: element.title for element in consent().elements}
    asked = {
        "off-label": "off_label", "label status": "on_label", "ECT, TMS": "alternatives", "it fades": "benefit",
        "dissociation": "common_effects", "bladder": "serious_risks", "no driving": "going_home",
        "fasting": "before_each_dose", "what to do if suicidal": "if_suicidal", "cost": "data_and_cost",
        "how to stop": "right_to_stop",
    }  # fmt: skip
    assert all(words in row["Rule"] or words in row["Topic"] for words in asked)
    assert set(asked.values()) <= told.keys()


# Each row of what governance asks of a consent: the element that tells it, its grade there, and words of its title that
# stand for what the row names.
GOVERNED = {
    "1": ("why_now", "diagnosis, tried, why this treatment now"),
    "2": ("off_label", "racemic, anaesthesia, off label"),
    "3": ("on_label", "approved, prevention of suicide, no anaesthetic"),
    "4": ("benefit", "comparison, fades, may not work"),
    "5": ("serious_risks", "breathing, bladder, liver, thinking, misuse, suicidal, mania, psychosis, pregnancy"),
    "6": ("alternatives", "ECT, TMS, other medicines, therapy, no treatment"),
    "7": ("going_home", "watched, escort, no driving until the next day"),
    "8": ("how_many", "before it is reviewed, ends the course, how long"),
    "9": ("data_and_cost", "costs, billed, refunded"),
    "10": ("recording", "research, separately"),
    "11": ("right_to_stop", "during a dose, touch, chaperone"),
    "12": ("home", "compounding, consent of its own, warnings"),
    "13": ("in_writing", "writing, version"),
}
ASKED = {row["#"]: row for row in tables("evidence", "5A. Consent elements")}


def test_every_row_of_the_governance_has_an_element():
    assert ASKED.keys() == GOVERNED.keys()


@pytest.mark.parametrize("number", GOVERNED)
def test_an_element_says_what_its_row_names_and_is_no_surer(number):
    element_id, words = GOVERNED[number]
    told = {element.id: element for element in consent().elements}
    title = told[element_id].title.lower()
    assert [word for word in words.lower().split(", ") if word not in title] == []
    grades = [Grade(letter) for letter in re.findall(r"\b[VSMD]\b", re.sub(r"\(FDA list\)", "", ASKED[number]["G"]))]
    assert told[element_id].grade is weakest(grades)
    if number == "5":  # what the label and the FDA list of it is in an element of its own
        common = told["common_effects"]
        assert (common.grade, told[element_id].grade) == (Grade.V, Grade.M)
        assert all(word in common.title.lower() for word in ("dissociation", "blood pressure", "sedation"))


def test_consent_is_asked_anew_for_another_drug_or_route_and_within_the_year():
    row = ASKED["13"]["Element"]
    most = int(re.search(r"re-consent on route/drug change and (\d+)\D(\d+)-monthly \(D\)", row)[2])
    told = {element.id: element for element in consent().elements}["anew"]
    assert all(word in told.title for word in ("drug", "route", "year"))
    assert (told.grade, consent().anew_after.grade) == (Grade.D, Grade.D)
    assert consent().anew_after.value <= most * 365 // 12


def test_the_boxed_warning_of_esketamine_is_told():
    (line,) = [one for one in section("5A. Consent elements", copied("evidence")) if one.startswith("Boxed warning")]
    titles = " ".join(element.title for element in consent().elements).lower()
    asked = {
        "sedation": "sedation", "dissociation": "dissociation", "respiratory depression": "slowed breathing",
        "abuse and misuse": "misuse", "suicidal thoughts and behaviours": "suicidal thoughts",
    }  # fmt: skip
    assert all(told in line and ours in titles for told, ours in asked.items())
