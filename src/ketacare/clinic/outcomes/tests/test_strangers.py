"""A link that reached somebody else: one tap closes it, nothing more goes there, and the desk calls."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import access, actions, queries, tasks
from ketacare.clinic.outcomes.models import Ask, MessageOut, MessageState, MessageWish
from ketacare.clinic.outcomes.strangers import went_elsewhere
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture
def here() -> Place:
    return place(telephone="555 0100")


@pytest.fixture
def asks(here: Place) -> dict[str, Ask]:
    return the_asks(here)


@pytest.fixture
def evening(asks: dict[str, Ask], monkeypatch: pytest.MonkeyPatch) -> Ask:
    ask = asks["same_evening"]
    monkeypatch.setattr("ketacare.web.clock.now", lambda: ask.opens_at + MINUTE)
    return ask


def said(client: Client, ask: Ask) -> str:
    where = reverse("check-in-not-mine", args=[access.token_for(ask)])
    page = client.get(where).content.decode()
    assert "Did this reach you by mistake?" in page, "a mail program that opens it says nothing"
    return client.post(where, {"once": str(uuid4())}).content.decode()


def test_k1_whoever_it_is_not_for_says_so_and_the_link_is_closed(here: Place, evening: Ask) -> None:
    stranger, token = Client(), access.token_for(evening)
    assert "Not for me" in stranger.get(reverse("check-in", args=[token])).content.decode()
    page = said(stranger, evening)
    assert "Nothing more is sent to you" in page
    assert "Fern" not in page
    closed = stranger.get(reverse("check-in", args=[token]))
    assert closed.status_code == 410
    assert "Somebody said that it is not for them" in closed.content.decode()
    assert "988" in closed.content.decode()
    assert (
        stranger.post(reverse("check-in-step", args=[token, 1]), {"once": str(uuid4()), "answer": "1"}).status_code
        == 410
    )
    here.enter()
    duty = Duty.objects.get(kind="message.misdirected")
    assert (duty.owner_role, duty.is_open, duty.title) == (Role.FD, True, "Call: a link reached somebody else")
    evening.duty.refresh_from_db()
    assert evening.duty.due_at <= duty.due_at, "somebody asks instead"
    assert Line.objects.filter(verb="link.not_theirs").count() == 1


def test_h23_a_call_that_is_due_already_is_put_off_by_nobody(here: Place, evening: Ask) -> None:
    by, duty = access.link_actor(evening), evening.duty
    times = (duty.due_at, duty.late_at, duty.escalate_at)
    for minutes in (5, 600):  # the evening: the clinic opens again the next day
        evening.refresh_from_db()
        actions.not_theirs(evening, by=by, at=duty.due_at + minutes * MINUTE)
        duty.refresh_from_db()
        assert (duty.due_at, duty.late_at, duty.escalate_at) == times


def test_nothing_more_goes_there_until_somebody_has_asked_them(here: Place, asks: dict[str, Ask], evening: Ask) -> None:
    desk, next_day = browser(here.staff(Role.FD)), asks["next_day"]
    said(Client(), evening)
    said(Client(), evening)  # another one, or the same one again: one call
    here.enter()
    assert (MessageWish.objects.count(), Duty.objects.filter(kind="message.misdirected").count()) == (2, 1)
    tasks.deliver_due(next_day.opens_at, caught=False)
    here.enter()
    message = MessageOut.objects.select_related("duty").get(ask=next_day, code="first")
    assert message.state == MessageState.WAITING
    assert message.duty is not None
    assert "the number or the address may be wrong" in message.duty.why
    where = reverse("patient-messages", args=[evening.patient_id])
    assert "A link reached somebody else" in desk.get(where).content.decode()
    desk.post(where, once(wanted="yes", words="New number, by telephone"))
    here.enter()
    assert not Duty.objects.filter(kind="message.misdirected", state="open").exists()
    wish = queries.wish(evening.patient)
    assert wish is not None
    assert wish.wanted
    old, new = evening.opens_at, evening.opens_at + HOUR
    assert (went_elsewhere(evening.patient, old), went_elsewhere(evening.patient, new)) == (True, False)


def test_where_it_was_answered_it_goes_on(here: Place, evening: Ask) -> None:
    """Whoever shares the message with a friend, who taps it away, loses nothing."""
    mine, token = Client(), access.token_for(evening)
    step = reverse("check-in-step", args=[token, 1])
    assert mine.post(step, {"once": str(uuid4()), "answer": "1"}).status_code == 303
    assert "Not for me" not in mine.get(reverse("check-in-step", args=[token, 2])).content.decode()
    assert mine.get(reverse("check-in-not-mine", args=[token])).status_code == 303
    said(Client(), evening)
    assert mine.get(reverse("check-in-step", args=[token, 2])).status_code == 200
    assert Client().get(reverse("check-in-step", args=[token, 2])).status_code == 410


def test_only_the_holder_of_the_link_says_so(here: Place, asks: dict[str, Ask]) -> None:
    evening, next_day = asks["same_evening"], asks["next_day"]
    for by in (here.staff(Role.FD), access.link_actor(next_day)):
        with pytest.raises(NotAllowed):
            actions.not_theirs(evening, by=by, at=AT)
    assert not MessageWish.objects.exists()
