"""What a gateway says became of a message: read and checked in one place, kept by the room that wrote it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

from ketacare.clinic.channels import gateways
from ketacare.clinic.people.access import moment_of
from ketacare.clinic.tenancy import actions as tenancy

# As gateways for texts and providers of mail name them; what is still under way is no state of these.
STATES = {"delivered": True, "answered": True} | dict.fromkeys(
    ("failed", "undelivered", "undeliverable", "rejected", "expired", "bounced", "dropped"), False
)
KNOWN = frozenset({"id", "state", "why"})
BODY_MOST_BYTES = 4096
NO_TEXT = re.compile(r"[\x00\ud800-\udfff]")  # JSON can write them; no file and no database takes them


class Faulty(Exception):
    """The body cannot be read: the answer says which field."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field, self.rule = field, rule


def read(body: bytes, known: frozenset[str]) -> dict[str, str]:
    """An object of texts with known fields only."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Faulty("", "The body is not JSON.") from None
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        raise Faulty("", "The body is no object of texts.")
    if set(said) - known:
        raise Faulty(sorted(set(said) - known)[0], "This field is not known.")
    for field, value in said.items():
        if NO_TEXT.search(value):
            raise Faulty(field, "It holds signs that no text has.")
    return said


def take(request: HttpRequest, kind: str, keep: Callable[[UUID, bool, str, datetime], object]) -> HttpResponse:
    """204 when it is kept, however often it is said; 403 for an id of somebody else's making; 422 says the field."""
    if len(request.body) > BODY_MOST_BYTES:
        return HttpResponse(status=413)
    try:
        said = read(request.body, KNOWN)
        if said.get("state") not in STATES:
            raise Faulty("state", f"One of {', '.join(STATES)}.")
        organisation_id, receipt = gateways.opened(said.get("id", ""), kind)
    except Faulty as fault:
        return faulty(fault)
    except (BadSignature, ValueError):
        return HttpResponse(status=403)
    tenancy.enter(organisation_id=organisation_id)
    keep(receipt, STATES[said["state"]], said.get("why", ""), moment_of(request))
    return HttpResponse(status=204)


def faulty(fault: Faulty) -> HttpResponse:
    body = {"title": "Not kept", "status": 422, "errors": [{"field": fault.field, "rule": fault.rule}]}
    return HttpResponse(json.dumps(body), status=422, content_type="application/problem+json")
