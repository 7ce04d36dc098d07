"""The link of a small act: a day for each, another one for who comes late, and closed where it is for somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT
from ketacare.clinic.outcomes import letters
from ketacare.clinic.outcomes.models import MessageOut
from ketacare.clinic.people.tests.factories import once
from ketacare.clinic.tenancy.actions import enter
from ketacare.clinic.therapy import access
from ketacare.clinic.therapy.models import Homework, HomeworkTick
from ketacare.clinic.therapy.tests.factories import Couch, a_couch
from ketacare.clinic.therapy.tests.test_course import give

pytestmark = pytest.mark.django_db
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture
def couch() -> Couch:
    return a_couch()


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch):
    return lambda moment: monkeypatch.setattr("ketacare.web.clock.now", lambda: moment)


@pytest.fixture
def act(couch: Couch) -> Homework:
    return give(couch)


def url(route: str, token: str) -> str:
    return reverse(route, args=[token])


def here(couch: Couch) -> None:
    enter(organisation_id=couch.patient.organisation_id)


def test_k1_each_days_message_has_a_link_of_its_own_that_lives_a_day(couch: Couch, act: Homework) -> None:
    tokens = [
        letters.link_in(message).rstrip("/").rpartition("/")[2]
        for message in MessageOut.objects.filter(form_id=act.pk).order_by("send_after")
    ]
    ends = [access.link_ends(act, token) for token in tokens]
    assert len(set(tokens)) == 4
    assert (ends[2] - ends[1], ends[3] - ends[2]) == (DAY, DAY)
    assert ends[0] - AT == DAY
    assert ends[3] <= act.link_until


def test_k1_an_old_link_opens_nothing_and_a_new_one_goes_to_the_patient(couch: Couch, act: Homework, at) -> None:
    old, stranger, mine = access.token_for(act), Client(), Client()
    at(AT + DAY - MINUTE)
    assert "Walk" in mine.get(url("homework", old)).content.decode()
    at(AT + DAY + MINUTE)
    ticked = mine.post(url("homework", old), once(day="2026-07-15", answer="done"))
    assert ticked.status_code == 303, "it was before them while the link lived"
    assert mine.get(url("homework", old)).status_code == 200
    closed = stranger.get(url("homework", old))
    assert closed.status_code == 410
    assert "Send me a new link" in closed.content.decode()
    assert "Walk" not in closed.content.decode()
    assert stranger.post(url("homework", old), once(day="2026-07-15", answer="not")).status_code == 410
    sent = stranger.post(url("homework-fresh", old), once())
    assert "on its way" in stranger.get(sent.headers["Location"]).content.decode()
    here(couch)
    assert HomeworkTick.objects.get().done
    message = MessageOut.objects.get(code="fresh")
    new = letters.link_in(message).rstrip("/").rpartition("/")[2]
    assert "Walk" in stranger.get(url("homework", new)).content.decode()
    at(AT + 2 * DAY)
    assert mine.get(url("homework", old)).status_code == 410, "a day, and not for ever"
    at(act.link_until)
    assert stranger.get(url("homework-fresh", old)).status_code == 303
    assert "too old" in stranger.get(url("homework", new)).content.decode()


def test_k1_whoever_it_is_not_for_closes_it(couch: Couch, act: Homework, at) -> None:
    at(AT + MINUTE)
    token, stranger = access.token_for(act), Client()
    assert "Not for me" in stranger.get(url("homework", token)).content.decode()
    assert "Nothing more is sent to you" in stranger.post(url("homework-not-mine", token), once()).content.decode()
    closed = stranger.get(url("homework", token))
    assert closed.status_code == 410
    assert "Walk" not in closed.content.decode()
    here(couch)
    assert Duty.objects.filter(kind="message.misdirected", state="open").count() == 1
    assert "Walk" in stranger.get(url("homework", access.token_for(act, AT + 2 * MINUTE))).content.decode()
