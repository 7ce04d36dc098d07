"""D6: a high alarm nobody answers climbs to the nurses, the prescriber and the medical director."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from ketacare.clinic.duties.models import Duty, DutyStep
from ketacare.clinic.monitoring import actions, queries
from ketacare.clinic.monitoring.models import AlarmSignal
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.people.tests.factories import AT

pytestmark = pytest.mark.django_db

PAIN = "chest pain"


@pytest.fixture
def bedside() -> Bedside:
    bedside = Bedside()
    actions.observe_sign(visit=bedside.visit, sign=PAIN, by=bedside.nurse, at=AT)
    return bedside


def tick(bedside: Bedside, *seconds: int) -> list[str]:
    """Who was told by the last of these moments, first told first."""
    for second in seconds:
        actions.tick(clinic_id=bedside.clinic.pk, at=AT + timedelta(seconds=second))
    return list(Duty.objects.order_by("due_at").values_list("owner_role", flat=True))


def acknowledge(bedside: Bedside, second: int) -> None:
    at = AT + timedelta(seconds=second)
    actions.acknowledge_alarm(visit=bedside.visit, condition=f"sign.{PAIN}", by=bedside.nurse, at=at)


def test_d6_steps_at_30_60_and_120_s_and_all_go_on_seeing_it(bedside: Bedside):
    assert tick(bedside, 1, 29) == []
    assert tick(bedside, 30, 31, 59) == ["RN"]
    assert tick(bedside, 60, 61, 119) == ["RN", "RX"]
    assert tick(bedside, 120, 121, 300) == ["RN", "RX", "MD"]
    assert set(Duty.objects.values_list("state", "consequence", "kind")) == {("open", 1, "alarm.unanswered")}
    assert all(duty.link.startswith(f"/sessions/{bedside.visit.pk}/") for duty in Duty.objects.all())


def test_d6_acknowledged_at_20_s_tells_nobody_until_it_rings_again_for_30_s(bedside: Bedside):
    acknowledge(bedside, 20)
    assert tick(bedside, 30, 60, 120, 139) == []
    assert tick(bedside, 141, 169) == []
    assert tick(bedside, 171) == ["RN"], "an acknowledgement wears out after 120 s (A7)"


def test_d6_a_pause_is_no_answer(bedside: Bedside):
    actions.pause_audio(visit=bedside.visit, by=bedside.nurse, at=AT + timedelta(seconds=5))
    assert tick(bedside, 31) == ["RN"]


def test_d6_after_a_restart_every_step_is_taken_once(bedside: Bedside):
    tick(bedside, 31)
    queries._remembered.clear()
    assert tick(bedside, 62, 63) == ["RN", "RX"]
    queries._remembered.clear()
    assert tick(bedside, 200, 201) == ["RN", "RX", "MD"]


def test_d6_the_acknowledgement_closes_them_and_is_the_evidence(bedside: Bedside):
    tick(bedside, 61)
    acknowledge(bedside, 70)
    tick(bedside, 71)
    assert set(Duty.objects.values_list("state", flat=True)) == {"closed"}
    signal = AlarmSignal.objects.get(state="acknowledged")
    closings = DutyStep.objects.filter(step="closed")
    assert set(closings.values_list("evidence_kind", "evidence_id")) == {
        ("monitoring.alarmsignal", UUID(int=signal.pk))
    }


def test_d6_its_end_or_the_end_of_the_session_closes_them(bedside: Bedside):
    tick(bedside, 31)
    at = AT + timedelta(seconds=40)
    actions.observe_sign(visit=bedside.visit, sign=PAIN, by=bedside.nurse, at=at, present=False)
    tick(bedside, 41)
    assert not Duty.objects.filter(state="open").exists()
    at = AT + timedelta(seconds=50)
    actions.observe_sign(visit=bedside.visit, sign=PAIN, by=bedside.nurse, at=at)
    tick(bedside, 81)
    actions.end_watch(visit=bedside.visit, by=bedside.nurse, at=AT + timedelta(seconds=90))
    tick(bedside, 91)
    assert list(Duty.objects.values_list("state", flat=True)) == ["closed", "closed"]


def test_d6_two_alarms_climb_each_for_itself_and_a_medium_one_not_at_all(bedside: Bedside):
    for sign in ("seizure", "vomiting"):
        actions.observe_sign(visit=bedside.visit, sign=sign, by=bedside.nurse, at=AT)
    assert tick(bedside, 31, 32) == ["RN", "RN"]
