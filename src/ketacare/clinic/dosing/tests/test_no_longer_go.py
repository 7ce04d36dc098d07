"""A go that stands no longer is told on every page from the order to the start; nothing is signed or drawn (H14)."""

from __future__ import annotations

import pytest

from ketacare.clinic.candidacy.tests.factories import an_answer
from ketacare.clinic.dosing.actions import checking, orders, preparing
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
FOUND = "CI-30: Active psychosis"


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(8))
    return f.a_day()


def found(day):
    an_answer(day.patient, day.prescriber, "active_psychosis", "yes", at=f.later(2))


def reads(who, day, rest=""):
    return browser(who).get(f"/sessions/{day.visit.pk}/{rest}").content.decode()


def test_h14_no_order_is_signed_and_nothing_drawn_on_a_go_that_stands_no_longer(day):
    f.to_go(day)
    order = f.an_order(day)
    orders.sign_order(session=day.session, order=order, by=day.prescriber, at=f.later(1))
    found(day)
    with pytest.raises(Refused, match=FOUND):
        orders.sign_order(session=day.session, order=order, by=day.prescriber, at=f.later(3))
    with pytest.raises(Refused, match=FOUND):
        f.draw(day)
    assert FOUND in reads(day.prescriber, day, "order/")
    page = reads(day.nurse, day)
    assert "No longer go" in page
    assert "I have drawn" not in page


def test_h14_the_second_person_and_the_time_out_read_what_holds_and_no_start_is_offered(day):
    f.to_drawn(day)
    found(day)
    assert FOUND in reads(day.second, day)
    assert FOUND in reads(day.second, day, "double-check/")
    f.check(day)
    page = reads(day.nurse, day)
    assert FOUND in page
    assert "All said" not in page
    with pytest.raises(Refused, match=FOUND):
        checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))


def test_h14_a_no_go_after_the_draw_stands_on_the_way_to_the_start(day):
    f.to_drawn(day)
    preparing.decide(session=day.session, go=False, overrides={}, words="Unwell", by=day.nurse, at=f.later(5))
    assert "There is no go for today" in reads(day.second, day)


def test_the_list_of_the_day_says_what_holds_and_never_draw(day):
    f.to_go(day)
    orders.sign_order(session=day.session, order=f.an_order(day), by=day.prescriber, at=f.later(1))
    page = browser(day.nurse).get("/sessions/").content.decode()
    assert "draw the dose" in page
    found(day)
    page = browser(day.nurse).get("/sessions/").content.decode()
    assert "draw the dose" not in page
    assert "no longer go: " in page
    assert FOUND in page
