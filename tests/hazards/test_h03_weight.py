"""H3: no dose from a weight in pounds taken for kilograms, or from one that is a month old."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.tests.factories import PASSWORD, browser, once

pytestmark = pytest.mark.django_db


def test_h03_a_weight_of_31_days_refuses_the_order_until_the_patient_is_weighed(monkeypatch):
    day = f.a_day()
    at = f.AT + timedelta(days=22, minutes=5)  # weighed nine days before the first day of the test
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)
    doctor, address = browser(day.prescriber), f"/sessions/{day.visit.pk}/order/"
    asked = {"dose": "0.5", "minutes": "40", "vial": "10", "act": "sign", "password": PASSWORD}
    refused = doctor.post(address, once(**asked))
    assert refused.status_code == 422
    assert "31 days old; no dose from a weight older than 30 days" in refused.content.decode()
    people.record_measure(patient=day.patient, weight_kg=Decimal(80), by=day.nurse, at=at)
    assert doctor.post(address, once(**asked)).status_code == 302


def test_h03_pounds_are_kept_in_kilograms_and_asked_about_when_they_look_like_them(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(5))
    day = f.a_day()
    nurse, address = browser(day.nurse), f"/sessions/{day.visit.pk}/weight/"
    asked = nurse.post(address, once(weight="176"))
    assert asked.status_code == 422
    assert "2.2 times the dosing weight" in asked.content.decode()
    assert nurse.post(address, once(weight="176 lb")).status_code == 302
    assert "79.8 kg" in browser(day.prescriber).get(f"/sessions/{day.visit.pk}/order/").content.decode()
