"""The sheets this clinic works by: what they say, who says so, and whether they are adopted."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.people.access import NotHere, actor_of, confirm, guarded, may
from ketacare.clinic.protocols import actions, queries
from ketacare.clinic.tenancy.refusals import Refused


@guarded("protocols", "R")
def protocols(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    rows = queries.on_file(actor.clinic_id, on=today(request))
    waiting = [row for row in rows if not row.is_adopted]
    return render(
        request,
        "protocols/protocols.jinja",
        {"rows": rows, "waiting": waiting, "may_adopt": may(actor, "protocols", "A")},
    )


@guarded("protocols", "R")
def sheet(request: HttpRequest, sheet_id: str) -> HttpResponse:
    return render(request, "protocols/sheet.jinja", context(request, sheet_id))


def context(request: HttpRequest, sheet_id: str) -> dict[str, Any]:
    actor = actor_of(request)
    row = next((row for row in queries.on_file(actor.clinic_id, on=today(request)) if row.header.id == sheet_id), None)
    if row is None:
        raise NotHere
    return {
        "row": row,
        "figures": queries.figures(row.sheet),
        "history": queries.history(actor.clinic_id, sheet_id),
        "may_adopt": may(actor, "protocols", "A"),
        "refusals": [],
    }


@guarded("protocols", "A")
def adopt(request: HttpRequest, sheet_id: str) -> HttpResponse:
    """GET asks once more with the figures nobody re-read named; POST adopts."""
    confirm(request)
    if request.method != "POST":
        return render(request, "protocols/adopt.jinja", context(request, sheet_id))
    try:
        actions.adopt(
            sheet_id=sheet_id,
            version=request.POST.get("sheet_version", ""),
            words=request.POST.get("words", ""),
            by=actor_of(request),
            at=request.at,  # type: ignore[attr-defined]
        )
    except Refused as refused:
        shown = context(request, sheet_id) | {"refusals": refused.refusals}
        return render(request, "protocols/adopt.jinja", shown, status=422)
    return HttpResponseRedirect(reverse("protocol-sheet", args=[sheet_id]))


@guarded("protocols", "A")
def withdraw(request: HttpRequest, sheet_id: str) -> HttpResponse:
    confirm(request)
    if request.method != "POST":
        return render(request, "protocols/withdraw.jinja", context(request, sheet_id))
    try:
        actions.withdraw(
            sheet_id=sheet_id,
            words=request.POST.get("words", ""),
            by=actor_of(request),
            at=request.at,  # type: ignore[attr-defined]
        )
    except Refused as refused:
        shown = context(request, sheet_id) | {"refusals": refused.refusals}
        return render(request, "protocols/withdraw.jinja", shown, status=422)
    return HttpResponseRedirect(reverse("protocol-sheet", args=[sheet_id]))


def today(request: HttpRequest) -> Any:
    return request.at.astimezone(ZoneInfo(actor_of(request).zone)).date()  # type: ignore[attr-defined]
