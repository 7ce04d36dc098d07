"""The evaluation: facts on the left, the answer so far on the right; then the decision and the programme.

Each part of the page posts by itself. With htmx the part and the answer are redrawn; without, the page comes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ketacare.clinic.candidacy import access, actions, forms, queries
from ketacare.clinic.candidacy.views.missing import asked_next, onward
from ketacare.clinic.candidacy.views.page import PHQ9, header, noon, page, patient_for, today_of
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes import queries as scores
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.above import telling_once
from ketacare.clinic.people.access import View, actor_of, guarded, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.looks import one_look
from ketacare.clinic.tenancy.refusals import Conflict, Refusal, Refused


@guarded("evaluation", "R", is_own=True)
def evaluation(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The working page for those who evaluate; the decision in plain words for those who may read no more."""
    with one_look():
        return looked_at(request, patient_for(request, patient_id))


def looked_at(request: HttpRequest, patient: Patient) -> HttpResponse:
    actor = actor_of(request)
    if actor.role in access.SUMMARY_ONLY:
        shown = {
            "patient": patient,
            "header": header(request, patient),
            "judged": queries.judgement(patient),
            "issued": queries.issued(patient),
            "language": queries.language_of(patient),
        }
        return render(request, "candidacy/summary.jinja", shown)
    return render(request, "candidacy/evaluation.jinja", page(request, patient))


def saving(part: str, right: str = "C") -> Callable[..., View]:
    """A part of the page that saves: through the door, one action, then the part and the answer anew."""

    def wrap(save: Callable[[HttpRequest, Patient], None]) -> View:
        @guarded("evaluation", right)
        @require_POST
        def view(request: HttpRequest, patient_id: UUID) -> HttpResponse:
            patient = patient_for(request, patient_id, right)
            try:
                save(request, patient)
            except Conflict:
                raise
            except Refused as refused:
                return answer(request, patient, part, refused.refusals)
            return answer(request, patient, part)

        view.__name__, view.__doc__ = save.__name__, save.__doc__
        return view

    return wrap


def answer(request: HttpRequest, patient: Patient, part: str, refusals: list[Refusal] | None = None) -> HttpResponse:
    """With htmx the part and the answer; else the whole page, or back to it once saved."""
    if request.POST.get("then") == "missing":
        return asked_next(request, patient, refusals) if refusals else onward(request, patient)
    fragment = bool(request.headers.get("HX-Request"))
    if not refusals and not fragment:
        return HttpResponseRedirect(reverse("evaluation", args=[patient.pk]) + f"#{part}")
    shown = page(request, patient) | {"refusals": refusals or [], "part": part, "saved": not refusals}
    shown["open_group"] = request.POST.get("group", "")
    if refusals:
        shown["typed"] = request.POST
    template = "candidacy/_redrawn.jinja" if fragment else "candidacy/evaluation.jinja"
    return render(request, template, shown, status=422 if refusals else 200)


@saving("history")
@telling_once()
def history(request: HttpRequest, patient: Patient) -> None:
    """Every question answered in this form, from one source. Questions left alone stay as they were."""
    post, today = request.POST, today_of(request)
    given = forms.told_in(post, queries.kinds(), today)
    if not given:
        raise Refused(Refusal("source", "Nothing is answered.", "Answer at least one question."))
    source, told_on = forms.told_by(post, today)
    for told in given:
        actions.record_history(
            patient=patient,
            name=told.name,
            answer=told.answer,
            typed=told.typed,
            to_month=told.to_month,
            source=source,
            settles=f"settle-{told.name}" in post,
            happened_at=noon(told.on or told_on, request),
            by=actor_of(request),
            at=moment_of(request),
        )


@saving("body")
def body(request: HttpRequest, patient: Patient) -> None:
    read = forms.weighed(request.POST, known.latest_measure(patient), known.latest_height(patient))
    people.record_measure(
        patient=patient,
        weight_kg=read.weight.amount,
        height_cm=read.height_cm,
        typed=read.typed,
        by=actor_of(request),
        at=moment_of(request),
    )


@saving("vitals")
def vitals(request: HttpRequest, patient: Patient) -> None:
    read: Any = forms.vitals_from(request.POST)
    actions.record_vitals(patient=patient, by=actor_of(request), at=moment_of(request), **read)


@saving("allergies")
def allergies(request: HttpRequest, patient: Patient) -> None:
    state, entries = forms.allergies_from(request.POST)
    people.record_allergies(
        patient=patient,
        state=state,
        entries=entries,
        amend_reason=request.POST.get("amend_reason", "").strip(),
        by=actor_of(request),
        at=moment_of(request),
    )


@saving("phq9")
def phq9(request: HttpRequest, patient: Patient) -> None:
    """A question left open is missing, never a zero."""
    items = [item.id for item in scores.instrument(PHQ9).items]
    given = {item: int(text) if (text := request.POST.get(item, "")).isdigit() else None for item in items}
    if not any(value is not None for value in given.values()):
        raise Refused(Refusal(items[0], "No question is answered.", "Ask at least one."))
    outcomes.record_answers(
        patient=patient,
        instrument=PHQ9,
        answers=given,
        source="clinician",
        happened_at=moment_of(request),
        by=actor_of(request),
        at=moment_of(request),
    )


@guarded("evaluation", "U")
@require_POST
def impression(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The working text; who saves second sees both texts and loses neither (I4)."""
    actor, at = actor_of(request), moment_of(request)
    patient = patient_for(request, patient_id, "U")
    text, version = request.POST.get("impression", ""), request.POST.get("version", "")
    row = queries.open_evaluation(patient) or actions.begin_evaluation(patient=patient, by=actor, at=at)
    claimed = int(version) if version.isdigit() else row.version
    actions.write_impression(evaluation=row, text=text, version=claimed, by=actor, at=at)
    return answer(request, patient, "impression")
