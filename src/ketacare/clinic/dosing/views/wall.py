"""Every running chair at a glance: initials only, calm tiles recede, an alarm takes its tile."""

from __future__ import annotations

from operator import attrgetter
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.queries import wall as tiles
from ketacare.clinic.dosing.views.page import now
from ketacare.clinic.monitoring import access as monitoring
from ketacare.clinic.people.access import Actor, actor_of, granted, guarded
from ketacare.clinic.protocols.queries import past_review
from ketacare.clinic.supervision.access import may_watch
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.evidence.rules import warnings

WATCHED_BY = ("watch", "watching")


@guarded("session_status", "R")
def wall(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    audit.note(by=actor, at=at, verb="wall.open", purpose="care")
    shown, today = tiles.tiles(actor, at=at), local_day(at, actor.zone)
    headers = {header for tile in shown for header in tile["headers"]}
    headers_late = warnings(sorted(headers, key=attrgetter("id", "version")), today)
    context: dict[str, Any] = {
        "tiles": shown,
        "late": (*headers_late, *past_review(WATCHED_BY, today)),
        "wide": True,
        "chrome": False,
        "at": at,
        "live": live(actor, at),
        "presence": reverse("presence") if may_watch(actor, None) else "",
    }
    return render(request, "dosing/wall.jinja", context)


def live(actor: Actor, at: Any) -> str:
    """Numbers stream only to those who may see readings: of every chair, or of their own patients'. The front desk sees
    phases."""
    if granted(actor.role, "readings", "R", frozenset({"clinic"})):
        ticket = monitoring.wall_ticket(actor, at=at)
    elif own := tiles.visits_of(actor, "readings"):
        ticket = monitoring.visits_ticket(actor, own, at=at)
    else:
        return ""
    return f"/live/stream?{urlencode({'ticket': ticket})}"
