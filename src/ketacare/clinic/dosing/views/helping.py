"""Help called at the chair and from the room's tablet; the calming plan; who looked in."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.dosing.actions import helping
from ketacare.clinic.dosing.queries import helping as helps
from ketacare.clinic.dosing.queries import whose
from ketacare.clinic.dosing.views.chair import chair_answer
from ketacare.clinic.dosing.views.events import entered
from ketacare.clinic.dosing.views.page import now, opened, reader, shown
from ketacare.clinic.links.words import Phrases
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import NotHere, actor_of, by_link, guarded, may, patient_of
from ketacare.clinic.scheduling.models import Chair
from ketacare.clinic.supervision import access as rooms
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.supervision.actions.plans import FIELDS
from ketacare.clinic.tenancy.once import answer_once
from ketacare.clinic.tenancy.refusals import Refused


@guarded("help", "C")
@require_POST
def call_help(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "help").session
    return chair_answer(
        request, held, lambda: helping.call_help(session=held, place="chair", by=actor, at=at), "events"
    )


@guarded("presence", "C")
@require_POST
def present(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "presence").session

    def act() -> None:
        form = reader(request)
        pressed_at = entered(form, at)
        whose.asked_of_waiting(form, held, at - pressed_at)
        form.done()
        helping.be_present(session=held, happened_at=pressed_at, by=actor, at=at)

    return chair_answer(request, held, act, "events")


# -- the tablet in the room --------------------------------------------------------------------------------------------

WHY = "a tablet beside the chair, with a signed link that names the chair; holds no patient data and opens no chart"
PHRASES = Phrases(Path(__file__).parent.parent / "room_words.toml")


@by_link(WHY)
@require_GET
def room(request: HttpRequest, token: str) -> HttpResponse:
    try:
        chair = rooms.chair_of(token)
    except NotHere:
        return closed(request)
    request.link_clinic = chair.clinic  # type: ignore[attr-defined]
    lang = helps.language_in(chair)
    context = {
        "chair": chair.name,
        "token": token,
        "told": helps.told_in_room(chair, now(request)),
        "lang": lang,
        "say": partial(PHRASES.say, lang),
    }
    return render(request, "dosing/help_room.jinja", context)


def closed(request: HttpRequest) -> HttpResponse:
    """Nobody knows who sits there: in each language."""
    context = {"chrome": False, "phrases": PHRASES, "languages": helps.SPOKEN_IN_ROOM}
    return render(request, "dosing/help_closed.jinja", context, status=410)


@by_link(WHY)
@require_GET
def door(request: HttpRequest, token: str) -> HttpResponse:
    """The light outside the door (D8): asked again every two seconds by the page itself. While nothing judges alarms
    there is no light to show, and no calm either (D9)."""
    try:
        chair = rooms.chair_of(token)
    except NotHere:
        return closed(request)
    request.link_clinic = chair.clinic  # type: ignore[attr-defined]
    at = now(request)
    judged = helps.alarms_are_judged(helps.sitting_in(chair), at)
    context = {"chair": chair.name, "light": helps.light(chair, at) if judged else None, "at": at}
    return render(request, "dosing/door.jinja", context, status=200 if judged else 503)


@by_link(WHY)
@require_POST
def room_call(request: HttpRequest, token: str) -> HttpResponseBase:
    try:
        chair = rooms.chair_of(token)
    except NotHere:
        return closed(request)
    return answer_once(
        request, organisation_id=chair.organisation_id, actor_id=chair.pk, at=now(request),
        respond=lambda: called(chair, token, request),
    )  # fmt: skip


def called(chair: Chair, token: str, request: HttpRequest) -> HttpResponseBase:
    helping.call_help_from_room(chair=chair, at=now(request))
    answer = HttpResponseRedirect(reverse("room-help", kwargs={"token": token}))
    answer.status_code = 303
    return answer


# -- the calming plan --------------------------------------------------------------------------------------------------


@guarded("notes", "C")
@require_http_methods(["GET", "POST"])
def calming_plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Written before it is needed, by therapist or nurse, with the patient."""
    actor, at = actor_of(request), now(request)
    patient = patient_of(actor, patient_id, "notes", "C", at=at)
    if request.method == "POST":
        try:
            supervision.write_plan(patient=patient, said=request.POST.dict(), by=actor, at=at)
        except Refused as refused:
            return plan_page(request, patient, request.POST.dict(), [shown(one) for one in refused.refusals])
        return HttpResponseRedirect(request.path + "?kept=1")
    row = rooms.plan_of(actor, patient)
    return plan_page(request, patient, {name: getattr(row, name) for name in FIELDS} if row else {}, [])


def plan_page(
    request: HttpRequest, patient: Any, values: dict[str, Any], refusals: list[dict[str, str]]
) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    context = {
        "patient": people.header(patient, at=at, zone=actor.zone),
        "action": request.path,
        "plan": values,
        "before": rooms.plan_of(actor, patient),
        "kept": request.GET.get("kept") == "1",
        "may_write": may(actor, "notes", "C"),
        "refusals": refusals,
    }
    return render(request, "dosing/calming_plan.jinja", context, status=422 if refusals else 200)
