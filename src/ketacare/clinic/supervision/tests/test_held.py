"""While people are told of one chair's alarm, what the monitors of the others send is charted at once (D6, I6)."""

from __future__ import annotations

import threading
from uuid import UUID

import psycopg
import pytest
from django.db import connection, connections, transaction

from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring.actions import ticking, watching
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.supervision import actions
from ketacare.clinic.supervision.actions import climbing
from ketacare.clinic.supervision.models import RungTaken
from ketacare.clinic.supervision.tests.factories import Room, later
from ketacare.clinic.tenancy.actions import tenant

CHAIRS = 3


def rooms() -> list[Room]:
    with transaction.atomic():
        found = [Room()]
        for number in range(1, CHAIRS):
            found.append(Room(Bedside(clinic=found[0].clinic, address=f"chair-{number}"), chair=f"Chair {number + 3}"))
        for room in found:
            room.hurt()
    return found


def held(clinic) -> set[UUID]:
    """The watches that another connection could not step now."""
    with psycopg.connect(**connection.get_connection_params() | {"autocommit": False}) as other:
        other.execute("select set_config('ketacare.organisation', %s, true)", (str(clinic.organisation_id),))
        free = other.execute("select visit_id from monitoring_watch for update skip locked").fetchall()
    return set(Watch.objects.values_list("visit_id", flat=True)) - {row[0] for row in free}


def test_d6_who_is_told_of_one_chair_holds_up_no_other(fresh_database, monkeypatch):
    found, seen = rooms(), []
    honest = climbing._take

    def take(visit, one, rung, **more):
        seen.append((visit.pk, held(found[0].clinic)))
        return honest(visit, one, rung, **more)

    monkeypatch.setattr(climbing, "_take", take)
    assert actions.climb(clinic=found[0].clinic, at=later(31)) == CHAIRS
    assert seen == [(visit_id, {visit_id}) for visit_id in sorted(room.visit.pk for room in found)]


def test_d6_a_ladder_on_which_nothing_is_due_holds_no_chair(fresh_database, monkeypatch):
    found = rooms()
    actions.climb(clinic=found[0].clinic, at=later(31))
    locked: list[UUID] = []
    monkeypatch.setattr(climbing, "_locked", locked.append)
    actions.climb(clinic=found[0].clinic, at=later(32))
    assert locked == []
    with tenant(found[0].clinic.organisation_id):
        assert RungTaken.objects.count() == CHAIRS


def test_d6_what_was_answered_while_others_were_told_is_told_to_nobody(fresh_database, monkeypatch):
    found = sorted(rooms(), key=lambda room: room.visit.pk)
    honest = climbing._take

    def take(visit, one, rung, **more):
        if visit.pk == found[0].visit.pk:
            answered_elsewhere(found[-1])
        return honest(visit, one, rung, **more)

    monkeypatch.setattr(climbing, "_take", take)
    assert actions.climb(clinic=found[0].clinic, at=later(31)) == CHAIRS - 1
    with tenant(found[0].clinic.organisation_id):
        assert not RungTaken.objects.filter(visit=found[-1].visit).exists()


def answered_elsewhere(room: Room) -> None:
    def answer() -> None:
        try:
            with tenant(room.clinic.organisation_id):
                monitoring.acknowledge_alarm(visit=room.visit, condition="sign.chest pain", by=room.nurse, at=later(30))
        finally:
            connections.close_all()

    there = threading.Thread(target=answer)
    there.start()
    there.join(20)


@pytest.mark.parametrize(("at_once", "most"), [(1, 1), (2, 2)])
def test_a1_time_passes_at_few_chairs_at_a_time(fresh_database, monkeypatch, at_once, most):
    found, seen = rooms(), []
    honest = watching.step_kept

    def step(watch, given, **more):
        seen.append(len(held(found[0].clinic)))
        return honest(watch, given, **more)

    monkeypatch.setattr(ticking, "HELD_MOST", at_once)
    monkeypatch.setattr(ticking.watching, "step_kept", step)
    with tenant(found[0].clinic.organisation_id):
        Watch.objects.update(next_at=AT)
    assert ticking.tick(clinic=found[0].clinic, at=later(31)) == CHAIRS
    assert max(seen) == most
