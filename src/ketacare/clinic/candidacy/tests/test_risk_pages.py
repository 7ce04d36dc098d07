"""Suicide risk, the safety plan and paths by exception as each role meets them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy.models import ExceptionOpening, RiskScreening
from ketacare.clinic.candidacy.tests.factories import PLAN, a_safety_plan, a_screener, an_assessment
from ketacare.clinic.people.actions import about, relate
from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, browser, once, someone

pytestmark = pytest.mark.django_db


REVIEW_ON = (AT + timedelta(days=30)).date().isoformat()


@pytest.fixture(autouse=True)
def today(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(minutes=5))


@pytest.fixture
def client(clinic):
    return browser(someone(clinic, "RX"))


def path(patient, name="evaluation"):
    return reverse(name, args=[patient.pk])


HIGH = {"q-1": "yes", "q-2": "yes", "q-3": "no", "q-4": "yes", "q-5": "no", "q-6": "no", "q-imminent": "no"}


def test_h13_help_is_shown_before_anything_else_with_a_high_tier(client, patient):
    assert "Do not leave this person alone" not in client.get(path(patient)).content.decode()
    answer = client.post(
        path(patient, "evaluation-screening"), once(which="lifetime", **HIGH), headers={"HX-Request": "true"}
    )
    text = answer.content.decode()
    assert answer.status_code == 200
    assert text.index("Do not leave this person alone") < text.index("T3 High")
    assert 'href="tel:988"' in text
    assert "On call: <b>nobody</b>" in text
    assert "Suicidal crisis without two failed trials" in text


def test_what_was_not_asked_stays_open_and_a_wrong_time_is_refused_with_the_answers_kept(client, patient):
    left_open = once(**{"which": "lifetime", "q-1": "no", "q-2": "none", "happened_at": "tomorrow"})
    refused = client.post(path(patient, "evaluation-screening"), left_open)
    assert refused.status_code == 422
    assert 'name="q-1" value="no" checked' in refused.content.decode()
    client.post(path(patient, "evaluation-screening"), once(**{"which": "lifetime", "q-1": "no", "q-2": "none"}))
    assert RiskScreening.objects.get().answers == {"1": False}
    assert "open: 2, 6, imminent danger" in client.get(path(patient)).content.decode()


@pytest.mark.parametrize("rest", [{"q-6": "no"}, {"q-6": "yes"}])
def test_h13_what_an_unfinished_screener_makes_certain_is_shown_beside_what_it_left_open(client, patient, rest):
    said = {"q-1": "yes", "q-2": "yes", "q-3": "yes", "q-4": "no", "q-5": "no", **rest}
    which = "lifetime" if rest["q-6"] == "yes" else "since last visit"
    client.post(path(patient, "evaluation-screening"), once(which=which, **said))
    row = RiskScreening.objects.get()
    assert (row.tier, row.at_least) == ("TX", "T2")
    page = client.get(path(patient)).content.decode()
    assert "At least T2 moderate, not asked to the end today" in page
    assert "TX, at least T2" in page
    assert "TX Not known today" not in page


def test_an_amendment_shows_the_old_struck_through(client, patient, clinic):
    row = a_screener(patient, someone(clinic, "RN"), "2", "4")
    found = an_assessment(patient, someone(clinic, "RX"))
    calm = dict.fromkeys(HIGH, "no") | {"q-3": "none", "q-4": "none", "q-5": "none"}
    amend = reverse("screening-amend", args=[patient.pk, row.pk])
    assert 'name="q-4" value="yes" checked' in client.get(amend).content.decode()
    client.post(amend, once(which="lifetime", amend_reason="Wrong sheet", **calm))
    client.post(
        reverse("assessment-amend", args=[patient.pk, found.pk]),
        once(found="T1", finding="Tired of it", amend_reason="Asked again"),
    )
    page = client.get(path(patient)).content.decode()
    assert "<del>T3</del>" in page
    assert "Wrong sheet" in page
    assert "<del>T0: Hopeful" in page


def test_a_plan_is_written_in_versions_and_every_empty_field_is_named(client, patient):
    assert "No safety plan here yet" in client.get(path(patient, "safety-plan")).content.decode()
    about_it = {"made_with": "Ada", "copy_given": "yes", "consent_to_share": "no"}
    client.post(path(patient, "safety-plan-write"), once(**PLAN, **about_it, after="0", review_on=REVIEW_ON))
    page = client.get(path(patient, "safety-plan")).content.decode()
    assert "Walk to the harbour" in page
    assert "Version 1" in page
    refused = client.post(path(patient, "safety-plan-write"), once(after="1", made_with=""))
    assert refused.status_code == 422
    assert "Warning signs is empty" in refused.content.decode()


def test_a_refused_plan_says_so(client, patient):
    client.post(path(patient, "safety-plan-refused"), once(after="0", refusal="Not with strangers"))
    assert "Not with strangers" in client.get(path(patient, "safety-plan")).content.decode()
    assert "Refused" in client.get(path(patient)).content.decode()


def test_a_plan_holds_when_its_review_was_refused_and_is_still_shared_as_they_agreed(client, patient, clinic):
    about_it = {"made_with": "Ada", "copy_given": "yes", "consent_to_share": "yes"}
    client.post(path(patient, "safety-plan-write"), once(**PLAN, **about_it, after="0", review_on=REVIEW_ON))
    client.post(path(patient, "safety-plan-refused"), once(after="1", refusal="Not again today"))
    referrer = someone(clinic, "RC")
    user = User.objects.get(pk=referrer.user_id)
    relate(patient=patient, user=user, kind="referrer", by=someone(clinic, "MD"), at=AT)
    for reader in (client, browser(referrer)):
        page = reader.get(path(patient, "safety-plan")).content.decode()
        head = page.partition("<main")[2].partition("</ol>")[0]
        assert "Walk to the harbour" in head
        assert "Version 1 holds" in head
        assert "Not again today" in head
    assert 'name="after" value="2"' in client.get(path(patient, "safety-plan")).content.decode()
    evaluation = client.get(path(patient)).content.decode()
    assert "<b>version 1</b> holds, made with Ada" in evaluation
    assert "its review was refused" in evaluation


def test_an_opening_waits_for_the_director_who_signs_on_its_page(patient, clinic):
    opening = ExceptionOpening.objects.create(
        **about(patient, someone(clinic, "RX"), AT), path="EXC-02", reason="ECT refused", needs_director=True, sheet="x"
    )
    page = reverse("exception", args=[patient.pk, opening.pk])
    assert "Waits for the medical director" in browser(someone(clinic, "RN")).get(page).content.decode()
    assert browser(someone(clinic, "TH")).get(page).status_code == 403
    director = browser(someone(clinic, "MD"))
    assert "Your finding" in director.get(page).content.decode()
    review = reverse("exception-review", args=[patient.pk, opening.pk])
    assert director.post(review, once(agrees="yes", words="")).status_code == 422
    assert director.post(review, once(agrees="no", words="Admission first")).status_code == 302
    assert "Does not agree" in director.get(page).content.decode()


def test_a_safety_plan_begins_from_the_one_before(client, patient, clinic):
    a_safety_plan(patient, someone(clinic, "RN"))
    form = client.get(path(patient, "safety-plan-write")).content.decode()
    assert 'name="after" value="1"' in form
    assert "Tablets are with the sister" in form
