"""H13: a suicidal answer that nobody sees."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.duties.tests.factories import Place, place
from ketacare.clinic.outcomes import access, forms
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.safety.models import Concern

pytestmark = pytest.mark.django_db


@pytest.fixture
def here() -> Place:
    return place(telephone="555 0100")


@pytest.fixture
def ask(here: Place, monkeypatch) -> Ask:
    found = the_asks(here)["next_day"]
    monkeypatch.setattr("ketacare.web.clock.now", lambda: found.opens_at + timedelta(minutes=1))
    return found


def locked(client: Client) -> Client:
    """Signed in long ago on this phone, idle since."""
    session = client.session
    session["seen"] = "2020-01-01T00:00:00+00:00"
    session["account_authentication_methods"] = []
    session.save()
    return client


def safety_step(ask: Ask) -> int:
    return next(step for step, asked in enumerate(forms.questions(ask), start=1) if asked.sheet.id == "safety-items")


def test_h13_an_idle_session_on_the_same_phone_does_not_close_the_check_in(here: Place, ask: Ask):
    client = locked(browser(here.staff(Role.RN)))
    page = client.get(reverse("check-in", args=[access.token_for(ask)]))
    assert page.status_code == 200


def test_h13_an_idle_session_on_the_same_phone_loses_no_safety_answer(here: Place, ask: Ask):
    client = locked(browser(here.staff(Role.RN)))
    step = safety_step(ask)
    worst = str(max(choice.code for choice in forms.questions(ask)[step - 1].item.choices))
    url = reverse("check-in-step", args=[access.token_for(ask), step])
    answer = client.post(url, {"once": str(uuid.uuid4()), "answer": worst})
    assert answer.status_code == 303
    assert Concern.objects.filter(source_id=ask.pk).exists()


def test_h13_help_opens_for_somebody_who_never_set_up_a_second_factor(here: Place, ask: Ask):
    from allauth.mfa.models import Authenticator

    client = browser(here.staff(Role.RN))
    Authenticator.objects.all().delete()
    assert client.get(reverse("check-in-help", args=[access.token_for(ask)])).status_code == 200
