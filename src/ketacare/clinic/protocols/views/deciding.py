"""What the director signs: adopting, amending, going back, withdrawing. Each asks first who sits there."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ketacare.clinic.people.access import actor_of, confirm, guarded, moment_of
from ketacare.clinic.protocols import actions, queries
from ketacare.clinic.protocols.forms import amendments_in, beside_fields
from ketacare.clinic.protocols.views.page import asked, context, redrawn, shown_sheet, to
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.rules import Entry
from ketacare.medicine.evidence.terms import Sheet


def now(request: HttpRequest) -> datetime:
    return moment_of(request)


@guarded("protocols", "A")
def adopt(request: HttpRequest, sheet_id: str) -> HttpResponse:
    """GET asks once more with what was seen and what nobody re-read; POST adopts."""
    confirm(request)
    posted = request.method == "POST"
    version, seen = asked(request), (request.POST if posted else request.GET).get("seen", "")
    if posted:
        try:
            actions.adopt(
                sheet_id=sheet_id,
                version=version or "",
                words=request.POST.get("words", ""),
                seen=seen,
                read=request.POST.get("read") == "on",
                by=actor_of(request),
                at=now(request),
            )
        except Refused as refused:
            return redrawn(request, "protocols/adopt.jinja", adopting(request, sheet_id, version, seen), refused)
        return to("protocol-sheet", sheet_id)
    shown = adopting(request, sheet_id, version, seen)
    if actions.stands(actor_of(request).clinic_id, sheet_id, shown["shown"].version):
        return to("protocol-sheet", sheet_id)  # there is nothing to sign
    if shown["review"].must_be_seen and seen != shown["review"].digest:
        return to("protocol-differences", sheet_id, shown["shown"].version)
    return render(request, "protocols/adopt.jinja", shown)


def adopting(request: HttpRequest, sheet_id: str, version: str | None, seen: str) -> dict[str, Any]:
    clinic_id = actor_of(request).clinic_id
    on_file = queries.version_of(clinic_id, sheet_id, version) if version else None
    new = on_file or shown_sheet(request, sheet_id, None)
    shown = context(request, sheet_id, new.header.version)
    return shown | {"review": queries.review(clinic_id, new), "seen": seen}


@guarded("protocols", "A")
def withdraw(request: HttpRequest, sheet_id: str) -> HttpResponse:
    confirm(request)
    if request.method != "POST":
        return render(request, "protocols/withdraw.jinja", context(request, sheet_id))
    try:
        actions.withdraw(sheet_id=sheet_id, words=request.POST.get("words", ""), by=actor_of(request), at=now(request))
    except Refused as refused:
        return redrawn(request, "protocols/withdraw.jinja", context(request, sheet_id), refused)
    return to("protocol-sheet", sheet_id)


@guarded("protocols", "A")
def roll_back(request: HttpRequest, sheet_id: str) -> HttpResponse:
    """GET shows what going back would change; POST goes back."""
    confirm(request)
    version = asked(request)
    new = shown_sheet(request, sheet_id, version)
    shown = context(request, sheet_id, new.header.version)
    shown["review"] = queries.review(actor_of(request).clinic_id, new)
    if request.method != "POST":
        return render(request, "protocols/roll_back.jinja", shown)
    try:
        actions.roll_back(
            sheet_id=sheet_id,
            version=new.header.version,
            words=request.POST.get("words", ""),
            by=actor_of(request),
            at=now(request),
        )
    except Refused as refused:
        return redrawn(request, "protocols/roll_back.jinja", shown, refused)
    return to("protocol-sheet", sheet_id)


@guarded("protocols", "A")
def amend(request: HttpRequest, sheet_id: str) -> HttpResponse:
    """GET lists every figure of the version; POST keeps a copy with those that were changed."""
    confirm(request)
    base = shown_sheet(request, sheet_id, asked(request))
    shown = context(request, sheet_id, base.header.version) | {"groups": groups_of(base), "typed": {}}
    if request.method != "POST":
        return render(request, "protocols/amend.jinja", shown)
    try:
        row = actions.amend(
            sheet_id=sheet_id,
            version=base.header.version,
            amendments=amendments_in(request.POST, base),
            by=actor_of(request),
            at=now(request),
        )
    except Refused as refused:
        return redrawn(request, "protocols/amend.jinja", shown, beside_fields(refused, base))
    return to("protocol-differences", sheet_id, row.sheet_version)


def groups_of(sheet: Sheet) -> list[tuple[str, list[Entry]]]:
    """The figures by the row they belong to, so that a long sheet opens where it is changed."""
    return [(" › ".join(key), list(entries)) for key, entries in groupby(rules.figures_of(sheet), row_of)]


def row_of(entry: Entry) -> tuple[str, ...]:
    """A row of a list, or a table of its own."""
    in_list = len(entry.steps) > 1 and isinstance(entry.steps[1], int)
    return entry.name[:2] if in_list else entry.name[:1]
