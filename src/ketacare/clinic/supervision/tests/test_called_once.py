"""H9, D6: alarms of one moment with the same words, as of two channels of one lost monitor, call each person once."""

from __future__ import annotations

import pytest

from ketacare.clinic.channels import actions as calls
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.supervision import actions
from ketacare.clinic.supervision.models import Call, RungTaken
from ketacare.clinic.supervision.tests.factories import Room, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> Room:
    room = Room()
    told = {"mobile": "+1 207 555 0100", "by_text": True, "by_voice": False, "by_mail": False}
    calls.set_reach(**told, by=room.second, at=later(-60))
    return room


def acknowledge(room: Room, condition: str, second: float) -> None:
    monitoring.acknowledge_alarm(visit=room.visit, condition=condition, by=room.nurse, at=later(second))
    room.climb(second + 0.5)


def texts() -> list[str]:
    return list(Call.objects.filter(rung__rung="second", channel="text").values_list("state", flat=True))


def test_h9_one_call_for_two_alarms_is_kept_while_either_rings_and_confirms_both(room: Room):
    pain, breath = room.hurt(), room.hurt(sign="breathlessness")
    room.climb(30)
    assert RungTaken.objects.filter(rung="second").count() == 2
    call = Call.objects.get(rung__rung="second", channel="text")
    other = breath if call.rung.condition == pain else pain
    assert Call.objects.filter(rung__condition=other, channel="screen").exists()
    acknowledge(room, call.rung.condition, 31)
    assert texts() == ["waiting"]
    actions.receive_receipt(receipt=call.receipt, delivered=True, at=later(33))
    room.climb(41)
    assert not RungTaken.objects.filter(condition=other, rung="prescriber").exists(), "confirmed within 10 s"


def test_h9_it_is_needless_when_both_are_answered(room: Room):
    conditions = [room.hurt(), room.hurt(sign="breathlessness")]
    room.climb(30)
    for second, condition in enumerate(conditions, 31):
        assert texts() == ["waiting"]
        acknowledge(room, condition, second)
    assert texts() == ["failed"]


def test_h9_an_alarm_of_another_second_calls_again(room: Room):
    room.hurt()
    room.hurt(5, "breathlessness")
    room.climb(30, 35)
    assert len(texts()) == 2
