"""A dose that was begun without a connection is charted with the time at which it was begun (H17, H21, I10)."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import checking, giving
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import dose, note, ordered, timeline_words
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.dosing.tests.test_effects import refused
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.medicine.quantities.terms import Mass

pytestmark = pytest.mark.django_db


@pytest.fixture
def read():
    """The time-out was read at minute 9."""
    day = f.a_day()
    f.to_checked(day)
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    return day


def test_h17_h21_a_start_charted_late_runs_from_when_it_was_begun(read, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(30))
    nurse, url = browser(read.nurse), f"/sessions/{read.visit.pk}/"
    assert 'name="begun_at"' in nurse.get(url).content.decode()
    typed = once(begun_at="-20", unproven="No screen was in reach")
    assert nurse.post(f"{url}start/", typed).status_code == 302
    session = Session.objects.get()
    read.visit.refresh_from_db()
    assert session.started_at == read.visit.dose_began_at == f.later(10)
    (start,) = dose.steps_of(session)
    assert (start.happened_at, start.recorded_at) == (f.later(10), f.later(30))
    assert timeline_words.late_words(start) == "late entry: saved 20 min later"
    assert note.content(session, "UTC")["dose"][0][1].endswith("(late entry: saved 20 min later)")
    assert dose.so_far(session, ordered.order_of(read.visit), f.later(30)).given == Mass.of(20)


def test_h17_a_start_is_neither_before_its_time_out_nor_in_the_future(read):
    act = {"session": read.session, "by": read.nurse, "at": f.later(30), "unproven": "None in reach"}
    refused(read, lambda: giving.start(**act, begun_at=f.later(8)), "is before the time-out")
    refused(read, lambda: giving.start(**act, begun_at=f.later(31)), "future")
    refused(read, lambda: giving.start(**act), "needs a time-out in the last 10 minutes")
    refused(read, lambda: giving.start(**act, begun_at=f.later(25)), "needs a time-out", "all the same is empty")


def test_h17_the_first_device_and_an_injection_keep_the_time_at_which_they_were_given():
    """The device locks the next for its rest from then."""
    day = f.a_day(sheet="p-esk-trd")
    found = f.read_by(day, "esketamine", Mass.of(56), pieces=2, serials=("d1", "d2"), route="IN")
    f.given_ready(day, f.an_order_of("p-esk-trd", "56"), f.devices(day, "D1", "D2"), found)
    giving.start(session=day.session, serial="D1", by=day.nurse, at=f.later(20), begun_at=f.later(10))
    (first,) = dose.pieces_given(day.session)
    assert first.happened_at == f.later(10)
    assert dose.next_piece_at(day.session, ordered.order_of(day.visit)) == f.later(15)
