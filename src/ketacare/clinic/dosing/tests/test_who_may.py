"""Who may do what at a chair: a patient nothing but call for help, a therapist what is about presence (P1, V4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.world import ARGUMENTS, absent

from ketacare.clinic.dosing import urls
from ketacare.clinic.dosing.actions import emergency, helping, signs, timeline
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.monitoring import actions as watched
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.supervision.models import RungTaken
from ketacare.medicine.monitoring.terms import Channel, Priority

pytestmark = pytest.mark.django_db
AT = f.later(20)


def seconds(number: float) -> datetime:
    return AT + timedelta(seconds=number)


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> f.Day:
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    day = f.a_day()
    f.to_running(day)
    return day


@pytest.fixture
def therapist(day: f.Day) -> Actor:
    therapist = someone(day.clinic, Role.TH)
    people.relate(patient=day.patient, user=day.user(therapist), kind="therapist", by=day.nurse, at=AT)
    return therapist


def test_p1_v4_no_page_and_no_act_of_a_session_is_the_patients_own(day: f.Day):
    own = someone(day.clinic, Role.PT)
    day.patient.user_id = own.user_id
    day.patient.save(update_fields=["user"])
    client, wrong = browser(own), []
    assert str(day.visit.pk) not in client.get("/").content.decode()
    for route in urls.urlpatterns:
        pattern = str(route.pattern)
        if not pattern.startswith("sessions/"):
            continue
        names = {name: absent(name) for name in route.pattern.converters if name in ARGUMENTS}
        address = "/" + route.pattern._route
        for name, value in (names | {"visit_id": day.visit.pk}).items():
            for kind in ("uuid", "int", "slug", "str"):
                address = address.replace(f"<{kind}:{name}>", str(value))
        for answer in (client.get(address), client.post(address, once())):
            if answer.status_code not in (403, 405):
                wrong.append((pattern, answer.status_code))
    assert wrong == []
    assert client.post("/me/help/", once()).status_code == 302
    assert watch.signals(day.visit).filter(condition="sign.help button", priority="high").exists()


def test_p1_a_therapist_tells_of_distress_presence_and_signs_and_measures_nothing(day: f.Day, therapist: Actor):
    common = {"session": day.session, "by": therapist}
    watched.record_by_hand(visit=day.visit, values={Channel.DISTRESS: Decimal(6)}, taken_at=AT, by=therapist, at=AT)
    helping.be_present(**common, at=seconds(1))
    signs.seen(**common, sign="chest pain", at=seconds(2))
    timeline.record(**common, kind=Kind.REMARK, name="", words="I float", at=seconds(3))
    emergency.begin(**common, at=seconds(4))
    emergency.act(**common, what="ems_called", at=seconds(5))
    refused: list[Callable[[], object]] = [
        lambda: watched.record_by_hand(
            visit=day.visit, values={Channel.MOAAS: Decimal(5)}, taken_at=AT, by=therapist, at=seconds(6)
        ),
        lambda: timeline.score(**common, name="nausea", value="0", at=seconds(6)),
        lambda: timeline.skip(**common, column="5", reason="asleep", at=seconds(6)),
        lambda: emergency.act(**common, what="drug", words="adrenaline 0.5 mg IM", at=seconds(6)),
        lambda: watched.pause_audio(visit=day.visit, by=therapist, at=seconds(6)),
    ]
    for act in refused:
        with pytest.raises(NotAllowed):
            act()
    shown = browser(therapist).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "With the patient" in shown
    assert "Distress now" in shown
    assert "cell__input" not in shown
    assert "Pause sound" not in shown
    of_the_nurse = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "cell__input" in of_the_nurse
    assert "Pause sound" in of_the_nurse
    assert "Save this column" not in shown
    sent = browser(therapist).post(f"/sessions/{day.visit.pk}/grid/", once() | {"distress": "7"})
    assert sent.status_code == 302


def test_d6_what_a_therapist_has_seen_is_a_nurses_to_follow_and_climbs_until_one_has_come(day: f.Day, therapist: Actor):
    signs.seen(session=day.session, sign="chest pain", by=day.nurse, at=AT)
    key = "sign.chest pain"

    def climbed(second: float) -> list[str]:
        supervision.climb(clinic=day.clinic, at=seconds(second))
        rows = RungTaken.objects.filter(condition=key).order_by("begun_at", "created_at")
        return list(rows.values_list("role", flat=True))

    watched.acknowledge_alarm(visit=day.visit, condition=key, by=therapist, at=seconds(5))
    told = Duty.objects.get(kind=watched.SEEN_BY_THERAPIST)
    assert (told.owner_role, told.state, told.consequence, told.due_at) == ("RN", "open", 1, seconds(5))
    assert climbed(30)[0] == "RN"
    before = RungTaken.objects.filter(condition=key, ended_at__isnull=True).count()
    helping.be_present(session=day.session, by=therapist, at=seconds(33))
    climbed(34)
    assert RungTaken.objects.filter(condition=key, ended_at__isnull=True).count() >= before
    helping.be_present(session=day.session, by=day.nurse, at=seconds(35))
    climbed(36)
    assert not RungTaken.objects.filter(condition=key, ended_at__isnull=True).exists()
    told.refresh_from_db()
    assert told.state == DutyState.CLOSED


def test_of_a_notice_that_a_therapist_clears_no_nurse_is_told_and_of_an_alarm_they_have_two_minutes(
    day: f.Day, therapist: Actor
):
    seen: dict[str, Any] = {"visit": day.visit, "by": therapist}
    moaas = {Channel.MOAAS: Decimal(3)}
    watched.record_by_hand(visit=day.visit, values=moaas, taken_at=AT, by=day.nurse, at=AT)
    standing = watch.standing(day.visit, at=AT)
    assert standing is not None
    (low,) = [one.key for one in standing.conditions if one.channel is Channel.MOAAS and one.priority is Priority.LOW]
    watched.acknowledge_alarm(**seen, condition=low, at=seconds(2))
    told = Duty.objects.filter(kind=watched.SEEN_BY_THERAPIST)
    assert not told.exists()
    signs.seen(session=day.session, sign="chest pain", by=day.nurse, at=seconds(3))
    watched.acknowledge_alarm(**seen, condition="sign.chest pain", at=seconds(5))
    one = told.get()
    assert (one.due_at, one.late_at, one.escalate_at) == (seconds(5), seconds(125), seconds(125))
    watched.end_watch(visit=day.visit, by=day.nurse, at=seconds(60))
    one.refresh_from_db()
    assert one.state == DutyState.CLOSED
