"""Dosing day for the therapist: one dot, stamps, the patient's words on the session's own timeline. No monitor."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from ketacare.clinic.dosing import access as dosing
from ketacare.clinic.dosing.actions.timeline import FINISHED
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.monitoring import access as monitoring_access
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, actor_of, guarded
from ketacare.clinic.therapy import actions, queries
from ketacare.clinic.therapy.queries.sitting import CALLS, calm, told
from ketacare.clinic.therapy.views.page import acted, now, page
from ketacare.medicine.therapy import reader


@require_http_methods(["GET", "POST"])
@guarded("therapy", "C")
def sitting(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    session = dosing.session_of(actor, visit_id, "C", at=at, object_name="therapy")
    if request.method == "POST":
        name, words = request.POST.get("stamp", ""), request.POST.get("words", "")
        return acted(
            request,
            lambda: actions.stamp(session=session, name=name, words=words, by=actor, at=at),
            lambda refusals: shown_page(request, session, refusals),
        )
    return shown_page(request, session)


def shown_page(request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor, at, practice = actor_of(request), now(request), reader.practice()
    is_open = session.state not in FINISHED
    ticket = live_ticket(session, actor, at)
    return page(
        request,
        "sitting",
        session.visit.patient,
        refusals,
        visit=session.visit,
        session=session,
        calm=calm(session, at),
        told=told(session),
        prepared=queries.prepared_for_chair(session.visit.patient),
        preparation=queries.preparation(session.visit.patient),
        stamps=[(name, words) for name, words in practice.stamps.items() if name not in CALLS],
        music=list(practice.music.items()),
        is_open=is_open,
        dim=request.COOKIES.get("theme", "room"),
        asks_again=session.left_at is None and not ticket,
        live=f"/live/stream?{urlencode({'ticket': ticket})}" if ticket else "",
        here=request.path,
    )


def live_ticket(session: Session, actor: Actor, at: datetime) -> str:
    """The stream carries readings, so it is for whoever may read them. A therapist of another practice has none: their
    page asks again by itself and says as of when it speaks."""
    relations = access.relations_to(actor, session.visit.patient)
    if session.left_at is not None or not access.granted(actor.role, "readings", "R", relations):
        return ""
    return monitoring_access.visit_ticket(actor, session.visit, at=at)
