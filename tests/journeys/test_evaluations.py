"""Three people evaluated: nothing stands against it, one fact is missing, and something is to be put right first."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import groupby

import pytest
from django.db import transaction
from playwright.sync_api import Browser, expect
from tests.browser import Product
from tests.journeys.arrival import add_trials
from tests.journeys.people import PHONE, Findings, Someone, Team, at_work, half_an_hour_ago

from ketacare.clinic.candidacy.actions import answering, asking
from ketacare.clinic.candidacy.forms import screens
from ketacare.clinic.candidacy.forms.becoming import becoming
from ketacare.clinic.candidacy.queries.intake import intake_lines
from ketacare.clinic.candidacy.tests.factories import all_but_trials, everything_known
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.tests.factories import PERSON, a_referral
from ketacare.clinic.links.access import link_actor
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, someone
from ketacare.web import clock

pytestmark = pytest.mark.browser
BLADDER = {"bladder_symptoms": "none", "haematuria": "no", "ketamine_cystitis": "no"}
FAMILIES = ("Marlowcanary", "Osseocanary", "Tindalcanary")


@dataclass(frozen=True)
class Here:
    """A clinic with its prescriber, and whoever was referred, known by now as far as each journey needs."""

    team: Team
    prescriber: Actor
    director: Actor
    straightforward: Patient
    perhaps_pregnant: Patient
    bipolar: Patient

    def evaluation(self, patient: Patient) -> str:
        return f"/patients/{patient.pk}/evaluation/"


@pytest.fixture
def here(product: Product, browser: Browser) -> Iterator[Here]:
    at = half_an_hour_ago()
    with transaction.atomic():
        clinic = a_clinic()
        desk, prescriber = someone(clinic, Role.FD), someone(clinic, Role.RX, "Dr Imani Cho")
        director = someone(clinic, Role.MD)
        marlow = referred_and_told(desk, prescriber)
        osseo, tindal = (a_patient(desk, family=family, sex="female") for family in FAMILIES[1:])
        everything_known(
            osseo, prescriber, at=at, diagnosis="depression", childbearing_potential="yes", contraception="yes",
            pregnancy_test="not_asked",
        )  # fmt: skip
        everything_known(tindal, prescriber, at=at, diagnosis="bipolar depression", mood_stabiliser_since="no")
    findings = Findings({*FAMILIES})
    team = Team(browser, product.address, findings)
    yield Here(team, prescriber, director, marlow, osseo, tindal)
    team.go_home()
    assert findings.found == []


def referred_and_told(desk: Actor, prescriber: Actor) -> Patient:
    """A referral, all that a clinician knows but what was tried, and one screen of the intake told by the patient."""
    at = half_an_hour_ago()
    referral = a_referral(desk, person=replace(PERSON, family=FAMILIES[0]), referrer_name="Dr Paul Nkemelu")
    patient = enrolment.waiting(referral, at).patient
    assert patient is not None
    all_but_trials(patient, prescriber, at=at, diagnosis="depression", haematuria="not_asked")
    intake = asking.send_intake(patient=patient, way="hand", by=desk, at=at)
    told = {name: {"answer": answer} for name, answer in BLADDER.items()}
    bladder = becoming(screens.screen("bladder"), told, at.date(), intake_lines(intake.patient))
    later = min(at + timedelta(minutes=5), clock.now())
    answering.keep_screen(
        intake=intake, screen="bladder", values=told, becoming=bladder, by=link_actor(intake), at=later
    )
    return patient


def test_three_people_are_evaluated(here: Here) -> None:
    prescriber = at_work(here.team, here.prescriber, "the prescriber")
    the_keys_follow_the_page(here, prescriber)
    nothing_stands_against_it(here, prescriber)
    one_fact_is_missing(here, prescriber)
    a_mood_stabiliser_comes_first(here, prescriber)


# -- by keyboard alone -------------------------------------------------------------------------------------------------

STOP = """() => {
  const here = document.activeElement, before = window.before;
  if (!here || here === document.body) return null;
  if (here === before) return {same: true};  // the day, month and year of one date
  const after = !before || Boolean(before.compareDocumentPosition(here) & Node.DOCUMENT_POSITION_FOLLOWING);
  window.before = here;
  const box = here.getBoundingClientRect(), style = getComputedStyle(here), around = getComputedStyle(
    here.closest("label, .field__box, .choice") || here);
  const marked = [style, around].some(one => one.outlineStyle !== "none" || one.boxShadow !== "none");
  const words = here.labels && here.labels.length ? here.labels[0].innerText : here.innerText;
  return {after, marked, seen: box.width > 0 && box.height > 0,
          name: (here.getAttribute("aria-label") || words || here.title || "").trim(),
          part: here.closest("#answer") ? "answer" : here.closest(".evaluation__facts") ? "facts" : "frame",
          what: here.outerHTML.slice(0, 120)};
}"""


def the_keys_follow_the_page(here: Here, prescriber: Someone) -> None:
    """Tab goes through the page as it is read: facts, then the answer; every stop is seen, marked and has a name."""
    prescriber.go(here.evaluation(here.perhaps_pregnant))
    stops = []
    for _ in range(400):
        prescriber.page.keyboard.press("Tab")
        stop = prescriber.page.evaluate(STOP)
        if stop is not None and stop.get("same"):
            continue
        if stop is None or not stop["after"]:
            break
        stops.append(stop)
    wrong = [stop["what"] for stop in stops if not (stop["seen"] and stop["marked"] and stop["name"])]
    assert wrong == []
    parts = [part for part, _ in groupby(stop["part"] for stop in stops)]
    assert parts[:3] == ["frame", "facts", "answer"]
    assert "content" in stops[0]["name"].lower() or "main" in stops[0]["what"]  # what skips the frame comes first
    assert any("Go through what is missing" in stop["name"] for stop in stops)


# -- straightforward ---------------------------------------------------------------------------------------------------


def nothing_stands_against_it(here: Here, prescriber: Someone) -> None:
    what_was_told_is_gone_over(here, prescriber)
    prescriber.go(here.evaluation(here.straightforward))
    answer = prescriber.page.locator("#answer")
    expect(answer.locator(".answer__sentence")).to_contain_text("Not yet")
    unfolded = answer.locator("details.answer__fold").last
    unfolded.locator("summary").first.click()
    add_trials(prescriber)
    expect(answer.locator(".answer__sentence")).to_contain_text("Yes")
    expect(unfolded, "what the reader unfolded stays so when the answer is drawn anew").to_have_attribute("open", "")
    with prescriber.inside("#decision"):
        prescriber.choose("You decide", "Accept")
        prescriber.fill("Why", "Two adequate trials without response.")
        prescriber.press("Sign the decision")
        prescriber.sees("Enrol and sign the plan")
    words_are_released(prescriber)
    the_letter_opens(here, prescriber)


def what_was_told_is_gone_over(here: Here, prescriber: Someone) -> None:
    prescriber.go(f"/patients/{here.straightforward.pk}/intake/")
    prescriber.press("All 3 are as told")
    prescriber.sees("0 to go over")
    expect(prescriber.page.get_by_text("Confirmed")).to_have_count(3)


def words_are_released(prescriber: Someone) -> None:
    prescriber.follow("Words for the patient")
    prescriber.look("words-for-the-patient-draft")
    prescriber.press("Release to the patient")
    prescriber.sees("The patient reads it on their own pages")
    prescriber.look("words-for-the-patient")


def the_letter_opens(here: Here, prescriber: Someone) -> None:
    prescriber.go(here.evaluation(here.straightforward))
    link = prescriber.page.locator("#decision").get_by_role("link", name="Letter to the referrer")
    address = link.get_attribute("href")
    assert address is not None
    answer = prescriber.context.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.body().startswith(b"%PDF")


# -- one fact is missing -----------------------------------------------------------------------------------------------


def one_fact_is_missing(here: Here, prescriber: Someone) -> None:
    prescriber.go(here.evaluation(here.perhaps_pregnant))
    answer = prescriber.page.locator("#answer")
    sentence = answer.locator(".answer__sentence")
    expect(sentence).to_contain_text("Not yet: one thing is unknown")
    with prescriber.inside("#answer"):
        expect(prescriber.within.locator(".answer__changes").get_by_role("link")).to_have_text(["Pregnancy test"])
        prescriber.sees("Pregnancy not excluded")
    prescriber.look("evaluation-pregnancy-unknown")
    prescriber.follow("Go through what is missing (1)")
    prescriber.look("missing-pregnancy-test")
    prescriber.choose("Who says so", "A test")
    prescriber.page.locator("button[name=pregnancy_test][value=negative]").click()
    prescriber.sees("Nothing more to ask here")
    prescriber.go(here.evaluation(here.perhaps_pregnant))
    expect(sentence).to_contain_text("Yes")


# -- put right first ---------------------------------------------------------------------------------------------------


def a_mood_stabiliser_comes_first(here: Here, prescriber: Someone) -> None:
    again = (clock.now() + timedelta(days=35)).date()
    prescriber.go(here.evaluation(here.bipolar))
    answer = prescriber.page.locator("#answer")
    expect(answer.locator(".answer__sentence")).to_contain_text("bipolar disorder without a mood stabiliser")
    with prescriber.inside("#answer"):
        prescriber.sees("stabilise first")
    prescriber.look("evaluation-bipolar")
    prescriber.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    prescriber.look("evaluation-bipolar-phone")
    key = the_director_does_not_agree(here, prescriber)
    assert kept_texts(prescriber) == [], "what was saved is not typed again into the next decision"
    prescriber.go(here.evaluation(here.bipolar))
    with prescriber.inside("#decision"):
        prescriber.page.locator("#decision").get_by_text("Decide anew").click()
        prescriber.choose("You decide", "Not now")
        prescriber.page.fill("#decision [name=reason]", "Lithium begun; look again once it has held for four weeks.")
        prescriber.fill("Look again on", again.isoformat())
        prescriber.page.evaluate("key => { document.querySelector('#decision [name=once]').value = key; }", key)
        prescriber.press("Sign the decision")
        prescriber.sees("This was sent before with other contents.")
        prescriber.look("decision-sent-before-phone")
        assert prescriber.page.input_value("#decision [name=reason]").startswith("Lithium begun; look again")
        assert prescriber.page.input_value("#decision [name=once]") != key
        prescriber.press("Sign the decision")
        prescriber.sees(f"Look again on {again:%d-%b-%Y}")
    expect(prescriber.page.locator("#decision")).not_to_contain_text("Enrol and sign")
    assert re.search("/evaluation/", prescriber.page.url)


def kept_texts(someone: Someone) -> list[str]:
    return list(someone.page.evaluate("() => Object.keys(sessionStorage).filter(key => key.startsWith('kept:'))"))


def the_director_does_not_agree(here: Here, prescriber: Someone) -> str:
    """The one-time key under which the acceptance was signed."""
    with prescriber.inside("#decision") as decision:
        prescriber.choose("You decide", "Accept")
        prescriber.press("Sign the decision")
        prescriber.sees("the reason is empty")
        prescriber.look("decision-refused-phone")
        for reason in decision.locator("input[name^=against-]").all():
            reason.fill("Lithium begun this week; wishes not to wait.")
        key = decision.locator("[name=once]").input_value()
        prescriber.press("Sign the decision")
        prescriber.sees("Waits for the medical director")
    director = at_work(here.team, here.director, "the director")
    director.go(f"{here.evaluation(here.bipolar)}second/")
    director.look("second-signature")
    director.choose("Your word", "I do not agree")
    director.fill("In your words", "Four weeks of lithium first.")
    director.press("Sign as second person")
    director.sees("Second person did not agree")
    return key
