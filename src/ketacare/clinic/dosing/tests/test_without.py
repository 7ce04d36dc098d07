"""How long nobody supervised or watched, as the note says it: only of what somebody looked at (D4, E7)."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.queries import without
from ketacare.clinic.dosing.queries.note import Clock
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.supervision.models import LapseStep
from ketacare.medicine.supervision.terms import Missing

pytestmark = pytest.mark.django_db


def looked(day, minute):
    for missing in (Missing.SUPERVISOR, Missing.WATCHER):
        LapseStep.objects.create(
            organisation_id=day.visit.organisation_id, clinic=day.clinic, visit=day.visit, missing=missing,
            level="none", since=f.later(minute), at=f.later(minute),
        )  # fmt: skip


def said(day):
    return dict(without.words(day.session, Clock("UTC", day.session).at))


def test_d4_a_time_that_the_watch_did_not_see_is_not_known_and_is_no_nought(running_day):
    day = running_day
    day.session.left_at = f.later(100)
    assert set(said(day).values()) == {"not known: the watch saw none of it"}
    looked(day, 40)
    assert said(day)["Without a supervisor"] == f"0 s from {f.later(40):%H:%M} on; before that not known"


def test_d4_seen_from_the_start_it_is_counted(running_day):
    day = running_day
    day.session.left_at = f.later(100)
    looked(day, 10)
    assert set(said(day).values()) == {"0 s"}
