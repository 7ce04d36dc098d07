"""The medicines of an evaluation: added one by one, put right, taken off, accepted unchecked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.candidacy import actions, forms, queries
from ketacare.clinic.candidacy.models import ListState, MedicineEntry, Source
from ketacare.clinic.candidacy.views.evaluation import saving
from ketacare.clinic.candidacy.views.page import framed, header, patient_for, rights_of, worked_on
from ketacare.clinic.candidacy.views.suggestions import medicine_options
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import NotHere, actor_of, guarded, moment_of, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.evidence.rules import warnings


def when_of(request: HttpRequest) -> forms.When:
    return forms.When(moment_of(request), actor_of(request).zone)


@saving("medicines")
def medicines(request: HttpRequest, patient: Patient) -> None:
    """One more medicine; or the answer that there is none, or that nobody asked."""
    post, by = request.POST, actor_of(request)
    if post.get("state"):
        say_state(request, patient)
        return
    actions.add_medicine(
        patient=patient,
        entry=forms.medicine_from(post, when_of(request)),
        seen=forms.seen_list(post),
        by=by,
        at=moment_of(request),
    )


def say_state(request: HttpRequest, patient: Patient) -> None:
    """None, or not asked: refused while medicines stand on the list, which would contradict it."""
    state = request.POST.get("state", "")
    if state not in (ListState.NONE, ListState.NOT_ASKED):
        raise Refused(Refusal("state", "Nothing is chosen.", "Choose one of the answers, or add a medicine."))
    row = queries.medicines(patient)
    if row is not None and row.state == ListState.LISTED:
        words = f"{len(row.entries)} on the list stand against that."
        raise Refused(Refusal("state", words, "Take each off the list with its reason."))
    actions.record_medicines(
        patient=patient,
        state=ListState(state),
        entries=[],
        by=actor_of(request),
        at=moment_of(request),
    )


@guarded("evaluation", "C")
def medicine(request: HttpRequest, patient_id: UUID, medicine_id: UUID) -> HttpResponse:
    """One medicine of the list: put right, taken off, accepted unchecked, or settled against the patient's word."""
    patient = patient_for(request, patient_id, "C")
    entry = listed(patient, medicine_id)
    refusals: list[Refusal] = []
    if request.method == "POST":
        try:
            act_on(request, patient, entry)
            return HttpResponseRedirect(reverse("evaluation", args=[patient.pk]) + "#medicines")
        except Refused as refused:
            refusals = refused.refusals
    return render(
        request,
        "candidacy/medicine.jinja",
        medicine_page(request, patient, entry) | {"refusals": refusals},
        status=422 if refusals else 200,
    )


@guarded("evaluation", "R")
def why(request: HttpRequest, patient_id: UUID, medicine_id: UUID) -> HttpResponse:
    """What one medicine does beside ketamine, by which rows, and who says so."""
    patient = worked_on(request, patient_id)
    shown = medicine_page(request, patient, listed(patient, medicine_id))
    return render(request, "candidacy/medicine_why.jinja", shown)


def listed(patient: Patient, key: UUID) -> MedicineEntry:
    """A medicine of the list as it stands; one that is off it is not here."""
    row = queries.medicines(patient)
    entry = next((one for one in row.medicines if one.key == key), None) if row else None
    if entry is None:
        raise NotHere
    return entry


def act_on(request: HttpRequest, patient: Patient, entry: MedicineEntry) -> None:
    post: Any = request.POST
    act = post.get("act", "")
    reasons = {"off": "off_reason", "accept": "accept_reason", "told": "settle_reason", "keep": "settle_reason"}
    common: dict[str, Any] = {
        "patient": patient,
        "seen": forms.seen_list(post),
        "reason": post.get(reasons.get(act, "amend_reason"), ""),
        "by": actor_of(request),
        "at": moment_of(request),
    }
    if act == "off":
        actions.take_off(key=entry.key, **common)
    elif act == "accept":
        actions.accept_unchecked(key=entry.key, **common)
    elif act in ("told", "keep"):
        actions.settle_medicine(key=entry.key, as_told=act == "told", **common)
    else:
        actions.amend_medicine(entry=forms.medicine_from(post, when_of(request), entry), **common)


def medicine_page(request: HttpRequest, patient: Patient, entry: MedicineEntry) -> dict[str, Any]:
    so_far = queries.answer_so_far(patient, at=moment_of(request), zone=actor_of(request).zone)
    row = queries.medicines(patient)
    shown = queries.shown_medicines(row, so_far.case, so_far.knowledge)
    return {
        **framed(request, patient),
        "row": row,
        "m": next(one for one in shown.medicines if one.entry.key == entry.key),
        "given": request.POST or forms.as_typed(entry, when_of(request)),
        "names": medicine_options(),
        "uses": forms.USES,
        "last": forms.LAST,
        "sources": Source.choices,
        "typed": request.POST,
        "may_decide": "S" in rights_of(actor_of(request), patient),
    }


@guarded("plan", "R", is_own=True)
def sheet_to_print(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What to take and what to leave before the next dose, to print and take home, in the patient's language."""
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, "plan", "R", at=at)
    row = queries.medicines(patient)
    case, knowledge = queries.case_now(patient, at=at, zone=actor.zone), queries.sheet(patient)
    visit = queries.next_dose_visit(patient, at)
    contact = known.contact(patient)
    language = request.GET.get("language") or (contact.language if contact else "en")
    shown = {
        "patient": patient,
        "p": header(request, patient),
        "row": row,
        "lines": queries.sheet_lines(queries.shown_medicines(row, case, knowledge), visit),
        "say": queries.Sheet(language, actor.zone),
        "visit": visit,
        "lang": language[:2],
        "alcohol": knowledge.interactions.rows["INT-05"].figures["before"],
        "clinic": Clinic.objects.get(pk=patient.clinic_id),
        "overdue": warnings((knowledge.interactions.header, knowledge.formulary.header), local_day(at, actor.zone)),
    }
    return render(request, "candidacy/medicines_sheet.jinja", shown)
