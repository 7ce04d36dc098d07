"""Records opened in an emergency, and their review."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, confirm, guarded, may, moment_of
from ketacare.clinic.people.models import EmergencyReason
from ketacare.clinic.safety import access, actions, queries
from ketacare.clinic.safety.models import EmergencyReview
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@require_http_methods(["GET", "POST"])
@guarded("emergency", "C")
def open_in_emergency(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The page behind "Open in an emergency": it says what will happen and shows nothing of the person yet."""
    actor, at = actor_of(request), moment_of(request)
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
    actor, at = actor_of(request), moment_of(request)
    rows = list(queries.emergencies(actor.clinic_id)[:100])
    names = duties.names_for(actor, {row.patient_id for row in rows})
    audit.note(by=actor, at=at, verb="emergencies.list", purpose="review")
    return render(request, "safety/emergencies.jinja", {"rows": [(row, names.get(row.patient_id, "")) for row in rows]})


@require_GET
@guarded("emergency", "R")
def emergency(request: HttpRequest, glass_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
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
    actor, at = actor_of(request), moment_of(request)
    glass = access.emergency_of(actor, glass_id, "A", at=at)
    was_right = {"yes": True, "no": False}.get(request.POST.get("was_right", ""))
    actions.review_emergency(glass, was_right=was_right, finding=request.POST.get("finding", ""), by=actor, at=at)
    return HttpResponseRedirect(reverse("emergency", args=[glass_id]))
