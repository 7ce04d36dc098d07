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


def test_an_element_without_source_or_product_is_refused():
    known = consent()
    row = {"title": "x", "for": "everybody", "source": "NOBODY", "grade": "D"}
    with pytest.raises(SheetRefused) as refused:
        consent_from(Sheet(replace(known.header), {}, {"elements": {"x": row}}))
    assert len(refused.value.faults) == 2
