"""A patient on their phone: the safety plan without the network, in Spanish; somebody who helps, named and ended."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from playwright.sync_api import Browser, expect
from tests.browser import Product
from tests.journeys.people import PHONE, Findings, Someone, Team, at_work

from ketacare.clinic.candidacy.tests.factories import PLAN, a_safety_plan
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, someone
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.web import clock

pytestmark = pytest.mark.browser
FAMILY = "Weiss"


@pytest.fixture
def team(product: Product, browser: Browser) -> Iterator[Team]:
    findings = Findings({FAMILY})
    team = Team(browser, product.address, findings)
    yield team
    team.go_home()
    findings.leaks("the log", product.log.read_text())
    assert findings.found == []


def a_patient_with_a_plan() -> Actor:
    at = clock.now()
    with transaction.atomic():
        clinic = a_clinic()
        desk, prescriber, own = (someone(clinic, role) for role in (Role.FD, Role.RX, Role.PT))
        contact = {"telephone": "555 0199", "language": "es"}
        patient = a_patient(desk, family=FAMILY, given="Dana", contact=contact)
        patient.user = User.objects.get(pk=own.person_id)
        patient.save()
        a_safety_plan(patient, prescriber)
        starts = at + timedelta(days=2)
        scheduling.book_visit(
            patient=patient, kind=VisitKind.DOSE, starts_at=starts, ends_at=starts + timedelta(hours=2), by=desk, at=at
        )
    return own


def test_a_patients_own_pages_on_a_phone(team: Team) -> None:
    phone = at_work(team, a_patient_with_a_plan(), "the patient's phone", PHONE)
    phone.go("/me/")
    phone.sees("Lo que viene")
    phone.look("own-pages")
    the_plan_opens_without_the_network(phone)
    link = somebody_is_named(phone)
    helper = team.on_a_phone("the helper's phone", "es")
    helper.go(link)
    helper.sees("Primero una pregunta")
    helper.look("caregiver-door")
    helper.page.locator("#f-year").fill("1985")
    helper.tap("Siguiente")
    helper.sees("Ayudar a Dana")
    helper.look("caregiver")
    ended(phone)
    helper.page.reload()
    helper.sees("Este enlace no abre nada")
    signed_out_it_is_gone(phone)


def the_plan_opens_without_the_network(phone: Someone) -> None:
    phone.follow("Mi plan de seguridad")
    phone.sees("Esta página se abre en este aparato sin internet")
    phone.look("own-safety-plan")
    with phone.cut_off():
        for address in ("/me/safety-plan/", "/me/learn/"):
            phone.go(address)
            phone.sees("Señales de aviso")
            phone.sees(first_warning_sign())
            expect(phone.page.locator("a[href='tel:988']")).to_be_visible()
    phone.go("/me/learn/")
    phone.sees("Es bueno saberlo")
    with phone.cut_off():
        phone.page.evaluate(SENT, "/me/help/")
        phone.sees("no sabemos si llegó. Por favor, llame")
        expect(phone.page.locator("a[href='tel:988']")).to_be_visible()
    phone.go("/me/learn/")
    with phone.cut_off():
        phone.page.evaluate(SENT, "/me/caregivers/")
        phone.sees("Lo que escribió sigue en esta página")
        assert phone.page.locator("textarea[name='words']").input_value() == "Kim & Ana <3"
        assert phone.page.locator("form").get_attribute("action") == "/me/caregivers/"
        assert phone.page.locator("input[name='once']").input_value() == "1"
        expect(phone.page.locator("a[href='tel:988']")).to_be_visible()
    phone.go("/me/learn/")


SENT = """(address) => { const form = document.createElement("form");
Object.assign(form, { method: "post", action: address });
for (const [name, value] of [["once", "1"], ["words", "Kim & Ana <3"]]) {
  form.append(Object.assign(document.createElement("input"), { name, value }));
}
document.body.append(form); form.submit(); }"""


def first_warning_sign() -> str:
    return str(PLAN["warning_signs"]).splitlines()[0]


def somebody_is_named(phone: Someone) -> str:
    phone.go("/me/caregivers/")
    phone.fill("Nombre", "Kim")
    phone.page.get_by_label("30 días").check()
    phone.press("Estoy de acuerdo: crear el enlace")
    phone.sees("Enlace para Kim")
    phone.look("own-caregivers")
    return phone.page.locator("input[readonly]").input_value()


def ended(phone: Someone) -> None:
    phone.page.reload()
    phone.sees("Miró por última vez")
    phone.press("Ponerle fin ahora")
    phone.sees("Terminó el")


def signed_out_it_is_gone(phone: Someone) -> None:
    phone.press("Salir")
    expect(phone.page).not_to_have_url("/me/caregivers/")
    assert phone.page.evaluate("caches.has('safety-plan')") is False
