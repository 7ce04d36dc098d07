"""What every page of a session shares: the frame, the header in session form, and answering a refused form in place."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.access import reads_conditions
from ketacare.clinic.dosing import access
from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.asked import as_typed
from ketacare.clinic.dosing.forms import Reader
from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import dose, ordered, schedule
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, moment_of
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.supervision.models import Task
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import one_look
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.evidence.terms import SheetHeader
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.quantities.terms import Weight

PAGES_OF_A_VISIT = "dosing/{}.jinja"
# What a session is told by beside its protocol: signs and their grades, medicines given as needed.
AS_SHIPPED = ("effects-1", "emergencies-1", "prn-1", "watch", "watching")


def now(request: HttpRequest) -> datetime:
    return moment_of(request)


class Opened(NamedTuple):
    """A session that was fetched through the door, who asked for it, and when."""

    session: Session
    actor: Actor
    at: datetime


def opened(request: HttpRequest, visit_id: UUID, act: str = "R", object_name: str = "session") -> Opened:
    """How every view of a session begins."""
    actor, at = actor_of(request), now(request)
    return Opened(access.session_of(actor, visit_id, act, at=at, object_name=object_name), actor, at)


def reader(request: HttpRequest) -> Reader:
    """A NUL, that comes along with what is pasted, is no letter: no database keeps it."""
    confirmed = " ".join(request.POST.getlist("confirm"))
    typed = {name: str(value).replace("\x00", "") for name, value in request.POST.items()}
    return Reader(typed | {"confirm": confirmed})


def asked_with_a_clearance(visit: Visit, actor: Actor, at: datetime) -> tuple[candidacy.Under, ...]:
    return candidacy.under(visit.patient, local_day(at, actor.zone)) if reads_conditions(actor) else ()


def page(
    request: HttpRequest, name: str, visit: Visit, session: Session | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    """A page about one patient, with its header."""
    actor, at = actor_of(request), now(request)
    context = {
        "visit": visit,
        "session": session,
        "patient": people.header(visit.patient, at=at, zone=actor.zone),
        "in_session": in_session(session, at) if session else None,
        "overdue": past_review(session, at, actor.zone) if session else (),
        "fallen": fallen_words(session, at, actor.zone) if session and name != "preparing" else [],
        "under": asked_with_a_clearance(visit, actor, at) if session else (),
        "typed": request.POST if status >= 400 else {},
        **context,
    }
    for one in context.get("refusals") or ():
        if isinstance(one, dict) and one.get("kind") == "unlikely":
            one["asked"] = as_typed(request.POST, one["field"])
    return render(request, PAGES_OF_A_VISIT.format(name), context, status=status)


def fallen_words(session: Session, at: datetime, zone: str) -> list[str]:
    """On every page from the order to the start: that the go stands no longer, and by what (H14). The page of readiness
    says it in its own place."""
    with one_look():
        return [f"{shown(one)['rule']} {one.remedy}" for one in preparing.fallen(session, at=at, zone=zone)]


def past_review(session: Session, at: datetime, zone: str) -> tuple[SheetHeader, ...]:
    """The sheets this session is judged by that somebody should have read again by now."""
    on = local_day(at, zone)
    return warnings((*schedule.protocol_of(session).headers, *protocols.past_review(AS_SHIPPED, on)), on)


def past_review_before(session: Session, at: datetime, zone: str) -> tuple[SheetHeader, ...]:
    """Before the dose the person is judged too, by the sheets of the evaluation."""
    headers = (*schedule.protocol_of(session).headers, *candidacy.sheet(session.visit.patient).headers)
    return warnings(headers, local_day(at, zone))


def in_session(session: Session, at: datetime) -> dict[str, Any] | None:
    """The second line of the patient header while a dose acts."""
    order = ordered.order_of(session.visit)
    if order is None or session.started_at is None or session.state == SessionState.CALLED_OFF:
        return None
    so_far = dose.so_far(session, order, at)
    return {
        "drug": order.drug,
        "given": dose.in_tenths(so_far.given),
        "ordered": so_far.ordered.written(),
        "weight": Weight(order.weight_kg).written(),
        "started_at": session.started_at if session.left_at is None else None,
        "elapsed": elapsed(session.started_at, session.left_at or at),
        "supervisor": supervisor_words(session, at),
        "age_seconds": None,
    }


def supervisor_words(session: Session, at: datetime) -> str:
    """Who supervises, or that nobody does; after the patient has left nobody has to."""
    if session.left_at is not None:
        return "Session over"
    held = supervision.post(session.visit, Task.SUPERVISES)
    live = supervision.is_live(held, supervision.heard(session.visit, at), at)
    return held.person.name if held and live else "Nobody now"


def elapsed(since: datetime, until: datetime) -> str:
    seconds = max(0, int((until - since).total_seconds()))
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


def answered(
    request: HttpRequest, act: Callable[[], Any], again: Callable[[list[dict[str, str]]], HttpResponse], to: str
) -> HttpResponse:
    """Do it and go on; or show the same page with every reason, and nothing written."""
    try:
        with transaction.atomic():
            act()
    except Refused as refused:
        return again([shown(refusal) for refusal in refused.refusals])
    return HttpResponseRedirect(to)


# What a field is called on its page, where its own name would not be understood (E1).
CALLED = {
    "happened_at": "When it took place",
    "begun_at": "When it was begun",
    "left_at": "When they left",
    "second_at": "When the second step began",
    "first_on": "The first day",
    "in_24_h": "What is done within 24 hours",
    "in_7_d": "What is done within 7 days",
    "early_signs": "The early signs",
    "said_by": "Who says so",
    "start": "Where it starts",
    "domain": "What it belongs to",
    "placed": "Whose hours count",
    "seen": "What came of it",
    "by_on": "The day by which",
    "measure": "What is counted",
    "confidence": "How sure the patient is",
    "first_step": "The first step",
    "helper": "Who helps",
    "if_then": "What is done then",
    "act_24h": "The act within 24 hours",
    "act_7d": "The act within 7 days",
    "must_know": "What the nurse must know",
    "minutes": "The number of minutes",
    "days": "The number of days",
    "summary": "What was worked on",
    "act": "The act",
    "why": "What it is for",
    "levels": "The level",
}


def shown(refusal: Refusal) -> dict[str, str]:
    """As the form components read it: a rule that needs its subject gets it."""
    name = CALLED.get(refusal.field) or line_words(refusal.field) or refusal.field.replace("_", " ")
    begins = refusal.rule[:1].isupper() or refusal.rule[:1].isdigit() or refusal.rule[:1] in "“"
    rule = refusal.rule if begins else f"{name[:1].upper()}{name[1:]} {refusal.rule}"
    return {"field": refusal.field, "rule": rule, "remedy": refusal.remedy, "kind": refusal.kind}


def line_words(field: str) -> str:
    """A line of the limits is called by what it measures, not by its key: NIBP_SYS.high_single."""
    channel, dot, side = field.partition(".")
    if not dot or channel not in set(Channel):
        return ""
    return f"the line {'under' if side.startswith('low') else 'over'} {Channel(channel).label}"


def visit_url(visit: Visit, name: str = "session") -> str:
    return reverse(name, kwargs={"visit_id": visit.pk})


def may_sign_orders(actor: Actor) -> bool:
    from ketacare.clinic.people.access import may

    return may(actor, "plan", "S")
