"""Finding a person: by name, birth date or record number, always with the birth date beside the name."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.enrolment.models import Enrolment, EnrolmentState
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, may, moment_of
from ketacare.clinic.people.models import Demographics, Role
from ketacare.web.pages.standing import Standing, standings

MOST = 50


@dataclass(frozen=True)
class Row:
    person: Demographics
    where: Standing
    words: str


@guarded("demographics", "R", reads_only=True, is_own=True)
def patients(request: HttpRequest) -> HttpResponse:
    """Names come by POST, so that no address holds them. Without a search: whoever is in a course."""
    actor = actor_of(request)
    if actor.role == Role.PT and actor.patient_id is not None:
        return HttpResponseRedirect(reverse("me"))
    asked = request.POST.get("q", "").strip()[:100] if request.method == "POST" else ""
    found = people.search(actor, asked) if asked else in_a_course(actor)
    audit.note(by=actor, at=moment_of(request), verb="patients.search" if asked else "patients.list")
    shown = {
        "rows": rows_of(actor, found[:MOST]),
        "asked": asked,
        "more": len(found) >= MOST,
        "may_refer": may(actor, "referral", "C"),
    }
    return render(request, "pages/patients.jinja", shown)


def rows_of(actor: Actor, found: list[Demographics]) -> list[Row]:
    where = standings(person.patient for person in found)
    sees = may(actor, "evaluation", "R")
    return [Row(person, where[person.patient_id], where[person.patient_id].words(sees)) for person in found]


def in_a_course(actor: Actor) -> list[Demographics]:
    open_now = Enrolment.objects.exclude(state=EnrolmentState.ENDED).values("patient_id")
    seen = people.visible_patients(actor).filter(pk__in=open_now)
    return list(
        Demographics.objects.current().filter(patient__in=seen).select_related("patient").order_by("family", "given")
    )
