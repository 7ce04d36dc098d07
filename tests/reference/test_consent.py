"""What is told before consent, held against the fields that the reference asks to be recorded."""

from ketacare.medicine.candidacy.reader.consent import consent
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
