"""The desk's side of check-ins: what was sent, what is missing, a new link."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.outcomes import access, actions, letters, queries
from ketacare.clinic.outcomes.forms import call as calls
from ketacare.clinic.outcomes.models import Ask, AskState, CallResult, MessageOut, UnknownReply
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, guarded, may, moment_of
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.safety import actions as watching
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.scheduling.access import visit_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refused

OUTBOX_SHOWN = 100


@require_GET
@guarded("scores", "C")
def visit_check_ins(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The check-ins of one dose: which are in, which to call about, and how to reach the patient."""
    actor, at = actor_of(request), moment_of(request)
    visit = visit_of(actor, visit_id, "scores", "C", at=at)
    asks = [
        (ask, queries.standing(ask, at).why, letters.link_of(ask, at), ask.messages.order_by("send_after"))
        for ask in Ask.objects.filter(visit=visit).select_related("clinic", "duty", "staff_duty").order_by("opens_at")
    ]
    wish = queries.wish(visit.patient)
    context = {
        "visit": visit,
        "unwanted": wish is not None and not wish.wanted,
        "owed": {ask.pk for ask, *_ in asks if queries.owes_call(ask)},
        "late": {ask.pk for ask, *_ in asks if queries.late_call(ask)},
        "asks": asks,
        "unknown": {ask.pk for ask, *_ in asks if ask.state == AskState.ANSWERED and queries.awaits_call(ask)},
        # With what was asked beside it, by its end: nobody did it.
        "undone": duties.closed_by([ask.staff_duty for ask, *_ in asks if ask.staff_duty], Ask._meta.label_lower),
        "may_read": may(actor, "scores", "R"),
        "said_in": calls.said_in,
        "may_answer": may(actor, "concerns", "U"),
        "patient": people.header(visit.patient, at=at, zone=actor.zone),
        "contact": people.contact(visit.patient),
        "overdue": protocols.past_review(("cadence",), local_day(at, actor.zone)),
        "review_lines": lambda review: [(queries.named(name), words) for name, words in review.found.items()],
    }
    return render(request, "outcomes/visit_check_ins.jinja", context)


@require_POST
@guarded("scores", "C")
def new_link(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    ask = actions.new_link(access.ask_of(actor, ask_id, at=at), by=actor, at=at)
    return HttpResponseRedirect(reverse("visit-check-ins", args=[ask.visit_id]))


@require_http_methods(["GET", "POST"])
@guarded("scores", "C")
def call(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """A check-in taken by telephone: what came of the call, and the safety questions of that check-in."""
    actor, at = actor_of(request), moment_of(request)
    ask = access.ask_of(actor, ask_id, at=at)
    refusals: list[dict[str, str]] = []
    if request.method == "POST":
        data = request.POST
        try:
            answers = calls.answers_in(ask, data)
            result, words = data.get("result", ""), data.get("words", "")
            actions.record_call(ask=ask, result=result, words=words, answers=answers, by=actor, at=at)
            return HttpResponseRedirect(reverse("visit-check-ins", args=[ask.visit_id]))
        except Refused as refused:
            refusals = [
                {"field": r.field, "rule": r.rule, "remedy": r.remedy, "kind": r.kind} for r in refused.refusals
            ]
    context = {
        "ask": ask,
        "closed": not queries.owes_call(ask),
        "questions": calls.safety_questions(ask),
        "field_of": calls.field_of,
        "options_of": calls.options_of,
        "results": results_for(actor),
        "typed": request.POST,
        "refusals": refusals,
        "patient": people.header(ask.patient, at=at, zone=actor.zone),
        "contact": people.contact(ask.patient),
        "line": crisis_line(ask.clinic),
    }
    return render(request, "outcomes/call.jinja", context, status=422 if refusals else 200)


def results_for(actor: Actor) -> list[tuple[str, str]]:
    clinical = may(actor, "concerns", "U")
    return [(value, str(words)) for value, words in CallResult.choices if clinical or value != CallResult.WELL]


@require_http_methods(["GET", "POST"])
@guarded("messages", "R")
def outbox(request: HttpRequest) -> HttpResponse:
    """What would have left the building. In the demo it is caught here; without a gateway the desk sends it. And what
    came back from a number that nobody has."""
    actor, at = actor_of(request), moment_of(request)
    if request.method == "POST":
        reply = unknown_reply(actor.clinic_id, request.POST.get("reply", ""))
        if request.POST.get("act") == "seen":
            actions.see_unknown(row=reply, by=actor, at=at)
        else:
            note, is_ours = request.POST.get("note", ""), request.POST.get("act") == "ours"
            actions.read_unknown(row=reply, note=note, is_ours=is_ours, by=actor, at=at)
        return HttpResponseRedirect(reverse("outbox"))
    seen = people.visible_patients(actor)
    rows = list(queries.outbox(actor.clinic_id, at).filter(patient__in=seen)[:OUTBOX_SHOWN])
    audit.note(by=actor, at=at, verb="outbox.list", purpose="care")
    messages = [(message, letters.words_of(message, at=at), letters.link_in(message, at=at)) for message in rows]
    whose = {message.patient_id for message in rows}
    unknown = list(queries.unknown_replies(actor.clinic_id)[:OUTBOX_SHOWN])
    watching.note_looked_at((one.duty for one in unknown if one.duty.is_open), by=actor, at=at)
    ways = {"text": settings.MESSAGES_URL, "mail": settings.MESSAGES_MAIL_URL}
    context = {
        "messages": messages,
        "names": duties.names_for(actor, whose),
        "numbers": people.telephones(whose),
        "emails": people.emails(whose),
        "demo": settings.DEMO,
        "ways": [name for name, is_set in ways.items() if is_set],
        "unknown": [(one, safety.help_text(one.pk), safety.words_seen_at(one.duty)) for one in unknown],
        "may_answer": may(actor, "concerns", "U"),
        "is_shared": Clinic.objects.count() > 1,
    }
    return render(request, "outcomes/outbox.jinja", context)


def unknown_reply(clinic_id: UUID, chosen: str) -> UnknownReply:
    try:
        reply = queries.unknown_replies(clinic_id).filter(pk=UUID(chosen)).first()
    except ValueError:
        raise NotHere from None
    if reply is None:
        raise NotHere
    return reply


@require_POST
@guarded("messages", "C")
def sent(request: HttpRequest, message_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    rows = MessageOut.objects.select_related("patient", "duty")
    message = rows.filter(pk=message_id, clinic_id=actor.clinic_id).first()
    if message is None:
        raise NotHere
    actions.sent_by_hand(message, by=actor, at=at)
    return HttpResponseRedirect(reverse("outbox"))


@require_http_methods(["GET", "POST"])
@guarded("scores", "C")
def ask_review(request: HttpRequest, ask_id: UUID) -> HttpResponse:
    """What staff rate and see to at the time of an ask: what was found, or why it was not made."""
    actor, at = actor_of(request), moment_of(request)
    ask = access.ask_of(actor, ask_id, at=at)
    fields = [(name, queries.named(name), name in ask.staff_instruments) for name in queries.to_see_to(ask)]
    typed = {name: request.POST.get(f"found-{place}", "") for place, (name, *_) in enumerate(fields)}
    refusals: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            actions.review(ask=ask, found=typed, by=actor, at=at)
            return HttpResponseRedirect(reverse("visit-check-ins", args=[ask.visit_id]))
        except Refused as refused:
            places = {name: f"found-{place}" for place, (name, *_) in enumerate(fields)}
            refusals = [
                {"field": places.get(r.field, ""), "rule": r.rule, "remedy": r.remedy, "kind": r.kind}
                for r in refused.refusals
            ]
    context = {
        "ask": ask,
        "fields": [
            (f"found-{place}", label, scale, name, typed[name]) for place, (name, label, scale) in enumerate(fields)
        ],
        "patient": people.header(ask.patient, at=at, zone=actor.zone),
        "page_of": partial(safety.interview_page, ask.patient),
        "refusals": refusals,
    }
    return render(request, "outcomes/review.jinja", context, status=422 if refusals else 200)
