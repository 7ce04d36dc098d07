"""A rate whose time is put right at the pump stays the rate it was: agreed, and by whoever set it (H40)."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import timeline
from ketacare.clinic.dosing.queries import dose, ordered, rates
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_giving import read_pump, slower
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.quantities.terms import RatePump

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = f.a_day()
    f.to_running(day)
    return day


def put_right(day, line, to, at, by=None):
    return timeline.amend(
        session=day.session, entry=line, happened_at=f.later(to), reason="Wrong time", by=by or day.nurse,
        at=f.later(at),
    )  # fmt: skip


def test_h40_a_time_put_right_asks_nobody_for_an_old_rate(day):
    first = slower(day, "120", at=20)
    assert read_pump(day, "120", at=21) == ()
    slower(day, "100", at=24)
    assert read_pump(day, "100", at=25) == ()
    again = put_right(day, first, to=19, at=30)
    put_right(day, again, to=18, at=31)
    assert rates.waiting(day.session) is None
    assert dose.so_far(day.session, ordered.order_of(day.visit), f.later(32)).rate == RatePump.of(100)


def test_h40_the_rate_that_waits_is_the_newest_whatever_was_put_right_since(day):
    first = slower(day, "120", at=20)
    newest = slower(day, "100", at=24)
    put_right(day, first, to=19, at=30)
    assert rates.waiting(day.session) == newest
    assert read_pump(day, "120", at=31) == ("rate",)
    assert read_pump(day, "100", at=32) == ()


def test_h40_whoever_set_the_rate_is_not_its_second_person_after_another_corrected_the_time(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(31))
    change = slower(day, "120", at=20)
    for wrong in ("130", "140"):
        assert read_pump(day, wrong, at=21) == ("rate",)
    standing = put_right(day, change, to=19, at=30, by=day.second)
    assert rates.waiting(day.session) == standing
    with pytest.raises(Refused, match="second person"):
        read_pump(day, "120", by=day.nurse, at=31)
    shown = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "A second person is needed." in shown
    assert read_pump(day, "110", at=32) == ("rate",)
    with pytest.raises(Refused, match="differed 3 times"):
        read_pump(day, "120", at=33)
