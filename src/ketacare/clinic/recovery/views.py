"""Lost passwords, at a desk where somebody stands: two people look, one after the other (K7)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people.access import Actor, NotHere, actor_of, confirm, guarded, moment_of
from ketacare.clinic.people.models import User
from ketacare.clinic.people.passwords import proved
from ketacare.clinic.recovery import access, actions, queries
from ketacare.clinic.recovery.models import Seen
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@require_GET
@guarded("recovery", "C")
def recoveries(request: HttpRequest) -> HttpResponse:
    """Who sits there is asked before anything is typed, so that nothing typed is asked for again (K6)."""
    confirm(request)
    return listed(request)


def listed(request: HttpRequest, *, status: int = 200, **typed: Any) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    rows = queries.standing(actor, at)
    shown = {
        "waiting": [row for row in rows if queries.waits(row, at)],
        "done": [row for row in rows if row.done_at is not None],
        "choices": Seen.choices,
        "words_most": actions.WORDS_MOST,
        "typed": {},
        "refusals": [],
    }
    return render(request, "recovery/recoveries.jinja", shown | typed, status=status)


@require_POST
@guarded("recovery", "C")
def ask(request: HttpRequest) -> HttpResponse:
    confirm(request)
    typed = {name: request.POST.get(name, "") for name in ("address", "saw", "words")}
    try:
        row = actions.ask(**typed, by=actor_of(request), at=moment_of(request))
    except Refused as refused:
        return listed(request, status=422, typed=typed, refusals=refused.refusals)
    return HttpResponseRedirect(reverse("recovery", args=[row.pk]))


@require_GET
@guarded("recovery", "C")
def recovery(request: HttpRequest, recovery_id: UUID) -> HttpResponse:
    return one(request, recovery_id)


def one(request: HttpRequest, recovery_id: UUID, *, status: int = 200, **typed: Any) -> HttpResponse:
    """What each of the two said; to each of them, for minutes, half of the password."""
    actor, at = actor_of(request), moment_of(request)
    row = access.recovery_of(actor, recovery_id)
    if not queries.is_shown(actor, row):
        raise NotHere
    may_give = queries.waits(row, at) and actor.user_id not in (row.asked_by_id, row.user_id)
    password = ""
    if may_give:
        confirm(request)
    half = queries.half_for(row, actor, at)
    if half:
        confirm(request)
        password = queries.half_of(row, half)
        audit.note(by=actor, at=at, verb="recovery.show", on=row.user)
    shown = {
        "row": row,
        "waits": queries.waits(row, at),
        "may_give": may_give,
        "password": password,
        "half": half,
        "is_first": actor.user_id == row.asked_by_id,
        "mails": row.mails.order_by("address"),
        "choices": Seen.choices,
        "words_most": actions.WORDS_MOST,
        "typed": {},
        "refusals": [],
    }
    return render(request, "recovery/recovery.jinja", shown | typed, status=status)


@require_POST
@guarded("recovery", "C")
def give(request: HttpRequest, recovery_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    row = access.recovery_of(actor, recovery_id)
    if not queries.is_shown(actor, row):
        raise NotHere
    confirm(request)
    typed = {name: request.POST.get(name, "") for name in ("saw", "words")}
    try:
        signed(actor, request.POST.get("password", ""))
        actions.give(row, **typed, by=actor, at=moment_of(request))
    except Refused as refused:
        return one(request, recovery_id, status=422, typed=typed, refusals=refused.refusals)
    return HttpResponseRedirect(reverse("recovery", args=[row.pk]))


def signed(actor: Actor, password: str) -> None:
    """At the act, as a witness does: whoever asked does not give at a screen that a colleague left open (K6)."""
    user = User.objects.get(pk=actor.person_id)
    if not proved(user, user.email, password):
        raise Refused(Refusal("password", "The password does not match.", "Type your own password again."))
