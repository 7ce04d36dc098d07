"""The process that calls people about alarms says that it is alive; where it does not, the station says so (D9)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import processes
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import a_clinic, a_patient, browser, someone
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.above import above
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


def test_d9_h13_home_concerns_and_roster_say_it_as_well_and_no_time_is_promised(monkeypatch: pytest.MonkeyPatch):
    """Also with somebody on call who has a telephone: it does not ring."""
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    monkeypatch.setattr("ketacare.clinic.safety.tasks.send_due", lambda at, through: 0)
    monkeypatch.setattr(above, "uncalled", processes.nobody_is_called)
    monkeypatch.setattr("ketacare.web.health.is_durable", lambda: True)  # the database of the tests is not
    monkeypatch.setattr(queries, "ringing", lambda clinic_id, users: frozenset(users))
    clinic = a_clinic()
    director, doctor = someone(clinic, Role.MD), someone(clinic, Role.RX)
    safety.put_on_call(
        user=User.objects.get(pk=doctor.user_id), role=Role.RX, starts_at=AT - timedelta(hours=1),
        ends_at=AT + timedelta(hours=60), by=director, at=AT,
    )  # fmt: skip
    patient = a_patient(someone(clinic, Role.FD))
    concern = safety.raise_concern(patient=patient, tier=1, reason_code="s3.2", source=patient, by=director, at=AT)
    client = browser(doctor)

    def said() -> list[bool]:
        pages = ("/", "/concerns/", "/on-call/")
        return ["Nobody is called." in client.get(page).content.decode() for page in pages]

    assert (said(), queries.promise(clinic, concern, AT).by) == ([True] * 3, None), "it was never started"
    assert (ready := client.get("/readyz")).status_code == 503
    assert "nobody is called" in ready.content.decode()
    assert client.get("/readyz?for=pages").status_code == 200, "no load balancer takes the pages away"
    *_, call = caller.concerns().values()
    call(AT)
    assert (said(), queries.promise(clinic, concern, AT).by) == ([False] * 3, concern.see_by)
    assert client.get("/readyz").status_code == 200
    monitoring.beat(process=processes.CALLER_OF_CONCERNS, at=AT - timedelta(seconds=31))
    assert (said(), queries.promise(clinic, concern, AT).by) == ([True] * 3, None)
    concern.rungs.update(confirmed_at=AT)
    assert queries.promise(clinic, concern, AT).by == concern.see_by, "somebody got the call about it before"
