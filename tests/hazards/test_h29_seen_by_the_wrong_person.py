"""H29: a chart seen by somebody who may not, or by somebody who may and leaves no trace."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.monitoring import access as monitoring
from ketacare.clinic.people.models import Role, Staff
from ketacare.clinic.people.tests.factories import AT, browser, once
from tests.world import CANARY_FAMILY, a_world

pytestmark = pytest.mark.django_db


def test_h29_a_refused_form_that_shows_the_patient_again_is_a_chart_view():
    """Else a chart could be read by sending forms that are always refused, with no line in the access report."""
    world = a_world()
    client = browser(world.staff[Role.RN])
    lines = Line.objects.filter(verb="chart.open", patient_id=world.patient.pk, actor_id=world.staff[Role.RN].user_id)
    before = lines.count()
    answer = client.post(reverse("session-grid", kwargs={"visit_id": world.visit.pk}), once())
    assert answer.status_code == 422
    assert CANARY_FAMILY.upper() in answer.content.decode().upper()
    assert lines.count() > before


def test_h29_a_live_stream_outlives_a_right_by_less_than_a_minute():
    """P6: the stream checks only its ticket, so the ticket itself must not live longer."""
    world = a_world()
    ticket = monitoring.wall_ticket(world.staff[Role.RN], at=AT)
    assert monitoring.opened(ticket, at=AT)
    with pytest.raises(monitoring.TicketRefused):
        monitoring.opened(ticket, at=AT + timedelta(seconds=60))


def test_h29_the_wall_leaves_a_line():
    world = a_world()
    browser(world.staff[Role.RN]).get(reverse("wall"))
    assert Line.objects.filter(verb="wall.open", actor_id=world.staff[Role.RN].user_id).exists()


def test_h29_an_answer_is_not_repeated_to_a_role_that_may_no_longer_have_it():
    """P6: the key is the person's, the right is the role's; a right that was taken away also ends the repeats."""
    world = a_world()
    rn = world.staff[Role.RN]
    client, form = browser(rn), once(kind="nausea")
    url = reverse("session-event", kwargs={"visit_id": world.visit.pk})
    first = client.post(url, form).status_code
    assert first < 400
    assert client.post(url, form).status_code == first
    Staff.objects.filter(user_id=rn.user_id).update(role=Role.FD)
    assert client.post(url, form).status_code == 403
