"""Who waits, in the order of fairness, with the reason for each place in the line."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people.access import Actor, NotHere, actor_of, guarded, moment_of, patient_of, patients_visible_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.queries import by_record_number
from ketacare.clinic.scheduling import actions
from ketacare.clinic.scheduling.actions.telling import TELL
from ketacare.clinic.scheduling.forms import key_in, named, number_in, typed
from ketacare.clinic.scheduling.models import (
    GIVEN_UP,
    HELD,
    Happened,
    Visit,
    VisitChange,
    VisitKind,
    VisitState,
    Waiting,
    WaitingState,
)
from ketacare.clinic.scheduling.planner import wake
from ketacare.clinic.scheduling.queries.calendar import names_of
from ketacare.clinic.scheduling.queries.house import house_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.rules import in_order, why_here
from ketacare.medicine.scheduling.terms import Span

OFFERED = timedelta(days=14)
# Cancelled so because the place itself could not be given: nobody else can have it either.
NO_PLACE = (actions.Reason.STAFF, actions.Reason.DEVICE, actions.Reason.CLOSED)


@guarded("resources", "R")
def waiting(request: HttpRequest) -> HttpResponse:
    wake()
    if request.method == "POST":
        try:
            act(request)
        except Refused as refused:
            shown = page(request) | {"refusals": named(refused.refusals), "typed": typed(request)}
            return render(request, "scheduling/waiting.jinja", shown, status=refused.status)
        return HttpResponseRedirect(reverse("waiting"))
    return render(request, "scheduling/waiting.jinja", page(request))


def act(request: HttpRequest) -> None:
    actor, at, fields = actor_of(request), moment_of(request), request.POST
    key = key_in(fields, "waiting")
    if key is not None:
        visible = Patient.objects.filter(patients_visible_to(actor, "appointments"))
        row = Waiting.objects.filter(pk=key, clinic_id=actor.clinic_id, patient__in=visible).first()
        if row is None:
            raise NotHere
        to = WaitingState.PLACED if fields.get("to") == "placed" else WaitingState.GONE
        actions.end_waiting(waiting=row, to=to, reason=fields.get("reason", ""), by=actor, at=at)
        return
    found = by_record_number(actor.clinic_id, fields.get("record_number", "").strip())
    if found is None:
        raise Refused(Refusal("record_number", "names nobody here.", "Take it from the patient's page."))
    patient = patient_of(actor, found, "appointments", "C", at=at)
    try:
        kind = VisitKind(fields.get("kind", ""))
    except ValueError:
        raise Refused(Refusal("kind", "is not chosen.", "Say what they wait for."))
    urgency = number_in(fields, "urgency")
    actions.wait_for(patient=patient, kind=kind, urgency=urgency, words=fields.get("words", ""), by=actor, at=at)


def page(request: HttpRequest) -> dict[str, Any]:
    actor, at = actor_of(request), moment_of(request)
    rows = Waiting.objects.filter(clinic_id=actor.clinic_id, state=WaitingState.WAITING).select_related("patient")
    by_key = {str(row.pk): row for row in rows}
    names = names_of(actor, {row.patient_id for row in by_key.values()})
    line = in_order([actions.in_line(row) for row in by_key.values()])
    return {
        "line": [(by_key[one.key], names.get(by_key[one.key].patient_id, ""), why_here(one, at)) for one in line],
        "kinds": VisitKind.choices,
        "lost": lost_their_place(actor),
        "free_again": free_again(actor, at) if by_key else [],
    }


def free_again(actor: Actor, at: datetime) -> list[tuple[Visit, date]]:
    """Places of doses that fell free and that nobody else has, in a chair that works and while the site is open: the
    line is offered them, each once."""
    gone = Visit.objects.filter(
        clinic_id=actor.clinic_id, kind=VisitKind.DOSE, state=VisitState.CANCELLED, chair__retired_at=None,
        chair__isnull=False, starts_at__gt=at, starts_at__lt=at + OFFERED,
    )  # fmt: skip
    there = Visit.objects.filter(
        chair=OuterRef("chair"), state__in=HELD, starts_at__lt=OuterRef("ends_at"), ends_at__gt=OuterRef("starts_at")
    )
    why = VisitChange.objects.filter(visit=OuterRef("pk"), what=Happened.CANCELLED, reason__in=NO_PLACE)
    house = house_of(Clinic.objects.get(pk=actor.clinic_id), Span(at, at + OFFERED + timedelta(days=1)))
    out = {place.id: place.out for place in house.places}
    places: list[tuple[Visit, Span]] = []
    for row in gone.filter(~Exists(there), ~Exists(why)).select_related("chair").order_by("starts_at", "ends_at"):
        span = Span(row.starts_at, row.ends_at)
        is_open = any(span.within(hours) for hours in house.opens)
        works = not any(span.meets(away) for away in out.get(str(row.chair_id), ()))
        again = any(row.chair_id == one.chair_id and span.meets(other) for one, other in places)
        if is_open and works and not again:
            places.append((row, span))
    return [(row, local_day(row.starts_at, actor.zone)) for row, _ in places]


def lost_their_place(actor: Actor) -> list[tuple[str, Visit, Duty]]:
    """Visits that a day planned anew gave no other place, and doses that were given up, until the desk has found one:
    they stand before the line, since they were promised a day. Whose visit, the visit as it was, the duty."""
    owed = Duty.objects.filter(kind=TELL, state=DutyState.OPEN, clinic_id=actor.clinic_id)
    by_visit = {duty.visit_id: duty for duty in owed if duty.visit_id is not None}
    visible = Patient.objects.filter(patients_visible_to(actor, "appointments"))
    rows = Visit.objects.filter(pk__in=by_visit, state__in=GIVEN_UP, patient__in=visible).order_by("starts_at")
    names = names_of(actor, {row.patient_id for row in rows})
    return [(names.get(row.patient_id, ""), row, by_visit[row.pk]) for row in rows]
