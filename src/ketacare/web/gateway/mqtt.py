"""Readings from an MQTT broker: taken as the JSON door takes them, and acknowledged to the broker after the commit.

Each monitor publishes to `ketacare/devices/ID/readings` with QoS 1; the answer goes to `ketacare/devices/ID/answers`.
While the database does not answer nothing is acknowledged: the wire is dropped, and the broker delivers again what it
was not told is kept. Several subscribers may run: each gets every message, and the second finds it taken.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import paho.mqtt.client as paho
from django.db import InterfaceError, OperationalError
from paho.mqtt.enums import CallbackAPIVersion

from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import processes
from ketacare.clinic.monitoring.models import Way
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.exchange.devices import receive, translate
from ketacare.exchange.mailroom.translate import Fault
from ketacare.web.gateway.writer import Addresses, NoClinic, hang_up

logger = logging.getLogger(__name__)

TOPIC = "ketacare/devices/+/readings"
KEEPALIVE_S = 30
TRY_AGAIN_S = 0.5
ALIVE_EVERY_S = 2.0


NOT_SURE = Fault("", "102", "Published with QoS 0, of which any may be lost unseen: publish with QoS 1.")


class NotKept(Exception):
    """The database did not take it, so the broker is not told that it was taken."""


@dataclass(frozen=True, slots=True)
class Broker:
    host: str
    port: int
    user: str = ""
    password: str = ""
    encrypted: bool = False

    @staticmethod
    def at(address: str) -> Broker | None:
        """mqtt://USER:PASSWORD@HOST:PORT, or mqtts:// for TLS; None when it is neither."""
        where = urlsplit(address)
        if where.scheme not in ("mqtt", "mqtts") or not where.hostname:
            return None
        encrypted = where.scheme == "mqtts"
        port = where.port or (8883 if encrypted else 1883)
        return Broker(where.hostname, port, where.username or "", where.password or "", encrypted)


class Subscriber:
    """One wire to the broker, whose session outlives it under this name."""

    def __init__(self, broker: Broker, name: str, clock: Callable[[], datetime]) -> None:
        self.broker, self.name, self.clock = broker, name, clock
        self.addresses = Addresses()
        self.client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=name,
            clean_session=False,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        if broker.user:
            self.client.username_pw_set(broker.user, broker.password)
        if broker.encrypted:
            self.client.tls_set()
        self.client.on_connect = self.connected
        self.client.on_message = self.came

    def run(self, stop: threading.Event) -> None:
        """Until told to stop; a broken wire is made anew."""
        threading.Thread(target=self._end_when, args=(stop,), daemon=True).start()
        telling = threading.Thread(target=self._tell, args=(stop,), daemon=True)
        telling.start()
        while not stop.is_set():
            try:
                self.client.connect(self.broker.host, self.broker.port, KEEPALIVE_S)
                self.client.loop_forever()
            except NotKept as problem:
                logger.warning("nothing is acknowledged: %s", problem)
                self._drop()
            except OSError as problem:
                logger.warning("the broker does not answer: %s", type(problem).__name__)
            stop.wait(TRY_AGAIN_S)
        telling.join(ALIVE_EVERY_S)
        hang_up()

    def _tell(self, stop: threading.Event) -> None:
        """A sign of life while the broker is there; without one, pages say that nothing is taken in (D9)."""
        while not stop.is_set():
            if self.client.is_connected():
                self._say(self.clock())
            stop.wait(ALIVE_EVERY_S)
        self._say(processes.STOPPED)
        hang_up()

    def _say(self, at: datetime) -> None:
        try:
            monitoring.beat(process=f"mqtt {self.name[:34]}", at=at)
        except (OperationalError, InterfaceError) as problem:
            logger.warning("no sign of life could be written: %s", type(problem).__name__)
            hang_up()

    def _end_when(self, stop: threading.Event) -> None:
        stop.wait()
        self.client.disconnect()

    def _drop(self) -> None:
        """Without a word: a polite end would not make every broker deliver again."""
        wire: Any = self.client.socket()
        if wire is not None:
            wire.close()
        hang_up()

    def connected(self, client: paho.Client, _: Any, __: Any, answer: Any, *___: Any) -> None:
        if answer.is_failure:
            logger.error("the broker lets nobody in by this name and password: %s", answer)
            return
        client.subscribe(TOPIC, qos=1)
        print(f"Listening for monitors at {self.broker.host}:{self.broker.port}, {TOPIC}", flush=True)

    def came(self, client: paho.Client, _: Any, message: paho.MQTTMessage) -> None:
        """Commit, then acknowledge, then answer."""
        device = message.topic.split("/")[2]
        try:
            key, answer = self.taken(device, bytes(message.payload), message.topic, is_sure=message.qos > 0)
        except (OperationalError, InterfaceError, NoClinic) as problem:
            raise NotKept(type(problem).__name__) from None
        client.ack(message.mid, message.qos)
        body = {"key": key, "status": answer.status} | json.loads(answer.body)
        client.publish(f"ketacare/devices/{device}/answers", json.dumps(body), qos=1)

    def taken(self, device: str, raw: bytes, topic: str, *, is_sure: bool = True) -> tuple[str, receive.Answer]:
        """By the clinic whose monitor it is; a stranger's message is kept by the home clinic, refused. So is what a
        broker may lose without a word: a monitor set up so is noticed with its first reading."""
        at = self.clock()
        if self.addresses.stale(at):
            self.addresses.read(at)
        device_id = uuid_in(device)
        clinic_id = self.addresses.by_id.get(device_id) if device_id else None
        found = self.addresses.clinics.get(clinic_id or self.addresses.home)  # type: ignore[arg-type]
        if found is None:
            raise NoClinic
        letter, key = receive.letter_of(raw, at, topic, Way.MQTT), translate.key_in(raw)
        if not is_sure:
            letter = replace(letter, refusal=letter.refusal or NOT_SURE)
        with tenancy.tenant(found.organisation_id):
            known = receive.device_by_id(device_id) if device_id and clinic_id else None
            return key, receive.take_or_keep(letter, key, known, clinic=found, at=at)


def uuid_in(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
