"""H38: the remote supervisor's video is frozen, the monitor's telephone is off: nobody watches, and nobody knows."""

from __future__ import annotations

import pytest

from ketacare.clinic.supervision import actions, queries
from ketacare.clinic.supervision.models import LapseStep, RungTaken
from ketacare.clinic.supervision.tests.factories import Room, later
from ketacare.medicine.supervision.terms import Missing

pytestmark = pytest.mark.django_db


def test_h38_a_page_that_freezes_is_medium_after_15_s_high_after_60_and_climbs():
    room = Room()
    room.look(0)
    actions.take(visit=room.visit, task="supervises", place="remote", by=room.prescriber, at=later(0))
    for second in range(0, 31, 5):
        room.answer(room.prescriber, second, audible=True)
        room.look(second)
    assert queries.oversight(room.visit, later(0), None, later(31)).supervisor_is_live
    for second in range(31, 123):  # the page stands still, and says nothing any more
        room.look(second)
        room.climb(second)
    told = LapseStep.objects.filter(missing="unwatched").order_by("id")
    assert [(row.level, row.at, row.since) for row in told[1:]] == [
        ("medium", later(45), later(30)),
        ("high", later(90), later(30)),
    ]
    state = queries.oversight(room.visit, later(0), None, later(122))
    assert not state.supervisor_is_live
    assert not state.watched
    assert queries.time_without(room.visit, Missing.SUPERVISOR, later(0), later(122)).total_seconds() == 92
    assert RungTaken.objects.filter(condition="watch.unwatched", rung="second", begun_at=later(120)).exists()


def test_h38_control_a_page_that_answers_raises_nothing():
    room = Room()
    room.look(0)
    for second in range(0, 123, 5):
        room.answer(room.prescriber, second, audible=True)
        room.look(second)
        room.climb(second)
    assert set(LapseStep.objects.filter(missing__in=["unwatched", "inaudible"]).values_list("level", flat=True)) == {
        "none"
    }
    assert not RungTaken.objects.exists()
