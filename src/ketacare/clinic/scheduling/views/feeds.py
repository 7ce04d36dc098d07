"""One's own calendar feed, and what a calendar reads under its address."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.people.access import Actor, NotHere, actor_of, by_link, moment_of, patient_of, signed_in
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.scheduling import actions, feeds
from ketacare.clinic.scheduling.actions.feeds import feeds_of

# Read by a person who wonders why their calendar is empty; it says nothing of whose address it was.
NO_CALENDAR = (
    "Address: no calendar is under it; it was taken back, or is not as it was given. "
    "Sign in and make a new one under My calendar.\n"
    "Dirección: no hay ningún calendario aquí; se retiró o no está como se dio. "
    "Inicie sesión y cree otra en «Mis visitas en el calendario».\n"
)


@signed_in
def my_calendar(request: HttpRequest) -> HttpResponse:
    """The address, made and taken back; a new one makes the old one useless."""
    actor, at = actor_of(request), moment_of(request)
    patient = own_record(actor, request)
    if request.method == "POST":
        act = actions.revoke_feed if request.POST.get("act") == "revoke" else actions.open_feed
        act(by=actor, at=at, patient=patient)
        return HttpResponseRedirect(reverse("me-calendar" if patient else "my-calendar"))
    if patient is not None:
        return HttpResponseRedirect(reverse("me-calendar"))
    row = feeds_of(actor, patient).first()
    address = request.build_absolute_uri(reverse("calendar-feed", args=[feeds.token_of(row)])) if row else ""
    return render(request, "scheduling/my_calendar.jinja", {"feed": row, "address": address})


def own_record(actor: Actor, request: HttpRequest) -> Patient | None:
    if actor.role != Role.PT:
        return None
    if actor.patient_id is None:
        raise NotHere
    return patient_of(actor, actor.patient_id, "appointments", at=moment_of(request))


@by_link("a calendar cannot sign in; the address is signed, one person's, revocable, and says nothing clinical")
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    try:
        feed = feeds.feed_under(token)
    except NotHere:  # forged, another's and taken back alike
        return HttpResponse(NO_CALENDAR, status=404, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(feeds.written(feed, moment_of(request)), content_type="text/calendar; charset=utf-8")
    answer["Cache-Control"] = "private, no-store"
    return answer
