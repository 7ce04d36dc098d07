"""The referral pages: the list of what waits, a new one, one of them, and who it is about."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ketacare.clinic.enrolment import access, actions, queries
from ketacare.clinic.enrolment.forms import ASKED, AmendForm, ReferralForm
from ketacare.clinic.enrolment.models import FINAL_STEPS, Referral, Step
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import (
    Actor,
    NotHere,
    actor_of,
    granted,
    guarded,
    may,
    moment_of,
    patient_of,
    relations_to,
)
from ketacare.clinic.people.models import Demographics, Patient
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused, refusals_in
from ketacare.medicine.safety.terms import CrisisLine

SOMEBODY_NEW = "new"
BY_DESK = (Step.REACHED, Step.NOT_REACHED, Step.CRISIS)


@guarded("referral", "R")
def referrals(request: HttpRequest) -> HttpResponse:
    """What waits, the most urgent first; `?closed=1` shows what is over."""
    actor, closed = actor_of(request), request.GET.get("closed") == "1"
    rows = queries.listed(actor, moment_of(request), closed=closed)
    return render(
        request, "enrolment/referrals.jinja", {"rows": rows, "closed": closed, "may_add": may(actor, "referral", "C")}
    )


@guarded("referral", "C")
def new_referral(request: HttpRequest) -> HttpResponse:
    """Look-alikes are shown before anything is saved, to those who may see other people's names."""
    if request.method != "POST":
        return form_page(request, ReferralForm(initial={"sex": "unknown"}))
    actor, form = actor_of(request), ReferralForm(request.POST)
    if not form.is_valid():
        return form_page(request, form, refusals_in(form))
    alike = look_alikes(actor, form)
    who = request.POST.get("who", "")
    if alike and not who:
        words = "Somebody here is like this person."
        return form_page(request, form, [Refusal("who", words, "Say whether it is one of them.")], alike=alike)
    try:
        row = actions.receive_referral(
            person=form.person(),
            is_known=known_patient(request, who),
            by=actor,
            at=moment_of(request),
            **form.details(),
        )
    except Refused as refused:
        return form_page(request, form, refused.refusals, alike=alike)
    return HttpResponseRedirect(reverse("referral", args=[row.pk]))


def look_alikes(actor: Actor, form: ReferralForm) -> list[Demographics]:
    """A clinician outside learns nothing of who else is known here."""
    if not may(actor, "demographics", "C"):
        return []
    person = form.person()
    return people.look_alikes(
        clinic_id=actor.clinic_id, family=person.family, given=person.given, born_on=person.born_on
    )


def alike_to(row: Referral) -> list[Demographics]:
    return people.look_alikes(clinic_id=row.clinic_id, family=row.family, given=row.given, born_on=row.born_on)


def known_patient(request: HttpRequest, who: str) -> Patient | None:
    """The person chosen from the look-alikes; a forged id is not here."""
    if who in ("", SOMEBODY_NEW):
        return None
    try:
        return patient_of(actor_of(request), UUID(who), "demographics", "U", at=moment_of(request))
    except ValueError:
        raise NotHere


def form_page(
    request: HttpRequest,
    form: ReferralForm,
    refusals: list[Refusal] | None = None,
    **more: Any,
) -> HttpResponse:
    context = {"form": form, "refusals": refusals or [], "alike": [], "referral": None, "line": line_here(request)}
    return render(request, "enrolment/new_referral.jinja", context | more, status=422 if refusals else 200)


def line_here(request: HttpRequest) -> CrisisLine | None:
    return crisis_line(Clinic.objects.get(pk=actor_of(request).clinic_id))


@guarded("referral", "R")
def referral(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    row = access.referral_of(actor_of(request), referral_id, at=moment_of(request))
    return render(request, "enrolment/referral.jinja", shown(request, row))


def shown(request: HttpRequest, row: Referral, refusals: list[Refusal] | None = None) -> dict[str, Any]:
    """Everything one referral's page needs."""
    actor = actor_of(request)
    standing = queries.waiting(row, moment_of(request))
    may_identify = standing.patient is None and may(actor, "demographics", "C")
    return {
        "row": standing,
        "header": header_of(actor, standing.patient, moment_of(request)),
        "referral": row,
        "steps": queries.steps_of(row),
        "earlier": queries.earlier_versions(row),
        "may_identify": may_identify,
        "alike": alike_to(row) if may_identify else [],
        "choices": [(step.value, step.label) for step in steps_for(actor, row, standing.patient)],
        "may_amend": access.may_reach(actor, row, standing.patient, "C") and standing.is_open,
        "line": line_here(request),
        "refusals": refusals or [],
    }


def header_of(actor: Actor, patient: Patient | None, at: datetime) -> dict[str, Any] | None:
    """The identity strip once the desk has said who it is, for those who may read it (H4)."""
    if patient is None or not granted(actor.role, "demographics", "R", relations_to(actor, patient)):
        return None
    return people.header(patient, at=at, zone=actor.zone)


def steps_for(actor: Actor, row: Referral, patient: Patient | None) -> list[Step]:
    """What this person may write down next."""
    if actor.role == "RC" or not access.may_reach(actor, row, patient, "C"):
        return []
    ends = [step for step in Step if step in FINAL_STEPS and step is not Step.ACCEPTED]
    return [*BY_DESK, *(ends if access.may_reach(actor, row, patient, "U") else [])]


@guarded("referral", "C")
@require_POST
def identify(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """Say whom it is about: one of the look-alikes, or somebody new."""
    actor = actor_of(request)
    row = access.referral_of(actor, referral_id, "C", at=moment_of(request))
    who = request.POST.get("who", "")
    try:
        if not who:
            raise Refused(Refusal("who", "Nobody is chosen.", "Say who it is, or that it is somebody new."))
        patient = known_patient(request, who)
        actions.identify(referral=row, patient=patient, by=actor, at=moment_of(request))
    except Refused as refused:
        return render(request, "enrolment/referral.jinja", shown(request, row, refused.refusals), status=422)
    return HttpResponseRedirect(reverse("referral", args=[row.pk]))


@guarded("referral", "C")
@require_POST
def follow(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    actor = actor_of(request)
    row = access.referral_of(actor, referral_id, "C", at=moment_of(request))
    allowed = {step.value for step in steps_for(actor, row, access.patient_in(row))}
    try:
        if request.POST.get("step") not in allowed:
            raise Refused(Refusal("step", "Nothing is chosen.", "Choose what happened."))
        actions.follow(
            referral=row,
            step=Step(request.POST["step"]),
            words=request.POST.get("words", ""),
            by=actor,
            at=moment_of(request),
        )
    except Refused as refused:
        return render(request, "enrolment/referral.jinja", shown(request, row, refused.refusals), status=422)
    return HttpResponseRedirect(reverse("referral", args=[row.pk]))


@guarded("referral", "C")
def amend(request: HttpRequest, referral_id: UUID) -> HttpResponse:
    """The same form with what was written; the old words stay readable beneath the new (I1)."""
    actor = actor_of(request)
    row = access.referral_of(actor, referral_id, "C", at=moment_of(request))
    if request.method != "POST":
        return form_page(request, AmendForm(initial=as_typed(row)), referral=row)
    form = AmendForm(request.POST)
    if not form.is_valid():
        return form_page(request, form, refusals_in(form), referral=row)
    changes = {name: form.cleaned_data[name] for name in ASKED}
    reason = form.cleaned_data["amend_reason"]
    try:
        if str(row.pk) != request.POST.get("read", ""):
            raise Refused(Refusal("reason", "Somebody amended this while you had it open.", "Open it again."))
        row = actions.amend_referral(referral=row, changes=changes, reason=reason, by=actor, at=moment_of(request))
    except Refused as refused:
        return form_page(request, form, refused.refusals, referral=row)
    return HttpResponseRedirect(reverse("referral", args=[row.pk]))


def as_typed(row: Referral) -> dict[str, Any]:
    """A referral's values as its form holds them."""
    words = {True: "yes", False: "no", None: "not_asked"}
    values = {name: getattr(row, name) for name in ASKED}
    return {name: words.get(value, value) for name, value in values.items()}
