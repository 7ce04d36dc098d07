"""The integration page of one dose."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, granted, guarded, relations_to
from ketacare.clinic.scheduling.access import visit_of
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy import actions, queries


@require_http_methods(["GET", "POST"])
@guarded("therapy", "R")
def integration(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The window, what was noted, and the form of the short note."""
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    visit = visit_of(actor, visit_id, "therapy", "C" if request.method == "POST" else "R", at=at)
    if request.method == "POST":
        actions.write_note(visit=visit, by=actor, at=at, **entry(request, actor.zone))
        return HttpResponseRedirect(reverse("therapy", args=[visit_id]))
    context = {
        "visit": visit,
        "standing": queries.standing(visit, at),
        "notes": queries.notes(visit),
        "patient": people.header(visit.patient, at=at, zone=actor.zone),
        "may_write": granted(actor.role, "therapy", "C", relations_to(actor, visit.patient)),
        "now": at.astimezone(ZoneInfo(actor.zone)).strftime("%Y-%m-%dT%H:%M"),
    }
    return render(request, "therapy/integration.jinja", context)


def entry(request: HttpRequest, zone: str) -> dict[str, Any]:
    """The form, with its time read on the clinic's wall."""
    minutes = request.POST.get("minutes", "").strip()
    try:
        happened_at = datetime.fromisoformat(request.POST.get("happened_at", "")).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise Refused(Refusal("happened_at", "cannot be read.", "Choose day and time of the visit."))
    return {
        "happened_at": happened_at,
        "minutes": int(minutes) if minutes.isascii() and minutes.isdecimal() else 0,
        "summary": request.POST.get("summary", ""),
        "next_step": request.POST.get("next_step", ""),
    }
