"""Concerns: the list, and the page where one is decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, may, moment_of
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.safety import access, actions, queries
from ketacare.clinic.safety.models import Concern, ConcernState
from ketacare.clinic.safety.reasons import reason_words
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

# What a concern is told and sorted by.
SHEETS = ("triage", "risk-tiers", "safety-items")
# What leads to what was said, by where it stands, and the right to it: whoever is called reads it before they call.
SAID = {
    "outcomes.told": ("What was written", "scores"),
    "outcomes.messagereply": ("What was written", "messages"),
    "outcomes.ask": ("The check-in it was answered in", "scores"),
}


@require_GET
@guarded("concerns", "R")
def concerns(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    waiting = by_person(queries.waiting(actor), at)
    audit.note(by=actor, at=at, verb="concerns.list", purpose="care")
    context = {
        "waiting": waiting,
        "cover": queries.cover(actor.clinic_id, at),
        "overdue": protocols.past_review(SHEETS, local_day(at, actor.zone)),
    }
    return render(request, "safety/concerns.jinja", context)


@dataclass(frozen=True)
class Waiting:
    """A concern in the list: why it was raised, and whether nobody saw or decided it in its time."""

    concern: Concern
    reason: str
    is_late: bool


@dataclass(frozen=True)
class Person:
    """Somebody about whom concerns wait."""

    who: str
    rows: tuple[Waiting, ...]

    @property
    def late(self) -> int:
        return sum(row.is_late for row in self.rows)


def by_person(concerns: Sequence[tuple[Concern, str]], at: datetime) -> list[Person]:
    """Whoever has the gravest and longest waiting one first, with all of theirs: one call answers several."""
    rows: dict[UUID, list[Waiting]] = {}
    names = {concern.patient_id: who for concern, who in concerns}
    for concern, _ in concerns:
        ends = concern.see_by if concern.state == ConcernState.OPEN else concern.decide_by
        waits = Waiting(concern, reason_words(concern.reason_code), at >= ends)
        rows.setdefault(concern.patient_id, []).append(waits)
    return [Person(names[patient], tuple(theirs)) for patient, theirs in rows.items()]


@require_GET
@guarded("concerns", "R")
def concern(request: HttpRequest, concern_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    found = access.concern_of(actor, concern_id, at=at)
    actions.note_opened(found, by=actor, at=at)
    return shown(request, found)


def shown(request: HttpRequest, found: Concern, refusals: list[Refusal] | None = None) -> HttpResponse:
    """With what was typed, where it was refused."""
    actor, at = actor_of(request), moment_of(request)
    context = {
        "concern": found,
        "reason": reason_words(found.reason_code),
        "patient": people.header(found.patient, at=at, zone=actor.zone),
        "contact": people.contact(found.patient),
        "steps": found.steps.select_related("recorded_by").order_by("recorded_at"),
        "ladder": found.duty.steps.select_related("recorded_by", "to_user").order_by("recorded_at"),
        "rungs": queries.rungs(found),
        "is_answered": found.reason_code == queries.SAID_IN_REPLY,
        "said": way_to_said(found, actor),
        "help": queries.help_text(found.source_id),
        "flag": queries.flag(found.patient),
        "duty": found.duty,
        "why": "" if found.duty.why == actions.NEEDED or not found.duty.is_open else found.duty.why,
        "owed": queries.interviews_owed(found.patient),
        "owes": queries.owes_interview(found),
        "overdue": protocols.past_review(SHEETS, local_day(at, actor.zone)),
        # Called again because it was not decided in time, somebody says anew that it is theirs.
        "may_see": may(actor, "concerns", "U") and (found.state == "open" or is_late(found, at)),
        "may_decide": may(actor, "concerns", "S") and found.state != "closed",
        "refusals": refusals or [],
        "typed": request.POST if refusals else {},
    }
    return render(request, "safety/concern.jinja", context, status=422 if refusals else 200)


def way_to_said(found: Concern, actor: Actor) -> str:
    words, right = SAID.get(found.source_kind, ("What was written", "messages"))
    return words if may(actor, "concerns", "U") and may(actor, right, "R") else ""


def is_late(found: Concern, at: datetime) -> bool:
    return found.state == ConcernState.SEEN and found.decide_by <= at


@require_POST
@guarded("concerns", "U")
def seen(request: HttpRequest, concern_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    actions.acknowledge(access.concern_of(actor, concern_id, "U", at=at), by=actor, at=at)
    return HttpResponseRedirect(reverse("concern", args=[concern_id]))


@require_POST
@guarded("concerns", "S")
def decide(request: HttpRequest, concern_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    found = access.concern_of(actor, concern_id, "S", at=at)
    finding, action = request.POST.get("finding", ""), request.POST.get("action", "")
    try:
        if action.strip():
            action += actions.why_not_held(found, request.POST.get("not_asked", ""))
        actions.decide(found, finding=finding, action=action, flag="flag" in request.POST, by=actor, at=at)
    except Refused as refused:
        return shown(request, access.concern_of(actor, concern_id, at=at), refused.refusals)
    return HttpResponseRedirect(reverse("concern", args=[concern_id]))
