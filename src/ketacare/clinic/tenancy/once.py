"""Every POST has one effect and one answer, however often it is sent (I5)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from ketacare.clinic.tenancy import actions
from ketacare.clinic.tenancy.actions import Answer, OtherBody, StillRunning
from ketacare.clinic.tenancy.refusals import Refusal, Refused

KEPT_HEADERS = ("Location", "Content-Type", "HX-Redirect", "HX-Trigger", "HX-Retarget", "HX-Reswap")


class KeyMissing(Refused):
    status = 400


class KeyReused(Refused):
    status = 422


class KeyBusy(Refused):
    status = 409


def key_of(request: HttpRequest) -> UUID:
    """The client-made key, from the form or the header."""
    text = request.headers.get("Idempotency-Key") or request.POST.get("once", "")
    try:
        return uuid.UUID(text)
    except ValueError:
        raise KeyMissing(
            Refusal("Request", "This carries no one-time key.", "Open the page again and repeat; nothing was saved.")
        )


OF_THE_SENDING = ("csrfmiddlewaretoken", "entered_at")


def digest_of(request: HttpRequest) -> str:
    """Of what was asked, not of the session's changing token; sent again, the same press may be dated better (D3)."""
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        fields = sorted((name, tuple(values)) for name, values in request.POST.lists() if name not in OF_THE_SENDING)
        return actions.body_digest(request.path, repr(fields).encode())
    return actions.body_digest(request.path, request.body)


def answer_once(
    request: HttpRequest,
    *,
    organisation_id: UUID,
    actor_id: UUID,
    at: datetime,
    respond: Callable[[], HttpResponseBase],
) -> HttpResponseBase:
    """Answer, or repeat the answer already given. Runs inside the request's transaction, so key and effect are one."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("set local lock_timeout = '5s'")
            claim = actions.claim_once(
                organisation_id=organisation_id,
                actor_id=actor_id,
                key=key_of(request),
                digest=digest_of(request),
                at=at,
            )
            cursor.execute("set local lock_timeout = 0")
    except OtherBody:
        raise KeyReused(
            Refusal(
                "Request",
                "This was sent before with other contents.",
                "Look what was saved, then send this again if it is another entry.",
            )
        )
    except (OperationalError, StillRunning):
        raise KeyBusy(Refusal("Request", "This is still being saved.", "Wait a moment; it will not be entered twice."))
    if claim.earlier is not None:
        return replayed(claim.earlier)
    response = respond()
    if response.status_code < 400 and isinstance(response, HttpResponse):
        kept = {name: response[name] for name in KEPT_HEADERS if name in response}
        actions.remember_answer(claim, Answer(response.status_code, kept, bytes(response.content)))
    return response


def replayed(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.headers.items():
        response[name] = value
    response["Idempotent-Replay"] = "true"
    return response
