"""Putting a fact right: the new row names the old one and says why (I1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.candidacy import access, actions, forms, queries
from ketacare.clinic.candidacy.models import (
    HistoryAnswer,
    Source,
    Vitals,
)
from ketacare.clinic.candidacy.views.page import framed, noon, patient_for, today_of
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import NotHere, actor_of, guarded, moment_of
from ketacare.clinic.people.models import BodyMeasure, Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@guarded("evaluation", "C")
def amend_history(request: HttpRequest, patient_id: UUID, fact_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "C")
    row = access.fact_of(HistoryAnswer, patient, fact_id)
    kind = queries.kinds().get(row.name)
    if kind is None:
        raise NotHere
    asked = queries.Asked(kind, (row,), None, False, (), None)
    today = today_of(request)

    def save() -> None:
        given = forms.told(kind, request.POST, today)
        if given is None:
            raise Refused(Refusal(kind.name, "Nothing is answered.", "Give the answer that was meant."))
        actions.record_history(
            patient=patient,
            name=row.name,
            answer=given.answer,
            typed=given.typed,
            to_month=given.to_month,
            source=Source(row.source),
            happened_at=noon(given.on, request) if given.on else row.happened_at,
            amends=row,
            amend_reason=request.POST.get("amend_reason", ""),
            by=actor_of(request),
            at=moment_of(request),
        )

    return amended(request, patient, save, {"kind": "history", "row": row, "q": asked, "units": queries.UNITS})


@guarded("evaluation", "C")
def amend_vitals(request: HttpRequest, patient_id: UUID, vitals_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "C")
    row = access.fact_of(Vitals, patient, vitals_id)

    def save() -> None:
        read: Any = forms.vitals_from(request.POST)
        actions.record_vitals(
            patient=patient,
            amends=row,
            amend_reason=request.POST.get("amend_reason", ""),
            by=actor_of(request),
            at=moment_of(request),
            **read,
        )

    return amended(request, patient, save, {"kind": "vitals", "row": row})


@guarded("evaluation", "C")
def amend_body(request: HttpRequest, patient_id: UUID, measure_id: UUID) -> HttpResponse:
    """The weight that was read wrongly; the questions about it are asked against the weight before it."""
    patient = patient_for(request, patient_id, "C")
    row = access.fact_of(BodyMeasure, patient, measure_id)

    def save() -> None:
        earlier = known.measure_before(row)
        read = forms.weighed(request.POST, earlier, known.latest_height(patient))
        people.record_measure(
            patient=patient,
            weight_kg=read.weight.amount,
            height_cm=read.height_cm,
            typed=read.typed,
            amends=row,
            amend_reason=request.POST.get("amend_reason", ""),
            by=actor_of(request),
            at=moment_of(request),
        )

    return amended(request, patient, save, {"kind": "body", "row": row})


def amended(request: HttpRequest, patient: Patient, save: Callable[[], None], more: dict[str, Any]) -> HttpResponse:
    """The amendment's form, its refusals, or back to the evaluation with the old struck through."""
    refusals: list[Refusal] = []
    if request.method == "POST":
        try:
            save()
            return HttpResponseRedirect(reverse("evaluation", args=[patient.pk]))
        except Refused as refused:
            refusals = refused.refusals
    shown = {
        **framed(request, patient),
        "refusals": refusals,
        "typed": request.POST,
        **more,
    }
    return render(request, "candidacy/amend.jinja", shown, status=422 if refusals else 200)
