"""Signs of life and self-tests of screens, for the pages of the rooms above."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.people.access import actor_of, guarded, moment_of
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.supervision import actions
from ketacare.clinic.tenancy.refusals import Refusal, Refused

LONGEST_MS = 86_400_000


def screen_of(request: HttpRequest) -> UUID:
    try:
        return UUID(request.POST.get("screen", ""))
    except ValueError:
        raise Refused(Refusal("screen", "is not named.", "Open the page again."))


def beat(request: HttpRequest, visit: Visit | None) -> HttpResponseBase:
    """Answered with until when this screen may be silent on somebody else's word."""
    actor, at = actor_of(request), moment_of(request)
    screen = screen_of(request)
    if request.POST.get("gone"):
        actions.leave(screen=screen, visit=visit, by=actor, at=at)
        return JsonResponse({"quiet_until": None})
    quiet: datetime | None = actions.answer(
        screen=screen,
        visit=visit,
        audible=request.POST.get("audible") == "yes",
        in_room=request.POST.get("in_room") == "yes",
        by=actor,
        at=at,
    )
    return JsonResponse({"quiet_until": quiet.isoformat() if quiet else None})


@guarded("alarms", "C", beats=True)
@require_POST
def presence(request: HttpRequest) -> HttpResponseBase:
    """From a page that shows every chair."""
    return beat(request, None)


@guarded("alarms", "C")
@require_POST
def self_test(request: HttpRequest) -> HttpResponseBase:
    """Of a page that shows every chair (D10)."""
    keep_self_test(request, None)
    return JsonResponse({"kept": True})


def keep_self_test(request: HttpRequest, visit: Visit | None) -> None:
    actions.record_self_test(
        screen=screen_of(request),
        visit=visit,
        lamps=request.POST.get("lamps") == "yes",
        sounds=request.POST.get("sounds") == "yes",
        link_ms=whole(request, "link_ms", at_least=0),
        offset_ms=whole(request, "offset_ms", at_least=-LONGEST_MS),
        paired=bool(monitoring.open_pairings(visit)) if visit else None,
        awake=request.POST.get("awake") == "yes",
        by=actor_of(request),
        at=moment_of(request),
    )


def whole(request: HttpRequest, name: str, *, at_least: int) -> int | None:
    """Whole milliseconds as the page measured them; nothing where it could not."""
    text = request.POST.get(name, "")
    if not text.lstrip("-").isdecimal() or not text.isascii():
        return None
    return max(at_least, min(int(text[:12]), LONGEST_MS))
