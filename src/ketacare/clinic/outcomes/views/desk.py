"""The desk's side of check-ins: what was sent, what is missing, a new link."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.links import access as links
from ketacare.clinic.outcomes import access, actions, forms, queries
from ketacare.clinic.outcomes.models import Ask, CallResult, MessageOut
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import NotHere, actor_of, guarded
from ketacare.clinic.scheduling.access import visit_of
from ketacare.medicine.safety import reader as safety_reader

OUTBOX_SHOWN = 100


@require_GET
@guarded("scores", "C")
def visit_check_ins(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The check-ins of one dose: which are in, which to call about, and how to reach the patient."""
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    visit = visit_of(actor, visit_id, "scores", "C", at=at)
    asks = [
        (ask, queries.standing(ask, at).why, link_of(ask), ask.messages.order_by("send_after"))
        for ask in Ask.objects.filter(visit=visit).select_related("clinic", "duty").order_by("opens_at")
    ]
    context = {
        "visit": visit,
        "results": CallResult.choices,
        "asks": asks,
        "patient": people.header(visit.patient, at=at, zone=actor.zone),
        "contact": people.contact(visit.patient),
    }
    return render(request, "outcomes/visit_check_ins.jinja", context)


@require_POST
@guarded("scores", "C")
def new_link(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    ask = actions.new_link(access.ask_of(actor, ask_id, at=at), by=actor, at=at)
    return HttpResponseRedirect(reverse("visit-check-ins", args=[ask.visit_id]))


@require_POST
@guarded("scores", "C")
def call(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    ask = access.ask_of(actor, ask_id, at=at)
    result, words = request.POST.get("result", ""), request.POST.get("words", "")
    actions.record_call(ask=ask, result=result, words=words, by=actor, at=at)
    return HttpResponseRedirect(reverse("visit-check-ins", args=[ask.visit_id]))


@require_GET
@guarded("messages", "R")
def outbox(request: HttpRequest) -> HttpResponse:
    """What would have left the building. In the demo it is caught here; without a gateway the desk sends it."""
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    seen = people.visible_patients(actor)
    rows = queries.outbox(actor.clinic_id).filter(patient__in=seen, send_after__lte=at)[:OUTBOX_SHOWN]
    audit.note(by=actor, at=at, verb="outbox.list", purpose="care")
    messages = [(message, words_of(message)) for message in rows]
    return render(request, "outcomes/outbox.jinja", {"messages": messages, "demo": settings.DEMO})


def link_of(ask: Ask) -> str:
    return settings.PUBLIC_ORIGIN + reverse("check-in", args=[access.token_for(ask)])


def words_of(message: MessageOut) -> str:
    """A fixed sentence, a link, an emergency number: nothing of the patient, and not the clinic's name either."""
    line = safety_reader.crisis_line(message.clinic.country)
    emergency = line.emergency if line else forms.say(message.language, "emergency_unknown")
    return forms.say(message.language, f"{message.code}_message", link=link_in(message), emergency=emergency)


def link_in(message: MessageOut) -> str:
    if message.ask is not None:
        return link_of(message.ask)
    assert message.form_id is not None  # the constraint holds both
    assert message.form_serial is not None
    token = links.token(message.kind, message.organisation_id, message.form_id, message.form_serial)
    return settings.PUBLIC_ORIGIN + reverse(message.kind, args=[token])


@require_POST
@guarded("messages", "C")
def sent(request: HttpRequest, message_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    rows = MessageOut.objects.select_related("patient", "duty")
    message = rows.filter(pk=message_id, clinic_id=actor.clinic_id).first()
    if message is None:
        raise NotHere
    actions.sent_by_hand(message, by=actor, at=at)
    return HttpResponseRedirect(reverse("outbox"))
