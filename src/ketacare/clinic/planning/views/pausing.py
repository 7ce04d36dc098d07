"""A course that stands still for a while: why, since when, and on again."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, guarded, moment_of, patient_of
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.refusals import Refusal, Refused

TURNS = {"pause": pausing.pause, "resume": pausing.resume}


@require_http_methods(["GET", "POST"])
@guarded("appointments", "U")
def course_pause(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, "appointments", "U", at=at)
    course, refusals = enrolled.current_enrolment(patient), []
    if request.method == "POST":
        try:
            turn = TURNS.get(request.POST.get("turn", ""))
            if course is None or turn is None:
                raise Refused(Refusal("course", "There is no course that could be paused.", "Look at the page again."))
            turn(enrolment=course, reason=request.POST.get("turn_reason", ""), by=actor, at=at)
            return HttpResponseRedirect(reverse("course-pause", args=[patient.pk]))
        except Refused as fault:
            refusals = fault.refusals
    booked = Visit.objects.filter(patient=patient, kind=VisitKind.DOSE, state=VisitState.BOOKED, starts_at__gt=at)
    shown = {
        "patient": patient,
        "header": people.header(patient, at=at, zone=actor.zone),
        "course": course,
        "since": pausing.paused_since(patient),
        "turns": pausing.turns_of(patient),
        "booked": booked.order_by("starts_at"),
        "typed": request.POST,
        "refusals": refusals,
    }
    return render(request, "planning/pause.jinja", shown, status=422 if refusals else 200)
