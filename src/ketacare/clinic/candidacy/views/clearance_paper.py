"""A specialist's letter on paper that does not clear: written down, and put right with a reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.candidacy import access, actions, queries
from ketacare.clinic.candidacy.forms import day_of, said_of
from ketacare.clinic.candidacy.models import ClearanceAnswer, Verdict
from ketacare.clinic.candidacy.views.page import framed, noon, patient_for, today_of
from ketacare.clinic.people.access import actor_of, guarded, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@guarded("evaluation", "S")
def not_given(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "S")
    actor, at = actor_of(request), moment_of(request)
    could = list(queries.clearable(patient, at=at, zone=actor.zone).values())

    def act() -> None:
        criterion = request.POST.get("criterion", "")
        actions.record_not_given(patient=patient, criterion=criterion, by=actor, at=at, **letter(request, criterion))

    return written(request, patient, act, {"could": could, "row": None})


@guarded("evaluation", "S")
def amend_not_given(request: HttpRequest, patient_id: UUID, clearance_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "S")
    row = access.fact_of(ClearanceAnswer, patient, clearance_id)

    def act() -> None:
        reason = request.POST.get("amend_reason", "")
        told = letter(request, row.criterion)
        actions.amend_not_given(row, reason=reason, by=actor_of(request), at=moment_of(request), **told)

    return written(request, patient, act, {"could": [], "row": row})


def letter(request: HttpRequest, criterion: str) -> dict[str, Any]:
    """What the letter says, by whom and of which day."""
    typed = request.POST.get("written_on", "").strip()
    if not typed:
        raise Refused(Refusal("written_on", "The day is missing.", "Write the day on the letter, as 2027-01-31."))
    said = said_of(request.POST, criterion)
    return {
        "said": actions.Opinion(said.verdict, words=said.words),
        "given_by": request.POST.get("given_by", ""),
        "written_at": moment(request, day_of(typed, "written_on")),
    }


def moment(request: HttpRequest, on: date) -> Any:
    if on > today_of(request):
        raise Refused(Refusal("written_on", f"{on:%d-%b-%Y} is still to come.", "Write the day on the letter."))
    return noon(on, request)


def written(request: HttpRequest, patient: Patient, act: Callable[[], None], more: dict[str, Any]) -> HttpResponse:
    """The form, its refusals with what was typed, or back to the list."""
    refusals: list[Refusal] = []
    if request.method == "POST":
        try:
            act()
            return HttpResponseRedirect(reverse("clearances", args=[patient.pk]))
        except Refused as refused:
            refusals = refused.refusals
    shown = {
        **framed(request, patient),
        **more,
        "called": queries.titles(patient),
        "verdicts": [(one.value, one.label) for one in (Verdict.REFUSED, Verdict.UNSURE)],
        "typed": request.POST if request.method == "POST" else as_it_stands(more["row"], actor_of(request).zone),
        "refusals": refusals,
    }
    return render(request, "candidacy/clearance_not_given.jinja", shown, status=422 if refusals else 200)


def as_it_stands(row: ClearanceAnswer | None, zone: str) -> dict[str, Any]:
    if row is None:
        return {}
    on = local_day(row.happened_at, zone).isoformat()
    return {"verdict": row.verdict, "given_by": row.given_by, "written_on": on, "words": row.words}
