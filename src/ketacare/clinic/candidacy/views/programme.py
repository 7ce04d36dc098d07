"""From acceptance to the signed plan and its booked days; and the plan in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.candidacy import access, actions, queries
from ketacare.clinic.candidacy.models import Judgement
from ketacare.clinic.candidacy.views.page import header, today_of
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import NotHere, actor_of, confirm, guarded, moment_of, patient_of
from ketacare.clinic.people.models import BodyMeasure, Patient
from ketacare.clinic.protocols import queries as adopted
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.forms import day_near
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.evidence.terms import SheetHeader
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.quantities.terms import Mass, Weight

FIRST_HOUR = time(9, 0)


@guarded("plan", "S")
def enrolment(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Choose the protocol and the days, read them, sign. The days are shown before anything is saved."""
    patient = known_patient(request, patient_id, "S")
    confirm(request)
    asked = request.POST if request.method == "POST" else request.GET
    shown = programme(request, patient) | {"asked": asked}
    try:
        proposal = proposed(asked, patient, actor_of(request).zone, moment_of(request))
        shown["proposal"] = proposal if shown["accepted"] else None
        shown["course"] = judged_anew(request, shown["accepted"], proposal)
        shown["about"] = dose_now(proposal, shown["weight"])
        shown["overdue"] = past_review(request, proposal.protocol)
        if request.method == "POST":
            plan = actions.begin_programme(
                patient=patient,
                proposal=proposal,
                goals=request.POST.get("goals", ""),
                override=request.POST.get("override", ""),
                other_product=request.POST.get("other_product", ""),
                setting=request.POST.get("setting", ""),
                by=actor_of(request),
                at=moment_of(request),
            )
            return HttpResponseRedirect(reverse("plan-summary", args=[plan.patient_id]))
    except Refused as refused:
        return render(request, "candidacy/enrolment.jinja", shown | {"refusals": refused.refusals}, status=422)
    return render(request, "candidacy/enrolment.jinja", shown)


def judged_anew(
    request: HttpRequest, accepted: Judgement | None, proposal: actions.Proposal
) -> queries.CourseJudged | None:
    """The answer of today for what this protocol gives, beside what was accepted."""
    if accepted is None:
        return None
    return queries.course_judged(accepted, proposal.protocol, at=moment_of(request), zone=actor_of(request).zone)


def dose_now(proposal: actions.Proposal, measure: BodyMeasure | None) -> str:
    """The dose by weight in mg as well, so that neither is read for the other (H2)."""
    dose = proposal.protocol.dose
    if measure is None or isinstance(dose, Mass):
        return ""
    return dose.for_weight(Weight(measure.weight_kg)).rounded().written()


def past_review(request: HttpRequest, protocol: Protocol) -> tuple[SheetHeader, ...]:
    """The sheets of a protocol, in the versions that count here, that somebody should have read again by now (H19)."""
    return warnings(protocol.headers, today_of(request))


def known_patient(request: HttpRequest, patient_id: UUID, act: str) -> Patient:
    return patient_of(actor_of(request), patient_id, "plan", act, at=moment_of(request))


def programme(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    judged = queries.judgement(patient)
    actor = actor_of(request)
    return {
        "patient": patient,
        "header": header(request, patient),
        "protocols": adopted.protocols_in_force(actor.clinic_id),
        "chairs": list(scheduling.chairs(actor.clinic_id)),
        "accepted": queries.acceptance(patient),
        "judged": judged,
        "enrolled": enrolled.current_enrolment(patient),
        "weight": known.latest_measure(patient),
        "under": queries.under(patient, today_of(request)),
        "proposal": None,
        "course": None,
        "about": "",
        "refusals": [],
    }


def proposed(asked: Any, patient: Patient, zone: str, at: datetime) -> actions.Proposal:
    """The course asked for; without a first day, the next one on which the clinic is open."""
    in_force = {protocol.id: protocol for protocol in adopted.protocols_in_force(patient.clinic_id)}
    sheet_id = asked.get("protocol") or first_of_the_route(patient, in_force)
    if sheet_id not in in_force:
        raise Refused(
            Refusal("protocol", "No protocol is adopted here yet.", "Ask the medical director to adopt one.", "policy")
        )
    asked_on = asked.get("first_on")
    today = local_day(at, zone)
    first_on = (
        day_near(day_from(asked_on), today, "first_on")
        if asked_on
        else scheduling.next_open_day(patient.clinic_id, today)
    )
    chairs = {str(chair.pk): chair for chair in scheduling.chairs(patient.clinic_id)}
    protocol = in_force[sheet_id]
    weeks = protocol.sessions // protocol.per_week + 2  # the last dose may be put off by some days
    return actions.propose(
        protocol=protocol,
        closed_on=scheduling.closed_days(patient.clinic_id, first_on, weeks),
        first_on=first_on,
        starts=hour_from(asked.get("starts")),
        chair=chairs.get(asked.get("chair")),
    )


def first_of_the_route(patient: Patient, in_force: Mapping[str, Protocol]) -> str:
    """What is shown first is given as the evaluation proposes it."""
    proposed_by = queries.proposed_route(queries.history(patient))
    of_it = (sheet_id for sheet_id, one in in_force.items() if queries.route_of(one) is proposed_by)
    return next(of_it, next(iter(in_force), ""))


def day_from(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused(Refusal("first_on", "First day: this is not a date.", "Choose it from the calendar."))


def hour_from(text: str | None) -> time:
    try:
        return time.fromisoformat(text) if text else FIRST_HOUR
    except ValueError:
        raise Refused(Refusal("starts", "Time: this is not a time of day.", "Write it as 09:00."))


@guarded("plan", "R", is_own=True)
def plan_summary(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The plan in plain words, to print and take home."""
    patient = known_patient(request, patient_id, "R")
    plan = enrolled.plan_for(patient)
    if plan is None:
        raise NotHere
    visits = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE).exclude(state="cancelled")
    clinic = Clinic.objects.get(pk=patient.clinic_id)
    shown = {
        "patient": patient,
        "header": header(request, patient),
        "plan": plan,
        # What was written to those who treat: the patient, and who reads the decision alone, have plain words.
        "under": queries.under(patient, today_of(request)) if access.reads_conditions(actor_of(request)) else (),
        "line": crisis_line(clinic),
        "visits": visits.select_related("chair").order_by("starts_at"),
        "clinic": clinic,
        "overdue": past_review(request, enrolled.protocol_for(plan.enrolment)),
    }
    return render(request, "candidacy/plan.jinja", shown)
