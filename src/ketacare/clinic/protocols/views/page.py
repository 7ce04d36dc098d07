"""What every page of one sheet knows: the sheet as it counts here, the version looked at, and what may be done."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode

from ketacare.clinic.people.access import NotHere, actor_of, may, moment_of
from ketacare.clinic.protocols import queries
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.terms import Sheet


def today(request: HttpRequest) -> date:
    on: date = local_day(moment_of(request), actor_of(request).zone)
    return on


def context(request: HttpRequest, sheet_id: str, version: str | None = None) -> dict[str, Any]:
    """`shown` is the version asked for, else the one that counts here."""
    actor = actor_of(request)
    row = queries.one_on_file(actor.clinic_id, sheet_id, on=today(request))
    if row is None:
        raise NotHere
    shown = queries.version_of(actor.clinic_id, sheet_id, version) if version else row.sheet
    if shown is None:
        raise NotHere
    return {
        "row": row,
        "shown": shown.header,
        "figures": [(entry.words, entry.value) for entry in rules.figures_of(shown)],
        "rows": list(rules.cited_rows(shown)),
        "unconfirmed": queries.unconfirmed(shown),
        "counts": shown.header.version == row.header.version,
        "may_adopt": may(actor, "protocols", "A"),
        "overdue": rules.warnings([shown.header], today(request)),
        "refusals": [],
    }


def asked(request: HttpRequest) -> str | None:
    return request.GET.get("version") or request.POST.get("sheet_version") or None


def shown_sheet(request: HttpRequest, sheet_id: str, version: str | None) -> Sheet:
    """The version a director thinks of signing: the one asked for, else the one that ships."""
    on_file = queries.on_shelf(sheet_id)
    sheet = on_file.newest if version is None else queries.version_of(actor_of(request).clinic_id, sheet_id, version)
    if sheet is None:
        raise NotHere
    return sheet


def link(name: str, sheet_id: str, version: str = "", **more: str) -> str:
    """A page of this sheet at a version; a version may hold a plus sign."""
    told = ({"version": version} if version else {}) | more
    return reverse(name, args=[sheet_id]) + (f"?{urlencode(told)}" if told else "")


def to(name: str, sheet_id: str, version: str = "", **more: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(link(name, sheet_id, version, **more))


def redrawn(request: HttpRequest, template: str, shown: dict[str, Any], refused: Refused) -> HttpResponse:
    """The same page with what was typed and why it was not taken."""
    kept = {"refusals": refused.refusals, "typed": request.POST}
    return render(request, template, shown | kept, status=refused.status)
