"""Who supervises and watches, advice and its reading back, and the sign of life of a page that is watched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.views.decorators.http import require_POST

from ketacare.clinic.dosing import access
from ketacare.clinic.dosing.actions import supervising
from ketacare.clinic.dosing.views.chair import chair_answer
from ketacare.clinic.dosing.views.page import now, opened, reader, visit_url
from ketacare.clinic.people.access import actor_of, guarded
from ketacare.clinic.people.models import User
from ketacare.clinic.supervision.access import seen_visit
from ketacare.clinic.supervision.views import screens
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@guarded("alarms", "C")
@require_POST
def post(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Take, move, offer, accept or decline: one address, since each is about the same post."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "alarms").session

    def act() -> None:
        form = reader(request)
        task, place = form.text("task"), form.text("place")
        common: dict[str, Any] = {"session": held, "task": task, "by": actor, "at": at}
        match form.text("act"):
            case "take":
                supervising.take(**common, place=place, words=form.text("words"))
            case "move":
                supervising.move(**common, place=place)
            case "offer":
                supervising.offer(**common, to=chosen(form.text("to")))
            case "accept":
                supervising.accept(**common, place=place, words=form.text("words"))
            case "decline":
                supervising.decline(**common)
            case _:
                raise Refused(Refusal("act", "What is to be done is not said.", "Use the buttons of the page."))

    return chair_answer(request, held, act, "people")


def chosen(text: str) -> User:
    try:
        found = User.objects.filter(pk=UUID(text), is_active=True).first()
    except ValueError:
        found = None
    if found is None:
        raise Refused(Refusal("to", "Nobody was chosen.", "Choose a name from the list."))
    return found


@guarded("plan", "S")
@require_POST
def advise(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "S", "plan").session
    return chair_answer(
        request, held, lambda: supervising.advise(session=held, words=reader(request).text("advice"), by=actor, at=at),
        "people",
    )  # fmt: skip


@guarded("readings", "C")
@require_POST
def read_back(request: HttpRequest, visit_id: UUID, entry_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "C", "readings").session
    advice = access.entry_of(actor, held, entry_id, "R")
    words = reader(request).text("read_back")
    return chair_answer(
        request, held, lambda: supervising.read_back(session=held, advice=advice, words=words, by=actor, at=at),
        "people",
    )  # fmt: skip


@guarded("plan", "S")
@require_POST
def answer(request: HttpRequest, visit_id: UUID, entry_id: UUID) -> HttpResponse:
    """Of the adviser, to what was read back: whoever may advise may answer."""
    actor, at = actor_of(request), now(request)
    held = opened(request, visit_id, "S", "plan").session
    advice = access.entry_of(actor, held, entry_id, "R")
    said = reader(request).text("answer")

    def act() -> None:
        if said not in ("yes", "no"):
            raise Refused(Refusal("answer", "Neither yes nor no was said.", "Use the buttons of the page."))
        supervising.confirm(session=held, advice=advice, is_so=said == "yes", by=actor, at=at)

    return chair_answer(request, held, act, "people")


@guarded("alarms", "C", beats=True)
@require_POST
def presence(request: HttpRequest, visit_id: UUID) -> HttpResponseBase:
    """Every few seconds, from a visible page (D4). Opens no chart, so it leaves no line in the record's own log."""
    return screens.beat(request, seen_visit(actor_of(request), visit_id))


@guarded("alarms", "C")
@require_POST
def self_test(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Lamps, sounds, link, clock and pairing (D10)."""
    held = opened(request, visit_id, "C", "alarms").session
    screens.keep_self_test(request, held.visit)
    if request.headers.get("X-Requested-With"):
        return JsonResponse({"kept": True})
    return HttpResponseRedirect(visit_url(held.visit))
