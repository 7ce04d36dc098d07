"""Concerns: the list, the page where one is decided, and who is on call."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, confirm, guarded, may
from ketacare.clinic.people.models import EmergencyReason, Staff, User
from ketacare.clinic.safety import access, actions, queries
from ketacare.clinic.safety.models import EmergencyReview
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.terms import RiskTier


def reason_words(code: str) -> str:
    """What was answered, in the sheet's own words."""
    sheet = reader.triage_sheet()
    row = next((row for row in sheet.rows if row.id == code), None)
    if row is not None:
        return row.reason
    item_id, _, answer = code.partition(".")
    item = sheet.item(item_id)
    if item is not None and answer.isdecimal() and int(answer) < len(item.choices):
        return f"“{item.words}” {item.choices[int(answer)].words}"
    return OTHER_REASONS.get(code) or tier_words(item_id, answer) or code


OTHER_REASONS = {
    "missed": "A safety check was not answered in time",
    "call.worried": "Whoever called the patient is worried",
    "risk.call.worried": "Whoever made a safety call is worried",
}
ASKED_BY_A_PERSON = {"cssrs": "The C-SSRS screener came to", "found": "A clinician found"}


def tier_words(asked: str, tier: str) -> str:
    """A tier that a person found by asking."""
    if asked not in ASKED_BY_A_PERSON or tier not in list(RiskTier):
        return ""
    found = reader.risk_findings()[RiskTier(tier)]
    return f"{ASKED_BY_A_PERSON[asked]} {tier}, {found.name}: {found.finding[:1].lower()}{found.finding[1:]}"


@require_GET
@guarded("concerns", "R")
def concerns(request: HttpRequest) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    waiting = [(concern, who, reason_words(concern.reason_code)) for concern, who in queries.waiting(actor)]
    audit.note(by=actor, at=at, verb="concerns.list", purpose="care")
    watch = queries.on_call(actor.clinic_id, at)
    return render(request, "safety/concerns.jinja", {"waiting": waiting, "watch": watch})


@require_GET
@guarded("concerns", "R")
def concern(request: HttpRequest, concern_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    found = access.concern_of(actor, concern_id, at=at)
    context = {
        "concern": found,
        "reason": reason_words(found.reason_code),
        "patient": people.header(found.patient, at=at, zone=actor.zone),
        "contact": people.contact(found.patient),
        "steps": found.steps.select_related("recorded_by").order_by("recorded_at"),
        "ladder": found.duty.steps.select_related("recorded_by", "to_user").order_by("recorded_at"),
        "duty": found.duty,
        "may_see": may(actor, "concerns", "U") and found.state == "open",
        "may_decide": may(actor, "concerns", "S") and found.state != "closed",
    }
    return render(request, "safety/concern.jinja", context)


@require_POST
@guarded("concerns", "U")
def seen(request: HttpRequest, concern_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    actions.acknowledge(access.concern_of(actor, concern_id, "U", at=at), by=actor, at=at)
    return HttpResponseRedirect(reverse("concern", args=[concern_id]))


@require_POST
@guarded("concerns", "S")
def decide(request: HttpRequest, concern_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    found = access.concern_of(actor, concern_id, "S", at=at)
    finding, action = request.POST.get("finding", ""), request.POST.get("action", "")
    actions.decide(found, finding=finding, action=action, by=actor, at=at)
    return HttpResponseRedirect(reverse("concern", args=[concern_id]))


@require_http_methods(["GET", "POST"])
@guarded("concerns", "A")
def on_call(request: HttpRequest) -> HttpResponse:
    """Who answers, from when until when. The director's to set."""
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    if request.method == "POST":
        chosen = request.POST.get("post")
        post = Staff.objects.filter(pk=chosen, clinic_id=actor.clinic_id).first() if chosen else None
        if post is None:
            raise Refused(Refusal("post", "names nobody who works here.", "Choose a person from the list."))
        actions.put_on_call(
            user=User.objects.get(pk=post.user_id),
            role=post.role,
            starts_at=local_time(request.POST.get("starts_at", ""), actor.zone),
            ends_at=local_time(request.POST.get("ends_at", ""), actor.zone),
            by=actor,
            at=at,
        )
        return HttpResponseRedirect(reverse("on-call"))
    return render(
        request,
        "safety/on_call.jinja",
        {
            "roster": queries.roster(actor.clinic_id, at),
            "posts_choices": [
                (post.pk, post.user.name, post.get_role_display()) for post in queries.may_answer(actor.clinic_id)
            ],
        },
    )


def local_time(text: str, zone: str) -> datetime:
    """A time as the clinic's wall shows it."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        raise Refused(Refusal("Time", "cannot be read.", "Write it as 2026-07-14T17:30."))


@require_http_methods(["GET", "POST"])
@guarded("emergency", "C")
def open_in_emergency(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The page behind "Open in an emergency": it says what will happen and shows nothing of the person yet."""
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    patient = access.stranger_of(actor, patient_id)
    confirm(request)
    if request.method == "POST":
        reason_class, words = request.POST.get("reason_class", ""), request.POST.get("words", "")
        try:
            actions.open_in_emergency(patient, reason_class=reason_class, words=words, by=actor, at=at)
        except Refused as refused:
            typed = {"reason_class": reason_class, "words": words}
            return emergency_form(request, patient_id, typed, refused.refusals, status=422)
        return HttpResponseRedirect(reverse("patient", args=[patient_id]))
    return emergency_form(request, patient_id, {}, [])


def emergency_form(
    request: HttpRequest, patient_id: UUID, typed: dict[str, str], refusals: list[Refusal], *, status: int = 200
) -> HttpResponse:
    shown = {
        "patient_id": patient_id,
        "reasons": EmergencyReason.choices,
        "typed": typed,
        "refusals": refusals,
        "words_most": actions.WORDS_MOST,
    }
    return render(request, "safety/emergency_open.jinja", shown, status=status)


@require_GET
@guarded("emergency", "R")
def emergencies(request: HttpRequest) -> HttpResponse:
    """Records opened in an emergency, for whoever answers for it."""
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    rows = list(queries.emergencies(actor.clinic_id)[:100])
    names = duties.names_for(actor, {row.patient_id for row in rows})
    audit.note(by=actor, at=at, verb="emergencies.list", purpose="review")
    return render(request, "safety/emergencies.jinja", {"rows": [(row, names.get(row.patient_id, "")) for row in rows]})


@require_GET
@guarded("emergency", "R")
def emergency(request: HttpRequest, glass_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    glass = access.emergency_of(actor, glass_id, at=at)
    review = EmergencyReview.objects.filter(glass=glass).select_related("recorded_by").first()
    shown = {
        "glass": glass,
        "patient": people.header(glass.patient, at=at, zone=actor.zone),
        "read": queries.read_during(glass),
        "review": review,
        "may_review": review is None and may(actor, "emergency", "A") and glass.user_id != actor.user_id,
    }
    return render(request, "safety/emergency.jinja", shown)


@require_POST
@guarded("emergency", "A")
def review_emergency(request: HttpRequest, glass_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    glass = access.emergency_of(actor, glass_id, "A", at=at)
    was_right = {"yes": True, "no": False}.get(request.POST.get("was_right", ""))
    actions.review_emergency(glass, was_right=was_right, finding=request.POST.get("finding", ""), by=actor, at=at)
    return HttpResponseRedirect(reverse("emergency", args=[glass_id]))
