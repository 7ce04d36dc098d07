import json
import time
import uuid
from datetime import UTC, datetime

import pytest
from django.test import Client

from ketacare.clinic.monitoring.models import AlarmSignal, DeviceClock, Reading, Way
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.exchange.devices import receive
from ketacare.exchange.mailroom import receive as mailroom
from ketacare.exchange.mailroom.models import Message, Refusal

pytestmark = pytest.mark.django_db


def now():
    """The view reads the real clock, so the world around it must."""
    return datetime.fromtimestamp(time.time(), UTC)


@pytest.fixture
def bedside():
    return Bedside(at=now())


def post(bedside, body, *, token=None, key=None, device=None):
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Client().post(
        f"/api/devices/{device or bedside.device.pk}/readings",
        raw,
        content_type="application/json",
        headers={
            "Authorization": f"Bearer {bedside.token if token is None else token}",
            "Idempotency-Key": str(key or uuid.uuid4()),
        },
    )


def good(**change):
    return {"readings": [{"channel": "SPO2", "value": 97, "unit": "%", "taken_at": now().isoformat()} | change]}


def test_readings_are_charted_and_a_repeat_gets_the_same_answer(bedside):
    body, key = good(), uuid.uuid4()
    first, second = post(bedside, body, key=key), post(bedside, body, key=key)
    assert (first.status_code, first.json()) == (201, {"taken": 1, "unmapped": []})
    assert (second.status_code, second.content) == (201, first.content)
    assert (Message.objects.count(), Reading.objects.get().value) == (1, 97)
    assert DeviceClock.objects.get().way == Way.JSON


def test_t3_a_device_that_turns_its_own_alarms_off_is_an_alarm_here(bedside):
    assert post(bedside, {"readings": [], "own_alarms": "off"}).status_code == 201
    signal = AlarmSignal.objects.get(condition=f"{bedside.device.pk}.alarms_off")
    assert (signal.priority, signal.kind, signal.sounding) == ("medium", "technical", True)
    assert post(bedside, good() | {"own_alarms": "on"}).status_code == 201
    assert AlarmSignal.objects.filter(condition=signal.condition).latest("id").presence == "absent"


def test_i5_another_body_under_the_same_key_is_refused(bedside):
    key = uuid.uuid4()
    post(bedside, good(), key=key)
    answer = post(bedside, good(value=90), key=key)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert Reading.objects.get().value == 97


@pytest.mark.parametrize("body", [good(unit="kPa"), b"{", {"readings": []}])
def test_i15_a_refused_body_is_kept_listed_and_answered_with_its_faults(bedside, body):
    answer = post(bedside, body)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["rule"]
    assert (Message.objects.count(), Refusal.objects.count(), Reading.objects.count()) == (1, 1, 0)


def test_without_its_own_key_a_device_is_nobody(bedside):
    other = uuid.uuid4().hex + ".x"
    for token in ("", "x", other, bedside.token[:-1], bedside.token.split(".")[0]):
        assert post(bedside, good(), token=token).status_code == 401
    assert post(bedside, good(), device=uuid.uuid4()).status_code == 401
    assert Message.objects.count() == 0


def test_i15_a_key_that_is_no_uuid_is_refused_and_its_body_kept(bedside):
    answer = post(bedside, good(), key="1")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "Idempotency-Key")
    assert (Message.objects.count(), Refusal.objects.count(), Reading.objects.count()) == (1, 1, 0)


def test_i15_a_body_that_breaks_something_of_ours_is_kept_listed_and_answered(bedside, monkeypatch):
    """The control arm: by the door without that care nothing at all would be kept of it."""

    def broken(*_, **__):
        raise ZeroDivisionError("a record's words")

    key, unguarded = uuid.uuid4(), receive.letter_of(json.dumps(good()).encode(), now(), "peer", Way.JSON)
    with monkeypatch.context() as patch:
        patch.setattr(mailroom, "chart", broken)
        answer = post(bedside, good(), key=key)
        with pytest.raises(ZeroDivisionError):
            receive.take(unguarded, str(uuid.uuid4()), bedside.device, clinic=bedside.clinic, at=now())
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "207")
    assert b"record" not in answer.content
    assert (Message.objects.count(), Refusal.objects.count(), Reading.objects.count()) == (1, 1, 0)
    assert post(bedside, good()).status_code == 201
