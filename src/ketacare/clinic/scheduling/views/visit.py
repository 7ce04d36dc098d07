"""One visit: moved, late, given up; with what the rules say of its new place before anything is done."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, moment_of
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.scheduling import actions, queries
from ketacare.clinic.scheduling.access import visit_of
from ketacare.clinic.scheduling.forms import beside, moment_in, named, typed, wall
from ketacare.clinic.scheduling.models import Hold, Visit, VisitChange, VisitState
from ketacare.clinic.scheduling.queries.calendar import placings
from ketacare.clinic.scheduling.queries.placing import named_in, placed
from ketacare.clinic.scheduling.views.together import move_together, offered
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Conflict, Refusal, Refused
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.terms import NEEDED, Booked, Kind, PlaceKind, Span


@guarded("appointments", "R")
def visit_planning(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    visit = visit_of(actor, visit_id, "appointments", "U" if request.method == "POST" else "R", at=at)
    if request.method == "POST":
        try:
            seen(request.POST, visit)
            ACTS.get(request.POST.get("act", ""), nothing)(request.POST, visit, actor, at)
        except Refused as refused:
            shown = page(request, visit) | {"refusals": named(refused.refusals), "typed": typed(request)}
            if request.POST.get("act") == "move" and shown["may_move"]:
                shown |= not_alone(request.POST, visit, actor, at)
                if fits(shown) and not request.POST.get("override"):  # the way to what was asked stands there
                    shown["refusals"] = []
            return render(request, "scheduling/visit.jinja", shown, status=refused.status)
        return HttpResponseRedirect(reverse("visit-planning", args=[visit.pk]))
    shown = page(request, visit)
    if request.GET.get("starts_at"):
        shown |= preview(request, visit)
    return render(request, "scheduling/visit.jinja", shown)


def seen(fields: QueryDict, visit: Visit) -> None:
    """What was typed was typed beside the visit as it is."""
    if fields.get("version", "") != str(visit.version):
        rule = "Somebody has changed this visit since you opened it."
        raise Conflict(Refusal("visit", rule, "It is shown as it is now: look, then send again."))


def nothing(fields: QueryDict, visit: Visit, by: Actor, at: datetime) -> None:
    raise Refused(Refusal("act", "is none of this page.", "Use a button of the page."))


def move(fields: QueryDict, visit: Visit, by: Actor, at: datetime) -> None:
    words = fields.get("words", "")
    reason = actions.reason_in(fields.get("reason", ""), words)
    one = wanted(fields, visit, by)
    override = fields.get("override", "")
    # What is wrong with its place stands beside the field that names one.
    place = {"chair": "room"} if visit.kind != Kind.DOSE and fields.get("room") else {}
    with beside(people="person", resources="starts_at", **place):
        actions.place_visit(visit=visit, one=one, reason=reason, words=words, override=override, by=by, at=at)


def late(fields: QueryDict, visit: Visit, by: Actor, at: datetime) -> None:
    words = fields.get("late_words", "")
    expected_at = moment_in(fields, "expected_at", by.zone, at)
    reason = fields.get("late_reason") or "unknown"
    with beside(reason="late_reason", words="late_words"):
        actions.note_late(visit=visit, expected_at=expected_at, reason=reason, words=words, by=by, at=at)


def give_up(fields: QueryDict, visit: Visit, by: Actor, at: datetime) -> None:
    try:
        to = VisitState(fields.get("to", ""))
    except ValueError:
        raise Refused(Refusal("to", "is not chosen.", "Say whether it was cancelled or nobody came."))
    words = fields.get("up_words", "")
    with beside(reason="up_reason", words="up_words"):
        actions.give_up_visit(visit=visit, to=to, reason=fields.get("up_reason", ""), words=words, by=by, at=at)


def here(fields: QueryDict, visit: Visit, by: Actor, at: datetime) -> None:
    actions.note_arrival(visit=visit, by=by, at=at)


def done(fields: QueryDict, visit: Visit, by: Actor, at: datetime) -> None:
    actions.note_done(visit=visit, by=by, at=at)


def not_here(fields: QueryDict, visit: Visit, by: Actor, at: datetime) -> None:
    words = fields.get("back_words", "")
    with beside(reason="back_reason", words="back_words"):
        actions.take_arrival_back(visit=visit, reason=fields.get("back_reason", ""), words=words, by=by, at=at)


ACTS = {
    "move": move, "together": move_together, "late": late, "give_up": give_up, "here": here, "not_here": not_here,
    "done": done,
}  # fmt: skip


def wanted(fields: QueryDict, visit: Visit, by: Actor) -> Booked:
    """The visit at its new place; a chair that was named, else one that is free, and whoever can be there."""
    starts = moment_in(fields, "starts_at", by.zone, visit.starts_at)
    now_is = queries.booked(visit, Hold.objects.filter(visit=visit, is_held=True).select_related("resource"))
    span = Span(starts, starts + now_is.span.length)
    hands = None
    if now_is.hands_on is not None:
        moved = span.starts - now_is.span.starts
        hands = Span(now_is.hands_on.starts + moved, now_is.hands_on.ends + moved)
    one = replace(now_is, span=span, hands_on=hands)
    rules = actions.held_to(visit.patient, visit.course)
    usual = rules.before if rules else lengths().befores["IV"]
    before = hands.starts - span.starts if hands else usual
    devices = PlaceKind.PUMP in one.places or PlaceKind.MONITOR in one.places
    named = named_in(fields, by, (one.person, one.sitter, *one.places.values()))
    return placed(one, named, before=before, devices=devices, sits=bool(one.sitter), by=by)


def preview(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """What the rules say of the place where it was dropped; nothing is written."""
    actor = actor_of(request)
    try:
        one = wanted(request.GET, visit, actor)
    except Refused as refused:
        return {"refusals": named(refused.refusals)}
    at = moment_of(request)
    found = actions.faults_of(one, by=actor, rules=actions.held_to(visit.patient, visit.course))
    more = offered(visit, one, found, actor, at)
    found += actions.told_too_late(one, visit, by=actor, at=at)
    faults = list(dict.fromkeys(f"{f.rule.capitalize()}: {f.words}" for f in found))
    fields = {
        "starts_at": wall(one.span.starts, actor),
        "chair": one.places.get(PlaceKind.CHAIR, ""),
        "person": request.GET.get("person", ""),
        "room": request.GET.get("room", ""),
    }
    return {"dropped": one, "faults": [] if fits(more) else faults, "typed": fields} | more


def fits(shown: dict[str, Any]) -> bool:
    """With what belongs to it the dose may stand there."""
    return "together" in shown and not shown["together"]["worse"]


def not_alone(fields: QueryDict, visit: Visit, actor: Actor, at: datetime) -> dict[str, Any]:
    """Where the dose was refused because of what follows it: the way with all of them."""
    try:
        one = wanted(fields, visit, actor)
    except Refused:
        return {}
    found = actions.faults_of(one, by=actor, rules=actions.held_to(visit.patient, visit.course))
    return offered(visit, one, found, actor, at)


def page(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    actor, at = actor_of(request), moment_of(request)
    changes = VisitChange.objects.current().filter(visit=visit).select_related("recorded_by", "from_chair", "to_chair")
    holds = placings([visit]).exclude(lane=0, lane_until=1)
    return {
        "visit": visit,
        "overdue": protocols.past_review(("planning-1",), local_day(at, actor.zone)),
        "header": people.header(visit.patient, at=at, zone=actor.zone),
        "changes": changes.order_by("-recorded_at"),
        "held": held_by(visit, list(holds.select_related("user", "resource"))),
        "chairs": [(str(chair.pk), chair.name) for chair in queries.chairs(actor.clinic_id)],
        "rooms": [(str(key), name) for key, name in queries.rooms(actor.clinic_id)],
        "not_here": actions.NotHere.choices,
        "reasons": [(value, label) for value, label in actions.Reason.choices],
        "starts_wall": wall(visit.starts_at, actor),
        "may_move": access.granted(actor.role, "appointments", "U", access.relations_to(actor, visit.patient)),
        "may_override": actions.may_override(actor, visit.patient),
        "people": able(visit, actor),
        "is_booked": visit.state == VisitState.BOOKED,
        "is_due": at >= visit.starts_at,
        "is_today": local_day(visit.starts_at, actor.zone) == local_day(at, actor.zone),
        "is_here": visit.kind != Kind.DOSE and visit.state == VisitState.CHECKED_IN,
    }


def able(visit: Visit, actor: Actor) -> list[tuple[str, str]]:
    """Whoever is planned for such a visit here."""
    need = NEEDED[Kind(visit.kind)]
    return [(str(key), name) for key, name, skills in queries.skilled(actor.clinic_id) if need in skills]


def held_by(visit: Visit, holds: list[Hold]) -> list[tuple[str, str | None]]:
    """Chair, people, room and devices as facts; a dose without a chair or a nurse says so."""
    found: list[tuple[str, str | None]] = []
    if visit.chair is not None or visit.kind == Kind.DOSE:
        found.append(("Chair", visit.chair.name if visit.chair else None))
    people = [hold.user.name for hold in holds if hold.user]
    found.append(("Person", ", ".join(people) or None))
    return found + [(hold.resource.get_kind_display(), hold.resource.name) for hold in holds if hold.resource]
