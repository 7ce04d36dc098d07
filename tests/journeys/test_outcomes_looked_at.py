"""Every page of outcomes that no other journey opens, on a wide screen and on a phone, by keyboard and on paper."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import Browser, expect
from tests.browser import ROOT, Product
from tests.journeys.paper import sheets
from tests.journeys.people import DESKTOP, PHONE, Findings, Someone, Team, at_work

from ketacare.clinic.candidacy.tests.factories import a_safety_plan
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import someone
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.web import clock
from ketacare.web.demo import large
from ketacare.web.pages.tests import test_reviews
from ketacare.web.pages.tests.test_reviews import Course

pytestmark = pytest.mark.browser
PATIENT = "{patient}"
STAFF = {
    "review": f"/patients/{PATIENT}/review/",
    "outcome": f"/patients/{PATIENT}/outcome/",
    "scales": f"/patients/{PATIENT}/scales/",
    "scale-phq-9": f"/patients/{PATIENT}/scales/phq-9/",
    "scale-madrs": f"/patients/{PATIENT}/scales/madrs/",
}
OWN = ("learn", "plan", "consents", "opened")
TO_ANSWER = timedelta(hours=3)  # since the last dose began


@pytest.fixture
def team(product: Product, browser: Browser) -> Iterator[Team]:
    findings = Findings()
    team = Team(browser, product.address, findings)
    yield team
    team.go_home()
    assert findings.found == []


@pytest.fixture
def course(product: Product, monkeypatch: pytest.MonkeyPatch) -> Course:
    """Four doses, the last of them this morning, in a clinic with a simulated network beside it."""
    last = timedelta(days=9, hours=1)
    monkeypatch.setattr(test_reviews, "AT", clock.now() - last - TO_ANSWER)
    with transaction.atomic():
        course = Course(4)
        course.score(9, course.begins[1] + timedelta(days=2))
        course.score(11, course.begins[2] + timedelta(days=2))
        told = {"patient": course.patient, "source": "clinician", "by": course.rx}
        at = course.begins[2] + timedelta(hours=20)
        outcomes.record_answers(instrument="side-effects", answers={"headache": 1}, happened_at=at, at=at, **told)
        a_safety_plan(course.patient, course.rx)
        left = course.begins[-1] + timedelta(hours=2)
        Session.objects.filter(started_at=course.begins[-1]).update(state="closed", left_at=left)
    return course


def posts(course: Course) -> tuple[Actor, Actor]:
    """The medical director, with a post in every simulated clinic, and the patient."""
    with transaction.atomic():
        tenancy.enter(organisation_id=course.clinic.organisation_id)
        director, own = someone(course.clinic, Role.MD), someone(course.clinic, Role.PT)
        course.patient.user = User.objects.get(pk=own.person_id)
        course.patient.save()
    clinic = Clinic.objects.select_related("organisation").get(pk=course.clinic.pk)
    large.load(clinic.organisation, director, at=clock.now(), count=60, seed=5)
    return director, replace(own)


def test_outcomes_are_without_barriers_on_both_screens_by_keyboard_and_on_paper(team: Team, course: Course) -> None:
    director, own = posts(course)
    prescriber = at_work(team, course.rx, "the prescriber")
    for name, address in STAFF.items():
        on_both(prescriber, name, address.replace(PATIENT, str(course.patient.pk)))
    the_table_is_one_key_away(prescriber, course)
    on_paper(prescriber, "outcome", f"/patients/{course.patient.pk}/outcome/", "PHQ-9")
    on_paper(prescriber, "safety-plan", f"/patients/{course.patient.pk}/safety-plan/", "Warning signs")
    on_both(at_work(team, director, "the director"), "programme", "/programme/?span=all")
    phone = at_work(team, own, "the patient's phone", PHONE)
    on_both(phone, "me-after-a-dose", "/me/")
    phone.sees("I am fine")
    a_day_later(course)
    for name in OWN:
        on_both(phone, f"me-{name}", f"/me/{name}/")


def on_both(person: Someone, name: str, address: str) -> None:
    for screen, size in (("", DESKTOP), ("-phone", PHONE)):
        person.page.set_viewport_size(size)  # type: ignore[arg-type]
        person.go(address)
        expect(person.page.get_by_role("heading", level=1).first).to_be_visible()
        wide = person.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 1:
            person.findings.add(f"{name}{screen}", f"{wide} px wider than the screen")
        person.look(f"{name}{screen}")


def the_table_is_one_key_away(prescriber: Someone, course: Course) -> None:
    prescriber.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    prescriber.go(f"/patients/{course.patient.pk}/outcome/")
    table = prescriber.page.get_by_role("group", name="PHQ-9, scrollable")
    expect(table).to_be_hidden()
    prescriber.type("l")
    expect(table).to_be_visible()
    expect(table.get_by_role("rowheader").first).to_be_visible()


def on_paper(person: Someone, name: str, address: str, words: str) -> None:
    """As the printer gets it; a proof run keeps the sheets."""
    person.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    person.go(address)
    found = sheets(person.page)
    assert not found or words in " ".join(found)
    if "KETACARE_PROOF" in os.environ:
        person.page.pdf(path=ROOT / "artefacts" / f"{name}-on-paper.pdf", format="A4")


def a_day_later(course: Course) -> None:
    """The last dose was yesterday: their pages are whole again."""
    with transaction.atomic():
        tenancy.enter(organisation_id=course.clinic.organisation_id)
        before = course.begins[-1] - timedelta(days=2)
        Session.objects.filter(started_at=course.begins[-1]).update(started_at=before, left_at=before + TO_ANSWER)
