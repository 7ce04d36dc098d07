"""A check-in on a phone, in Spanish: danger is somebody's at once, no answer is lost or doubled, and a link opens what
it should to whom it should and no longer than it should."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Browser, expect
from tests.browser import Product
from tests.journeys.people import Findings, Someone, Team, at_work

from ketacare.clinic.channels.models import Reach
from ketacare.clinic.duties.tests.factories import Place
from ketacare.clinic.monitoring.actions.ticking import beat
from ketacare.clinic.monitoring.processes import CALLER_OF_CONCERNS
from ketacare.clinic.outcomes import access, letters
from ketacare.clinic.outcomes.models import Answers, Ask, MessageOut, MessageWish
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.outcomes.views.messages import signature
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, User
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, someone
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern, ConcernState
from ketacare.clinic.tenancy.actions import tenant
from ketacare.web import clock

pytestmark = pytest.mark.browser
FAMILY, GIVEN = "Quillcanary", "Marisolcanary"
NUMBER = "+12075550142"
TOKEN = "the gateway's own"
SAFETY, BODY = 4, 3  # of the eight screens of the day after


@dataclass
class Clinic:
    """A patient a day after a dose, and four days after another; a doctor on call, and the desk."""

    team: Team
    patient: Patient
    doctor: Actor
    desk: Actor
    today: dict[str, Ask]
    before: dict[str, Ask]

    def values(self, ask: Ask) -> dict[str, dict[str, int | None]]:
        """What the record holds as it stands, by instrument."""
        with tenant(self.patient.organisation_id):
            return {row.instrument: row.values for row in Answers.objects.current().filter(ask=ask)}

    def times_kept(self, ask: Ask, instrument: str) -> int:
        with tenant(self.patient.organisation_id):
            return Answers.objects.filter(ask=ask, instrument=instrument).count()

    def state(self) -> list[str]:
        with tenant(self.patient.organisation_id):
            return list(Concern.objects.order_by("raised_at").values_list("state", flat=True))

    def ends_now(self, ask: Ask) -> None:
        with tenant(self.patient.organisation_id):
            Ask.objects.filter(pk=ask.pk).update(link_until=clock.now())


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product is told by which token the gateway of patients' texts signs what they answer."""
    monkeypatch.setenv("KETACARE_MESSAGES_TOKEN", TOKEN)
    monkeypatch.setattr(settings, "MESSAGES_TOKEN", TOKEN)


@pytest.fixture
def clinic(gateway: None, product: Product, browser: Browser) -> Iterator[Clinic]:
    findings = Findings({FAMILY, GIVEN})
    team = Team(browser, product.address, findings)
    with transaction.atomic():
        found = a_day_after_a_dose(team)
    yield found
    team.go_home()
    findings.leaks("the log", product.log.read_text())
    assert findings.found == []


def a_day_after_a_dose(team: Team) -> Clinic:
    at = clock.now()
    house = a_clinic()
    director, doctor, desk = (
        someone(house, role, name) for role, name in ((Role.MD, "Dr Ito"), (Role.RX, "Dr Paz"), (Role.FD, "Ana Ruiz"))
    )
    safety.put_on_call(
        user=User.objects.get(pk=doctor.person_id), role=Role.RX, starts_at=at - timedelta(hours=1),
        ends_at=at + timedelta(hours=12), by=director, at=at,
    )  # fmt: skip
    Reach.objects.create(
        organisation_id=house.organisation_id, clinic=house, created_at=at, user_id=doctor.person_id,
        mobile="+12075550131", by_text=True,
    )  # fmt: skip
    beat(process=CALLER_OF_CONCERNS, at=at + timedelta(minutes=10))  # calls go out for as long as this lasts
    contact = {"telephone": NUMBER, "language": "es", "may_text": True}
    patient = a_patient(desk, family=FAMILY, given=GIVEN, contact=contact)
    before = the_asks(Place(house), patient, at - timedelta(days=4))
    return Clinic(team, patient, doctor, desk, the_asks(Place(house), patient, at - timedelta(hours=25)), before)


def link(ask: Ask) -> str:
    return reverse("check-in", args=[access.token_for(ask)])


def test_a_check_in_on_a_phone(clinic: Clinic) -> None:
    phone = clinic.team.on_a_phone("the patient's phone", "es")
    phone.go(link(clinic.today["next_day"]))
    danger_is_answered(phone)
    the_one_on_call_takes_it(clinic)
    without_a_connection_it_waits_and_comes_once(clinic, phone)
    on_another_device_the_year_is_asked(clinic)
    sent_the_link_is_used(clinic, phone)
    what_was_tapped_before_the_end_still_counts(clinic, phone)
    an_old_link_says_what_to_do(clinic, phone)
    messages_are_stopped(clinic, phone)


def danger_is_answered(phone: Someone) -> None:
    phone.look("check-in-scale")
    for step in (1, 2):
        phone.sees(f"{step} de 8")
        phone.page.locator("#answer").fill("42")
        phone.tap("Siguiente")
    phone.sees("3 de 8")
    phone.look("check-in-side-effects")
    phone.page.get_by_role("button", name="Siguiente").tap()
    phone.sees("o, si no hay nada, solo «Ninguno de estos»")
    phone.tap("Ninguno de estos")
    phone.sees("4 de 8")
    phone.look("check-in-safety")
    phone.page.locator("button[name=answer][value='3']").tap()
    phone.sees("Por favor, hable con alguien ahora.")
    expect(phone.page.locator("a[href='tel:988']")).to_be_visible()
    phone.sees("Un profesional de guardia leerá su respuesta antes de las")
    phone.look("check-in-crisis")


def the_one_on_call_takes_it(clinic: Clinic) -> None:
    doctor = at_work(clinic.team, clinic.doctor, "the doctor on call")
    doctor.go("/on-call/")
    doctor.sees("Dr Paz")
    doctor.look("on-call-with-a-concern")
    doctor.go("/concerns/")
    doctor.look("concerns-from-a-phone")
    doctor.page.locator("main a[href^='/concerns/']").first.click()
    doctor.sees("Who was called")
    doctor.sees("Dr Paz, on their screen: delivered")
    doctor.look("concern-from-a-phone")
    assert clinic.state() == [ConcernState.OPEN]
    doctor.press("I have seen it, it is mine")
    doctor.sees("Seen, not decided")
    assert clinic.state() == [ConcernState.SEEN]


def without_a_connection_it_waits_and_comes_once(clinic: Clinic, phone: Someone) -> None:
    ask = clinic.today["next_day"]
    phone.follow("Seguir con las preguntas")
    phone.sees("5 de 8")
    with phone.cut_off():
        phone.page.locator("button[name=answer][value='1']").tap()
        phone.sees("Esperando para enviarse")
        expect(phone.page.locator("[data-waiting] a[href='tel:988']")).to_be_visible()
        phone.look("check-in-waiting")
        assert clinic.values(ask)["safety-items"] == {"s1": 3}
    phone.sees("Por favor, hable con alguien ahora.")  # not sure of being safe: a person hears of that too
    assert clinic.values(ask)["safety-items"] == {"s1": 3, "s2": 1}
    assert clinic.times_kept(ask, "safety-items") == 2
    assert phone.page.evaluate(KEPT_HERE) == 0


# How much still waits on this phone.
KEPT_HERE = """() => new Promise((told) => {
  const asked = indexedDB.open("waiting", 1);
  asked.onsuccess = () => {
    const count = asked.result.transaction("entries").objectStore("entries").count();
    count.onsuccess = () => told(count.result);
  };
})"""


def on_another_device_the_year_is_asked(clinic: Clinic) -> None:
    stranger = clinic.team.on_a_phone("another phone", "es")
    stranger.go(link(clinic.today["next_day"]))
    stranger.sees("¿Es usted?")
    stranger.look("check-in-door")
    # What nobody has seen yet shows its help first, and the questions go on where they were.
    for year, then in (("1990", "Ese no es el año que tenemos"), ("1985", "Por favor, hable con alguien ahora.")):
        stranger.page.locator("#f-year").fill(year)
        stranger.tap("Siguiente")
        stranger.sees(then)
    stranger.follow("Seguir con las preguntas")
    stranger.sees("6 de 8")


def sent_the_link_is_used(clinic: Clinic, phone: Someone) -> None:
    phone.follow("Seguir con las preguntas")
    for step in (6, 7, 8):
        phone.sees(f"{step} de 8")
        phone.page.locator("button[name=answer][value='0']").tap()
    phone.sees("¿Hay algo que quiera contarnos?")
    phone.look("check-in-words")
    phone.page.locator("#words").fill("Dormí poco")
    phone.tap("Siguiente")
    phone.sees("Eso es todo. Gracias.")
    phone.look("check-in-end")
    with phone.cut_off():
        phone.page.get_by_role("button", name="Enviar mis respuestas").tap()
        phone.sees("Esperando para enviarse")
    phone.sees("Sus respuestas ya están en su clínica.")
    phone.look("check-in-sent")
    phone.go(link(clinic.today["next_day"]))
    phone.sees("Este enlace ya se usó.")
    phone.look("check-in-used")


def what_was_tapped_before_the_end_still_counts(clinic: Clinic, phone: Someone) -> None:
    """No connection, and the link ends meanwhile: the answer was given in time, and it is one of danger."""
    ask = clinic.today["same_evening"]
    phone.go(link(ask))
    phone.sees("1 de 8")
    with phone.cut_off():
        phone.page.locator("button[name=answer][value='2']").tap()
        phone.sees("Esperando para enviarse")
        clinic.ends_now(ask)
    phone.sees("Por favor, hable con alguien ahora.")
    expect(phone.page.locator("a[href='tel:988']")).to_be_visible()
    assert clinic.values(ask) == {"safety-items": {"s3": 2}}
    assert clinic.state() == [ConcernState.OPEN] * 3  # what was written since has reopened the first
    phone.follow("Seguir con las preguntas")
    phone.sees("El plazo para estas preguntas ha terminado.")
    phone.look("check-in-over")


def an_old_link_says_what_to_do(clinic: Clinic, phone: Someone) -> None:
    phone.go(link(clinic.before["same_evening"]))
    phone.sees("Este enlace es demasiado antiguo.")
    phone.look("check-in-expired")


def messages_are_stopped(clinic: Clinic, phone: Someone) -> None:
    with tenant(clinic.patient.organisation_id):
        message = MessageOut.objects.filter(ask=clinic.today["next_day"]).earliest("send_after")
    phone.go(reverse("messages-stop", args=[letters.stop_token(message)]))
    phone.sees("¿No quiere más mensajes de su clínica?")
    phone.look("messages-stop")
    phone.tap("No enviarme más mensajes")
    phone.sees("No recibirá más mensajes nuestros.")
    phone.look("messages-stopped")
    answered_with_a_word(clinic, "ALTO")
    desk = at_work(clinic.team, clinic.desk, "the desk")
    desk.go(f"/patients/{clinic.patient.pk}/messages/")
    desk.sees("No messages are wanted.")
    desk.sees("stops messages")
    desk.look("messages-of-a-patient")
    with tenant(clinic.patient.organisation_id):
        assert [wish.wanted for wish in MessageWish.objects.all()] == [False], "said twice, it is the same"


def answered_with_a_word(clinic: Clinic, word: str) -> None:
    """As the gateway hands on what somebody answered to a text."""
    said = {"id": "7", "from": NUMBER, "words": word}
    body = json.dumps(said | {"signature": signature(said)}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{clinic.team.address}/messages/replies/", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.status == 204
