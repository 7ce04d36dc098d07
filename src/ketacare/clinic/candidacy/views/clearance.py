"""Clearances of a person: what was asked, what was given, and asking anew. The letter is a PDF with its link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import access, actions, queries
from ketacare.clinic.candidacy.forms import said_of
from ketacare.clinic.candidacy.models import ClearanceAnswer, ClearanceRequest, Verdict
from ketacare.clinic.candidacy.views.page import framed, patient_for, rights_of
from ketacare.clinic.candidacy.views.planned import planned
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import actor_of, confirm, guarded, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.paper import paper, review_line
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.terms import Signatures
from ketacare.medicine.evidence.rules import warnings

LETTER = Path(__file__).parent.parent / "templates" / "candidacy" / "clearance_letter.typ"
SPECIALTIES = ("Cardiology", "Neurology", "Ophthalmology", "Urology", "Hepatology", "Obstetrics", "Addiction medicine",
               "Primary care", "Anaesthesia", "Endocrinology")  # fmt: skip


@guarded("evaluation", "R")
def clearances(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    return render(request, "candidacy/clearances.jinja", page(request, patient_for(request, patient_id)))


def page(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    actor, at = actor_of(request), moment_of(request)
    rights, day = rights_of(actor, patient), local_day(at, actor.zone)
    so_far = queries.answer_so_far(patient, at=at, zone=actor.zone)
    could, counted = queries.clearable_in(so_far), queries.counted_now(so_far, patient)
    unread = queries.unread(patient)
    needs = {name: item.signatures for name, item in could.items()}
    together = {name for name, item in could.items() if item.lifted and item.signatures is Signatures.WITH_GUARDIAN}
    open_still = [item for item in could.values() if not item.lifted]
    return {
        **framed(request, patient),
        "could": open_still,
        "asked_of": asked_of(patient, actor.zone),
        "words_of": words_of(open_still),
        "given": [
            queries.standing(row, day, needs, unread, counted.get(row.pk), together) for row in queries.answers(patient)
        ],
        "requests": queries.requests(patient),
        "said_in": queries.said_in(patient),
        "is_locked": queries.is_locked,
        # Nothing of a training clinic leaves as paper: who learns there reads the letter on the screen, and opens the
        # link as the specialist would.
        "link_of": link_of if patient.clinic.is_training else None,
        "unread": unread if "U" in rights else set(),
        "called": queries.titles(patient),
        "specialties": SPECIALTIES,
        "verdicts": [(Verdict.CLEARED.value, "Cleared"), (Verdict.CONDITIONS.value, "Cleared under conditions")],
        "may_ask": "U" in rights,
        "may_sign": "S" in rights,
        "may_record_no": "S" in rights and bool(could),
        "may_countersign": "A" in rights,
        "refusals": [],
        "typed": {},
        "part": "",
    }


def words_of(could: Sequence[queries.Clearable]) -> dict[str, str]:
    """Whose word may be recorded, and where that is not so for each row, for which of them."""
    lifts = {mark.value: [item.id for item in could if mark in item.signed_by] for mark in Signatures}
    return {mark: "" if len(ids) == len(could) else f"for {', '.join(ids)}" for mark, ids in lifts.items() if ids}


def asked_of(patient: Patient, zone: str) -> dict[str, str]:
    """Row -> of whom it is asked already, while no answer has come."""
    waiting = [row for row in queries.requests(patient) if row.is_waiting]
    return {
        item["id"]: f"{row.to_name}, {local_day(row.created_at, zone):%d-%b-%Y}"
        for row in waiting
        for item in row.criteria
    }


def link_of(row: ClearanceRequest) -> str:
    return reverse("clearance-link", args=[access.clearance_token(row)])


def done(request: HttpRequest, patient: Patient, part: str, act: Callable[[], object]) -> HttpResponse:
    """One act, then back to the list; a refusal shows the page with what was typed."""
    try:
        act()
    except Refused as refused:
        shown = page(request, patient) | {"refusals": refused.refusals, "typed": request.POST, "part": part}
        return render(request, "candidacy/clearances.jinja", shown, status=422)
    return HttpResponseRedirect(reverse("clearances", args=[patient.pk]))


@guarded("evaluation", "U")
@require_POST
def ask(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient, post = patient_for(request, patient_id, "U"), request.POST

    def act() -> None:
        actions.ask_clearance(
            patient=patient,
            criteria=post.getlist("criteria"),
            specialty=post.get("specialty", ""),
            to_name=post.get("to_name", ""),
            to_address=post.get("to_address", ""),
            question=post.get("question", ""),
            by=actor_of(request),
            at=moment_of(request),
        )

    return done(request, patient, "ask", act)


@guarded("evaluation", "S")
@require_POST
def record(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient, post = patient_for(request, patient_id, "S"), request.POST

    def act() -> None:
        criterion = post.get("criterion", "")
        actions.record_clearance(
            patient=patient,
            criterion=criterion,
            said=said_of(post, criterion),
            signatures=signatures_of(post),
            given_by=post.get("given_by", ""),
            by=actor_of(request),
            at=moment_of(request),
        )

    return done(request, patient, "record", act)


def signatures_of(post: QueryDict) -> Signatures:
    try:
        return Signatures(post.get("signatures", ""))
    except ValueError:
        raise Refused(Refusal("signatures", "Nothing is chosen.", "Choose whose word it is."))


@guarded("evaluation", "A")
def countersign(request: HttpRequest, patient_id: UUID, clearance_id: UUID) -> HttpResponse:
    """GET shows once more what is signed; POST signs."""
    patient = patient_for(request, patient_id, "A")
    row = access.fact_of(ClearanceAnswer, patient, clearance_id)
    confirm(request)
    shown = framed(request, patient) | {"row": row, "refusals": [], "typed": request.POST}
    if request.method != "POST":
        return render(request, "candidacy/clearance_sign.jinja", shown)
    try:
        actions.countersign(
            row,
            words=request.POST.get("words", ""),
            by=actor_of(request),
            at=moment_of(request),
        )
    except Refused as refused:
        return render(request, "candidacy/clearance_sign.jinja", shown | {"refusals": refused.refusals}, status=422)
    return HttpResponseRedirect(reverse("clearances", args=[patient.pk]))


@guarded("evaluation", "S")
@require_POST
def withdraw(request: HttpRequest, patient_id: UUID, clearance_id: UUID) -> HttpResponse:
    patient = patient_for(request, patient_id, "S")
    row = access.fact_of(ClearanceAnswer, patient, clearance_id)
    reason, by, at = request.POST.get("amend_reason", ""), actor_of(request), moment_of(request)
    return done(request, patient, "given", lambda: actions.withdraw_clearance(row, reason=reason, by=by, at=at))


@guarded("evaluation", "U")
@require_POST
def follow(request: HttpRequest, patient_id: UUID, clearance_request_id: UUID) -> HttpResponse:
    """A new link, an end to the asking, or: the answer has been read."""
    patient = patient_for(request, patient_id, "U")
    row = access.request_of(patient, clearance_request_id)
    act = {"renew": actions.renew_link, "withdraw": actions.withdraw_request, "read": actions.read_arrived}.get(
        request.POST.get("act", "")
    )
    if act is None:
        wrong = Refused(Refusal("act", "Nothing is chosen.", "Press one of the buttons."))
        return render(
            request, "candidacy/clearances.jinja", page(request, patient) | {"refusals": wrong.refusals}, status=422
        )
    by, at = actor_of(request), moment_of(request)
    return done(request, patient, "requests", lambda: act(row, by=by, at=at))


@guarded("evaluation", "U")
def letter(request: HttpRequest, patient_id: UUID, clearance_request_id: UUID) -> HttpResponse:
    """The letter with its link, PDF/UA. Each print is audited. A training clinic prints nothing and shows it (H39)."""
    patient = patient_for(request, patient_id, "U")
    row = access.request_of(patient, clearance_request_id)
    actor, at = actor_of(request), moment_of(request)
    link = request.build_absolute_uri(link_of(row))
    words = written(row, patient, link, actor.zone, actor.name, at)
    if row.clinic.is_training:
        audit.note(by=actor, at=at, verb="clearance.letter_read", on=row, patient=patient)
        return render(request, "candidacy/clearance_letter.jinja", framed(request, patient) | {"body": words})
    audit.note(by=actor, at=at, verb="clearance.print", on=row, patient=patient)
    return paper(LETTER, words, name="clearance-letter", clinic=row.clinic)


def written(row: ClearanceRequest, patient: Patient, link: str, zone: str, printer: str, at: Any) -> dict[str, Any]:
    """Only what the specialist needs: two identifiers, the question, what is asked, and the way to answer."""
    who = known.identity(patient)
    until = local_day(row.link_until, zone)
    return {
        "clinic": {"name": row.clinic.name, "address": row.clinic.address, "telephone": row.clinic.telephone},
        "patient": {"name": f"{who.given} {who.family}", "born": f"{who.born_on:%d-%b-%Y}"},
        "to": [row.to_name, row.specialty, *filter(None, row.to_address.splitlines())],
        "on": f"{local_day(row.created_at, zone):%d-%b-%Y}",
        "question": row.question,
        "criteria": [{"title": one["title"], "known": one.get("known", [])} for one in row.criteria],
        "planned": [list(line) for line in planned(patient, at, zone)],
        "link": link,
        "until": f"{until:%d-%b-%Y}",
        "by": row.asked_by.name,
        "printed": f"{local_day(at, zone):%d-%b-%Y} by {printer}",
        "paper": row.clinic.paper,
        "overdue": review_line(warnings(queries.sheet(patient).headers, local_day(at, zone))),
    }
