"""Sublingual ketamine at home: ordered only once two doses were watched here, and with everything that it needs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import giving, orders
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import dose, ordered
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import PASSWORD, browser, once
from ketacare.clinic.pharmacy import actions as pharmacy
from ketacare.medicine.dosing.terms import AtHome
from ketacare.medicine.quantities.terms import Mass

pytestmark = pytest.mark.django_db

HOME = {"place": "home", "chaperone": "Kim Reed", "video": "yes", "law": "yes", "reviewed": "yes"}


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(5))
    day = f.a_day(sheet="p-sl-home")
    f.to_go(day)
    return day


def post(day, **fields):
    asked = {"dose": "100", "piece": "100", "afterwards": "spat out", "act": "sign", "password": PASSWORD}
    return browser(day.prescriber).post(f"/sessions/{day.visit.pk}/order/", once(**asked | fields))


def test_the_first_two_are_ordered_for_the_clinic_and_home_is_refused_in_words(day):
    refused = post(day, **HOME)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert "0 of the first 2 doses were watched in the clinic" in page
    assert "P-SL-HOME" in page
    assert post(day).status_code == 302
    order = ordered.order_of(day.visit)
    assert (order.dose_mg, order.given_words) == (100, "held in the mouth, then spat out")


def test_at_home_who_stays_is_part_of_the_order(day, monkeypatch):
    monkeypatch.setattr(dose, "watched_here", lambda session: 2)
    assert "nobody is named who stays" in post(day, **HOME | {"chaperone": ""}).content.decode()
    assert post(day, **HOME).status_code == 302
    order = ordered.order_of(day.visit)
    assert order.given_words == "held in the mouth, then spat out, at home with Kim Reed, by live video"
    assert orders.asked_again(order.entry, day.session, f.later(6)).at_home == AtHome(2, "Kim Reed", True, True, True)


def test_a_dose_taken_in_the_clinic_counts_as_watched_for_the_next():
    day = f.a_day(sheet="p-sl-home")
    pack = f.received(day.nurse, "P1", pharmacy.Product(f.DRUG, piece="lozenge", piece_mg=Decimal(100)))
    order = f.an_order_of("p-sl-home", "100", piece=Mass.of(100), afterwards="swallowed")
    f.given_ready(day, order, [pack], f.read_by(day, f.DRUG, Mass.of(100), pieces=1, route="SL"))
    giving.start(session=day.session, by=day.nurse, at=f.later(10))
    assert dose.watched_here(day.session) == 0
    assert dose.watched_here(Session(visit=day.visit, protocol_id="p-sl-home")) == 1
    assert dose.watched_here(Session(visit=day.visit, protocol_id="p-sl-kap")) == 0
