"""What goes home on paper: whole on the screen, printed as an act that stands in the timeline."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from ketacare.clinic.dosing.actions import take_home as actions
from ketacare.clinic.dosing.queries import take_home, timeline_words
from ketacare.clinic.dosing.views.page import opened, shown, visit_url
from ketacare.clinic.people import access
from ketacare.clinic.people.access import NotHere, guarded, may
from ketacare.clinic.protocols.queries import past_review
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

ROUTES = {take_home.PATIENT: "session-take-home", take_home.ESCORT: "session-escort-sheet"}


@guarded("discharge", "R")
@require_http_methods(["GET", "POST"])
def instructions(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The patient's own sheet."""
    return sheet(request, visit_id, take_home.PATIENT)


@guarded("discharge", "R")
@require_http_methods(["GET", "POST"])
def escort_sheet(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """For whoever takes them home."""
    return sheet(request, visit_id, take_home.ESCORT)


def sheet(request: HttpRequest, visit_id: UUID, kind: str) -> HttpResponse:
    """Posted to, it is printed: the page comes again, and opens the printing of the browser."""
    is_print = request.method == "POST"
    session, actor, at = opened(request, visit_id, "C" if is_print else "R", "discharge")
    if not take_home.is_ready(session):
        raise NotHere
    access.require(actor, "session", "R", patient=session.visit.patient)
    asked = request.POST if is_print else request.GET
    language = take_home.language_for(session, asked.get("language", ""))
    refusals: tuple[Refusal, ...] = ()
    if is_print:
        try:
            actions.printed(session=session, sheet=kind, language=language, by=actor, at=at)
        except Refused as refused:
            refusals = tuple(refused.refusals)
        else:
            return HttpResponseRedirect(f"{visit_url(session.visit, ROUTES[kind])}?language={language}&printed=1")
    reads = {"dose": may(actor, "dose", "R"), "listed": may(actor, "evaluation", "R")}
    context = {
        "sheet": take_home.paper(session, kind, language, at=at, zone=actor.zone, **reads),
        "visit": session.visit,
        "clinic": session.visit.clinic,
        "lang": language,
        "languages": timeline_words.SPOKEN,
        "here": visit_url(session.visit, ROUTES[kind]),
        "printed": request.GET.get("printed") == "1",
        "may_print": may(actor, "discharge", "C") and not session.visit.clinic.is_training,
        "mark": "TRAINING" if session.visit.clinic.is_training else "",
        "overdue": past_review(("take-home-1",), local_day(at, actor.zone)),
        "refusals": [shown(one) for one in refusals],
    }
    return render(request, "dosing/take_home.jinja", context, status=422 if refusals else 200)
