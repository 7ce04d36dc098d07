"""H16: the same dose twice: a second press, a second nurse, the same medicine as needed again."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import giving
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


def test_h16_an_injection_pressed_by_two_nurses_is_given_once(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(11))
    day = f.a_day(sheet="p-im-kap")
    f.one_injection(day)
    answer = browser(day.second).post(f"/sessions/{day.visit.pk}/start/", once())
    assert answer.status_code == 422
    with pytest.raises(Refused):
        giving.start(session=day.session, by=day.second, at=f.later(11))
    assert ledger.amounts_of(day.visit).given_mg == 40


def test_h16_one_key_sent_twice_is_one_dose(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    day = f.a_day(sheet="p-esk-trd")
    f.two_devices(day)
    client, form = browser(day.nurse), once(step="piece", serial="D2")
    assert [client.post(f"/sessions/{day.visit.pk}/dose/", form).status_code for _ in range(2)] == [302, 302]
    assert ledger.amounts_of(day.visit).given_mg == 56
