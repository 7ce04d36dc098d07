"""What the dose does: effects and medicines as needed at the chair, and adverse events followed until they are over."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing import access, forms
from ketacare.clinic.dosing.actions import adverse, as_needed
from ketacare.clinic.dosing.actions import effects as acts
from ketacare.clinic.dosing.models import AdverseEvent, Outcome, Relatedness, Session
from ketacare.clinic.dosing.queries import as_needed as needed
from ketacare.clinic.dosing.queries import effects as queries
from ketacare.clinic.dosing.views.page import answered, now, opened, page, reader, visit_url
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, guarded, may
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader as sheets


@guarded("readings", "R")
def effects(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Charting, giving and judging in one place; each act is asked for the right it needs by itself."""
    session = opened(request, visit_id, "R", "readings").session
    if request.method != "POST":
        return effects_page(request, session)
    return answered(
        request, lambda: act(request, session), lambda refused: effects_page(request, session, refused),
        visit_url(session.visit, "session-effects"),
    )  # fmt: skip


def act(request: HttpRequest, session: Session) -> None:
    form = reader(request)
    match form.text("act"):
        case "chart":
            chart(request, form, session)
        case "give":
            give(request, form, session)
        case "looked":
            look(request, form, session)
        case "over":
            acts.close_emergency(
                session=session, name=form.text("name"), airway_signs=form.answer("airway_signs"),
                words=form.text("words"), by=actor_of(request), at=now(request),
            )  # fmt: skip
        case "judge":
            judged = judged_in(form, request, session.started_at)
            form.done()
            adverse.record(
                patient=session.visit.patient, session=session, judged=judged, by=actor_of(request), at=now(request)
            )
        case _:
            raise Refused(Refusal("act", "Nothing was chosen.", "Choose one."))


def chart(request: HttpRequest, form: forms.Reader, session: Session) -> None:
    name = form.need("effect", "Which effect?")
    grade = int(form.text("grade")) if form.text("grade").isdigit() else None
    happened_at = form.moment("happened_at", now(request), actor_of(request).zone, session.started_at)
    form.done()
    acts.chart(
        session=session, name=name, grade=grade, words=form.text("words"), happened_at=happened_at,
        by=actor_of(request), at=now(request),
    )  # fmt: skip


def give(request: HttpRequest, form: forms.Reader, session: Session) -> None:
    unit = form.need("unit", "In which unit?")
    amount = form.needed_amount("amount", "Amount", unit or "its unit")
    drug, route = form.need("drug", "Which medicine?"), form.need("route", "Which route?")
    why = form.need("why", "What for?")
    form.done()
    wanted = as_needed.Wanted(drug, route, amount, why, unit)
    none_apply = form.text("none_apply") == "on"
    as_needed.give(session=session, wanted=wanted, none_apply=none_apply, by=actor_of(request), at=now(request))


def look(request: HttpRequest, form: forms.Reader, session: Session) -> None:
    entries = {str(row.pk): row for row in needed.given(session)}
    entry = entries.get(form.text("entry"))
    if entry is None:
        raise Refused(Refusal("medicine", "was not given here.", "Look at the session again."))
    as_needed.record_effect(
        session=session, entry=entry, words=form.text("words"), by=actor_of(request), at=now(request)
    )


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
        resolved_at=form.moment("resolved_at", at, zone, began_at),
        words=form.text("words"),
    )


def effects_page(request: HttpRequest, session: Session, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor, sheet = actor_of(request), sheets.effects_sheet()
    medicines = sheets.needed_sheet().medicines
    return page(
        request, "effects", session.visit, session, status=422 if refusals else 200,
        terms=sheet.terms,
        medicines=medicines,
        routes=sorted({dose.route for one in medicines.values() for dose in one.doses}),
        units=list(dict.fromkeys(dose.amount.unit for one in medicines.values() for dose in one.doses)),
        reasons=sorted({why for one in medicines.values() for why in one.why}),
        adopted=needed.adopted(session.clinic_id),
        given=needed.looked_at(session),
        airway=queries.open_emergency(session, queries.AIRWAY),
        found=queries.found(session) if session.started_at else (),
        to_judge=queries.to_judge(session),
        recorded=queries.recorded(session).values(),
        serious=sheet.serious,
        relatedness=Relatedness,
        outcomes=Outcome,
        may_chart=may(actor, "readings", "C") and session.started_at is not None,
        may_give=may(actor, "dose", "C") and session.started_at is not None,
        may_record=may(actor, "adverse_events", "C"),
        prescriber=may(actor, "adverse_events", "S"),
        refusals=refusals or [],
    )  # fmt: skip


# --- adverse events ---------------------------------------------------------------------------------------------------


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


MOST_LISTED = 300


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
