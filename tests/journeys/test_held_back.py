"""What waits for somebody: blood pressure that a specialist clears for a while, and a medicine that nobody knows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Browser, expect
from tests.browser import Product
from tests.journeys.people import TABLET, Findings, Someone, Team, at_work, half_an_hour_ago

from ketacare.clinic.candidacy.access import clearance_token
from ketacare.clinic.candidacy.models import ClearanceAnswer, ClearanceRequest, Verdict
from ketacare.clinic.candidacy.tests.factories import accepted_before, everything_known, some_medicines
from ketacare.clinic.dosing.actions import preparing, sessions
from ketacare.clinic.dosing.calm_day import TODAY
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, someone
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.medicine.candidacy.terms import Signatures
from ketacare.web import clock

pytestmark = pytest.mark.browser
PRESSED, DROPS = "Varrocanary", "Quennellcanary"
BORN = "1985-07-14"


@dataclass(frozen=True)
class Here:
    """A clinic on a dosing day: somebody to evaluate, and somebody in the chair with a medicine that nobody knows."""

    team: Team
    desk: Actor
    nurse: Actor
    prescriber: Actor
    pressed: Patient
    drops: Patient

    def page(self, patient: Patient, part: str) -> str:
        return f"/patients/{patient.pk}/{part}/"

    def inside(self) -> AbstractContextManager[None]:
        """What is done beside the screens is done in the clinic's own organisation."""
        return tenancy.tenant(self.desk.organisation_id)

    def checked_in(self, patient: Patient, chair: str) -> Visit:
        """Today's dose, with the patient in the chair."""
        at = clock.now()
        with self.inside():
            seat = scheduling.add_chair(name=chair, by=self.desk, at=at)
            visit = scheduling.book_visit(
                patient=patient, kind=VisitKind.DOSE, starts_at=at, ends_at=at + timedelta(hours=3), by=self.desk,
                at=at, number_in_course=1,
            )  # fmt: skip
            sessions.check_in(
                visit=visit, protocol_id="p-iv-05-2w", protocol_version="1.0.0", chair=seat, by=self.nurse, at=at
            )
        return visit


@pytest.fixture
def here(product: Product, browser: Browser) -> Iterator[Here]:
    at = half_an_hour_ago()
    with transaction.atomic():
        clinic = a_clinic()
        desk, nurse, prescriber = (someone(clinic, role) for role in (Role.FD, Role.RN, Role.RX))
        pressed, drops = (a_patient(desk, family=family) for family in (PRESSED, DROPS))
        high = {"home_sbp_mmhg": "158", "home_dbp_mmhg": "92", "bp_over_130_80_or_treated": "yes"}
        everything_known(pressed, prescriber, at=at, diagnosis="depression", hypertension="treated", **high)
        everything_known(drops, prescriber, at=at, diagnosis="depression")
        accepted_before(drops, prescriber, at=at)
        some_medicines(drops, nurse, "sertraline", "grandmother's heart drops", at=at + timedelta(minutes=1))
    findings = Findings({PRESSED, DROPS})
    team = Team(browser, product.address, findings)
    yield Here(team, desk, nurse, prescriber, pressed, drops)
    team.go_home()
    assert findings.found == []


# -- a clearance -------------------------------------------------------------------------------------------------------


def test_h14_pressure_waits_for_a_clearance_that_ends(here: Here) -> None:
    prescriber = at_work(here.team, here.prescriber, "the prescriber")
    prescriber.go(here.page(here.pressed, "evaluation"))
    sentence = prescriber.page.locator("#answer .answer__sentence")
    expect(sentence).to_contain_text("No: uncontrolled hypertension")
    link = the_letter_goes_out(here, prescriber)
    the_specialist_answers(here, link)
    the_answer_is_read(here, prescriber)
    prescriber.go(here.page(here.pressed, "evaluation"))
    expect(sentence).not_to_contain_text("No:")
    with prescriber.inside("#decision"):
        prescriber.choose("You decide", "Accept")
        prescriber.fill("Why", "Cleared by cardiology under conditions.")
        prescriber.press("Sign the decision")
        prescriber.sees("Enrol and sign the plan")
    the_day_follows_the_clearance(here, prescriber)


def the_letter_goes_out(here: Here, prescriber: Someone) -> str:
    prescriber.go(here.page(here.pressed, "clearances"))
    prescriber.look("clearances-nothing-asked")
    with prescriber.inside("#ask"):
        prescriber.tick("CI-17")
        prescriber.fill("Specialty", "Cardiology")
        prescriber.fill("To", "Dr Ruth Lee")
        prescriber.fill("Your question", "Is a rise of 20 mmHg for an hour acceptable?")
        prescriber.press("Write the letter")
    prescriber.sees("not opened yet")
    prescriber.look("clearances-asked")
    letter = prescriber.page.get_by_role("link", name="Letter (PDF)").get_attribute("href")
    assert letter is not None
    answer = prescriber.context.request.get(letter)
    assert answer.headers["content-type"] == "application/pdf"
    return link_of(here)


def link_of(here: Here) -> str:
    """What the letter says; reading it back from a PDF is the matter of a test of its own."""
    with here.inside():
        return reverse("clearance-link", args=[clearance_token(ClearanceRequest.objects.get(patient=here.pressed))])


def the_specialist_answers(here: Here, link: str) -> None:
    """On a phone, without an account: whom it is about is said only to whoever knows the date of birth."""
    specialist = here.team.on_a_phone("the specialist")
    specialist.go(link)
    specialist.look("clearance-who")
    expect(specialist.page.get_by_text(PRESSED)).to_have_count(0)
    specialist.fill("Patient's date of birth", "1985-07-15")
    specialist.press("Go on")
    specialist.sees("4 tries are left")
    specialist.look("clearance-who-wrong")
    specialist.fill("Patient's date of birth", BORN)
    specialist.press("Go on")
    specialist.sees(PRESSED.upper())
    specialist.sees("Born 14-Jul-1985.")
    specialist.look("clearance-answer")
    specialist.press("Sign and send")
    specialist.sees("Nothing is chosen")
    specialist.look("clearance-answer-faults")
    specialist.choose("Your opinion", "Cleared under conditions")
    specialist.fill("Conditions", "No dose above 160/95 at rest.")
    specialist.fill("Holds until", (today() + timedelta(days=60)).isoformat())
    specialist.fill("Your name and profession", "Dr Ruth Lee, cardiologist")
    specialist.press("Sign and send")
    specialist.sees("Thank you. It has arrived.")
    specialist.look("clearance-thanks")
    specialist.go(link)
    specialist.sees("answered already")


def today() -> date:
    return clock.now().date()


def the_answer_is_read(here: Here, prescriber: Someone) -> None:
    prescriber.go(here.page(here.pressed, "clearances"))
    prescriber.sees("No dose above 160/95 at rest.")
    prescriber.sees("Waits for the prescriber")
    prescriber.sees("Answered, not read")
    expect(prescriber.page.get_by_text("In date")).to_have_count(0)
    prescriber.press("I have read it and accept it")
    expect(prescriber.page.get_by_role("button", name="I have read it and accept it")).to_have_count(0)
    prescriber.sees("In date")
    prescriber.look("clearances-in-date")


def the_day_follows_the_clearance(here: Here, prescriber: Someone) -> None:
    visit = here.checked_in(here.pressed, "Chair 1")
    what_the_day_asks_is_answered(here, visit)
    nurse = at_work(here.team, here.nurse, "the nurse", TABLET)
    nurse.go(f"/sessions/{visit.pk}/")
    treat = nurse.page.locator("#candidacy")
    expect(treat).to_have_class(re.compile("check--go"))
    prescriber.go(here.page(here.pressed, "clearances"))
    prescriber.page.get_by_text("Take back").click()
    prescriber.fill("Why", "Home readings rose again.")
    prescriber.press("Take it back")
    prescriber.sees("Taken back")
    nurse.page.reload()
    expect(treat).not_to_have_class(re.compile("check--go"))
    nurse.look("readiness-clearance-taken-back")
    it_has_ended(here)
    nurse.page.reload()
    expect(treat).not_to_have_class(re.compile("check--go"))
    prescriber.go(here.page(here.pressed, "clearances"))
    prescriber.sees("Ended")
    prescriber.look("clearances-ended")


def what_the_day_asks_is_answered(here: Here, visit: Visit) -> None:
    with here.inside():
        preparing.record_facts(
            session=Session.objects.get(visit=visit),
            item="today",
            facts=TODAY,
            words="",
            by=here.nurse,
            at=clock.now(),
        )


def it_has_ended(here: Here) -> None:
    """A clearance of two months ago whose last day was yesterday: the clock can't be moved."""
    given_at: datetime = clock.now() - timedelta(days=60)
    with here.inside():
        ClearanceAnswer.objects.create(
            **about(here.pressed, here.prescriber, clock.now(), given_at),
            criterion="CI-17", verdict=Verdict.CLEARED, signatures=Signatures.WITH_SPECIALIST,
            given_by="Dr Ruth Lee, cardiologist", words="Well controlled", until=today() - timedelta(days=2),
        )  # fmt: skip


# -- a medicine that nobody knows --------------------------------------------------------------------------------------


def test_h15_a_medicine_that_nobody_knows_is_never_safe(here: Here) -> None:
    prescriber = at_work(here.team, here.prescriber, "the prescriber")
    prescriber.go(here.page(here.drops, "evaluation"))
    with prescriber.inside("#medicines"):
        prescriber.sees("Not checked")
        prescriber.sees("what it does is not known")
        expect(prescriber.within.get_by_role("link", name="Say which it is")).to_have_count(1)
    expect(prescriber.page.locator("#answer .answer__sentence")).not_to_contain_text("Yes")
    visit = here.checked_in(here.drops, "Chair 2")
    nurse = at_work(here.team, here.nurse, "the nurse", TABLET)
    nurse.go(f"/sessions/{visit.pk}/medicines/")
    nurse.sees("grandmother's heart drops")
    expect(nurse.page.get_by_text("none holds a dose back")).to_have_count(0)
    nurse.look("medicines-today-not-checked")
    nurse.press("I went through this with the patient today")
    medicines = nurse.page.locator("#medicines")
    expect(medicines).to_be_visible()
    expect(medicines).not_to_have_class(re.compile("check--go"))
    nurse.look("readiness-medicine-not-checked")
