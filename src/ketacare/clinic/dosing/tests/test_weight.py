"""Which weight an order rests on: the house rule's by default, chosen once for the course, the actual one beside it."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest

from ketacare.clinic.dosing.actions import orders
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import ordered, predicting, readiness
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.views.orders import usual_weight
from ketacare.clinic.people.tests.factories import PASSWORD, browser, once
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.quantities.terms import Weight

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(monkeypatch):
    """120 kg at 170 cm: a body mass index of 41.5 kg/m2, so the house rule takes the adjusted weight."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(5))
    day = f.a_day(sex="female", weight_kg="115")
    f.to_go(day, weight_kg="120")
    return day


def post(day, **fields):
    asked = {"dose": "0.5", "minutes": "40", "vial": "10", "act": "sign", "password": PASSWORD, "confirm_high": "yes"}
    return browser(day.prescriber).post(f"/sessions/{day.visit.pk}/order/", once(**asked | fields))


def test_from_a_high_index_on_the_adjusted_weight_is_used_unless_another_is_chosen(day):
    page = browser(day.prescriber).get(f"/sessions/{day.visit.pk}/order/").content.decode()
    assert "Adjusted weight, 84.8 kg" in page
    assert "Actual weight, 120 kg" in page
    assert "42.4 mg at 0.5 mg/kg" in page
    planned = browser(day.prescriber).get(f"/sessions/{day.visit.pk}/planning/").content.decode()
    rows = dict(re.findall(r'<th scope="row">(Actual|Ideal|Adjusted|Capped)(.*?)</tr>', planned))
    assert [name for name, row in rows.items() if "house rule" in row] == ["Adjusted"]
    assert [re.findall(r"<td>([\d.]+ (?:kg|mg))</td>", row) for row in rows.values()] == [
        ["120 kg", "60 mg"], ["61.4 kg", "30.7 mg"], ["84.8 kg", "42.4 mg"], ["100 kg", "50 mg"],
    ]  # fmt: skip
    assert "Body mass index 41.5 kg/m2 is" in planned
    assert post(day).status_code == 302
    order = ordered.order_of(day.visit)
    assert (order.dose_mg, order.weight_kg, order.actual_kg, order.rests_on) == (
        Decimal("42.4"), Decimal("84.8"), 120, "adjusted",
    )  # fmt: skip
    assert order.ordered_words == "42.4 mg (0.5 mg/kg x 84.8 kg adjusted, actual 120 kg)"
    assert "adjusted weight (actual 120 kg)" in order.working[0]


def test_h3_what_was_weighed_is_what_the_next_weight_is_held_against(day):
    """An order that was never begun is no dose: the first weight stands until then (115 kg nine days ago)."""
    post(day)
    later = Visit(patient=day.patient, clinic=day.clinic, starts_at=f.later(3 * 24 * 60))
    assert readiness.dosing_weight(later) == Weight.of(115)
    Session.objects.filter(pk=day.session.pk).update(started_at=f.later(10))
    assert readiness.dosing_weight(later) == Weight.of(120)
    again = orders.asked_again(ordered.order_of(day.visit).entry, day.session, f.later(6))
    assert (again.weight, again.actual, again.rests_on) == (Weight.of("84.8"), Weight.of(120), "adjusted")


def test_wd_2_chosen_once_it_stays_for_the_course(day):
    assert post(day, rests_on="actual").status_code == 302
    assert ordered.order_of(day.visit).dose_mg == 60
    Session.objects.filter(pk=day.session.pk).update(started_at=f.later(10))
    later = Visit(patient=day.patient, clinic=day.clinic, starts_at=f.later(3 * 24 * 60))
    after = Session(visit=later, protocol_id="p-iv-05-2w")
    assert usual_weight(after, predicting.weights_of(day.patient, Weight.of(120))) == "actual"


def test_a_weight_that_is_not_offered_is_refused(day):
    answer = post(day, rests_on="lean")
    assert answer.status_code == 422
    assert "Lean weight is not offered" in answer.content.decode()
