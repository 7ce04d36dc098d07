"""A suicidal crisis by exception: high risk stops, the path is offered, its conditions are recorded, two sign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import Browser, expect
from tests.browser import Product
from tests.journeys.people import DESKTOP, PHONE, Findings, Someone, Team, half_an_hour_ago

from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.tests.factories import PLAN, everything_known, some_medicines
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.tests.factories import a_patient
from ketacare.web import demo

pytestmark = pytest.mark.browser
FAMILY, GIVEN = "Haddadcanary", "Leilacanary"
YES_TO = (
    "Specialist judges a psychiatric emergency",
    "Setting with psychiatric cover around the clock, or inpatient",
    "Oral antidepressant started or optimised",
    "Calls at 24 h, 72 h and 7 d planned",
)


@dataclass(frozen=True)
class Crisis:
    team: Team
    patient: Patient

    @property
    def evaluation(self) -> str:
        return f"/patients/{self.patient.pk}/evaluation/"


@pytest.fixture
def crisis(product: Product, browser: Browser) -> Iterator[Crisis]:
    """Somebody evaluated this morning, with one adequate trial and nothing else against treatment."""
    at = half_an_hour_ago()
    with transaction.atomic():
        staff = demo.make_staff(demo.make_clinic(), at)
        patient = a_patient(staff["FD"], family=FAMILY, given=GIVEN)
        everything_known(patient, staff["RX"], at=at, diagnosis="depression")
        one_trial_too_short(patient, staff["RX"], at)
        some_medicines(patient, staff["RX"], "sertraline", at=at + timedelta(minutes=1))
    findings = Findings({FAMILY, GIVEN})
    team = Team(browser, product.address, findings)
    yield Crisis(team, patient)
    team.go_home()
    assert findings.found == []


def one_trial_too_short(patient: Patient, by: object, at: object) -> None:
    trial = queries.trial_entries(patient)[-1]
    actions.record_trial(
        patient=patient, medicine=trial.medicine, dose_mg=trial.dose_mg, days=20, adherence="good", effect="none",
        in_current_episode=True, amends=trial, amend_reason="pharmacy record", by=by, at=at,
    )  # fmt: skip


def test_a_suicidal_crisis_by_exception(crisis: Crisis) -> None:
    prescriber = crisis.team.signed_in("prescriber")
    prescriber.go(crisis.evaluation)
    answer = prescriber.page.locator("#answer")
    the_screener_says_high(prescriber)
    expect(answer).to_contain_text("No: suicide risk")
    prescriber.look("crisis-stop")
    on_a_phone(prescriber, "crisis-stop-phone")
    the_safety_plan_is_written(prescriber, crisis)
    every_condition_is_recorded(prescriber, crisis)
    expect(answer).to_contain_text("No: suicide risk")
    prescriber.look("crisis-waits-for-the-director")
    the_director_agrees(crisis)
    prescriber.go(crisis.evaluation)
    expect(answer.locator(".answer__sentence")).not_to_contain_text("No:")
    expect(answer).to_contain_text("EXC-01")
    expect(prescriber.page.locator("#risk")).to_contain_text("Do not leave this person alone")
    prescriber.look("crisis-signed")


def the_screener_says_high(prescriber: Someone) -> None:
    with prescriber.inside("#risk") as risk:
        risk.get_by_text("Record the screener again").click()
        prescriber.choose("Which form", "Lifetime")
        for number in ("1", "2", "3", "4", "5", "6"):
            risk.locator(f"input[name='q-{number}'][value={'no' if number in '56' else 'yes'}]").check()
        risk.locator("input[name='q-imminent'][value=no]").check()
        prescriber.press("Save the screener")
        prescriber.sees("Do not leave this person alone.")
        expect(risk.get_by_role("link", name="988")).to_be_visible()
        prescriber.sees("T3 High")


def on_a_phone(prescriber: Someone, name: str) -> None:
    prescriber.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    prescriber.look(name)
    prescriber.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]


def the_safety_plan_is_written(prescriber: Someone, crisis: Crisis) -> None:
    prescriber.go(f"/patients/{crisis.patient.pk}/safety-plan/write")
    for name, words in PLAN.items():
        prescriber.page.locator(f"[name={name}]").fill(words)
    prescriber.fill("Made with", "The patient and her brother")
    prescriber.choose("Copy given", "Yes")
    prescriber.choose("May be shared", "Yes")
    prescriber.look("safety-plan-form")
    prescriber.press("Save this version")
    prescriber.sees("Version 1")
    prescriber.look("safety-plan")


def every_condition_is_recorded(prescriber: Someone, crisis: Crisis) -> None:
    prescriber.go(crisis.evaluation)
    with prescriber.inside("#exceptions"):
        for condition in YES_TO:
            prescriber.choose(condition, "Yes")
        prescriber.press("Record these conditions")
        prescriber.fill("Why this path", "Means it; one trial failed; admitted this morning.")
        prescriber.press("Open this path and ask the medical director")
        prescriber.sees("Waits for the medical director")


def the_director_agrees(crisis: Crisis) -> None:
    director = crisis.team.signed_in("medical.director")
    director.follow("Decide a path by exception")
    director.sees("one trial failed")
    director.look("exception-to-decide")
    director.choose("You", "Agree")
    director.fill("Why", "Seen on the ward with the prescriber.")
    director.press("Sign the finding")
    director.sees("Seen on the ward")
    director.look("exception-decided")
