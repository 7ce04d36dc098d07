"""Which device answers: a signed name of the browser's own, so that a forwarded link shows no answer."""

from __future__ import annotations

import uuid
from functools import wraps
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

from ketacare.clinic.links.access import device_known
from ketacare.clinic.links.pages import View

COOKIE, DEVICE = "device", "ketacare.device"


def device_of(request: HttpRequest) -> str:
    try:
        given: str = signing.loads(request.COOKIES.get(COOKIE, ""), salt=DEVICE, max_age=device_known())
    except signing.BadSignature:
        return ""
    return given


def with_device(view: View) -> View:
    """Each browser has a name of its own from its first page on: an answer stays its own though the reply was lost."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Signed anew with each page: whoever answers slowly stays known while they do.
        fresh = signing.dumps(device_of(request) or uuid.uuid4().hex, salt=DEVICE)
        request.COOKIES[COOKIE] = fresh
        response = view(request, *args, **kwargs)
        response.set_cookie(
            COOKIE, fresh, path="/c/", httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
            max_age=device_known(),
        )  # fmt: skip
        return response

    return inner
