"""Alarms answered at the chair, and the monitor paired with it."""

from __future__ import annotations

from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing.actions import identity, limits
from ketacare.clinic.dosing.queries import chairside
from ketacare.clinic.dosing.views.chair import chair_answer
from ketacare.clinic.dosing.views.page import answered, now, opened, page, reader, visit_url
from ketacare.clinic.monitoring import access as monitoring_access
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import monitors
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people.access import actor_of, guarded, may


@guarded("alarms", "C")
@require_POST
def alarm_seen(request: HttpRequest, visit_id: UUID, condition: str) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "alarms").session

    def act() -> None:
        if request.POST.get("slip"):
            monitoring.take_back_acknowledgement(visit=held.visit, condition=condition, by=actor, at=at)
        else:
            monitoring.acknowledge_alarm(visit=held.visit, condition=condition, by=actor, at=at)

    return chair_answer(request, held, act, "alarms")


@guarded("alarms", "C")
@require_POST
def alarm_pause(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "alarms").session

    def act() -> None:
        if request.POST.get("sound") == "on":
            limits.sound_again(session=held, by=actor, at=at)
        else:
            monitoring.pause_audio(visit=held.visit, by=actor, at=at)

    return chair_answer(request, held, act, "alarms")


@guarded("readings", "C")
def monitor(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Pair a monitor at the chair: who the patient is, said again, then look that the pulse is theirs (H4)."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "readings").session
    visit = held.visit

    def again(refused: list[dict[str, str]]) -> HttpResponse:
        ticket = monitoring_access.visit_ticket(actor, visit, at=at)
        return page(
            request, "monitor", visit, held, status=422 if refused else 200,
            candidates=monitors.candidates(actor, at=at), pairings=watch.open_pairings(visit),
            vitals=chairside.vitals(watch.standing(visit, at=at), watch.latest(visit), at)[:2],
            may_unpair=may(actor, "session", "U"),
            live=f"/live/stream?{urlencode({'ticket': ticket})}", refusals=refused,
        )  # fmt: skip

    if request.method != "POST":
        return again([])

    def act() -> None:
        form = reader(request)
        chosen = form.need("device", "No monitor was chosen.")
        form.done()
        if form.text("act") == "unpair":
            pairing = monitoring_access.pairing_of(actor, UUID(chosen))
            monitoring.unpair_device(pairing=pairing, reason=form.text("reason"), by=actor, at=at)
            return
        identity.require_same_person(visit.patient, form.text("birth_year"), form.text("initials"))
        device = monitoring_access.device_of(actor, UUID(chosen), "C")
        monitoring.pair_device(device=device, visit=visit, by=actor, at=at)

    return answered(request, act, again, visit_url(visit, "session-monitor"))
