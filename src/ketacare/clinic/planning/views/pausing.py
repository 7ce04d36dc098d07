"""A course that stands still for a while: why, since when, and on again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.enrolment.models import Enrolment
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, moment_of, patient_of
from ketacare.clinic.planning import actions
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.tenancy.refusals import Refusal, Refused

NO_COURSE = Refusal("course", "There is no course that could be paused.", "Look at the page again.")


@require_http_methods(["GET", "POST"])
@guarded("appointments", "U")
def course_pause(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, "appointments", "U", at=at)
    course, refusals = enrolled.current_enrolment(patient), []
    if request.method == "POST":
        try:
            if course is None:
                raise Refused(NO_COURSE)
            return HttpResponseRedirect(turned(request.POST, course, actor, at))
        except Refused as fault:
            refusals = fault.refusals
    shown = {
        "patient": patient,
        "header": people.header(patient, at=at, zone=actor.zone),
        "course": course,
        "since": pausing.paused_since(patient),
        "turns": pausing.turns_of(patient),
        "booked": scheduling.ahead(patient, at),
        "choices": actions.Ahead.choices,
        "typed": request.POST,
        "refusals": refusals,
    }
    return render(request, "planning/pause.jinja", shown, status=422 if refusals else 200)


def turned(fields: QueryDict, course: Enrolment, by: Actor, at: datetime) -> str:
    """Where the desk goes next: on with what is left, or back to the page of the pause."""
    reason = fields.get("turn_reason", "")
    match fields.get("turn", ""):
        case "pause":
            actions.pause_course(enrolment=course, reason=reason, booked=fields.get("booked", ""), by=by, at=at)
        case "resume":
            actions.resume_course(enrolment=course, reason=reason, by=by, at=at)
            if actions.doses_left(course, at, by.zone):
                return reverse("course", args=[course.patient_id])
        case "clear":
            actions.clear_paused(enrolment=course, by=by, at=at)
        case _:
            raise Refused(NO_COURSE)
    return reverse("course-pause", args=[course.patient_id])
