"""The safety plan, which opens without the network once it was opened; the plan in plain words; what to read."""

from __future__ import annotations

import json
from pathlib import Path

from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from ketacare.clinic.caregivers import queries as caregivers
from ketacare.clinic.careplan import queries as careplan
from ketacare.clinic.dosing.queries import take_home as papers
from ketacare.clinic.people.access import NotHere, guarded, moment_of, public
from ketacare.clinic.scheduling import feeds
from ketacare.clinic.scheduling.actions.feeds import feeds_of
from ketacare.clinic.tenancy.help import lines_here
from ketacare.medicine.careplan import reader
from ketacare.web.pages.me.door import mine

WORKER = Path(__file__).parent / "worker.js"
NO_LINES = "const LINES = [];"
STYLES = ("css/tokens.css", "css/base.css", "css/phone.css", "css/me.css")


@require_GET
@guarded("evaluation", "R", is_own=True)
def safety_plan(request: HttpRequest) -> HttpResponse:
    own = mine(request, "evaluation")
    kept_with = [staticfiles_storage.url(name) for name in STYLES]
    return own.page("me/safety_plan.jinja", lines=caregivers.plan_lines(own.patient), kept_with=kept_with)


@require_GET
@public("a script without a word about anybody")
def worker(request: HttpRequest) -> HttpResponse:
    """Served from here, so that it may answer for the patient's pages and for no other. It holds whom to call in the
    countries of the clinics here: it is kept from the first page on, when nobody knows yet whose telephone it is."""
    script = WORKER.read_text(encoding="utf-8").replace(NO_LINES, f"const LINES = {json.dumps(help_lines())};")
    answer = HttpResponse(script, content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


def help_lines() -> list[tuple[str, str]]:
    """What a button dials and what stands on it, in both languages where they differ, with the countries in which it is
    that: nobody knows in which of them the telephone is."""
    found: dict[tuple[str, str], list[str]] = {}
    for line, linea in zip(lines_here("en"), lines_here("es"), strict=True):
        name = " / ".join(dict.fromkeys(f"{one.name}: {one.call}" for one in (line, linea)))
        emergency = f"Emergency / Emergencia: {line.emergency}"
        where = " / ".join(dict.fromkeys(one.where or one.country for one in (line, linea)))
        for dial, words in ((line.dial, name), (line.dial_emergency, emergency)):
            found.setdefault((f"tel:{dial}", words), []).append(where)
    return [(dial, f"{words} ({', '.join(where)})") for (dial, words), where in found.items()]


@require_GET
@guarded("plan", "R", is_own=True)
def own_plan(request: HttpRequest) -> HttpResponse:
    """The newest version that was signed; nothing that waits for a signature but what is booked."""
    own = mine(request, "plan")
    row = careplan.newest(own.patient)
    found = careplan.gathered(own.patient, at=moment_of(request), zone=own.actor.zone) if row else None
    copy = careplan.copy_of(row, found, own.language) if row and found else None
    return own.page("me/plan.jinja", row=row, copy=copy)


@require_GET
@guarded("appointments", "R", is_own=True)
def own_calendar(request: HttpRequest) -> HttpResponse:
    """The address that the patient's telephone reads, made and taken back by the same act as the staff's."""
    own = mine(request, "appointments")
    row = feeds_of(own.actor, own.patient).first()
    address = request.build_absolute_uri(reverse("calendar-feed", args=[feeds.token_of(row)])) if row else ""
    return own.page("me/calendar.jinja", address=address)


@require_GET
@guarded("messages", "R", is_own=True)
def take_home(request: HttpRequest) -> HttpResponse:
    """What they were given on paper after the last dose, to read again; not before they have left."""
    own = mine(request, "messages")
    if not own.may_read_instructions or own.newest is None:
        raise NotHere
    sheet = papers.paper(own.newest, papers.PATIENT, own.language, at=own.at, zone=own.actor.zone)
    return own.page("me/take_home.jinja", sheet=sheet)


@require_GET
@guarded("scores", "R", is_own=True)
def learn(request: HttpRequest) -> HttpResponse:
    own = mine(request, "scores")
    return own.page("me/learn.jinja", education=reader.education())
