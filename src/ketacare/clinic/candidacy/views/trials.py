"""What was tried: adding and amending trials and courses, answering one missing fact, ruling on one trial."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.datastructures import MultiValueDict
from django.views.decorators.http import require_POST

from ketacare.clinic.candidacy import access, actions, forms, queries
from ketacare.clinic.candidacy.models import NothingTried, Stands, TreatmentCourse, TrialEntry
from ketacare.clinic.candidacy.views.amend import amended
from ketacare.clinic.candidacy.views.evaluation import answer, saving
from ketacare.clinic.candidacy.views.page import framed, patient_for, rights_of, today_of, worked_on
from ketacare.clinic.candidacy.views.suggestions import trial_options
from ketacare.clinic.people.access import NotHere, actor_of, guarded, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@saving("trials")
def trials(request: HttpRequest, patient: Patient) -> None:
    """A trial as it was told, or that there was never any."""
    if "none" in request.POST:
        nothing(request, patient, NothingTried.What.TRIALS)
        return
    told = forms.trial_told(request.POST, today_of(request), queries.trial_entries(patient))
    actions.record_trial(patient=patient, by=actor_of(request), at=moment_of(request), **told)


@saving("courses")
def courses(request: HttpRequest, patient: Patient) -> None:
    """A course of another treatment, or that there was never any."""
    if "none" in request.POST:
        nothing(request, patient, NothingTried.What.COURSES)
        return
    told = forms.course_told(request.POST, today_of(request))
    actions.record_course(patient=patient, by=actor_of(request), at=moment_of(request), **told)


def nothing(request: HttpRequest, patient: Patient, what: NothingTried.What) -> None:
    actions.record_nothing_tried(patient=patient, what=what, by=actor_of(request), at=moment_of(request))


@guarded("evaluation", "R")
def trial(request: HttpRequest, patient_id: UUID, trial_id: UUID) -> HttpResponse:
    """One trial: the figures it is held against with their sources, and the prescriber's word over it."""
    patient = worked_on(request, patient_id)
    actor, at = actor_of(request), moment_of(request)
    so_far = queries.answer_so_far(patient, at=at, zone=actor.zone)
    found = next((row for row in queries.history_of(so_far).rows if row.entry.pk == trial_id), None)
    if found is None:
        raise NotHere
    shown = {
        **framed(request, patient),
        "t": found,
        "whole": queries.told_whole(found.entry),
        "stands": Stands.choices,
        "may_decide": "S" in rights_of(actor, patient),
        "within": bool(request.headers.get("HX-Request")),
    }
    return render(request, "candidacy/trial.jinja", shown)


@guarded("evaluation", "S")
@require_POST
def rule(request: HttpRequest, patient_id: UUID, trial_id: UUID) -> HttpResponse:
    """The prescriber's word over one trial, with its reason; shown beside what was computed."""
    patient = patient_for(request, patient_id, "S")
    row = access.fact_of(TrialEntry, patient, trial_id)
    try:
        if request.POST.get("stands") not in Stands.values:
            raise Refused(Refusal("stands", "Nothing is chosen.", "Choose how it counts."))
        actions.rule_trial(
            patient=patient,
            trial=row,
            stands=Stands(request.POST["stands"]),
            reason=request.POST.get("reason", ""),
            by=actor_of(request),
            at=moment_of(request),
        )
    except Refused as refused:
        beside = [
            Refusal(f"{fault.field}-{row.pk}", fault.rule, fault.remedy, fault.kind) for fault in refused.refusals
        ]
        return answer(request, patient, "trials", beside)
    return answer(request, patient, "trials")


@guarded("evaluation", "C")
def amend_trial(request: HttpRequest, patient_id: UUID, trial_id: UUID) -> HttpResponse:
    """The whole trial anew, or only the fields that answer one missing fact."""
    patient = patient_for(request, patient_id, "C")
    row = access.fact_of(TrialEntry, patient, trial_id)
    asked = request.GET.get("only", "")
    only = forms.ONLY.get(asked, ())
    typed = as_typed(row, request.POST, only)

    def save() -> None:
        others = [entry for entry in queries.trial_entries(patient) if entry.pk != row.pk]
        told = forms.trial_told(typed, today_of(request), others)
        actions.record_trial(
            patient=patient,
            amends=row,
            amend_reason=reason_in(request, f"Answered: {asked}" if only else ""),
            in_error="in_error" in request.POST,
            by=actor_of(request),
            at=moment_of(request),
            **told,
        )

    more = {
        "kind": "trial",
        "row": row,
        "given": typed,
        "names": trial_options(),
        "ask": forms.trial_choices(),
    }
    return amended(request, patient, save, more | {"only": only, "asked_for": asked, "whole": queries.told_whole(row)})


def as_typed(row: TrialEntry, post: Any, only: tuple[str, ...]) -> MultiValueDict[str, str]:
    """What stands, under what was typed: of the asked fields alone, or of all where the whole is amended."""
    typed = MultiValueDict(forms.trial_as_typed(row))
    for name in post:
        if name == "confirm" or name.endswith("_asked") or not only or name in only:
            typed.setlist(name, post.getlist(name))
    return typed


@guarded("evaluation", "C")
def amend_course(request: HttpRequest, patient_id: UUID, course_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "C")
    row = access.fact_of(TreatmentCourse, patient, course_id)

    def save() -> None:
        actions.record_course(
            patient=patient,
            amends=row,
            amend_reason=reason_in(request, ""),
            in_error="in_error" in request.POST,
            by=actor_of(request),
            at=moment_of(request),
            **forms.course_told(request.POST, today_of(request)),
        )

    given = request.POST if request.method == "POST" else forms.course_as_typed(row)
    return amended(request, patient, save, {"kind": "course", "row": row, "given": given, "ask": forms.trial_choices()})


def reason_in(request: HttpRequest, otherwise: str) -> str:
    return request.POST.get("amend_reason", "").strip() or otherwise
