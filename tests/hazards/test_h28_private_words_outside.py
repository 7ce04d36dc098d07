"""H28: exits without a sign-in, and when something breaks: links, calendars, error pages and logs."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from ketacare.clinic.candidacy import access as candidacy
from ketacare.clinic.caregivers import access as caregivers
from ketacare.clinic.duties.tests.factories import AT
from ketacare.clinic.outcomes import access as outcomes
from ketacare.clinic.people.access import system
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.planning import access as planning
from ketacare.clinic.planning.actions import remind
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling import feeds
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.actions import enter
from ketacare.clinic.therapy import access, actions
from ketacare.clinic.therapy.tests.test_private import CANARIES, EXITS, NOTE, PAGE, a_world_with_secrets
from tests.architecture.test_routes import ROUTES

ACT = {"act": "Walk", "days": "4", "minutes": "10", "first_on": "2026-07-14"}


def test_h28_every_exit_that_is_asked_is_a_page_there_is():
    """A page that was given another name would be looked at no more, in silence."""
    assert {route.name for route in ROUTES} >= EXITS


def test_h28_no_page_by_link_and_no_calendar_shows_a_byte(db, monkeypatch):
    world = a_world_with_secrets()
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(minutes=1))
    enter(organisation_id=world.clinic.organisation_id)
    therapist, own = world.staff["TH"], world.staff["PT"]
    homework = actions.give_homework(patient=world.patient, said=ACT, visit=None, by=therapist, at=AT)
    tomorrow = Visit.objects.create(
        organisation_id=world.clinic.organisation_id, clinic=world.clinic, created_at=AT, patient=world.patient,
        kind=VisitKind.DOSE, starts_at=AT + timedelta(hours=20), ends_at=AT + timedelta(hours=22),
    )  # fmt: skip
    calendars = [
        scheduling.open_feed(by=therapist, at=AT),
        scheduling.open_feed(by=own, at=AT, patient=world.patient),
    ]
    pages = {
        "check-in": outcomes.token_for(world.more["ask"]),
        "intake": candidacy.token_for(world.more["intake"]),
        "clearance-link": candidacy.clearance_token(world.more["clearance_request"]),
        "caregiver": caregivers.token_for(world.more["caregiver"]),
        "reminder": planning.token_for(remind(tomorrow, by=system(world.clinic), at=AT)),
        "homework": access.token_for(homework),
    }
    paths = [reverse(name, args=[token]) for name, token in pages.items()]
    paths += [reverse("calendar-feed", args=[feeds.token_of(row)]) for row in calendars]
    told = {}
    for path in paths:
        client = Client()
        client.post(path, once(birth_year="1985"))  # through the door, where there is one
        answer = client.get(path, follow=True)
        assert answer.status_code == 200, path
        told[path] = answer.content.decode() + str(dict(answer.headers))
    assert "Walk" in told[reverse("homework", args=[pages["homework"]])], "the control: what is given is shown"
    assert [path for path, words in told.items() if any(canary in words for canary in CANARIES)] == []


@pytest.mark.parametrize(("who", "name", "words"), [("TH", "private-notes", NOTE), ("PT", "me-journal", PAGE)])
def test_h28_a_page_that_breaks_while_it_keeps_them_says_nothing_of_them(db, monkeypatch, caplog, who, name, words):
    """The error page, and what an operator reads of it."""
    world = a_world_with_secrets()

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError(f"cannot keep {words}")

    monkeypatch.setattr("ketacare.clinic.therapy.actions.private.seal", breaks)
    client = browser(world.staff[who])
    client.raise_request_exception = False
    path = reverse(name, args=[world.patient.pk] if name == "private-notes" else [])
    answer = client.post(path, once(words=words))
    assert answer.status_code == 500
    assert not any(canary in answer.content.decode() for canary in CANARIES)
    written = [logging.Formatter().format(record) for record in caplog.records]
    assert any("[RuntimeError at" in line for line in written), (
        "the control: the operator reads that it broke, and where"
    )
    assert not any(canary in line for line in written for canary in CANARIES)
