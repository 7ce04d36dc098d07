"""The JSON door for devices: one POST, one transaction, one answer for one key however often it is sent."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, InterfaceError, OperationalError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ketacare.clinic.monitoring.actions.devices import organisation_in, token_hash
from ketacare.clinic.monitoring.models import Device, Way
from ketacare.clinic.people.access import by_device, moment_of
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.exchange.devices import translate
from ketacare.exchange.mailroom import receive as mailroom
from ketacare.exchange.mailroom.lists import list_what_was_not_charted
from ketacare.exchange.mailroom.receive import Letter, Opened
from ketacare.exchange.mailroom.translate import Envelope, Fault, Translation, Unreadable
from ketacare.medicine.monitoring.terms import Channel

logger = logging.getLogger(__name__)

STANDARD = "json"
BODY_MOST_BYTES = 1_048_576
UNITS = {str(channel): channel.unit for channel in Channel}
KEPT_MOST_BYTES = 65_536
NO_KEY = Fault("/key", "101", "Each message carries a UUID of its own as key.")
NO_KEY_IN_HEADER = Fault("Idempotency-Key", NO_KEY.code, NO_KEY.words)
OUR_FAULT = Fault("", "207", "The message is kept, but a fault of ours kept it from the chart. Somebody is told.")
NO_SUCH_DEVICE = Fault("", "101", "No monitor of this id is registered here.")
OTHER_BODY = Fault("Idempotency-Key", mailroom.NUMBER_TAKEN, "This key was used for another body.")


@csrf_exempt
@require_POST
@by_device("a bedside device with its own key")
def take_readings(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """201 with what was taken; the same key and body again, the same answer; 422 with every fault by its field.
    What a fault of ours keeps from the chart is kept, listed and answered as well: it needs no second sending."""
    device = _device(request, device_id)
    if device is None:
        return problem(401, [Fault("Authorization", "", "The device's own key is needed.")])
    at, key = moment_of(request), _key(request)
    letter = letter_of(request.body, at, str(device.pk), Way.JSON)
    if not key:
        letter = replace(letter, refusal=letter.refusal or NO_KEY_IN_HEADER)
    answer = take_or_keep(letter, key, device, clinic=device.clinic, at=at)
    return response(answer.status, answer.body)


def _key(request: HttpRequest) -> str:
    """Empty when there is none that is a UUID."""
    try:
        return str(UUID(request.headers.get("Idempotency-Key", "")))
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class Answer:
    """As HTTP says it, whichever way the message came."""

    status: int
    body: bytes


def letter_of(raw: bytes, at: datetime, peer: str, way: Way) -> Letter:
    """A body as it arrived; of one too large to read only the beginning, to be refused and kept."""
    if len(raw) <= BODY_MOST_BYTES:
        return Letter(raw, at, peer, way=way)
    fault = Fault("", "102", f"At most {BODY_MOST_BYTES:,} bytes are taken at once; only the beginning is kept.")
    digest = hashlib.sha256(raw).hexdigest()
    return Letter(raw[:KEPT_MOST_BYTES], at, peer, way=way, refusal=fault, whole_bytes=len(raw), whole_digest=digest)


def take(letter: Letter, key: str, device: Device | None, *, clinic: Clinic, at: datetime) -> Answer:
    """Kept, charted and answered, or refused and kept; the same key and body again, the same answer."""
    try:
        with transaction.atomic():
            return _answer(letter, key, device, clinic=clinic, at=at)
    except IntegrityError:  # its twin was committed this very moment
        return _answer(letter, key, device, clinic=clinic, at=at)


def take_or_keep(letter: Letter, key: str, device: Device | None, *, clinic: Clinic, at: datetime) -> Answer:
    """As take; and one that breaks something of ours is kept, answered with that, and owned: asked for again and again
    it would hold up everything behind it."""
    try:
        return take(letter, key, device, clinic=clinic, at=at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - said, kept, answered and listed; its text may quote a record
        logger.error("a message is kept uncharted: %s", type(fault).__name__)
        return take(replace(letter, refusal=OUR_FAULT), key, device, clinic=clinic, at=at)


def _device(request: HttpRequest, device_id: UUID) -> Device | None:
    """The device whose key this is. The key names its organisation, which is entered."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    organisation_id = organisation_in(token)
    if scheme != "Bearer" or organisation_id is None:
        return None
    tenancy.enter(organisation_id=organisation_id)
    device = device_by_id(device_id)
    known = device is not None and hmac.compare_digest(device.token_hash, token_hash(token))
    return device if known else None


def device_by_id(device_id: UUID) -> Device | None:
    return Device.objects.select_related("clinic").filter(pk=device_id, retired_at__isnull=True).first()


def _answer(letter: Letter, key: str, device: Device | None, *, clinic: Clinic, at: datetime) -> Answer:
    envelope = Envelope((device.address,) if device else (), key)
    number = (mailroom.sender_of(letter, envelope), key)
    known = mailroom.earlier(clinic, [number], [letter.digest])[number]
    row = mailroom.repeat_of(letter, known)
    if row is not None:
        return Answer(int(row.answer), bytes(row.answer_body))
    found = _read(letter, envelope, device, is_known=device is not None, reused=bool(known) and bool(key))
    return _new(letter, envelope, found, clinic=clinic, at=at)


def _read(letter: Letter, envelope: Envelope, device: Device | None, *, is_known: bool, reused: bool) -> Translation:
    """What it says, or the one reason why it is not read."""
    refusal = letter.refusal
    if not is_known:
        refusal = NO_SUCH_DEVICE
    elif not envelope.control_id:
        refusal = refusal or NO_KEY
    elif reused:
        refusal = OTHER_BODY
    if refusal is not None:
        return Translation(envelope, faults=(refusal,))
    try:
        return translate.read(letter.raw, units=UNITS)
    except Unreadable as unreadable:
        return Translation(envelope, faults=(unreadable.fault,))


def _new(letter: Letter, envelope: Envelope, found: Translation, *, clinic: Clinic, at: datetime) -> Answer:
    """All of a body is charted or nothing of it; what was refused is kept and listed all the same (I15)."""
    status = 201 if not found.faults else 413 if letter.whole_bytes and letter.refusal in found.faults else 422
    answer = refused(status, found.faults) if found.faults else taken(found)
    row = mailroom.kept(
        letter,
        envelope,
        clinic=clinic,
        standard=STANDARD,
        answer=str(answer.status),
        answer_body=answer.body,
        faults=found.faults,
        unmapped=found.unmapped,
    )
    row.save(force_insert=True)
    letter = replace(letter, held=found.envelope.held)
    whole = Translation(envelope, found.observations, found.unmapped, found.faults, found.own_alarms)
    opened = Opened(letter, row, whole, tuple(found.faults))
    if not found.faults:
        sent_at = datetime.fromisoformat(found.envelope.sent_at) if found.envelope.sent_at else None
        devices = mailroom.devices_of([envelope], clinic)
        mailroom.chart([opened], clinic=clinic, at=at, sent_at=[sent_at], devices=devices)
    list_what_was_not_charted([(row, found.faults, found.unmapped)], clinic=clinic, at=at)
    return answer


def taken(found: Translation) -> Answer:
    body = {"taken": len(found.observations), "unmapped": [one.code for one in found.unmapped]}
    return Answer(201, json.dumps(body).encode())


def refused(status: int, faults: Sequence[Fault]) -> Answer:
    """RFC 9457."""
    listed = [{"field": f.where, "rule": f.words, "code": f.code} for f in faults]
    body = {"type": "about:blank", "title": "Not saved", "status": status, "errors": listed}
    return Answer(status, json.dumps(body).encode())


def problem(status: int, faults: Sequence[Fault]) -> HttpResponse:
    """A refusal of which nothing is kept: nobody knows whose it is."""
    return response(status, refused(status, faults).body)


def response(status: int, body: bytes) -> HttpResponse:
    kind = "application/json" if status < 400 else "application/problem+json"
    answer = HttpResponse(body, status=status, content_type=kind)
    if status in (413, 422):
        answer.keeps = True  # type: ignore[attr-defined]  # the middleware rolls back every other refusal
    return answer
