"""Who is cleared under conditions is told so wherever the yes stands: whose they are, and until when (RUL-08)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import Choice, ClearanceAnswer, Verdict
from ketacare.clinic.candidacy.tests.factories import a_clearance, an_answer, everything_known
from ketacare.clinic.candidacy.tests.test_planned_as_judged import begin, in_crisis
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.tests.factories import AT, browser, just_confirmed
from ketacare.clinic.protocols.tests.factories import an_adoption

pytestmark = pytest.mark.django_db
ASKED = "Pressure under 140/90 before each dose."
LATER = AT + timedelta(minutes=30)


def cleared(patient, by, conditions=ASKED):
    everything_known(patient, by)
    until = AT.date() + timedelta(days=90)
    said = actions.Opinion(Verdict.CONDITIONS, conditions, "Stress test normal", until)
    a_clearance(patient, by, said=said)
    return f"{until:%d-%b-%Y}"


def answered(patient, by):
    so_far = queries.answer_so_far(patient, at=LATER, zone=by.zone)
    return queries.shown(so_far, queries.under(patient, LATER.date()))


def test_the_answer_says_the_conditions_in_its_own_sentence(patient, prescriber):
    cleared(patient, prescriber)
    shown = answered(patient, prescriber)
    assert shown.sentence == "Only under conditions: pressure under 140/90 before each dose"
    assert shown.shape == "caution"


def test_words_that_lift_nothing_are_no_conditions_of_a_go(patient, prescriber, monkeypatch):
    """What a specialist wrote of a row that prescriber and director lift does not clear it."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: LATER)
    everything_known(patient, prescriber)
    said = {"verdict": Verdict.CONDITIONS, "conditions": ASKED, "until": AT.date() + timedelta(days=90)}
    ClearanceAnswer.objects.create(
        **about(patient, prescriber, AT), criterion="CI-39", signatures="P+spec", given_by="Dr Lee", **said
    )
    shown = answered(patient, prescriber)
    assert [one.binds for one in shown.under] == [False]
    assert "Only under conditions" not in shown.sentence
    page = browser(prescriber).get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert "Asked besides, and does not clear" in page
    assert "Only under conditions" not in page


def test_conditions_of_a_part_make_no_go_of_a_no(patient, prescriber, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: LATER)
    cleared(patient, prescriber)
    an_answer(
        patient, prescriber, name="active_psychosis", answer="yes", at=AT + timedelta(minutes=2), source="clinician"
    )
    assert answered(patient, prescriber).shape == "no"
    page = browser(prescriber).get(reverse("evaluation", args=[patient.pk])).content.decode()
    assert "Cleared in part, under conditions" in page
    assert "Only under conditions" not in page


def test_conditions_of_many_words_are_begun_in_the_sentence_and_stand_whole_below_it(patient, prescriber):
    cleared(patient, prescriber, conditions="An anaesthetist in the house, " * 20)
    shown = answered(patient, prescriber)
    assert shown.sentence.endswith("in the house …"), "cut where a part ends"
    assert len(shown.sentence) < 120
    assert len(shown.under[0].words) > 500


def test_every_page_before_the_dose_says_what_whose_and_until_when(clinic, patient, prescriber, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: LATER + timedelta(hours=2))
    an_adoption(clinic)
    until = cleared(patient, prescriber)
    actions.decide(patient=patient, choice=Choice.ACCEPT, reason="Seen", by=prescriber, at=LATER)
    client = just_confirmed(browser(prescriber))

    def asks(page):
        text = client.get(reverse(page, args=[patient.pk])).content.decode()
        return "Only under conditions" in text and ASKED in text and "Dr Lee, until " + until in text

    assert asks("evaluation")
    assert asks("patient")
    assert asks("enrolment")
    begin(patient, prescriber)
    assert asks("plan-summary")


def test_rul_06_by_exception_stands_in_a_group_of_its_own(clinic, patient, nurse, prescriber, director):
    in_crisis(patient, nurse, prescriber, director)
    so_far = queries.answer_so_far(patient, at=AT + timedelta(minutes=40), zone=prescriber.zone)
    shown = queries.shown(so_far)
    assert shown.sentence.startswith("Only by exception: ")
    (card,) = shown.cards["exception"]
    assert card.id == "EXC-01"
    assert card.id not in {one.id for one in shown.cards.get("cleared", ())}
    assert shown.counts.startswith("1 by exception")
    assert [line.split()[0] for line in card.lines] == ["Suicidal", "In", "Cleared"]
