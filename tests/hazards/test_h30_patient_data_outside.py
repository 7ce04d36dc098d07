"""H30: patient data, or a key to it, where it must not be."""

from __future__ import annotations

import logging

import pytest
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.outcomes import access
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.tenancy.models import LiveEvent
from ketacare.web.logs import NoPatientData
from tests.world import CANARY_WORDS, a_world

pytestmark = pytest.mark.django_db


def logged(words: str, *arguments: object) -> str:
    record = logging.LogRecord("django.request", logging.WARNING, __file__, 1, words, arguments, None)
    assert NoPatientData().filter(record)
    return record.getMessage()


def test_h30_a_refused_link_is_logged_without_what_opens_it():
    token = access.token_for(a_world().more["ask"])
    said = logged("%s: %s", "Gone", reverse("check-in-step", args=[token, 3]))
    assert token not in said
    assert said == "Gone: /c/…/3/"


def test_h30_a_stream_ticket_is_not_logged():
    assert logged("GET /live/stream?ticket=abc.def&after=7") == "GET /live/stream?ticket=…&after=7"


def test_h30_a_fault_is_logged_by_its_kind_wherever_it_stands():
    fault = ValueError("Ada Reed, born 1985")
    assert logged("%(fault)s", {"fault": fault}) == "ValueError"
    assert logged(fault) == "ValueError"


def test_h30_live_events_and_audit_lines_hold_no_name():
    world = a_world()
    nurse = browser(world.staff[Role.RN])
    nurse.post(reverse("session-grid", kwargs={"visit_id": world.visit.pk}), once(bp="210/118"))
    said = [str(event.body) for event in LiveEvent.objects.all()]
    said += [f"{line.verb} {line.reason} {line.purpose} {line.object_kind}" for line in Line.objects.all()]
    assert said
    assert not [text for text in said for word in CANARY_WORDS if word.lower() in text.lower()]
