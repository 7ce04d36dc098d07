"""The clinic's bedside monitors: registered, known by name and serial, given a key, retired."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.monitoring import access, actions, monitors, queries
from ketacare.clinic.monitoring.models import Device
from ketacare.clinic.people.access import actor_of, guarded, may, moment_of
from ketacare.clinic.protocols.queries import past_review
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.terms import Channel

# What a monitor can promise; the scores are a person's.
PROMISED = tuple(channel for channel in Channel if channel.mdc is not None)
KEY = "device_key"  # waits in the sign-in for the one page that shows it


@guarded("settings", "R")
@require_GET
def devices(request: HttpRequest) -> HttpResponse:
    return devices_page(request)


def devices_page(request: HttpRequest, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "monitors": monitors.monitors(actor),
        "strangers": queries.strays(actor).filter(device__isnull=True)[:50],
        "channels": [(str(channel), channel.label) for channel in PROMISED],
        "may_register": may(actor, "settings", "C"),
        "may_change": may(actor, "settings", "U"),
        "hours": Clinic.objects.get(pk=actor.clinic_id),
        "typed": request.POST if refusals else request.GET,
        "promised": request.POST.getlist("channels") if refusals else [str(one) for one in actions.USUAL_CHANNELS],
        "refusals": refusals or [],
        "overdue": past_review(("watch",), local_day(moment_of(request), actor.zone)),
    }
    return render(request, "monitoring/devices.jinja", context, status=422 if refusals else 200)


@guarded("settings", "C")
@require_POST
def register_device(request: HttpRequest) -> HttpResponse:
    def act() -> Device:
        device, key = actions.register_device(
            name=needed(request, "name", "Name"),
            address=needed(request, "address", "Address"),
            serial=request.POST.get("serial", "").strip(),
            channels=promised(request),
            interval_s=interval(request),
            by=actor_of(request),
            at=now(request),
        )
        request.session[KEY] = {str(device.pk): key}
        return device

    return answered(request, act, lambda refusals: devices_page(request, refusals))


@guarded("settings", "U")
@require_POST
def set_hours(request: HttpRequest) -> HttpResponse:
    def act() -> None:
        actions.set_hours(
            doses_over_by=clock_time(request, "doses_over_by"),
            is_open_all_night=request.POST.get("is_open_all_night") == "on",
            by=actor_of(request),
            at=now(request),
        )

    return answered(request, act, lambda refusals: devices_page(request, refusals))


@guarded("settings", "R")
@require_GET
def device(request: HttpRequest, device_id: UUID) -> HttpResponse:
    return device_page(request, access.monitor_of(actor_of(request), device_id))


def device_page(request: HttpRequest, known: Device, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor = actor_of(request)
    context = {
        "monitor": monitors.monitor(actor, known),
        "channels": [(str(channel), channel.label) for channel in PROMISED],
        "may_change": may(actor, "settings", "U"),
        "typed": request.POST if refusals else {},
        "promised": request.POST.getlist("channels") if refusals else known.channels,
        "refusals": refusals or [],
        "key": request.session.pop(KEY, {}).get(str(known.pk)) if request.method == "GET" else None,
    }
    return render(request, "monitoring/device.jinja", context, status=422 if refusals else 200)


@guarded("settings", "U")
@require_POST
def change_device(request: HttpRequest, device_id: UUID) -> HttpResponse:
    known = access.monitor_of(actor_of(request), device_id, "U")

    def act() -> Device:
        return actions.change_device(
            device=known,
            name=needed(request, "name", "Name"),
            serial=request.POST.get("serial", "").strip(),
            channels=promised(request),
            interval_s=interval(request),
            by=actor_of(request),
            at=now(request),
        )

    return answered(request, act, lambda refusals: device_page(request, known, refusals))


@guarded("settings", "U")
@require_POST
def renew_device_key(request: HttpRequest, device_id: UUID) -> HttpResponse:
    known = access.monitor_of(actor_of(request), device_id, "U")

    def act() -> Device:
        key = actions.renew_key(device=known, by=actor_of(request), at=now(request))
        request.session[KEY] = {str(known.pk): key}
        return known

    return answered(request, act, lambda refusals: device_page(request, known, refusals))


@guarded("settings", "U")
@require_POST
def retire_device(request: HttpRequest, device_id: UUID) -> HttpResponse:
    known = access.monitor_of(actor_of(request), device_id, "U")

    def act() -> None:
        actions.retire_device(device=known, by=actor_of(request), at=now(request))

    return answered(request, act, lambda refusals: device_page(request, known, refusals))


# -- reading a form ----------------------------------------------------------------------------------------------------


def now(request: HttpRequest) -> datetime:
    return moment_of(request)


def needed(request: HttpRequest, name: str, what: str) -> str:
    text: str = request.POST.get(name, "").strip()
    if not text:
        raise Refused(Refusal(name, f"{what} is empty.", "Copy it from the monitor."))
    return text


def clock_time(request: HttpRequest, name: str) -> time | None:
    """Empty is none: nothing is named."""
    text = request.POST.get(name, "").strip()
    try:
        return time.fromisoformat(text).replace(second=0, microsecond=0, tzinfo=None) if text else None
    except ValueError:
        raise Refused(Refusal(name, f"{text} is no clock time.", "Write it as 17:30.")) from None


def promised(request: HttpRequest) -> list[Channel]:
    names = {str(channel) for channel in PROMISED}
    return [Channel(name) for name in request.POST.getlist("channels") if name in names]


def interval(request: HttpRequest) -> int:
    text = request.POST.get("interval_s", "1").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def answered(
    request: HttpRequest, act: Callable[[], Device | None], again: Callable[[list[dict[str, str]]], HttpResponse]
) -> HttpResponse:
    try:
        with transaction.atomic():
            done = act()
    except Refused as refused:
        shown: list[dict[str, Any]] = [
            {"field": r.field, "rule": r.rule, "remedy": r.remedy, "kind": r.kind} for r in refused.refusals
        ]
        return again(shown)
    where = reverse("device", kwargs={"device_id": done.pk}) if done else reverse("devices")
    return HttpResponseRedirect(where)
