"""The process that calls people about alarms says that it is alive; where it does not, the station says so (D9)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people.tests.factories import browser
from ketacare.web.commands import caller

pytestmark = pytest.mark.django_db
AT = f.later(20)


def test_d9_the_station_says_when_nobody_is_called_any_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    monkeypatch.setattr("ketacare.clinic.supervision.tasks.send_due", lambda at, through: 0)
    client = browser(f.a_day().nurse)

    def said() -> bool:
        return "Nobody is called." in client.get("/station/").content.decode()

    assert said()
    (call,) = caller.alarms().values()
    call(AT - timedelta(seconds=11))  # a round that took so long and ends now
    assert not said()
    monitoring.beat(process="caller", at=AT - timedelta(seconds=11))
    assert said()
