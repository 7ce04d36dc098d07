"""The standing flag of high risk: why it stands, who asked to lower it, and the second look."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.people import access as people_access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, may, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import actions, queries
from ketacare.clinic.safety.models import RiskFlag
from ketacare.clinic.safety.reasons import reason_words
from ketacare.clinic.tenancy.refusals import Refusal, Refused

AGREES = {"yes": True, "no": False}


@require_GET
@guarded("concerns", "R")
def risk_flag(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = people_access.patient_of(actor, patient_id, "concerns", at=at)
    return shown(request, actor, patient, at)


def shown(
    request: HttpRequest, actor: Actor, patient: Patient, at: datetime, refusals: list[Refusal] | None = None
) -> HttpResponse:
    flag = queries.flag(patient)
    context = {
        "patient": people.header(patient, at=at, zone=actor.zone),
        "patient_id": patient.pk,
        "flag": flag,
        "flags": queries.flags(patient),
        "may_ask": flag is not None and flag.state == "standing" and may(actor, "concerns", "S"),
        "may_look": flag is not None
        and flag.state == "asked"
        and may(actor, "concerns", "S")
        and flag.asked_by_id != actor.user_id,
        "open": [(one, reason_words(one.reason_code)) for one in queries.standing(patient)] if flag else [],
        "owed": queries.interviews_owed(patient) if flag else [],
        "refusals": refusals or [],
        "typed": request.POST if refusals and flag and request.POST.get("version") == str(flag.version) else {},
    }
    return render(request, "safety/flag.jinja", context, status=422 if refusals else 200)


@require_POST
@guarded("concerns", "S")
def lower(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Asked for, with a reason; or looked at again by somebody else, whichever the flag waits for."""
    actor, at = actor_of(request), moment_of(request)
    patient = people_access.patient_of(actor, patient_id, "concerns", "S", at=at)
    flag = queries.flag(patient)
    try:
        if flag is None:
            raise Refused(Refusal("Flag", "No flag stands.", "Read the page again.", "policy"))
        if request.POST.get("version") != str(flag.version):
            words = "Something changed since you read this page: what stands below is not what you answered."
            raise Refused(Refusal("version", words, "Read it and answer again.", "policy"))
        one_of_two(request, flag, actor, at)
    except Refused as refused:
        return shown(request, actor, patient, at, refused.refusals)
    return HttpResponseRedirect(reverse("risk-flag", args=[patient_id]))


def one_of_two(request: HttpRequest, flag: RiskFlag, actor: Actor, at: datetime) -> None:
    despite = request.POST.get("despite", "")
    if "agrees" in request.POST or "words" in request.POST:
        agrees = AGREES.get(request.POST.get("agrees", ""))
        words = request.POST.get("words", "")
        actions.look_again(flag, agrees=agrees, words=words, despite=despite, by=actor, at=at)
        return
    actions.ask_to_lower(flag, reason=request.POST.get("reason", ""), despite=despite, by=actor, at=at)
