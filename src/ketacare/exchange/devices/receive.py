"""The JSON door for devices: one POST, one transaction, one answer for one key however often it is sent."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ketacare.clinic.monitoring.actions.devices import organisation_in, token_hash
from ketacare.clinic.monitoring.models import Device
from ketacare.clinic.people.access import by_device
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.exchange.devices import translate
from ketacare.exchange.mailroom import receive as mailroom
from ketacare.exchange.mailroom.lists import list_what_was_not_charted
from ketacare.exchange.mailroom.receive import Letter, Opened
from ketacare.exchange.mailroom.translate import Envelope, Fault, Translation, Unreadable
from ketacare.medicine.monitoring.terms import Channel

STANDARD = "json"
BODY_MOST_BYTES = 1_048_576
UNITS = {str(channel): channel.unit for channel in Channel}
OTHER_BODY = Fault("Idempotency-Key", mailroom.NUMBER_TAKEN, "This key was used for another body.")


@csrf_exempt
@require_POST
@by_device("a bedside device with its own key")
def take_readings(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """201 with what was taken; the same key and body again, the same answer; 422 with every fault by its field."""
    device = _device(request, device_id)
    if device is None:
        return problem(401, [Fault("Authorization", "", "The device's own key is needed.")])
    if len(request.body) > BODY_MOST_BYTES:
        return problem(413, [Fault("", "", f"At most {BODY_MOST_BYTES:,} bytes are taken at once.")])
    try:
        key = UUID(request.headers.get("Idempotency-Key", ""))
    except ValueError:
        return problem(400, [Fault("Idempotency-Key", "101", "Each message carries a UUID of its own as key.")])
    at: datetime = request.at  # type: ignore[attr-defined]
    letter = Letter(request.body, at, str(device.pk))
    try:
        with transaction.atomic():
            return _answer(letter, key, device, at=at)
    except IntegrityError:  # its twin was committed this very moment
        return _answer(letter, key, device, at=at)


def _device(request: HttpRequest, device_id: UUID) -> Device | None:
    """The device whose key this is. The key names its organisation, which is entered."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    organisation_id = organisation_in(token)
    if scheme != "Bearer" or organisation_id is None:
        return None
    tenancy.enter(organisation_id=organisation_id)
    device = Device.objects.select_related("clinic").filter(pk=device_id, retired_at__isnull=True).first()
    known = device is not None and hmac.compare_digest(device.token_hash, token_hash(token))
    return device if known else None


def _answer(letter: Letter, key: UUID, device: Device, *, at: datetime) -> HttpResponse:
    envelope = Envelope((device.address,), str(key))
    number = (mailroom.sender_of(letter, envelope), str(key))
    known = mailroom.earlier(device.clinic, [number], [letter.digest])[number]
    row = mailroom.repeat_of(letter, known)
    if row is not None:
        return response(int(row.answer), bytes(row.answer_body))
    return _new(letter, envelope, device, at=at, reused=bool(known))


def _new(letter: Letter, envelope: Envelope, device: Device, *, at: datetime, reused: bool) -> HttpResponse:
    """All of a body is charted or nothing of it; what was refused is kept and listed all the same (I15)."""
    found = Translation(envelope, faults=(OTHER_BODY,))
    if not reused:
        try:
            found = translate.read(letter.raw, units=UNITS)
        except Unreadable as unreadable:
            found = Translation(envelope, faults=(unreadable.fault,))
    answer = problem(422, found.faults) if found.faults else taken(found)
    row = mailroom.kept(
        letter,
        envelope,
        clinic=device.clinic,
        standard=STANDARD,
        answer=str(answer.status_code),
        answer_body=answer.content,
        faults=found.faults,
        unmapped=found.unmapped,
    )
    row.save(force_insert=True)
    whole = Translation(envelope, found.observations, found.unmapped, found.faults)
    opened = Opened(letter, row, whole, tuple(found.faults))
    if not found.faults:
        sent_at = datetime.fromisoformat(found.envelope.sent_at) if found.envelope.sent_at else None
        mailroom.chart([opened], clinic=device.clinic, at=at, sent_at=[sent_at])
    list_what_was_not_charted([(row, found.faults, found.unmapped)], clinic=device.clinic, at=at)
    return answer


def taken(found: Translation) -> HttpResponse:
    body = {"taken": len(found.observations), "unmapped": [one.code for one in found.unmapped]}
    return response(201, json.dumps(body).encode())


def problem(status: int, faults: Sequence[Fault]) -> HttpResponse:
    """RFC 9457. A refusal that was kept must not undo the keeping."""
    listed = [{"field": f.where, "rule": f.words, "code": f.code} for f in faults]
    body = {"title": "Not saved", "status": status, "errors": listed}
    return response(status, json.dumps(body).encode())


def response(status: int, body: bytes) -> HttpResponse:
    kind = "application/json" if status < 400 else "application/problem+json"
    answer = HttpResponse(body, status=status, content_type=kind)
    if status == 422:
        answer.keeps = True  # type: ignore[attr-defined]  # the middleware rolls back every other refusal
    return answer
