"""The plan as it is now, a version as it was signed, the patient's copy, and letters as PDF."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.access import reads_conditions
from ketacare.clinic.candidacy.queries.letters import addressed_to
from ketacare.clinic.careplan import access, actions, forms, queries
from ketacare.clinic.careplan.models import CarePlanVersion
from ketacare.clinic.people import access as doors
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, confirm, granted, guarded, moment_of, relations_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.paper import paper, review_line
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.careplan import rules

LETTER = Path(__file__).parent / "templates" / "careplan" / "letter.typ"
SHEETS = ("titration-1", "windows", "goals")  # what the rules and windows of a plan are told by
LANGUAGES = (("en", "English"), ("es", "Español"))


@require_GET
@guarded("plan", "R")
def care_plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    patient = access.patient_in(actor_of(request), patient_id, at=moment_of(request))
    return page(request, patient, "careplan/plan.jinja")


def page(request: HttpRequest, patient: Patient, template: str, refusals: list[Refusal] | None = None) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    found = queries.gathered(patient, at=at, zone=actor.zone)
    reads = reads_conditions(actor)
    now = queries.sections(found)
    standing, letters = queries.standing(patient, now, local_day(at, actor.zone)), queries.letters_of(patient)
    told = {letter.to for letter in letters if standing.signed and letter.version_id == standing.signed.pk}
    agreed = queries.addressees(found)
    shown = framed(request, patient) | {
        "overdue": protocols.past_review(SHEETS, local_day(at, actor.zone)),
        "sections": queries.told_to(now, reads),
        "next": queries.next_date(now),
        "standing": replace(standing, differences=queries.differing_to(standing.differences, reads)),
        "unknown": rules.unknown(now),
        "ask": queries.where_to_ask(now, patient.pk, actor),
        "versions": queries.versions(patient),
        "letters": [(letter, queries.may_go(letter, agreed)) for letter in letters],
        "known_to": bool(agreed),
        "addressees": [(str(to), to.label) for to in agreed if to not in told],
        "may_sign": granted(actor.role, "plan", "S", relations_to(actor, patient)),
        "may_post": granted(actor.role, "referral", "R", relations_to(actor, patient)),
        "copies": queries.copies(found),
        "languages": LANGUAGES,
        "meaning": actions.MEANING,
        "refusals": refusals or [],
    }
    return render(request, template, shown, status=422 if refusals else 200)


def framed(request: HttpRequest, patient: Patient) -> dict[str, Any]:
    at, zone = moment_of(request), actor_of(request).zone
    return {"patient": patient, "header": people.header(patient, at=at, zone=zone)}


@guarded("plan", "S")
def sign(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What differs, what the patient will read, and the signature."""
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_in(actor, patient_id, "S", at=at)
    confirm(request)
    if request.method != "POST":
        return page(request, patient, "careplan/sign.jinja")
    try:
        actions.sign(patient=patient, seen=request.POST.get("seen", ""), by=actor, at=at)
    except Refused as refused:
        return page(request, patient, "careplan/sign.jinja", refused.refusals)
    return HttpResponseRedirect(reverse("care-plan", args=[patient.pk]))


@require_GET
@guarded("plan", "R")
def version(request: HttpRequest, patient_id: UUID, version_number: int) -> HttpResponse:
    """One version as it was signed, and what it changed."""
    patient = access.patient_in(actor_of(request), patient_id, at=moment_of(request))
    row = access.version_of(patient, version_number)
    earlier = row.amends if isinstance(row.amends, CarePlanVersion) else None
    before = rules.read(earlier.content) if earlier else ()
    content, reads = rules.read(row.content), reads_conditions(actor_of(request))
    shown = framed(request, patient) | {
        "row": row,
        "sections": queries.told_to(content, reads),
        "differences": queries.differing_to(rules.differences(before, content), reads) if earlier else (),
        "is_whole": row.digest == rules.digest([row.content, row.copies]),
    }
    return render(request, "careplan/version.jinja", shown)


@require_GET
@guarded("plan", "R")
def copy(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The patient's copy of the newest version, to print and hand over."""
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_in(actor, patient_id, at=at)
    row = queries.newest(patient)
    if row is None:
        raise NotHere
    language = request.GET.get("language") or candidacy.language_of(patient)
    language = "es" if language == "es" else "en"
    shown = framed(request, patient) | {"row": row, "language": language}
    shown["copy"] = queries.copy_of(row, queries.gathered(patient, at=at, zone=actor.zone), language)
    return render(request, "careplan/copy.jinja", shown | {"languages": LANGUAGES})


@require_POST
@guarded("plan", "S")
def write_letter(request: HttpRequest, patient_id: UUID, addressee: str) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_in(actor, patient_id, "S", at=at)
    try:
        actions.write_letter(patient=patient, to=addressee, by=actor, at=at)
    except Refused as refused:
        return page(request, patient, "careplan/plan.jinja", refused.refusals)
    return HttpResponseRedirect(reverse("care-plan", args=[patient.pk]) + "#letters")


@require_GET
@guarded("referral", "R")
def letter(request: HttpRequest, patient_id: UUID, addressee: str) -> HttpResponse:
    """The newest letter to one addressee as it was written; each print is audited. A training clinic prints nothing
    and shows it (H39)."""
    actor, at = actor_of(request), moment_of(request)
    row = access.letter_of(actor, patient_id, addressee, at=at)
    if row.patient.clinic.is_training:
        audit.note(by=actor, at=at, verb="care_plan.letter.read", on=row, patient=row.patient)
        return render(request, "careplan/letter.jinja", framed(request, row.patient) | {"body": row.body})
    audit.note(by=actor, at=at, verb="care_plan.letter.print", on=row, patient=row.patient)
    printed = f"{at.astimezone(ZoneInfo(actor.zone)):%d-%b-%Y %H:%M} by {actor.name}"
    overdue = review_line(protocols.past_review(SHEETS, local_day(at, actor.zone)))
    return paper(
        LETTER, row.body | {"printed": printed, "overdue": overdue}, name="care-plan-letter", clinic=row.patient.clinic
    )


@guarded("demographics", "U")
def family_doctor(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Who the general practitioner is, who referred, and whether the patient agrees that we write to them."""
    actor, at = actor_of(request), moment_of(request)
    patient = doors.patient_of(actor, patient_id, "demographics", "U", at=at)
    refusals: list[Refusal] = []
    if request.method == "POST":
        try:
            asked(request.POST, patient, actor, at)
            return HttpResponseRedirect(reverse("patient", args=[patient.pk]))
        except Refused as refused:
            refusals = refused.refusals
    referral = queries.referral_by_a_clinician(patient)
    shown = framed(request, patient) | {
        "doctor": queries.family_doctor(patient),
        "referrer": addressed_to(referral) if referral else "",
        "referrer_agrees": queries.referrer_agreed(patient, referral) if referral else None,
        "may_consent": granted(actor.role, "consents", "C", relations_to(actor, patient)),
        "refusals": refusals,
        "typed": request.POST,
    }
    return render(request, "careplan/family_doctor.jinja", shown, status=422 if refusals else 200)


def asked(post: QueryDict, patient: Patient, actor: Actor, at: datetime) -> None:
    """Each form of the page asks about one person."""
    if post.get("about") == "referrer":
        actions.say_referrer(patient=patient, agrees=forms.ANSWERS.get(post.get("referrer", "")), by=actor, at=at)
        return
    given = forms.family_doctor_from(post)
    if not given["name"].strip() and post.get("none") != "on":
        raise Refused(Refusal("name", "The name is empty.", "Write it, or choose that there is none."))
    actions.say_family_doctor(patient=patient, by=actor, at=at, **given)
