"""Paths by exception: their conditions recorded, opened by the prescriber, reviewed by the director."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.candidacy import access, actions, forms, queries
from ketacare.clinic.candidacy.models import ExceptionOpening, Source
from ketacare.clinic.candidacy.views.evaluation import answer, saving
from ketacare.clinic.candidacy.views.page import framed, patient_for, rights_of, today_of
from ketacare.clinic.people.access import NotAllowed, actor_of, guarded, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@saving("exceptions")
def conditions(request: HttpRequest, patient: Patient) -> None:
    """Each condition is an answer of its own, with who and when."""
    given = forms.told_in(request.POST, sorted(queries.recorded_here()), today_of(request))
    if not given:
        raise Refused(Refusal("conditions", "Nothing is answered.", "Answer at least one condition."))
    for told in given:
        actions.record_history(
            patient=patient,
            name=told.name,
            answer=told.answer,
            source=Source.CLINICIAN,
            by=actor_of(request),
            at=moment_of(request),
        )


@require_POST
@guarded("evaluation", "S")
def open_exception(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "S")
    path = request.POST.get("path", "")
    try:
        actions.open_exception(
            patient=patient,
            path=path,
            reason=request.POST.get(f"why-{path}", ""),
            by=actor_of(request),
            at=moment_of(request),
        )
    except Refused as refused:
        return answer(request, patient, "exceptions", refused.refusals)
    return answer(request, patient, "exceptions")


@require_GET
@guarded("evaluation", "R")
def exception(request: HttpRequest, patient_id: UUID, opening_id: UUID) -> HttpResponse:
    """One opening: the reason, the conditions as they stand, and the director's finding."""
    patient = patient_for(request, patient_id)
    if actor_of(request).role in access.SUMMARY_ONLY:
        raise NotAllowed("evaluation", "R")
    return shown(request, patient, opening_id)


def shown(
    request: HttpRequest, patient: Patient, opening_id: UUID, refusals: list[Refusal] | None = None
) -> HttpResponse:
    actor = actor_of(request)
    opening = access.fact_of(ExceptionOpening, patient, opening_id)
    so_far = queries.answer_so_far(patient, at=moment_of(request), zone=actor.zone)
    paths = {item.path.id: item for item in queries.paths_of(so_far, patient)}
    rights = rights_of(actor, patient)
    steps = list(opening.steps.select_related("recorded_by").order_by("recorded_at"))
    context = {
        **framed(request, patient),
        "opening": opening,
        "item": paths.get(opening.path),
        "path": so_far.knowledge.exceptions.path(opening.path),
        "answer": queries.shown(so_far, queries.under(patient, today_of(request))),
        "steps": steps,
        "may_review": not steps and opening.may_be_read_by(actor.role) and opening.recorded_by_id != actor.user_id,
        "may_take_back": "S" in rights and queries.is_open(opening),
        "refusals": refusals or [],
        "typed": request.POST if refusals else {},
    }
    return render(request, "candidacy/exception.jinja", context, status=422 if refusals else 200)


@require_POST
@guarded("evaluation", "S")
def review_exception(request: HttpRequest, patient_id: UUID, opening_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "S")
    try:
        actions.review_exception(
            access.fact_of(ExceptionOpening, patient, opening_id),
            agrees={"yes": True, "no": False}.get(request.POST.get("agrees", "")),
            words=request.POST.get("words", ""),
            by=actor_of(request),
            at=moment_of(request),
        )
    except Refused as refused:
        return shown(request, patient, opening_id, refused.refusals)
    return HttpResponseRedirect(reverse("exception", args=[patient.pk, opening_id]))


@require_POST
@guarded("evaluation", "S")
def take_back_exception(request: HttpRequest, patient_id: UUID, opening_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "S")
    try:
        actions.take_back_exception(
            access.fact_of(ExceptionOpening, patient, opening_id),
            words=request.POST.get("changed", ""),
            by=actor_of(request),
            at=moment_of(request),
        )
    except Refused as refused:
        return shown(request, patient, opening_id, refused.refusals)
    return HttpResponseRedirect(reverse("exception", args=[patient.pk, opening_id]))
