"""The integration visit of one dose: agenda, what was noted, the note; and why a window was missed."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.clinic.people.access import actor_of, granted, guarded, may, relations_to
from ketacare.clinic.scheduling.access import visit_of
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.scheduling.queries import work_owed
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy import access, actions, queries
from ketacare.clinic.therapy.actions.notes import CARRIED
from ketacare.clinic.therapy.queries.agenda import agenda
from ketacare.clinic.therapy.views.page import answered, now, page
from ketacare.medicine.therapy import reader


@require_http_methods(["GET", "POST"])
@guarded("therapy", "R")
def integration(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The window, what the visit begins with, what was noted, and the form of the note."""
    actor, at = actor_of(request), now(request)
    sees = request.POST.get("do") == "seen"  # the director, who reads and does not write here
    visit = visit_of(actor, visit_id, "therapy", "C" if request.method == "POST" and not sees else "R", at=at)
    if sees:
        return answered(
            request,
            lambda: actions.see_floor(visit=visit, words=request.POST.get("seen", ""), by=actor, at=at),
            lambda refusals: shown_page(request, visit, refusals),
            request.path + "?kept=1",
        )
    if request.method == "POST":
        return answered(
            request,
            lambda: actions.write_note(visit=visit, by=actor, at=at, **entry(request, actor.zone)),
            lambda refusals: shown_page(request, visit, refusals),
            request.path + "?kept=1",
        )
    return shown_page(request, visit)


@require_POST
@guarded("therapy", "C")
def window_missed(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Why nobody met the patient in this window, and who says so."""
    actor, at = actor_of(request), now(request)
    visit = visit_of(actor, visit_id, "therapy", "C", at=at)
    said = {name: request.POST.get(name, "") for name in ("reason", "said_by", "words")}
    return answered(
        request,
        lambda: actions.write_missed(visit=visit, by=actor, at=at, **said),
        lambda refusals: shown_page(request, visit, refusals),
        reverse("therapy", args=[visit_id]) + "?kept=1",
    )


def shown_page(request: HttpRequest, visit: Visit, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor, at, practice = actor_of(request), now(request), reader.practice()
    opens_with = agenda(actor, visit, at)
    access.read_shared(actor, visit.patient, len(opens_with.shared), at=at)
    return page(
        request,
        "integration",
        visit.patient,
        refusals,
        visit=visit,
        standing=queries.standing(visit, at),
        why_none=work_owed([visit.patient_id]).why_none(visit),
        placement=queries.placement_of(visit.patient),
        notes=queries.notes(visit),
        missed=queries.missed_word(visit),
        agenda=opens_with,
        steps=list(practice.agenda.values()),
        out_of_scope=list(practice.out_of_scope.values()),
        sits=queries.is_under_way(visit) and granted(actor.role, "therapy", "C", relations_to(actor, visit.patient)),
        may_see_floor=queries.floor_waits(visit) and may(actor, "concerns", "A"),
        floor=list(reader.windows().floor.values()),
        reasons=list(practice.missed.items()),
        sayers=list(practice.said_by.items()),
        now=at.astimezone(ZoneInfo(actor.zone)).strftime("%Y-%m-%dT%H:%M"),
    )


def entry(request: HttpRequest, zone: str) -> dict[str, Any]:
    """The form, with its time read on the clinic's wall."""
    minutes = request.POST.get("minutes", "").strip()
    try:
        happened_at = datetime.fromisoformat(request.POST.get("happened_at", "")).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise Refused(Refusal("happened_at", "cannot be read.", "Choose day and time of the visit."))
    return {
        "happened_at": happened_at,
        "minutes": int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 5 else 0,
        "summary": request.POST.get("summary", ""),
        "next_step": request.POST.get("next_step", ""),
        "more": {name: request.POST.get(name, "") for name in CARRIED},
        "is_exposure": request.POST.get("is_exposure") == "yes",
        "floor_reason": request.POST.get("floor_reason", ""),
    }
