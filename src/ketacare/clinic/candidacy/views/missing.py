"""Going through what is missing: one question at a time, the one that decides most first."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import Source
from ketacare.clinic.candidacy.views.page import framed, patient_for, today_of
from ketacare.clinic.people.access import actor_of, guarded, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal


@guarded("evaluation", "C")
def missing(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The next thing that would change the answer; what was skipped comes back at the end."""
    return asked_next(request, patient_for(request, patient_id, "C"))


def asked_next(request: HttpRequest, patient: Patient, refusals: list[Refusal] | None = None) -> HttpResponse:
    """The question that is next, or the one that was refused, with its refusal beside it."""
    asked_with = request.POST if request.method == "POST" else request.GET
    so_far = queries.answer_so_far(patient, at=moment_of(request), zone=actor_of(request).zone)
    under = queries.under(patient, today_of(request))
    found, skipped = queries.open_in(so_far.decision), skipped_in(asked_with)
    left = [item for item in found if item.name not in skipped]
    item = next((item for item in found if item.name == asked_with.get("fact")), None) or next(iter(left), None)
    shown: dict[str, Any] = {
        **framed(request, patient),
        "answer": queries.shown(so_far, under),
        "item": item,
        "left": len(left),
        "skipped": skipped,
        "skip": passing(patient, skipped, item, asked_with),
        "sources": Source.choices,
        "source": asked_with.get("source") or Source.PATIENT,
        "units": queries.UNITS,
        "refusals": refusals or [],
        "typed": request.POST,
    }
    if item is not None and item.name in queries.kinds():
        asked = queries.questions(so_far.rows, so_far.facts, so_far.decision, moment_of(request))
        shown["q"] = asked[item.name]
    return render(request, "candidacy/missing.jinja", shown, status=422 if refusals else 200)


def skipped_in(asked_with: Any) -> list[str]:
    return [name for name in asked_with.get("skip", "").split(",") if name]


def passing(patient: Patient, skipped: list[str], item: queries.Open | None, asked_with: Any) -> str:
    """The address that skips this question and keeps who says so."""
    names = [*skipped, item.name] if item and item.name not in skipped else skipped
    return address(patient, ",".join(names), asked_with.get("source") or Source.PATIENT)


def onward(request: HttpRequest, patient: Patient) -> HttpResponseRedirect:
    """Saved: the next question."""
    return HttpResponseRedirect(address(patient, request.POST.get("skip", ""), request.POST.get("source", "")))


def address(patient: Patient, skip: str, source: str) -> str:
    kept = {key: value for key, value in {"skip": skip, "source": source}.items() if value}
    return reverse("evaluation-missing", args=[patient.pk]) + (f"?{urlencode(kept)}" if kept else "")
