"""The worklist, and moving a duty."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import access, actions, queries
from ketacare.clinic.duties.by_word import asked_of
from ketacare.clinic.people.access import actor_of, guarded, moment_of
from ketacare.clinic.people.models import Role
from ketacare.clinic.tenancy.refusals import Refused

SOON = timedelta(hours=12)
HANDED_TO = (Role.FD, Role.RN, Role.RX, Role.TH, Role.MD)


@require_GET
@guarded("duties", "R")
def worklist(request: HttpRequest) -> HttpResponse:
    """What waits now, and what comes; one's own first, the whole clinic on request."""
    actor, at = actor_of(request), moment_of(request)
    whole = request.GET.get("of") == "clinic"
    waiting = queries.worklist(actor, at, whole_clinic=whole)
    audit.note(by=actor, at=at, verb="duties.list", purpose="care")
    now = [item for item in waiting if item.duty.due_at <= at + SOON or item.duty.consequence == 1]
    later = [item for item in waiting if item not in now]
    return render(request, "duties/worklist.jinja", {"now": now, "later": later, "whole": whole})


@require_POST
@guarded("duties", "U")
def take(request: HttpRequest, duty_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    actions.take(access.duty_of(actor, duty_id, "U", at=at), by=actor, at=at)
    return HttpResponseRedirect(reverse("duties"))


@require_http_methods(["GET", "POST"])
@guarded("duties", "U")
def pass_on(request: HttpRequest, duty_id: UUID) -> HttpResponse:
    """To another role, with a word why."""
    actor, at = actor_of(request), moment_of(request)
    duty = access.duty_of(actor, duty_id, "U", at=at)
    if request.method == "POST":
        to_role = request.POST.get("to_role", "")
        reason = request.POST.get("reason", "")
        actions.pass_on(duty, to_role=to_role, reason=reason, by=actor, at=at)
        return HttpResponseRedirect(reverse("duties"))
    roles = [(str(role), role.label) for role in HANDED_TO if role != actor.role]
    who = queries.names_for(actor, [duty.patient_id]).get(duty.patient_id, "") if duty.patient_id else ""
    return render(request, "duties/pass_on.jinja", {"duty": duty, "roles": roles, "who": who})


@require_http_methods(["GET", "POST"])
@guarded("duties", "U")
def done(request: HttpRequest, duty_id: UUID) -> HttpResponse:
    """Somebody was spoken with, told or called: what was done, in a sentence."""
    actor, at = actor_of(request), moment_of(request)
    duty, refusals = access.duty_of(actor, duty_id, "U", at=at), []
    if request.method == "POST":
        try:
            actions.say_done(duty, words=request.POST.get("words", ""), by=actor, at=at)
            return HttpResponseRedirect(reverse("duties"))
        except Refused as refused:
            refusals = refused.refusals
    who = queries.names_for(actor, [duty.patient_id]).get(duty.patient_id, "") if duty.patient_id else ""
    shown = {"duty": duty, "who": who, "asked": asked_of(duty.kind), "typed": request.POST, "refusals": refusals}
    return render(request, "duties/done.jinja", shown, status=422 if refusals else 200)
