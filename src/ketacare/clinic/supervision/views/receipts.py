"""A gateway says what became of a call. The signed id it was given is its proof; it opens nothing."""

from __future__ import annotations

import json

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from ketacare.clinic.people.access import by_device
from ketacare.clinic.supervision import actions, channels
from ketacare.clinic.tenancy import actions as tenancy

STATES = {"delivered": True, "answered": True, "failed": False}
KNOWN = {"id", "state", "why"}
BODY_MOST_BYTES = 4096


@csrf_exempt
@require_POST
@by_device("a gateway with the signed id of the call it was given")
def take(request: HttpRequest) -> HttpResponse:
    """204 when it is kept, however often it is said; 403 for an id of somebody else's making; 422 says the field."""
    if len(request.body) > BODY_MOST_BYTES:
        return HttpResponse(status=413)
    try:
        said = json.loads(request.body)
    except ValueError:
        return faulty("", "The body is not JSON.")
    if not isinstance(said, dict) or not all(isinstance(value, str) for value in said.values()):
        return faulty("", "The body is no object of texts.")
    if set(said) - KNOWN:
        return faulty(sorted(set(said) - KNOWN)[0], "This field is not known.")
    if said.get("state") not in STATES:
        return faulty("state", f"One of {', '.join(STATES)}.")
    return keep(said, request)


def keep(said: dict[str, str], request: HttpRequest) -> HttpResponse:
    try:
        organisation_id, receipt = channels.opened(said.get("id", ""))
    except (BadSignature, ValueError):
        return HttpResponse(status=403)
    tenancy.enter(organisation_id=organisation_id)
    actions.receive_receipt(
        receipt=receipt,
        delivered=STATES[said["state"]],
        why=said.get("why", ""),
        at=request.at,  # type: ignore[attr-defined]
    )
    return HttpResponse(status=204)


def faulty(field: str, words: str) -> HttpResponse:
    body = {"title": "Not kept", "status": 422, "errors": [{"field": field, "rule": words}]}
    return HttpResponse(json.dumps(body), status=422, content_type="application/problem+json")
