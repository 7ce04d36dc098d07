"""The window after a dose on the chart's line: open until when, used by what, missed, for whoever reads therapy."""

from __future__ import annotations

from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ketacare.clinic.duties.tests.factories import AT
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.tenancy.actions import enter
from ketacare.clinic.therapy import actions
from ketacare.clinic.therapy.queries import windows
from ketacare.clinic.therapy.tests.factories import a_couch

pytestmark = pytest.mark.django_db


def test_a_dose_opens_its_window_on_the_patients_line():
    couch = a_couch()
    visit = couch.dose()

    def chart(actor, hours: float) -> str:
        with patch("ketacare.web.clock.now", lambda: AT + timedelta(hours=hours)):
            page = browser(actor).get(reverse("patient", args=[couch.patient.pk])).content.decode()
        enter(organisation_id=couch.patient.organisation_id)
        return page

    page = chart(couch.therapist, 30)
    assert "ribbon__window--open" in page
    assert "One open until Fri 17-Jul-2026 10:00." in page
    assert "ribbon__window" not in chart(couch.here.staff(Role.FD), 30)
    page = chart(couch.therapist, 90)
    assert "ribbon__window--missed" in page
    assert "0 of 1 windows used; 1 missed without a reason." in page
    actions.write_note(
        visit=visit, happened_at=AT + timedelta(hours=40), minutes=50, summary="Home", next_step="",
        by=couch.therapist, at=AT + timedelta(hours=91),
    )  # fmt: skip
    page = chart(couch.therapist, 92)
    assert "ribbon__window--used" in page
    assert "integration visit 16-Jul-2026" in page
    assert "1 of 1 windows used." in page


def test_the_windows_of_many_doses_cost_as_many_questions_as_those_of_one():
    couch = a_couch()
    couch.dose()

    def asked() -> int:
        with CaptureQueriesContext(connection) as questions:
            windows(couch.patient, AT + timedelta(days=60))
        return len(questions)

    for_one = asked()
    for day in range(1, 5):
        couch.dose(AT + timedelta(days=3 * day))
    assert asked() == for_one
