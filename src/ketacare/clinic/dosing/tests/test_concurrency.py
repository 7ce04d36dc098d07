"""Two people press at the same moment, on two connections: one starts the infusion, the other is told (H16)."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.db import connections, transaction

from ketacare.clinic.dosing.actions import checking, drawing, giving, in_force, orders, sessions
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_in_force import again
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.clinic.pharmacy.models import Container, LedgerEntry, Move, Place
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refused


def at_once(organisation_id, *acts):
    """Run each act in a thread, on a connection and in a transaction of its own; return what became of each."""
    barrier, answers = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        try:
            with tenancy.tenant(organisation_id):
                barrier.wait(timeout=10)
                act()
            answers[place] = "done"
        except Refused:
            answers[place] = "refused"
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return sorted(str(answer) for answer in answers)


@pytest.fixture
def day(fresh_database):
    with transaction.atomic():
        return f.a_day()


def test_h16_two_starts_at_once_are_one_start(day):
    with tenancy.tenant(day.clinic.organisation_id):
        f.to_checked(day)
        checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))

    def start(who):
        return lambda: giving.start(
            session=Session.objects.select_related("visit__patient", "visit__clinic").get(pk=day.session.pk),
            by=who,
            at=f.later(10),
        )

    assert at_once(day.clinic.organisation_id, start(day.nurse), start(day.second)) == ["done", "refused"]
    with tenancy.tenant(day.clinic.organisation_id):
        assert TimelineEntry.objects.filter(visit=day.visit, kind=Kind.DOSE, name="start").count() == 1


@pytest.mark.parametrize(("held_apart", "told"), [(True, ["done", "refused"]), (False, ["done", "done"])])
def test_h16_two_visits_of_one_patient_started_at_once_are_one_dose(day, monkeypatch, held_apart, told):
    """Each checked and ready before either began; both press in the same moment, on two connections. With the lock
    taken away both find that nothing was started today."""
    with tenancy.tenant(day.clinic.organisation_id):
        monkeypatch.setattr(sessions, "HERE", ())
        other = again(day)
        for one in (day, other):
            f.to_checked(one)
            checking.time_out(session=one.session, said=f.SAID, **f.said_by(one), by=one.nurse, at=f.later(9))
        f.screen_tried(other)
    both_looked = threading.Barrier(2)
    after_the_look = (lambda *_, **__: time.sleep(0.5)) if held_apart else (lambda *_, **__: both_looked.wait(30))
    monkeypatch.setattr(giving, "require_still_go", after_the_look)
    if not held_apart:
        monkeypatch.setattr(in_force, "one_after_the_other", lambda _: None)

    def start(one, who):
        return lambda: giving.start(
            session=Session.objects.select_related("visit__patient", "visit__clinic").get(pk=one.session.pk),
            by=who,
            at=f.later(10),
            words="One more chair",
        )

    assert at_once(day.clinic.organisation_id, start(day, day.nurse), start(other, day.second)) == told
    with tenancy.tenant(day.clinic.organisation_id):
        begun = TimelineEntry.objects.filter(visit__patient=day.patient, kind=Kind.DOSE, name="start")
        assert begun.count() == told.count("done")


def test_h16_two_draws_at_once_are_one_draw(day):
    with tenancy.tenant(day.clinic.organisation_id):
        f.to_go(day)
        order = f.an_order(day)
        orders.sign_order(session=day.session, order=order, by=day.prescriber, at=f.later(2))

    def draw(who):
        return lambda: drawing.draw_dose(
            session=Session.objects.select_related("visit__patient", "visit__clinic").get(pk=day.session.pk),
            containers=[Container.objects.get(pk=day.vial.pk)],
            by=who,
            at=f.later(3),
            drawn_ml=f.Decimal(4),
        )

    assert at_once(day.clinic.organisation_id, draw(day.nurse), draw(day.second)) == ["done", "refused"]
    with tenancy.tenant(day.clinic.organisation_id):
        assert LedgerEntry.objects.filter(visit=day.visit, kind=Move.DRAW).count() == 1


def test_l1_two_who_waste_the_same_rest_cannot_go_under_zero(day):
    witness = day.user

    def waste(who, seen_by):
        return lambda: pharmacy.waste(
            container=Container.objects.get(pk=day.vial.pk),
            source=Place.CONTAINER,
            amount_mg=f.Decimal(150),
            witness=witness(seen_by),
            reason="drain",
            by=who,
            at=f.AT + timedelta(minutes=1),
        )

    acts = waste(day.nurse, day.second), waste(day.second, day.nurse)
    assert at_once(day.clinic.organisation_id, *acts) == ["done", "refused"]
    with tenancy.tenant(day.clinic.organisation_id):
        assert Container.objects.get(pk=day.vial.pk).balance_mg == 50
