"""Signing the decision, the second signature, the words that the patient reads, and the letter as a PDF."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import actions, queries
from ketacare.clinic.candidacy.models import Choice, Judgement
from ketacare.clinic.candidacy.views.evaluation import answer
from ketacare.clinic.candidacy.views.page import framed, patient_for
from ketacare.clinic.people.access import NotHere, actor_of, guarded, moment_of, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.paper import paper, review_line
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.evidence.rules import warnings

LETTER = Path(__file__).parent.parent / "templates" / "candidacy" / "referrer_letter.typ"
AGAINST = "against-"


@guarded("evaluation", "S")
@require_POST
def decide(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient, post = patient_for(request, patient_id, "S"), request.POST
    try:
        if post.get("choice") not in Choice.values:
            raise Refused(Refusal("choice", "Nothing is chosen.", "Choose what you decide."))
        actions.decide(
            patient=patient,
            choice=Choice(post["choice"]),
            reason=post.get("reason", ""),
            against={key.removeprefix(AGAINST): post.get(key, "") for key in post if key.startswith(AGAINST)},
            lacking_reason=post.get("lacking_reason", ""),
            re_evaluate_on=day_in(post.get("re_evaluate_on", "")),
            by=actor_of(request),
            at=moment_of(request),
        )
    except Refused as refused:
        return answer(request, patient, "decision", refused.refusals)
    return answer(request, patient, "decision")


def day_in(text: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused(Refusal("re_evaluate_on", f"{text!r} is not a day.", "Choose it from the calendar."))


@guarded("evaluation", "S")
def second(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The second signature: what was decided, against what, and why; agree or not."""
    patient = patient_for(request, patient_id, "S")
    row, refusals = decided(patient), []
    if request.method == "POST":
        try:
            refuse_unseen(request, row)
            if request.POST.get("agrees") not in ("yes", "no"):
                raise Refused(Refusal("agrees", "Nothing is chosen.", "Choose one of the answers."))
            actions.sign_second(
                judgement=row,
                agrees=request.POST["agrees"] == "yes",
                words=request.POST.get("words", ""),
                by=actor_of(request),
                at=moment_of(request),
            )
            return HttpResponseRedirect(reverse("evaluation", args=[patient.pk]) + "#decision")
        except Refused as refused:
            refusals = refused.refusals
    actor, at = actor_of(request), moment_of(request)
    found = queries.found_since_decided(row, at=at, zone=actor.zone) if row.waits else []
    shown = {
        "judged": row,
        "found_since": found,
        "refusals": refusals,
        "typed": typed_of(request, row),
        "may_sign": may_sign(request, row),
    }
    return render(request, "candidacy/second.jinja", framed(request, patient) | shown, status=422 if refusals else 200)


def may_sign(request: HttpRequest, row: Judgement) -> bool:
    actor = actor_of(request)
    return row.waits and actor.role == actions.second_role(row) and actor.user_id != row.recorded_by_id


@guarded("evaluation", "S")
def words(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The draft in both languages, edited and released; released, it shows what the patient reads."""
    patient = patient_for(request, patient_id, "S")
    row, refusals = decided(patient), []
    if request.method == "POST":
        try:
            refuse_unseen(request, row)
            actions.release_words(
                judgement=row,
                english=request.POST.get("english", ""),
                spanish=request.POST.get("spanish", ""),
                by=actor_of(request),
                at=moment_of(request),
            )
            return HttpResponseRedirect(reverse("patient-words", args=[patient.pk]))
        except Refused as refused:
            refusals = refused.refusals
    clinic = Clinic.objects.get(pk=patient.clinic_id)
    released = queries.issued(patient).words
    shown: dict[str, Any] = {
        "judged": row,
        "draft": queries.drafts(row, clinic),
        "released": released if released and released.judgement_id == row.pk else None,
        "refusals": refusals,
        "typed": typed_of(request, row),
    }
    return render(request, "candidacy/words.jinja", framed(request, patient) | shown, status=422 if refusals else 200)


def decided(patient: Patient) -> Judgement:
    row = queries.judgement(patient)
    if row is None:
        raise NotHere
    return row


def refuse_unseen(request: HttpRequest, row: Judgement) -> None:
    """A signature is under the decision that was read, not under whatever stands when it arrives."""
    if request.POST.get("judgement") != str(row.pk):
        raise Refused(
            Refusal("judgement", "This is not the decision you read: it was decided anew.", "Read this one.", "policy")
        )


def typed_of(request: HttpRequest, row: Judgement) -> Mapping[str, str]:
    """What was said of another decision is not kept for this one."""
    return request.POST if request.POST.get("judgement") == str(row.pk) else {}


@guarded("referral", "R")
def letter(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The letter as it was written, for whoever may read the referral; each print is audited. A training clinic prints
    nothing and shows it (H39)."""
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, "referral", "R", at=at)
    row = queries.letter(patient)
    if row is None:
        raise NotHere
    if patient.clinic.is_training:
        audit.note(by=actor, at=at, verb="letter.read", on=row, patient=patient)
        return render(request, "candidacy/referrer_letter.jinja", framed(request, patient) | {"body": row.body})
    audit.note(by=actor, at=at, verb="letter.print", on=row, patient=patient)
    printed = f"{at.astimezone(ZoneInfo(actor.zone)):%d-%b-%Y %H:%M} by {actor.name}"
    overdue = review_line(warnings(queries.sheet(patient).headers, local_day(at, actor.zone)))
    body = row.body | {"printed": printed, "paper": patient.clinic.paper, "overdue": overdue}
    return paper(LETTER, body, name="letter", clinic=patient.clinic)
