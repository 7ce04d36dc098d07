"""What is told before consent: every element with its source, by product."""

from dataclasses import replace

import pytest

from ketacare.medicine.candidacy.reader.consent import consent, consent_from
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.terms import Sheet


def test_what_is_owed_depends_on_the_product():
    sheet = consent()
    racemic = {element.id for element in sheet.owed("racemic")}
    esketamine = {element.id for element in sheet.owed("esketamine")}
    both = {element.id for element in sheet.owed("")}
    assert racemic - both == {"off_label"}
    assert esketamine - both == {"on_label"}
    assert {"alternatives", "benefit", "going_home", "right_to_stop", "if_suicidal", "serious_risks"} <= both
    assert sheet.time_to_think.value == 24
    assert sheet.after_dose.value == 2
    assert sheet.ref.id == "consent-1"
    assert all(element.sources for element in sheet.elements)


# What the reference lists as fields of consent and as information before the first dose, by the element that tells it.
LISTED = {
    "product and route": "what_it_is", "on or off label": "off_label", "purpose": "why_now",
    "number of doses and what ends the course": "how_many", "expected benefit in numbers": "benefit",
    "common risks": "common_effects", "serious risks": "serious_risks", "unknowns of long use": "long_use",
    "alternatives": "alternatives", "no driving, escort": "going_home", "release conditions": "release",
    "monitoring": "monitoring", "recording": "recording", "medicines to hold, fasting": "before_each_dose",
    "data sharing, cost": "data_and_cost", "right to withdraw": "right_to_stop", "emergency plan": "emergency",
    "interpreter": "language", "time to think": "time", "what to do if suicidal": "if_suicidal",
    "version": "in_writing",
}  # fmt: skip


@pytest.mark.parametrize("field", LISTED)
def test_every_field_of_consent_that_the_reference_lists_is_told(field):
    (element,) = [one for one in consent().elements if one.id == LISTED[field]]
    assert element.title
    assert element.sources[0]


def test_h19_a_version_from_before_the_lines_were_named_takes_them_as_they_ship():
    known = consent()
    old = consent_from(Sheet(known.header, {}, {"elements": {}}))
    assert (old.time_to_think, old.after_dose) == (known.time_to_think, known.after_dose)


def test_an_element_without_source_or_product_is_refused():
    known = consent()
    row = {"title": "x", "for": "everybody", "source": "NOBODY", "grade": "D"}
    with pytest.raises(SheetRefused) as refused:
        consent_from(Sheet(replace(known.header), {}, {"elements": {"x": row}}))
    assert len(refused.value.faults) == 2
