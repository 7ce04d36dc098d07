"""H38: the remote supervisor's video is frozen, the monitor's telephone is off: nobody watches, and nobody knows."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.queries import supervising
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.scheduling.models import SiteRules
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


def test_h38_supervision_that_lapses_is_a_medium_alarm_that_climbs_and_one_that_never_was_is_counted():
    """A minute of silence is told at the chair; who can take it over is called when its ladder says so (D6)."""
    room = Room()
    alone = Room(Bedside(clinic=room.clinic, address="bed 9"), chair="Chair 9")
    SiteRules.objects.create(
        organisation_id=room.visit.organisation_id, clinic_id=room.clinic.pk, happened_at=later(0),
        recorded_at=later(0), watched_most=3, hands_on_min=15, end_before_closing_min=60, needs_supervisor=False,
    )  # fmt: skip
    actions.take(visit=room.visit, task="supervises", place="remote", by=room.prescriber, at=later(0))
    for second in (0, 16, 20):
        room.look(second)
        alone.look(second)
    lapses = {row.missing: row for row in queries.lapses_now([room.visit.pk])[room.visit.pk]}
    assert supervising.alarms([lapses["unsupervised"]])[0]["words"] == "Nobody supervises this chair"
    never = {row.missing: row for row in queries.lapses_now([alone.visit.pk])[alone.visit.pk]}
    assert (never["unsupervised"].level, supervising.alarms([never["unsupervised"]])) == ("low", [])
    for second in (16 + 179, 16 + 180, 16 + 300):
        for actor in (room.second, room.director):
            room.answer(actor, second, everywhere=True, audible=True)
        room.climb(second)
        alone.climb(second)
    taken = RungTaken.objects.filter(condition="watch.unsupervised").order_by("begun_at")
    assert [(row.visit_id, row.role) for row in taken] == [(room.visit.pk, "RN"), (room.visit.pk, "RX")]


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
