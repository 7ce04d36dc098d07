"""H1: route, product and order agree, or nothing is drawn; the strongest vial never goes into a vein undiluted."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import PASSWORD, browser, once
from ketacare.clinic.pharmacy.models import Container
from ketacare.medicine.protocols.reader import protocol

pytestmark = pytest.mark.django_db
STRENGTHS = [vial.concentration.amount for vial in protocol("p-iv-05-2w").vials]


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(3))
    day = f.a_day()
    f.to_go(day)
    for strength in STRENGTHS:
        f.strong_vial(day, f"S{strength}", int(strength), 10 if strength == 50 else 20 if strength == 10 else 5)
    f.devices(day, "D1")
    return day


def order(day, **fields):
    asked = {"dose": "0.5", "minutes": "40", "vial": "10"} | fields
    return browser(day.prescriber).post(f"/sessions/{day.visit.pk}/order/", once(**asked))


def test_h01_only_a_vial_of_the_ordered_strength_is_drawn_whatever_was_ordered(day, monkeypatch):
    """Every strength against every order; and a device of another drug against all of them."""
    nurse, address = browser(day.nurse), f"/sessions/{day.visit.pk}/draw/"
    for minute, ordered in enumerate(STRENGTHS, start=3):
        monkeypatch.setattr("ketacare.web.clock.now", lambda minute=minute: f.later(minute))
        assert order(day, vial=str(ordered), act="sign", password=PASSWORD).status_code == 302
        shown = nurse.get(f"/sessions/{day.visit.pk}/").content.decode()
        for container in Container.objects.exclude(concentration_mg_per_ml=ordered):
            assert str(container.pk) not in shown
            refused = nurse.post(address, once(container=str(container.pk)))
            assert refused.status_code == 422
            assert "the order is for" in refused.content.decode()
    assert not TimelineEntry.objects.filter(visit=day.visit, kind=Kind.DRAW).exists()
    right = Container.objects.get(concentration_mg_per_ml=STRENGTHS[-1])
    assert nurse.post(address, once(container=str(right.pk), drawn_ml="0.4")).status_code == 302


def test_h01_100_mg_per_ml_undiluted_is_refused_and_diluted_is_not(day):
    refused = order(day, vial="100", bag="undiluted", act="sign", password=PASSWORD).content.decode()
    assert "never given intravenously undiluted" in refused
    assert "Dilute with at least 0.4 mL" in refused
    assert not TimelineEntry.objects.filter(visit=day.visit, kind=Kind.ORDER).exists()
    assert "0.4 mL + 49.6 mL of 0.9 % saline = 50 mL" in order(day, vial="100", bag="50").content.decode()
    assert "is not a volume of this protocol" in order(day, vial="100", bag="0.1").content.decode()


def test_h01_mg_and_ml_stand_together_in_the_working(day):
    page = order(day, vial="10").content.decode()
    assert "40 mg from vial of 10 mg/mL, 20 mL (200 mg) = 4 mL" in page
    assert Decimal("4") == Decimal("40") / Decimal("10")
