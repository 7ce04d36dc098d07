"""The one obvious next act: who comes today is here today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.web.pages import chart
from ketacare.web.pages.standing import Standing, next_step

AT = datetime(2026, 7, 14, 14, 5, tzinfo=UTC)
ZONE = "America/New_York"


@pytest.mark.parametrize(
    ("kind", "starts_at", "says", "is_marked"),
    [
        (VisitKind.INTEGRATION, AT, "Here today: integration", True),
        (VisitKind.INTEGRATION, AT + timedelta(days=1), "The course is paused", True),
        (VisitKind.DOSE, AT, "The course is paused", False),
    ],
)
def test_while_the_course_is_paused_who_comes_for_therapy_is_here_today(kind, starts_at, says, is_marked):
    therapist = Actor(UUID(int=1), "Teo", "TH", UUID(int=2), UUID(int=3), ZONE)
    visit = Visit(kind=kind, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    where = Standing([], None, cast(Any, SimpleNamespace(paused_at=AT)), None, [visit])
    assert next_step(therapist, Patient(), where, AT).words.startswith(says)
    assert (chart.next_words(where, ZoneInfo(ZONE)) is not None) is is_marked
