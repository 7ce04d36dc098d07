"""The station: every running chair with its people, what is offered to me, the calls that were made, and the rooms."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.audit import queries as log
from ketacare.clinic.dosing.queries import station as stations
from ketacare.clinic.dosing.views.page import now
from ketacare.clinic.dosing.views.wall import live
from ketacare.clinic.monitoring import agents, processes
from ketacare.clinic.people.access import Actor, NotHere, actor_of, guarded, may
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Chair
from ketacare.clinic.supervision.access import help_token, may_watch


@guarded("alarms", "R")
@require_GET
def station(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    audit.note(by=actor, at=at, verb="station.open", purpose="care")
    context: dict[str, Any] = {
        "chairs": stations.chairs(actor, at=at),
        "calls": stations.calls(actor, at=at),
        "uncalled": stations.nobody_is_called(at),
        "silent": silent(actor, at),
        "leap": processes.last_leap(at),
        "clock_off": processes.off_by(at),
        "rooms": rooms(actor) if may(actor, "appointments", "U") else [],
        "wide": True,
        "at": at,
        "live": live(actor, at),
        "presence": reverse("presence") if may_watch(actor, None) else "",
    }
    return render(request, "dosing/station.jinja", context)


def silent(actor: Actor, at: datetime) -> list[processes.Silent]:
    """What takes readings in, or where all of that lives, the monitors themselves: of one fault one line (H9)."""
    here = processes.silent_to(actor.clinic_id, at)  # also what died before the weekend
    ours = list({one.kind: one for one in (*here, *processes.silent(at))}.values())
    if any(one.brings_readings for one in ours):
        return ours
    return [*ours, *processes.senders_silent(actor.clinic_id, at), *agents.agents_silent(actor.clinic_id, at)]


@guarded("readings", "R")
@require_GET
def cards(request: HttpRequest) -> HttpResponse:
    """What the station holds of every patient in a chair. Each is a chart that a page has held, and says so once a day:
    the page asks again at every alarm, and a line each time would bury who opened what."""
    actor, at = actor_of(request), now(request)
    found = stations.cards(actor, at=at)
    held = log.done_to(actor_id=actor.user_id, clinic_id=actor.clinic_id, verb="card.held", since=midnight(actor, at))
    for one in found:
        if str(one["visit"].pk) not in held:
            audit.note(by=actor, at=at, verb="card.held", on=one["visit"], patient=one["visit"].patient)
    return render(request, "dosing/station_cards.jinja", {"cards": found, "at": at})


def midnight(actor: Actor, at: datetime) -> datetime:
    """When this day of the clinic began."""
    return at.astimezone(ZoneInfo(actor.zone)).replace(hour=0, minute=0, second=0, microsecond=0)


def rooms(actor: Actor) -> list[dict[str, Any]]:
    found = Chair.objects.filter(clinic_id=actor.clinic_id, retired_at=None).order_by("name")
    tokens = [(chair, {"token": help_token(chair)}) for chair in found]
    return [
        {"chair": chair, "href": reverse("room-help", kwargs=token), "door": reverse("room-door", kwargs=token)}
        for chair, token in tokens
    ]


@guarded("appointments", "U")
@require_POST
def new_room_link(request: HttpRequest, chair_id: UUID) -> HttpResponse:
    """A tablet is lost or moved: from now on the old link calls nobody."""
    actor, at = actor_of(request), now(request)
    chair = Chair.objects.filter(pk=chair_id, clinic_id=actor.clinic_id).first()
    if chair is None:
        raise NotHere
    scheduling.renew_help_link(chair=chair, by=actor, at=at)
    return HttpResponseRedirect(reverse("station") + "#rooms")
