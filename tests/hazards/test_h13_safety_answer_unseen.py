"""H13: a suicidal answer that nobody sees."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.duties import actions as duty_actions
from ketacare.clinic.duties import tasks
from ketacare.clinic.duties.tests.factories import Place, place
from ketacare.clinic.outcomes import access, actions, forms
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.actions import SomeFailed
from ketacare.clinic.tenancy.refusals import Refused

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


def answered(ask: Ask, code: int, at) -> None:
    actions.keep_answers(
        patient=ask.patient,
        instrument="phq-9",
        answers={"9": code},
        source="patient",
        happened_at=at,
        by=access.link_actor(ask),
        at=at,
        ask=ask,
    )


def test_h13_a_worse_answer_after_a_decision_is_a_new_concern(here: Place):
    ask = the_asks(here)["week"]
    at = ask.opens_at
    answered(ask, 1, at)
    concern = Concern.objects.get(source_id=ask.pk)
    safety.decide(concern, finding="Passing thoughts", action="Called", by=here.staff(Role.RX), at=at)
    answered(ask, 2, at + timedelta(hours=1))
    assert Concern.objects.exclude(state="closed").filter(patient=ask.patient).count() == 1


def test_h13_answering_another_item_after_a_decision_raises_nothing(here: Place):
    ask = the_asks(here)["week"]
    at = ask.opens_at
    answered(ask, 1, at)
    safety.decide(
        Concern.objects.get(source_id=ask.pk), finding="Passing", action="Called", by=here.staff(Role.RX), at=at
    )
    actions.keep_answers(
        patient=ask.patient,
        instrument="phq-9",
        answers={"9": 1, "8": 3},
        source="patient",
        happened_at=at,
        by=access.link_actor(ask),
        at=at,
        ask=ask,
    )
    assert not Concern.objects.exclude(state="closed").exists()


@pytest.mark.parametrize("staffed", [(Role.RN,), (Role.RX,), (Role.FD, Role.RX), (Role.RN, Role.MD)])
def test_h13_a_concern_nobody_answers_always_climbs_to_somebody_who_is_there(here: Place, staffed):
    nurse = here.staff(Role.RN)
    people = [here.staff(role) for role in staffed]
    ask = the_asks(here)["next_day"]
    concern = safety.raise_concern(
        patient=ask.patient, tier=1, reason_code="s1.3", source=ask, by=access.link_actor(ask), at=ask.opens_at
    )
    there = {person.role for person in (*people, nurse)} | {"TH"}  # the factory's own nurse works here too
    at = concern.duty.escalate_at
    for _ in range(4):
        assert tasks.escalate_due(at)
        here.enter()
        concern.duty.refresh_from_db()
        assert concern.duty.owner_role in there
        at = concern.duty.escalate_at


def test_h13_a_duty_is_not_passed_to_a_role_that_has_no_worklist(here: Place):
    nurse = here.staff(Role.RN)
    ask = the_asks(here)["next_day"]
    duty = ask.duty
    duty_actions.give(duty, Role.RN, None)
    for nowhere in ("IC", "PT", "AD", "RS", "", "XX"):
        with pytest.raises(Refused, match="no worklist"):
            duty_actions.pass_on(duty, to_role=nowhere, reason="Not mine", by=nurse, at=ask.opens_at)


def test_h13_one_broken_duty_keeps_no_other_from_escalating(here: Place, monkeypatch):
    asks = the_asks(here)
    concerns = [
        safety.raise_concern(
            patient=ask.patient, tier=1, reason_code="s1.3", source=ask, by=access.link_actor(ask), at=ask.opens_at
        )
        for ask in (asks["next_day"], asks["week"])
    ]
    broken, whole = concerns[0].duty, concerns[1].duty
    by_the_calls = whole.escalations
    escalate = duty_actions.escalate

    def escalate_or_break(duty, *, at):
        if duty.pk == broken.pk:
            raise ValueError("broken")
        return escalate(duty, at=at)

    monkeypatch.setattr(duty_actions, "escalate", escalate_or_break)
    with pytest.raises(SomeFailed, match="ValueError"):
        tasks.escalate_due(max(broken.escalate_at, whole.escalate_at))
    here.enter()
    whole.refresh_from_db()
    assert whole.escalations == by_the_calls + 1
