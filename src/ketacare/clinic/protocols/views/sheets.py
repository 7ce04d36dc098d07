"""Reading sheets: the list, one sheet, what a version would change, and what was decided before."""

from __future__ import annotations

from itertools import groupby

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ketacare.clinic.people.access import actor_of, guarded, may
from ketacare.clinic.protocols import queries
from ketacare.clinic.protocols.views.page import asked, context, shown_sheet, today
from ketacare.medicine.protocols.reader import PROTOCOLS, unordered

ORDERED = "protocols to order"
ROOMS = {
    ORDERED: "Protocols that can be ordered",
    "protocols": "Limits, readiness, and regimens to read",
    "candidacy": "Who is a candidate",
    "evidence": "How far a clinic's own figures may lie",
    "monitoring": "Watching",
    "outcomes": "Instruments",
    "pharmacology": "The drug",
    "safety": "Safety",
    "therapy": "Integration",
}


def chapter(row: queries.OnFile) -> str:
    """Under which heading a sheet is listed: its room, and apart from the others what a course can be begun under."""
    return ORDERED if row.header.id in PROTOCOLS else row.room


@guarded("protocols", "R")
def protocols(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    rows = queries.on_file(actor.clinic_id, on=today(request))
    shown = {
        "rooms": [(ROOMS.get(room, room.capitalize()), list(sheets)) for room, sheets in groupby(rows, chapter)],
        "waiting": [row for row in rows if not row.is_adopted],
        "newer": [row for row in rows if row.newer_waits],
        "late": [row for row in rows if row.review_is_late],
        "may_adopt": may(actor, "protocols", "A"),
    }
    return render(request, "protocols/protocols.jinja", shown)


@guarded("protocols", "R")
def sheet(request: HttpRequest, sheet_id: str) -> HttpResponse:
    clinic_id = actor_of(request).clinic_id
    shown = context(request, sheet_id, asked(request))
    looked_at = shown_sheet(request, sheet_id, shown["shown"].version)
    shown |= {
        "own": queries.own_copies(clinic_id, sheet_id),
        "history": queries.history(clinic_id, sheet_id)[:5],
        "unordered": unordered(sheet_id),
        "differs": queries.review(clinic_id, looked_at).must_be_seen,
    }
    return render(request, "protocols/sheet.jinja", shown)


@guarded("protocols", "R")
def differences(request: HttpRequest, sheet_id: str) -> HttpResponse:
    """The version that counts beside the one that would, entry by entry."""
    new = shown_sheet(request, sheet_id, asked(request))
    shown = context(request, sheet_id, new.header.version)
    shown["review"] = queries.review(actor_of(request).clinic_id, new)
    return render(request, "protocols/differences.jinja", shown)


@guarded("protocols", "R")
def cases(request: HttpRequest, sheet_id: str) -> HttpResponse:
    """Whom of the stored cases the version would judge otherwise. Judging them takes seconds, so the page comes at once
    with a word of it and asks for the answer; without script its link does."""
    new = shown_sheet(request, sheet_id, asked(request))
    shown = context(request, sheet_id, new.header.version)
    shown |= {"review": queries.review(actor_of(request).clinic_id, new), "judged": "judged" in request.GET}
    return render(request, "protocols/cases.jinja", shown)


@guarded("protocols", "R")
def history(request: HttpRequest, sheet_id: str) -> HttpResponse:
    clinic_id = actor_of(request).clinic_id
    shown = context(request, sheet_id) | {
        "history": queries.history(clinic_id, sheet_id),
        "own": queries.own_copies(clinic_id, sheet_id),
        "once": queries.once_adopted(clinic_id, sheet_id),
    }
    return render(request, "protocols/history.jinja", shown)
