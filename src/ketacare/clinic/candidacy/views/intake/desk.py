"""The clinic's side of the intake: handing it out, where it stands, and going over what was said."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.candidacy import access, queries
from ketacare.clinic.candidacy.actions import asking, taking_over
from ketacare.clinic.candidacy.forms import screens
from ketacare.clinic.candidacy.forms.reading import spoken
from ketacare.clinic.candidacy.forms.verdicts import verdicts
from ketacare.clinic.candidacy.models import Intake, IntakeWay
from ketacare.clinic.candidacy.queries import intake as intakes
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.people import access as doors
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, granted, guarded, moment_of, relations_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

SHEETS = ("intake-1", "facts-1", "at-odds-1")  # how long a link lives, what was asked, and what does not fit together


@require_GET
@guarded("intake", "R")
def patient_intake(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Where the intake stands; what was said in it for those who may read an evaluation."""
    actor, at = actor_of(request), moment_of(request)
    return page(request, access.patient_for_intake(actor, patient_id, at=at))


def page(request: HttpRequest, patient: Patient, refusals: list[Refusal] | None = None) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    intake = intakes.newest_intake(patient)
    reads = may(actor, patient, "evaluation", "R") and actor.role not in access.SUMMARY_ONLY
    shown = {
        "patient": patient,
        "header": people.header(patient, at=at, zone=actor.zone),
        "intake": intake,
        "standing": intakes.intake_standing(intake, at) if intake else None,
        "ways": intakes.ways_for(patient),
        "link": link_of(intake, at) if intake and intake.is_open else "",
        "may_send": may(actor, patient, "intake", "C"),
        "may_check": may(actor, patient, "evaluation", "C"),
        "may_rule": may(actor, patient, "evaluation", "S"),
        "refusals": refusals or [],
        "typed": request.POST if refusals else {},
        "parts": [],
        "overdue": protocols.past_review(SHEETS, local_day(at, actor.zone)),
    }
    if intake is not None and reads:
        if not refusals:
            doors.opened(actor, patient, "evaluation", at=at)
        shown |= what_was_said(intake) | {"odd": at_odds(patient, at, actor.zone)}
    return render(request, "candidacy/intake/desk.jinja", shown, status=422 if refusals else 200)


def what_was_said(intake: Intake) -> dict[str, Any]:
    """Everything said, part by part, each fact beside what somebody found since."""
    parts = spoken(intake, intakes.gone_over(intake, queries.history(intake.patient)))
    waits = owed.open_for(intake.patient, queries.RISK_UNSAID).exists()  # until a person has asked
    return {
        "parts": parts,
        "open": sum(part.open for part in parts),
        "to_ask": sum(part.to_ask for part in parts) if waits else 0,
        "units": queries.UNITS,
    }


def at_odds(patient: Patient, at: datetime, zone: str) -> tuple[queries.AtOdds, ...]:
    """What the patient said that does not fit together, or not with what is known besides."""
    facts = queries.facts_of(patient, queries.history(patient), at=at, zone=zone)
    return queries.odd_among(facts, at.astimezone(ZoneInfo(zone)))


def may(actor: Actor, patient: Patient, object_name: str, act: str) -> bool:
    return granted(actor.role, object_name, act, relations_to(actor, patient))


def link_of(intake: Intake, at: datetime) -> str:
    return settings.PUBLIC_ORIGIN + reverse("intake", args=[access.token_for(intake, at)])


def current(patient: Patient) -> Intake:
    found = intakes.newest_intake(patient)
    if found is None:
        raise NotHere
    return found


@require_POST
@guarded("intake", "C")
def send(request: HttpRequest, patient_id: UUID) -> HttpResponseBase:
    """A new intake, by the way the person allowed, or here on the clinic's tablet."""
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_for_intake(actor, patient_id, "C", at=at)
    try:
        intake = asking.send_intake(patient=patient, way=request.POST.get("way", ""), by=actor, at=at)
    except Refused as refused:
        return page(request, patient, refused.refusals)
    return handed_over(request, intake)


@require_POST
@guarded("intake", "U")
def again(request: HttpRequest, patient_id: UUID) -> HttpResponseBase:
    """The same intake by a fresh link; a lock is lifted."""
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_for_intake(actor, patient_id, "U", at=at)
    try:
        intake = asking.send_again(intake=current(patient), way=request.POST.get("way", ""), by=actor, at=at)
    except Refused as refused:
        return page(request, patient, refused.refusals)
    return handed_over(request, intake)


def handed_over(request: HttpRequest, intake: Intake) -> HttpResponseBase:
    """On the tablet whoever hands it over is signed out first: what the patient holds shows one form and no chart."""
    if intake.way != IntakeWay.TABLET:
        return HttpResponseRedirect(reverse("patient-intake", args=[intake.patient_id]))
    logout(request)
    return HttpResponseRedirect(reverse("intake", args=[access.token_for(intake)]))


@require_POST
@guarded("intake", "U")
def revoke(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_for_intake(actor, patient_id, "U", at=at)
    try:
        asking.revoke_intake(intake=current(patient), reason=request.POST.get("reason", ""), by=actor, at=at)
    except Refused as refused:
        return page(request, patient, refused.refusals)
    return HttpResponseRedirect(reverse("patient-intake", args=[patient.pk]))


@require_POST
@guarded("evaluation", "C")
def check(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Going over it with the patient: each fact confirmed, found otherwise, or ruled on; the told word stays."""
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_in(actor, patient_id, "C", at=at)
    over = intakes.gone_over(current(patient), queries.history(patient))
    try:
        found = verdicts(request.POST, over, screens.names_by_part(), local_day(at, actor.zone))
        taking_over.go_over(patient=patient, verdicts=found, by=actor, at=at)
    except Refused as refused:
        return page(request, patient, refused.refusals)
    return HttpResponseRedirect(reverse("patient-intake", args=[patient.pk]) + "#said")
