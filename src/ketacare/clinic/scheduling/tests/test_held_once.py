"""Nothing is given to two visits, whoever writes: through the action, through the ORM and by SQL."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.scheduling import actions, queries
from ketacare.clinic.scheduling.actions.keeping import held_once, later_check
from ketacare.clinic.scheduling.models import Hold, Resource, ResourceKind, Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.refusals import Refused

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(db):
    return someone(a_clinic(), Role.FD)


def booked(desk, patient=None, chair=None, after=0.0, length=2.0, **more):
    return actions.book_visit(
        patient=patient or a_patient(desk),
        kind=VisitKind.DOSE,
        starts_at=AT + after * HOUR,
        ends_at=AT + (after + length) * HOUR,
        chair=chair,
        by=desk,
        at=AT,
        **more,
    )


def test_one_chair_is_not_given_twice_and_the_second_is_told_which(desk):
    chair = actions.add_chair(name="Chair 1", by=desk, at=AT)
    booked(desk, chair=chair)
    with pytest.raises(Refused) as refused:
        booked(desk, chair=chair, after=1.5)
    assert refused.value.refusals[0].field == "chair"
    assert Visit.objects.count() == 1


def test_no_chair_is_offered_that_is_booked_for_somebody_else_at_that_time(desk):
    first, second, third = (actions.add_chair(name=f"Chair {n}", by=desk, at=AT) for n in (1, 2, 3))
    booked(desk, chair=first, after=1)
    booked(desk, chair=second, after=2)
    assert queries.free_chairs(booked(desk)) == [second, third]
    assert queries.free_chairs(booked(desk, chair=third)) == [second, third], "its own is free to it"


def test_half_open_who_leaves_at_noon_and_who_comes_at_noon_do_not_meet(desk):
    chair = actions.add_chair(name="Chair 1", by=desk, at=AT)
    booked(desk, chair=chair)
    booked(desk, chair=chair, after=2)
    assert Visit.objects.count() == 2


def test_what_was_given_up_holds_nothing(desk):
    chair = actions.add_chair(name="Chair 1", by=desk, at=AT)
    first, second = booked(desk, chair=chair), booked(desk, chair=chair, after=2)
    actions.move_visit(visit=first, to=VisitState.CANCELLED, by=desk, at=AT)
    actions.move_visit(visit=second, to=VisitState.NO_SHOW, by=desk, at=AT)
    assert booked(desk, chair=chair, length=4).chair == chair


@pytest.mark.parametrize("column", ["chair_id", "patient_id"])
def test_sql_as_whoever_it_is_meets_the_same_wall(desk, column):
    chair = actions.add_chair(name="Chair 1", by=desk, at=AT)
    other = actions.add_chair(name="Chair 2", by=desk, at=AT)
    first, second = booked(desk, chair=chair), booked(desk, chair=other)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"update scheduling_visit set {column} = (select {column} from scheduling_visit where id = %s) "
            "where id = %s",
            [first.pk, second.pk],
        )


def hold(visit, user=None, resource=None, lane=0, lane_until=9):
    return Hold.objects.create(
        organisation_id=visit.organisation_id, clinic_id=visit.clinic_id, created_at=AT, visit=visit, user=user,
        resource=resource, lane=lane, lane_until=lane_until, starts_at=visit.starts_at, ends_at=visit.ends_at,
    )  # fmt: skip


def test_a_person_a_room_and_a_device_are_held_once(desk):
    nurse = User.objects.get(pk=desk.user_id)
    pump = actions.add_resource(kind=ResourceKind.PUMP, name="Pump 1", by=desk, at=AT)
    first, second = booked(desk), booked(desk, after=1)
    hold(first, user=nurse, lane=1, lane_until=2)
    hold(second, user=nurse, lane=2, lane_until=3)  # a nurse watches two chairs
    with pytest.raises(Refused, match="Somebody who is needed"), held_once():
        hold(second, user=nurse)  # and cannot be wanted whole at the same time
    hold(first, resource=pump)
    with pytest.raises(Refused, match="room or device"), held_once():
        hold(second, resource=pump)


def test_a_visit_that_moves_takes_its_holds_along_whoever_moves_it(desk):
    nurse = User.objects.get(pk=desk.user_id)
    visit = booked(desk)
    whole = hold(visit, user=nurse)
    with connection.cursor() as cursor:
        cursor.execute(
            "update scheduling_visit set starts_at = starts_at + interval '1 day', ends_at = ends_at + interval '1 day'"
        )
    whole.refresh_from_db()
    assert (whole.starts_at, whole.ends_at) == (AT + 24 * HOUR, AT + 26 * HOUR)
    actions.move_visit(visit=visit, to=VisitState.CANCELLED, by=desk, at=AT)
    whole.refresh_from_db()
    assert not whole.is_held


def test_two_visits_may_exchange_their_chairs_in_one_transaction(desk):
    chairs = [actions.add_chair(name=f"Chair {n}", by=desk, at=AT) for n in (1, 2)]
    visits = [booked(desk, chair=chair) for chair in chairs]
    with held_once():
        later_check()
        for visit, chair in zip(visits, reversed(chairs), strict=True):
            Visit.objects.filter(pk=visit.pk).update(chair=chair)
    assert [Visit.objects.get(pk=one.pk).chair for one in visits] == chairs[::-1]


def test_a_visit_that_ends_before_it_begins_is_refused(desk):
    with pytest.raises(Refused) as refused:
        booked(desk, length=-1)
    assert refused.value.refusals[0].field == "ends_at"


def test_resources_are_named_once(desk):
    assert isinstance(actions.add_resource(kind=ResourceKind.ROOM, name="Blue", by=desk, at=AT), Resource)
    with pytest.raises(Refused, match="already"):
        actions.add_resource(kind=ResourceKind.ROOM, name="Blue", by=desk, at=AT)
