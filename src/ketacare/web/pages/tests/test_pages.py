"""Finding a patient and opening the chart, as each role."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.tests.factories import an_acceptance, some_vitals
from ketacare.clinic.enrolment.tests.factories import a_plan, a_referral
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, someone

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def patient(clinic):
    return a_patient(someone(clinic, "FD"))


def chart(patient):
    return reverse("patient", args=[patient.pk])


def test_a_search_is_posted_and_shows_the_birth_date(clinic, patient):
    client = browser(someone(clinic, "FD"))
    answer = client.post(reverse("patients"), {"q": "reed"})
    assert b"REED, Jo" in answer.content
    assert b"14-Jul-1985" in answer.content
    assert client.post(reverse("patients"), {"q": "1985-07-14"}).content.count(b"REED, Jo") == 1
    assert Line.objects.filter(verb="patients.search").count() == 2


def test_a_name_in_the_address_finds_nothing(clinic, patient):
    answer = browser(someone(clinic, "FD")).get(reverse("patients"), {"q": "reed"})
    assert b"REED" not in answer.content


def test_nobody_found_says_what_to_do(clinic):
    answer = browser(someone(clinic, "FD")).post(reverse("patients"), {"q": "nobody"})
    assert b"Nobody found." in answer.content


def test_p1_a_search_shows_a_therapist_only_those_assigned(clinic, patient):
    therapist = someone(clinic, "TH")
    client = browser(therapist)
    assert b"REED" not in client.post(reverse("patients"), {"q": "reed"}).content
    people.relate(
        patient=patient, user=User.objects.get(pk=therapist.user_id), kind="therapist", by=someone(clinic, "FD"), at=AT
    )
    assert b"REED" in client.post(reverse("patients"), {"q": "reed"}).content


def test_an_empty_chart_says_so(clinic, patient):
    page = browser(someone(clinic, "RN")).get(chart(patient)).content.decode()
    assert "Allergies not yet asked" in page
    assert "Not measured" in page


@pytest.mark.parametrize(
    ("role", "words"),
    [("RX", "Evaluate"), ("RN", "Record facts for the evaluation"), ("FD", "The prescriber evaluates")],
)
def test_one_next_act_by_role(clinic, patient, role, words):
    a_referral(someone(clinic, "FD"), is_known=patient)
    assert words in browser(someone(clinic, role)).get(chart(patient)).content.decode()


def test_after_acceptance_the_prescriber_enrols(clinic, patient):
    an_acceptance(patient, someone(clinic, "RX"))
    assert "Enrol and sign the plan" in browser(someone(clinic, "RX")).get(chart(patient)).content.decode()


def test_the_ribbon_tells_the_course_in_a_sentence(clinic, patient):
    a_plan(patient, clinic)
    page = browser(someone(clinic, "RX")).get(chart(patient)).content.decode()
    assert "Enrolled." in page
    assert "plan signed" in page


def test_i1_an_amended_value_is_struck_through_here_too(clinic, patient):
    nurse = someone(clinic, "RN")
    row = some_vitals(patient, nurse)
    candidacy.record_vitals(
        patient=patient, systolic_mmhg=118, diastolic_mmhg=78, by=nurse, at=AT + timedelta(minutes=5),
        amends=row, amend_reason="misread",
    )  # fmt: skip
    page = browser(nurse).get(chart(patient)).content.decode()
    assert "118/78 mmHg" in page
    assert "<del>128/78 mmHg</del>" in page
    assert "misread" in page


def test_the_desk_sees_no_clinical_section(clinic, patient):
    nurse = someone(clinic, "RN")
    some_vitals(patient, nurse)
    an_acceptance(patient, someone(clinic, "RX"))
    page = browser(someone(clinic, "FD")).get(chart(patient)).content.decode()
    assert "128/78" not in page
    assert "PHQ-9" not in page
    assert "Decided" not in page
    assert "Accepted" not in page


def test_the_director_and_the_patient_see_who_opened_it(clinic, patient):
    browser(someone(clinic, "RN", "Noor Haddad")).get(chart(patient))
    assert "Noor Haddad" in browser(someone(clinic, "MD")).get(chart(patient)).content.decode()
    person = someone(clinic, "PT")
    patient.user = User.objects.get(pk=person.user_id)
    patient.save()
    assert "Noor Haddad" in browser(person).get(reverse("me-opened")).content.decode()
    assert "Who opened" not in browser(someone(clinic, "RN")).get(chart(patient)).content.decode()


def test_the_chart_is_opened_with_an_audit_line(clinic, patient):
    browser(someone(clinic, "RN")).get(chart(patient))
    assert Line.objects.filter(verb="chart.open", patient_id=patient.pk, object_kind="demographics").exists()


def test_titles_and_addresses_hold_no_name(clinic, patient):
    answer = browser(someone(clinic, "RN")).get(chart(patient))
    assert b"<title>Chart" in answer.content
    assert answer["Cache-Control"] == "no-store"
