"""The safety plan: to read and print, to write anew, or to say that it was refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.candidacy import actions, forms, queries
from ketacare.clinic.candidacy.models import PlanState
from ketacare.clinic.candidacy.views.page import header, patient_for, today_of
from ketacare.clinic.people.access import NotAllowed, actor_of, guarded, may, moment_of
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Conflict, Refusal, Refused
from ketacare.medicine.safety import reader

SHEETS = ("safety-plan-1",)


@require_GET
@guarded("evaluation", "R", is_own=True)
def safety_plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The newest version that was made, as it is given to the patient: it holds also when a review of it was refused. A
    referrer reads it only where the patient has agreed."""
    patient, actor = patient_for(request, patient_id), actor_of(request)
    versions = queries.plan_versions(patient)
    newest = versions[0].plan if versions else None
    made = next((one for one in versions if one.plan.state == PlanState.MADE), None)
    plan = made.plan if made else newest
    if actor.role == Role.RC and not (plan and plan.consent_to_share):
        raise NotAllowed("evaluation", "R")
    shown = common(request, patient) | {
        "plan": plan,
        "refused": newest if made and newest is not plan else None,
        "number": newest.number if newest else 0,
        "versions": versions,
        "lines": made.lines if made else (),
        "flag": safety.flag(patient),
        "may_write": may(actor, "evaluation", "C"),
    }
    return render(request, "candidacy/safety_plan.jinja", shown)


def common(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    clinic = Clinic.objects.get(pk=patient.clinic_id)
    return {
        "patient": patient,
        "header": header(request, patient),
        "clinic": clinic,
        "line": crisis_line(clinic),
        "overdue": protocols.past_review(SHEETS, today_of(request)),
        "refusals": [],
        "typed": {},
    }


@guarded("evaluation", "C")
def write_safety_plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """A new version, begun from the one before."""
    patient = patient_for(request, patient_id, "C")
    newest = next(iter(queries.safety_plans(patient)), None)
    refusals: list[Refusal] = []
    if request.method == "POST":
        try:
            actions.write_safety_plan(
                patient=patient,
                by=actor_of(request),
                at=moment_of(request),
                **forms.plan_from(request.POST),
            )
            return HttpResponseRedirect(reverse("safety-plan", args=[patient.pk]))
        except Conflict:
            raise
        except Refused as refused:
            refusals = refused.refusals
    sheet, latest = reader.safety_plan_sheet(), today_of(request)
    shown = common(request, patient) | {
        "fields": sheet.fields,
        "source": sheet.fields[0].sources[0].citation,
        "newest": newest,
        "latest": latest + timedelta(days=sheet.review_within_d.integer),
        "refusals": refusals,
        "typed": request.POST if refusals else {},
    }
    return render(request, "candidacy/safety_plan_form.jinja", shown, status=422 if refusals else 200)


@require_POST
@guarded("evaluation", "C")
def refuse_safety_plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "C")
    actions.refuse_safety_plan(
        patient=patient,
        words=request.POST.get("refusal", ""),
        after=forms.whole(request.POST.get("after", "")),
        by=actor_of(request),
        at=moment_of(request),
    )
    return HttpResponseRedirect(reverse("safety-plan", args=[patient.pk]))
