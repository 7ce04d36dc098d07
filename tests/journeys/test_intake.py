"""The intake on a phone, in Spanish: a sign of danger, help at once, gone on with on another phone, handed in, read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Response, expect
from tests.browser import Product
from tests.journeys.people import Findings, Someone, Team, at_work

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, someone
from ketacare.clinic.safety import actions as safety
from ketacare.web import clock

pytestmark = pytest.mark.browser
FAMILY, YEAR = "Weiss", "1991"
FIRST_LOAD_MOST = 60_000
QUIETLY = ("head", "mind", "body")
THE_REST = ("treatments", "pregnancy", "bladder", "alcohol", "drugs", "sleep")


@pytest.fixture
def team(product: Product, browser: Browser) -> Iterator[Team]:
    findings = Findings({FAMILY})
    team = Team(browser, product.address, findings)
    yield team
    team.go_home()
    findings.leaks("the log", product.log.read_text())
    assert findings.found == []


@dataclass(frozen=True)
class Here:
    """A clinic with its desk, a prescriber on call, and somebody who was referred."""

    desk: Actor
    prescriber: Actor
    patient_id: str


def a_place() -> Here:
    at = clock.now()
    with transaction.atomic():
        clinic = a_clinic()
        desk, prescriber, director = (someone(clinic, role) for role in (Role.FD, Role.RX, Role.MD))
        patient = a_patient(desk, family=FAMILY, given="Dana", born_on=date(int(YEAR), 11, 30), sex="female")
        safety.put_on_call(
            user=User.objects.get(pk=prescriber.person_id), role="RX", starts_at=at - timedelta(hours=1),
            ends_at=at + timedelta(hours=8), by=director, at=at,
        )  # fmt: skip
        return Here(desk, prescriber, str(patient.pk))


def test_an_intake_in_spanish_with_a_sign_of_danger(team: Team) -> None:
    here = a_place()
    desk = at_work(team, here.desk, "the desk")
    link = sent_by_the_desk(desk, here.patient_id)
    phone = team.on_a_phone("a phone", "es")
    the_first_load_is_small(phone, link)
    through_the_door(phone)
    history(phone)
    medicines_and_antidepressants(phone)
    danger_shows_help(phone)
    other = team.on_a_phone("another phone", "es")
    other.go(link)
    other.sees("Hola de nuevo")
    through_the_door(other)
    handed_in(other)
    the_prescriber_reads_it(at_work(team, here.prescriber, "the prescriber"), desk.page.url)


def sent_by_the_desk(desk: Someone, patient_id: str) -> str:
    desk.go(f"/patients/{patient_id}/")
    desk.follow("Intake")
    desk.look("intake-send")
    desk.choose("How the patient gets the link", "Given or read out")
    desk.press("Send the intake")
    desk.sees("Sent, not opened yet")
    link = desk.page.get_by_role("link", name="Open the form").get_attribute("href")
    assert link is not None
    return link


def the_first_load_is_small(phone: Someone, link: str) -> None:
    """As it travels: every page, style, script and picture of the first opening."""
    answers: list[Response] = []

    def came(answer: Response) -> None:
        answers.append(answer)

    phone.page.on("response", came)
    phone.go(link)
    phone.page.wait_for_load_state("networkidle")
    phone.page.remove_listener("response", came)
    sizes = [answer.request.sizes() for answer in answers]
    assert sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes) <= FIRST_LOAD_MOST, sizes


def through_the_door(phone: Someone) -> None:
    if phone.page.locator("html").get_attribute("lang") != "es":
        phone.tap("Español")
    phone.look("intake-door")
    phone.page.locator("#f-birth_year").fill(YEAR)
    with phone.page.expect_navigation():
        phone.page.locator("form button.answer--primary").tap()


def at_(phone: Someone, screen: str) -> None:
    expect(phone.page).to_have_url(re.compile(rf"/{screen}/$"))
    phone.look(f"intake-{screen}")


def without_a_connection(phone: Someone) -> None:
    """The answer stays on the screen, which says that it is not saved and where help is."""
    with phone.cut_off():
        phone.press("Guardar y seguir")
        phone.sees("Sin guardar: se conserva en esta pantalla")
        expect(phone.page.locator("[data-waiting] a[href='tel:988']")).to_be_visible()
        expect(phone.page.locator("#f-hopes")).to_have_value("Volver a dormir.")
        phone.look("intake-not-saved")


def history(phone: Someone) -> None:
    at_(phone, "hopes")
    phone.tap("Letra más grande")
    phone.look("intake-large-print")
    phone.tap("Letra normal")
    phone.page.locator("#f-hopes").fill("Volver a dormir.")
    without_a_connection(phone)
    phone.tap("Guardar y seguir")
    at_(phone, "heart")
    phone.page.locator("[name=hypertension][value=treated]").check()
    phone.page.locator("[name=aneurysmal_vascular_disease][value=yes]").check()
    phone.page.locator("[name=cardiovascular_event_on][value=yes]").check()
    phone.page.locator("[name='cardiovascular_event_on.year']").fill("2o19")
    phone.press("Guardar y seguir")  # what is refused comes in its place and is not fetched a second time
    phone.sees("no es un año")
    phone.look("intake-heart-faults")
    phone.page.locator("[name='cardiovascular_event_on.year']").fill("2019")
    phone.tap("No sé")
    for screen in QUIETLY:
        at_(phone, screen)
        phone.tap("No sé")


def medicines_and_antidepressants(phone: Someone) -> None:
    at_(phone, "medicines")
    phone.follow("Añadir una medicina")
    phone.page.locator("#f-name").fill("lisinopril")
    phone.page.locator("[name=often][value=once]").check()
    phone.look("intake-medicine")
    phone.tap("Ponerlo en la lista")
    phone.tap("Eso es todo lo que tomo")
    at_(phone, "allergies")
    phone.tap("Prefiero no decirlo")
    at_(phone, "trials")
    phone.follow("Añadir un antidepresivo")
    phone.page.locator("#f-name").fill("las pastillas blancas")
    for name in ("taken", "helped", "stopped", "episode"):
        phone.page.locator(f"[name={name}][value=unable]").check()
    phone.look("intake-antidepressant")
    phone.tap("Ponerlo en la lista")
    phone.tap("Esos son todos")
    for screen in THE_REST:
        at_(phone, screen)
        phone.tap("No sé")


def danger_shows_help(phone: Someone) -> None:
    at_(phone, "mood-1")
    phone.sees("Poco interés o placer")
    for _ in range(9):
        phone.tap("No sé")
    phone.sees("No tiene que contestar aquí.")
    phone.look("intake-unsaid")
    phone.follow("Seguir con las preguntas")
    at_(phone, "mood-10")
    for _ in range(1 + 7):
        phone.tap("No sé")
    at_(phone, "safety-1")
    phone.tap("Sí, y vuelve a pasarme")
    phone.sees("Por favor, hable con alguien ahora.")
    phone.sees("988")
    phone.look("intake-crisis")


def handed_in(phone: Someone) -> None:
    """Where the other phone stopped."""
    at_(phone, "safety-2")
    phone.tap("Sí")
    at_(phone, "safety-3")
    phone.tap("No")
    at_(phone, "lately")
    phone.tap("No sé")
    at_(phone, "contact")
    phone.tap("No sé")
    at_(phone, "privacy")
    phone.tap("Guardar y seguir")
    at_(phone, "escort")
    phone.tap("No sé")
    at_(phone, "review")
    with phone.page.expect_navigation():
        phone.page.get_by_role("button", name="Entregar a").tap()
    phone.sees("Sus respuestas ya están en su clínica. Gracias.")
    phone.look("intake-end")


def the_prescriber_reads_it(prescriber: Someone, page: str) -> None:
    prescriber.go(page)
    prescriber.sees("Handed in")
    prescriber.sees("“Volver a dormir.”")
    prescriber.sees("0 of 9 answered")
    prescriber.look("intake-said")
    with prescriber.inside("#f-aneurysmal_vascular_disease"):
        prescriber.sees("Yes")
        prescriber.page.locator("[name=check-aneurysmal_vascular_disease][value=as_told]").check()
    prescriber.press("Save what I found")
    prescriber.sees("Confirmed")
    prescriber.go(page.replace("/intake/", "/evaluation/"))
    prescriber.sees("No: aneurysmal vascular disease")
    prescriber.go("/concerns/")
    expect(prescriber.page.locator("li.duty").filter(has_text=FAMILY.upper()).first).to_be_visible()
