"""Medicines on the day as the nurse reads them: what differs from the last visit, and what nobody could check."""

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import MedicineEntry, PatientSays
from ketacare.clinic.candidacy.tests.factories import some_medicines
from ketacare.clinic.dosing.queries import card, checklist, readiness, reconciling, since_last
from ketacare.clinic.dosing.queries.since_last import Change, Part
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser

ZONE = "America/New_York"


def test_only_what_differs_is_marked():
    told = Change(
        "Medicines", "aspirin 81 mg; lithium 300 mg; sertraline 100 mg", "aspirin 81 mg; sertraline 150 mg; zinc 10 mg"
    )
    assert told.parts == (
        Part("gone", "lithium 300 mg"),
        Part("changed", "sertraline 150 mg", "sertraline 100 mg"),
        Part("new", "zinc 10 mg"),
        Part("same", "aspirin 81 mg"),
    )
    assert Change("Weight", "70 kg", "71 kg").parts == (Part("changed", "71 kg", "70 kg"),)
    answer = Change("Sleep", "not asked", "Sleep apnoea: Untreated").parts
    assert {part.state: part.text for part in answer} == {"new": "Sleep apnoea: Untreated", "gone": "not asked"}


@pytest.mark.django_db
def test_rul13_what_was_accepted_unchecked_is_not_checked_at_the_chair():
    day = f.a_day()
    row = some_medicines(day.patient, day.prescriber, "lisinopril", "the small blue pill", at=f.AT)
    key = next(entry.key for entry in row.medicines if entry.name.startswith("the"))
    candidacy.accept_unchecked(
        patient=day.patient, key=key, seen=row.pk, reason="From her own herbalist", by=day.prescriber, at=f.AT
    )
    nurse = browser(day.nurse)
    page = nurse.get(f"/sessions/{day.visit.pk}/medicines/").content.decode()
    assert "Every medicine on the list was checked" not in page
    assert page.count("Not checked</span>") == 2
    assert "From her own herbalist" in page
    assert queries.medicines(day.patient).medicines
    words = checklist.medicines_words(day.session, f.AT)
    assert any("the small blue pill: not checked, accepted by" in one for one in words)


@pytest.mark.django_db
def test_h15_what_the_patient_tells_otherwise_is_shown_on_the_day_and_holds_the_dose():
    day = f.a_day()
    oxycodone = MedicineEntry(uuid4(), "oxycodone", dose="5 mg", daily_mg=Decimal(5), as_needed=True)
    some_medicines(day.patient, day.prescriber, oxycodone.kept(), at=f.AT)
    assert "MED-ODD" not in {one.criterion for one in reconciling.checked(day.session, f.AT, ZONE).holding}
    word = PatientSays(f.AT, dose="5 mg, once a day", amount=True, daily_mg=Decimal(5), as_needed=False)
    some_medicines(day.patient, day.prescriber, replace(oxycodone, says=word).kept(), at=f.later(1))
    assert "MED-ODD" in {one.criterion for one in reconciling.checked(day.session, f.later(2), ZONE).holding}
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/medicines/").content.decode()
    assert "The patient says: 5 mg, once a day, told on" in page
    assert "A prescriber settles it" in page
    assert card.medicines(day.patient) == (["oxycodone 5 mg (the patient says: 5 mg, once a day)"], "")


def test_h15_of_two_medicines_of_one_name_both_are_told_when_they_go():
    before = "insulin glargine 10 units; oxycodone ER 10 mg; oxycodone IR 5 mg; sertraline 50 mg"
    parts = since_last.differences(before, "insulin lispro 6 units; sertraline 100 mg")
    assert {(one.state, one.text, one.was) for one in parts} == {
        ("gone", "oxycodone ER 10 mg", ""),
        ("gone", "oxycodone IR 5 mg", ""),
        ("gone", "insulin glargine 10 units", ""),
        ("new", "insulin lispro 6 units", ""),
        ("changed", "sertraline 100 mg", "sertraline 50 mg"),
    }


@pytest.mark.django_db
def test_h14_every_change_since_the_decision_is_told_once_however_its_words_look(monkeypatch):
    day = f.a_day()
    words = ["kidney: worse; ask first", "kidney", "liver: worse", "pain", "sleep"]
    monkeypatch.setattr(readiness, "changed_since", lambda *_: words)
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    told = page[page.index('id="candidacy"') :].partition("</details>")[0]
    assert "kidney: worse; ask first; kidney; liver: worse; and 2 more" in told
    assert [told.count(f"<p>{words}</p>") for words in ("kidney", "pain", "sleep")] == [0, 1, 1]
