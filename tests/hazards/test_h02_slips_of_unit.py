"""H2: ten times too much is stopped on its way: at the order, at the second signature, at the blind entry."""

from __future__ import annotations

from uuid import uuid4

import pytest

from ketacare.clinic.dosing.models import Kind, TimelineEntry
from ketacare.clinic.dosing.queries import ordered
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import PASSWORD, browser, once
from ketacare.medicine.dosing.rules.holds import REASONED

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(5))
    return f.a_day()


def post(actor, day, rest, **fields):
    return browser(actor).post(f"/sessions/{day.visit.pk}/{rest}", once(**fields))


def test_h02_mg_for_mg_per_kg_is_refused_whoever_says_otherwise(day):
    """40 (mg) typed where mg/kg is asked for: 80 times too much."""
    f.make_ready(day)
    slip = {"dose": "40", "minutes": "40", "vial": "100", "act": "sign", "password": PASSWORD,
            "confirm_high": "yes"} | {f"against-{name}": "I mean it" for name in REASONED}  # fmt: skip
    answer = post(day.prescriber, day, "order/", **slip)
    assert answer.status_code == 422
    assert "above the most allowed" in answer.content.decode()


def test_h02_two_people_sign_in_each_for_themselves(day):
    """Below the sheet; in force only after a second sign-in, a second reason and a second password."""
    f.to_go(day)
    first = {"dose": "0.2", "minutes": "40", "vial": "10", "act": "sign", "password": PASSWORD}
    assert post(day.prescriber, day, "order/", **first).status_code == 422
    assert post(day.prescriber, day, "order/", **first | {"against-range": "Frail"}).status_code == 302
    assert "Waits for a second person" in browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    again = {"second-range": "Agreed at the round", "password": PASSWORD, "order": ordered.proposed(day.visit).entry.pk}
    assert post(day.prescriber, day, "order/second/", **again).status_code == 422
    assert post(day.second, day, "order/second/", **again | {"password": "wrong"}).status_code == 422
    assert ordered.order_of(day.visit) is None
    assert post(day.second, day, "order/second/", **again).status_code == 302
    assert ordered.order_of(day.visit).dose_mg == 16


def test_h02_the_second_person_is_held_to_the_order_that_was_read(day):
    """What was typed about another order than the one that waits is refused (H20)."""
    f.to_go(day)
    first = {"dose": "0.2", "minutes": "40", "vial": "10", "act": "sign", "password": PASSWORD,
             "against-range": "Frail"}  # fmt: skip
    assert post(day.prescriber, day, "order/", **first).status_code == 302
    read = {"order": uuid4(), "second-range": "Agreed", "password": PASSWORD}
    refused = post(day.second, day, "order/second/", **read)
    assert refused.status_code == 422
    assert "not the order you read" in refused.content.decode()
    assert ordered.order_of(day.visit) is None


def test_h02_above_1_mg_per_kg_in_under_40_min_is_refused_until_two_people_say_why(day):
    """1.2 mg/kg of 80 kg in 30 min. One mg/kg is the rule's line: only what is more than it meets H2."""
    f.to_go(day)
    fast = {"dose": "1.2", "minutes": "30", "vial": "10", "act": "sign", "password": PASSWORD, "confirm_high": "yes"}
    refused = post(day.prescriber, day, "order/", **fast)
    assert refused.status_code == 422
    assert "more than 1 mg/kg in less than 40 min" in refused.content.decode()
    at_the_line = post(day.prescriber, day, "order/", **fast | {"dose": "1"}).content.decode()
    assert "more than 1 mg/kg" not in at_the_line
    assert "1 mg/kg in 30 min is outside the sheet" in at_the_line
    for said in ("against-plan", "against-fast", "against-range"):  # each line is meant for a reason of its own
        assert post(day.prescriber, day, "order/", **fast).status_code == 422
        fast[said] = "Tolerant of 1 mg/kg"
    assert post(day.prescriber, day, "order/", **fast).status_code == 302
    assert ordered.order_of(day.visit) is None
    read = {"order": ordered.proposed(day.visit).entry.pk, "password": PASSWORD}
    for said in ("second-plan", "second-fast", "second-range"):  # and the second says so of each, in words of their own
        assert post(day.second, day, "order/second/", **read).status_code == 422
        read[said] = "Seen it"
    assert post(day.second, day, "order/second/", **read).status_code == 302
    assert ordered.order_of(day.visit).dose_mg == 96


@pytest.mark.parametrize(
    ("typed", "differs"),
    [
        ({"dose": "400"}, "dose"),
        ({"dose": "4"}, "dose"),
        ({"dose": "4", "volume": "40"}, "dose, volume"),
        ({"concentration": "100"}, "concentration"),
        ({"rate": "15"}, "rate"),
        ({"total": "10"}, "total"),
        ({"drug": "esketamine"}, "drug"),
        ({"route": "IM"}, "route"),
    ],
)
def test_h02_a_slip_in_the_blind_entry_stops_and_names_the_field_only(day, typed, differs):
    f.to_drawn(day)
    right = {"drug": "ketamine", "route": "IV", "dose": "40", "concentration": "10", "volume": "4", "total": "100",
             "rate": "150"} | f.said_by(day)  # fmt: skip
    page = post(day.second, day, "double-check/", **right | typed).content.decode()
    assert f"Different: <b>{differs}</b>" in page
    entry = TimelineEntry.objects.get(visit=day.visit, kind=Kind.DOUBLE_CHECK)
    assert set(entry.body) == {"matched", "differing", "first", "second", "number"}
