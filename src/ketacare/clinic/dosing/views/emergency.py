"""The emergency card and the event clock; the sheet for when nothing works."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.dosing.actions import emergency
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import card as cards
from ketacare.clinic.dosing.queries import downtime as sheets
from ketacare.clinic.dosing.queries import emergencies, rates
from ketacare.clinic.dosing.views.chair import chair_answer
from ketacare.clinic.dosing.views.events import entered
from ketacare.clinic.dosing.views.page import now, opened, past_review, reader
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, guarded
from ketacare.clinic.tenancy.days import local_day


@guarded("readings", "R")
@require_GET
def card(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """One page, to show and to print."""
    held, actor, at = opened(request, visit_id, "R", "readings")
    audit.note(by=actor, at=at, verb="card.open", on=held, patient=held.visit.patient)
    return render(request, "dosing/card.jinja", paper(request, held) | {
        "card": cards.card(held, watch.latest(held.visit), at, hidden=rates.hidden_from(held, actor.user_id)),
        "first_acts": cards.first_acts(),
    })  # fmt: skip


def paper(request: HttpRequest, held: Session) -> dict[str, Any]:
    actor, at = actor_of(request), now(request)
    return {
        "visit": held.visit,
        "session": held,
        "patient": people.header(held.visit.patient, at=at, zone=actor.zone),
        "clinic": held.visit.clinic,
        "overdue": past_review(held, at, actor.zone),
        "under": candidacy.under(held.visit.patient, local_day(at, actor.zone)),
        "mark": "TRAINING" if held.visit.clinic.is_training else "",
        "at": at,
    }


@guarded("alarms", "C")
@require_POST
def event(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Begin, an act, or the end: one address, since all are of one event."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "alarms").session

    def act() -> None:
        form = reader(request)
        common: dict[str, Any] = {"session": held, "by": actor, "at": at}
        match form.text("what"):
            case emergencies.BEGIN:
                began = entered(form, at)
                form.done()
                emergency.begin(**common, happened_at=began)
            case emergencies.END:
                ended_at = form.moment("ended_at", at, actor.zone, held.started_at)
                form.done()
                emergency.end(**common, words=form.text("ended"), done_at=ended_at)
            case what:
                pressed_at = entered(form, at)
                done_at = form.moment("done_at", pressed_at, actor.zone, held.started_at)
                form.done()
                if form.text("entered_at") or not emergencies.is_told_after(held, at):
                    done_at = done_at or pressed_at
                emergency.act(**common, what=what, words=form.text("words"), done_at=done_at)

    return chair_answer(request, held, act, "emergency")


@guarded("session", "R")
@require_GET
def downtime(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """On paper, for as long as nothing works: the patient's header, what is due when, and a page of the ledger."""
    held, actor, at = opened(request, visit_id)
    audit.note(by=actor, at=at, verb="downtime.print", on=held, patient=held.visit.patient)
    return render(
        request, "dosing/downtime.jinja",
        paper(request, held)
        | {"sheet": sheets.sheet(held, actor.zone, at, hidden=rates.hidden_from(held, actor.user_id))},
    )  # fmt: skip
