"""Adverse events: recorded at the chair or later, listed until they are over, looked at again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing import access, forms
from ketacare.clinic.dosing.actions import adverse
from ketacare.clinic.dosing.models import AdverseEvent, Outcome, Relatedness
from ketacare.clinic.dosing.views.page import answered, now, reader
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, guarded, may, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.safety import reader as sheets

MOST_LISTED = 300


def judged_in(form: forms.Reader, request: HttpRequest, began_at: datetime | None) -> adverse.Judged:
    """An adverse event as the form says it; times as at the chair, empty for the moment of the form."""
    at, zone = now(request), actor_of(request).zone
    onset = form.moment("onset", at, zone, began_at)
    if onset is None and began_at is not None:
        onset = began_at
    grade = form.text("grade")
    return adverse.Judged(
        effect=form.text("effect"),
        grade=int(grade) if grade.isdigit() else 0,
        onset=onset or at,
        relatedness=form.text("relatedness") or Relatedness.NOT_JUDGED,
        action=form.text("action"),
        serious=tuple(request.POST.getlist("serious")),
        transient=form.text("transient") == "on",
        outcome=form.text("outcome") or Outcome.ONGOING,
        resolved_at=on_a_day(form, "resolved", at, zone, began_at),
        words=form.text("words"),
        reported_at=on_a_day(form, "reported", at, zone, began_at),
        reported_how=form.text("reported_how"),
    )


def on_a_day(form: forms.Reader, name: str, at: datetime, zone: str, began_at: datetime | None) -> datetime | None:
    """An hour as at the chair, of the day beside it; without a day of today, without an hour noon of that day."""
    day, text = form.day(f"{name}_on", "The day"), form.text(f"{name}_at")
    if day is None or day == at.astimezone(ZoneInfo(zone)).date():
        return form.moment(f"{name}_at", at, zone, began_at) if text or day is None else at
    if not text:
        return datetime.combine(day, time(12), ZoneInfo(zone))
    if not text[0].isdigit():
        form.refuse(f"{name}_at", f"{text[:20]} is counted from today or from the dose.", "With a day write 0930.")
        return None
    return form.moment(f"{name}_at", datetime.combine(day, time(23, 59), ZoneInfo(zone)), zone)


@guarded("adverse_events", "R")
def adverse_events(request: HttpRequest) -> HttpResponse:
    """All of them, those not yet over first: nobody has to remember whom to ask again."""
    actor, at = actor_of(request), now(request)
    rows = AdverseEvent.objects.current().filter(clinic_id=actor.clinic_id, patient__in=people.visible_patients(actor))
    events = sorted(
        rows.select_related("patient", "recorded_by").order_by("-happened_at")[:MOST_LISTED],
        key=lambda event: (adverse.settled(event), -event.grade),
    )
    audit.note(by=actor, at=at, verb="adverse_events.list", purpose="care")
    names = people.identities(event.patient for event in events)
    context = {"events": [(event, names[event.patient_id], adverse.settled(event)) for event in events]}
    return render(request, "dosing/adverse_events.jinja", context)


@guarded("adverse_events", "C")
def patient_adverse_event(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What was told or found outside a session: the next day, on the telephone, by the family doctor."""
    actor, at = actor_of(request), now(request)
    patient = patient_of(actor, patient_id, "adverse_events", "C", at=at)
    if request.method != "POST":
        return patient_event_page(request, patient)

    def keep() -> None:
        form = reader(request)
        began, over = when(form, "began", at, actor.zone), when(form, "over", at, actor.zone)
        if began is None:
            form.refuse("began_on", "When it began is empty.", "Choose the day.")
        form.done()
        if began is not None and over is not None and not form.text("over_at"):
            over = until_then(began, over, actor.zone)
        judged = replace(judged_in(form, request, None), onset=began or at, resolved_at=over)
        adverse.record(patient=patient, judged=judged, by=actor, at=at)

    return answered(
        request, keep, lambda refused: patient_event_page(request, patient, refused), f"{request.path}?kept=1"
    )


def when(form: forms.Reader, name: str, at: datetime, zone: str) -> datetime | None:
    """A day and, where it is known, a time of it; without one noon, or now where that is still to come."""
    day, text = form.day(f"{name}_on", "The day"), form.text(f"{name}_at")
    try:
        of_day = time.fromisoformat(text) if text else time(12)
    except ValueError:
        form.refuse(f"{name}_at", f"{text[:20]} is not a time.", "Enter it as 09:30, or leave it empty.")
        return None
    if day is None:
        return None
    found = datetime.combine(day, of_day, ZoneInfo(zone))
    return min(found, at) if not text and day == at.astimezone(ZoneInfo(zone)).date() else found


def until_then(began: datetime, over: datetime, zone: str) -> datetime:
    """An hour that nobody gave is no earlier than the beginning, on the same day."""
    same_day = began.astimezone(ZoneInfo(zone)).date() == over.astimezone(ZoneInfo(zone)).date()
    return max(began, over) if same_day else over


def patient_event_page(
    request: HttpRequest, patient: Patient, refusals: list[dict[str, str]] | None = None
) -> HttpResponse:
    actor, at, sheet = actor_of(request), now(request), sheets.effects_sheet()
    context: dict[str, Any] = {
        "action": request.path,
        "kept": request.GET.get("kept") == "1",
        "patient": people.header(patient, at=at, zone=actor.zone),
        "terms": sheet.terms,
        "overdue": protocols.past_review(("effects-1",), local_day(at, actor.zone)),
        "serious": sheet.serious,
        "in_hospital": False,
        "relatedness": Relatedness,
        "outcomes": Outcome,
        "prescriber": may(actor, "adverse_events", "S"),
        "typed": request.POST if refusals else {},
        "refusals": refusals or [],
    }
    return render(request, "dosing/patient_event.jinja", context, status=422 if refusals else 200)


@guarded("adverse_events", "R")
def adverse_event(request: HttpRequest, case_id: UUID) -> HttpResponse:
    """One event with every look at it; a new look is a new fact."""
    actor, at = actor_of(request), now(request)
    acting = request.method == "POST"
    event = access.adverse_event_of(actor, case_id, "U" if acting else "R", at=at)
    if not acting:
        return event_page(request, event)

    def again() -> None:
        form = reader(request)
        judged = judged_in(form, request, event.happened_at)
        form.done()
        adverse.look_again(event=event, judged=judged, reason=form.text("reason"), by=actor, at=at)

    return answered(
        request, again, lambda refused: event_page(request, event, refused), reverse("adverse-event", args=[case_id])
    )


def event_page(request: HttpRequest, event: AdverseEvent, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    looks = AdverseEvent.objects.filter(case=event.case).select_related("recorded_by").order_by("recorded_at")
    context: dict[str, Any] = {
        "event": event,
        "visit": event.visit,
        "patient": people.header(event.patient, at=at, zone=actor.zone),
        "looks": looks,
        "overdue": protocols.past_review(("effects-1",), local_day(at, actor.zone)),
        "term": sheets.effects_sheet().terms[event.effect],
        "serious": sheets.effects_sheet().serious,
        "relatedness": Relatedness,
        "outcomes": Outcome,
        "may_look": may(actor, "adverse_events", "U"),
        "prescriber": may(actor, "adverse_events", "S"),
        "typed": request.POST if refusals else {},
        "refusals": refusals or [],
    }
    return render(request, "dosing/adverse_event.jinja", context, status=422 if refusals else 200)
