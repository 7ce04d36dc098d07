"""H37: the next device is locked until its rest is over, counted by its serial, and early only under a name."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import dose
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.pharmacy import queries as ledger

pytestmark = pytest.mark.django_db


def test_h37_a_device_whose_serial_nobody_read_is_not_counted_nor_the_first(monkeypatch):
    """The start asks for the first device's serial; empty, neither it nor a later one is given."""
    day = f.a_day(sheet="p-esk-trd")
    found = f.read_by(day, "esketamine", f.Mass.of(56), pieces=2, serials=("d1", "d2"), route="IN")
    f.given_ready(day, f.an_order_of("p-esk-trd", "56"), f.devices(day, "D1", "D2"), found)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(10))
    nurse, page = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    assert "Serial of the device in your hand" in nurse.get(page).content.decode()
    answer = nurse.post(f"{page}start/", once())
    assert answer.status_code == 422
    assert "The serial is empty" in answer.content.decode()
    assert ledger.amounts_of(day.visit).given_mg == 0
    assert nurse.post(f"{page}start/", once(serial="D2")).status_code == 302
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(16))
    assert "The serial is empty" in nurse.post(f"{page}dose/", once(step="piece", serial=" ")).content.decode()
    assert ledger.amounts_of(day.visit).given_mg == 28
    assert nurse.post(f"{page}dose/", once(step="piece", serial="D1")).status_code == 302
    assert [row.body["serial"] for row in dose.pieces_given(day.session)] == ["D2", "D1"]


def test_h37_locked_until_due_counted_by_serial_and_never_a_third(monkeypatch):
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    nurse, page = browser(day.nurse), f"/sessions/{day.visit.pk}/"

    def at(minutes):
        monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(10 + minutes))

    def give(serial=""):
        return nurse.post(f"{page}dose/", once(step="piece", serial=serial))

    at(4.9)
    shown = nurse.get(page).content.decode()
    assert "Device 2 of 2" in shown
    assert "locked until" in shown
    assert "today in all 28 mg, at most 84 mg" in shown
    assert "The next device is locked for 6 s more" in give("D2").content.decode()
    at(5)
    assert "D1 was given already" in give("D1").content.decode()
    assert give("D2").status_code == 302
    assert ledger.amounts_of(day.visit).given_mg == 56
    assert Session.objects.get(pk=day.session.pk).state == SessionState.RECOVERY
    at(11)
    assert give().status_code == 422
    assert ledger.amounts_of(day.visit).given_mg == 56
