"""MQTT as the other doors: acknowledged after the commit, delivered again until then, kept once."""

import contextlib
import json
import threading
import time
import uuid

import pytest
from django.db import OperationalError, transaction

from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.monitoring.tests.factories import Bedside
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.exchange.mailroom.models import Message, Refusal
from ketacare.web import clock
from ketacare.web.gateway import mqtt
from ketacare.web.gateway.tests.broker import Broker


@pytest.fixture
def bedside(fresh_database):
    with transaction.atomic():
        return Bedside(at=clock.now())


class Running:
    def __init__(self, **change):
        self.broker, self.stop = Broker(), threading.Event()
        self.subscriber = mqtt.Subscriber(mqtt.Broker("127.0.0.1", self.broker.port), "test", clock.now)
        for name, value in change.items():
            getattr(self.subscriber.client, name)(value)
        self.thread = threading.Thread(target=self.subscriber.run, args=(self.stop,), daemon=True)
        self.thread.start()
        assert self.broker.subscribed.wait(10)

    def end(self):
        self.stop.set()
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.broker.close()


@pytest.fixture
def running(bedside):
    one = Running()
    yield one
    one.end()


def wait_for(question):
    give_up = time.monotonic() + 20
    while not question():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def body(key, value=97, **change):
    row = {"channel": "SPO2", "value": value, "unit": "%", "taken_at": clock.now().isoformat()} | change
    return json.dumps({"key": str(key), "readings": [row]}).encode()


def topic(bedside):
    return f"ketacare/devices/{bedside.device.pk}/readings"


def kept(bedside, model):
    with tenancy.tenant(bedside.clinic.organisation_id):
        return list(model.objects.order_by("pk"))


def test_acknowledged_after_the_commit_and_answered(running, bedside):
    key = uuid.uuid4()
    raw = body(key)
    first = running.broker.publish(topic(bedside), raw)
    wait_for(lambda: first in running.broker.acknowledged)
    assert [row.value for row in kept(bedside, Reading)] == [97]
    again = running.broker.publish(topic(bedside), raw)
    wait_for(lambda: again in running.broker.acknowledged and len(running.broker.answers) == 2)
    assert len(kept(bedside, Message)) == len(kept(bedside, Reading)) == 1
    where, answer = running.broker.answers[0]
    assert where == f"ketacare/devices/{bedside.device.pk}/answers"
    assert json.loads(answer) == {"key": str(key), "status": 201, "taken": 1, "unmapped": []}


def test_a_broker_that_lets_nobody_in_is_no_broker_that_is_listened_to(bedside, monkeypatch, capsys, caplog):
    monkeypatch.setattr(mqtt, "TRY_AGAIN_S", 0.05)
    broker = Broker(refuses=2)
    stop = threading.Event()
    subscriber = mqtt.Subscriber(mqtt.Broker("127.0.0.1", broker.port), "test", clock.now)
    thread = threading.Thread(target=subscriber.run, args=(stop,), daemon=True)
    thread.start()
    assert broker.subscribed.wait(10), "let in at last"
    stop.set()
    thread.join(10)
    broker.close()
    assert capsys.readouterr().out.count("Listening") == 1
    assert [record.levelname for record in caplog.records if "lets nobody in" in record.message] == ["ERROR"] * 2


def failing(monkeypatch, times):
    take, failures = mqtt.receive.take, []

    def fails(*arguments, **more):
        if len(failures) < times:
            failures.append(1)
            raise OperationalError
        return take(*arguments, **more)

    monkeypatch.setattr(mqtt.receive, "take", fails)
    return failures


def test_d9_while_the_database_does_not_answer_nothing_is_acknowledged_and_all_is_delivered_again(
    running, bedside, monkeypatch
):
    monkeypatch.setattr(mqtt, "TRY_AGAIN_S", 0.05)
    failures = failing(monkeypatch, 3)
    numbers = [running.broker.publish(topic(bedside), body(uuid.uuid4(), value)) for value in (95, 96, 97)]
    wait_for(lambda: len(failures) == 3)
    wait_for(lambda: set(numbers) <= set(running.broker.acknowledged))
    assert running.broker.deliveries > 3
    assert [row.value for row in kept(bedside, Reading)] == [95, 96, 97]


def test_d9_the_control_arm_that_acknowledges_whatever_happens_does_lose(bedside, monkeypatch):
    failing(monkeypatch, 1)
    one = Running()
    try:
        came = one.subscriber.came

        def acknowledged_anyway(client, data, message):
            with contextlib.suppress(mqtt.NotKept):
                came(client, data, message)
            client.ack(message.mid, message.qos)

        one.subscriber.client.on_message = acknowledged_anyway
        number = one.broker.publish(topic(bedside), body(uuid.uuid4()))
        wait_for(lambda: number in one.broker.acknowledged)
        assert kept(bedside, Reading) == []
    finally:
        one.end()


def test_i15_what_is_refused_is_kept_listed_acknowledged_and_answered_with_its_faults(running, bedside):
    wrong = [
        (topic(bedside), body(uuid.uuid4(), unit="kPa")),
        (topic(bedside), b"{"),
        (topic(bedside), json.dumps({"key": str(uuid.uuid4()), "readings": []}).encode()),
        (topic(bedside), json.dumps({"readings": json.loads(body(1))["readings"]}).encode()),
        (f"ketacare/devices/{uuid.uuid4()}/readings", body(uuid.uuid4())),
        ("ketacare/devices/nobody/readings", body(uuid.uuid4())),
        (topic(bedside), b"x" * 1_100_000),
    ]
    numbers = [running.broker.publish(*one) for one in wrong]
    wait_for(lambda: set(numbers) <= set(running.broker.acknowledged) and len(running.broker.answers) == len(wrong))
    assert [json.loads(answer)["status"] for _, answer in running.broker.answers] == [422] * 6 + [413]
    assert len(kept(bedside, Message)) == len(wrong)
    assert {line.owner_role for line in kept(bedside, Refusal)} == {"AD"}
    assert kept(bedside, Reading) == []


def test_i15_what_the_broker_may_lose_is_refused_kept_and_listed_and_the_next_one_is_taken(running, bedside):
    running.broker.publish_loosely(topic(bedside), body(uuid.uuid4()))
    wait_for(lambda: len(running.broker.answers) == 1)
    assert "QoS 1" in json.loads(running.broker.answers[0][1])["errors"][0]["rule"]
    assert (len(kept(bedside, Message)), len(kept(bedside, Refusal)), kept(bedside, Reading)) == (1, 1, [])
    sure = running.broker.publish(topic(bedside), body(uuid.uuid4()))
    wait_for(lambda: sure in running.broker.acknowledged)
    assert len(kept(bedside, Reading)) == 1


def test_i15_a_message_that_breaks_something_of_ours_is_kept_and_owned_and_holds_up_nothing(
    running, bedside, monkeypatch
):
    read = mqtt.receive.translate.read

    def breaks(raw, **more):
        if b"13.0" in raw:
            raise LookupError
        return read(raw, **more)

    monkeypatch.setattr(mqtt.receive.translate, "read", breaks)
    numbers = [running.broker.publish(topic(bedside), body(uuid.uuid4(), value)) for value in (13.0, 96)]
    wait_for(lambda: set(numbers) <= set(running.broker.acknowledged) and len(running.broker.answers) == 2)
    assert [json.loads(answer)["status"] for _, answer in running.broker.answers] == [422, 201]
    assert [row.value for row in kept(bedside, Reading)] == [96]
    assert [line.owner_role for line in kept(bedside, Refusal)] == ["AD"]


def test_addresses_of_brokers():
    assert mqtt.Broker.at("mqtt://a") == mqtt.Broker("a", 1883)
    assert mqtt.Broker.at("mqtts://u:p@b") == mqtt.Broker("b", 8883, "u", "p", encrypted=True)
    assert mqtt.Broker.at("http://a") is None
