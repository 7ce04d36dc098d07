"""Consents and their withdrawal, who may help, who opened the record, and how these pages are read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.audit import actions as noting
from ketacare.clinic.audit import queries as audit
from ketacare.clinic.audit.models import Line
from ketacare.clinic.candidacy.queries.consenting import AT_HOME, GIVEN_AS, signed_for
from ketacare.clinic.caregivers import actions as caring
from ketacare.clinic.caregivers import forms
from ketacare.clinic.caregivers import queries as cared
from ketacare.clinic.caregivers.views import listed
from ketacare.clinic.careplan import actions as careplan
from ketacare.clinic.careplan.queries.plain import PHRASES as PLAIN
from ketacare.clinic.links.words import LARGE
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people.access import guarded
from ketacare.clinic.people.models import Consent, Role, User
from ketacare.clinic.people.standing import standing
from ketacare.clinic.safety.queries import SAID_ON_OWN_PAGE
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.web.pages.me.door import LANGUAGE, Mine, mine
from ketacare.web.pages.me.moment import promise

NEWEST = 30
OWN_PAGE = re.compile(r"/me/([a-z-]+/)?")
OPENINGS = ("chart.open", "emergency.open", cared.OPENED)


@require_GET
@guarded("consents", "R", is_own=True)
def consents(request: HttpRequest) -> HttpResponse:
    own = mine(request, "consents")
    return own.page("me/consents.jinja", consents=given(own), refusals=[], typed={})


@dataclass(frozen=True)
class Agreed:
    """The last word on one kind of consent. `to`: which treatment, in the patient's language, where the signing says;
    `words`: what the patient gave as their reason to take it back. What staff wrote beside a signing is not quoted."""

    row: Consent
    to: str
    words: str


def given(own: Mine) -> list[Agreed]:
    """The newest first. Who may help has a page of its own."""
    last = {row.kind: row for row in standing(Consent, own.patient) if row.kind != caring.CONSENT}
    rows = sorted(last.values(), key=lambda row: row.happened_at, reverse=True)
    return [Agreed(row, agreed_to(row, own) if row.given else "", "" if row.given else row.words) for row in rows]


def agreed_to(row: Consent, own: Mine) -> str:
    product = signed_for(row)
    if not product:
        return ""
    drug, route = GIVEN_AS[product.removesuffix(AT_HOME)]
    name = PLAIN.say(own.language, "esketamine" if drug == "esketamine" else "ketamine")
    where = own.say("consent_at_home") if product.endswith(AT_HOME) else ""
    return f"{name}, {PLAIN.say(own.language, route)}{where}"


@require_POST
@guarded("consents", "S", is_own=True)
def withdraw(request: HttpRequest) -> HttpResponse:
    own = mine(request, "consents", "S")
    called, is_kept = heed(own, request.POST.get("reason", ""))
    try:
        careplan.withdraw_consent(
            patient=own.patient, kind=request.POST.get("kind", ""), reason=in_lines(request.POST.get("reason", "")),
            by=own.actor, at=own.at,
        )  # fmt: skip
    except Refused as refused:
        shown: dict[str, Any] = {"refusals": refused.refusals, "typed": request.POST, "called": called}
        # An answer of 4xx would take the concern back with everything else.
        return own.page("me/consents.jinja", 200 if is_kept else 422, consents=given(own), **shown)
    return HttpResponseRedirect(reverse("me-help") + "?told=1" if called else reverse("me-consents"))


def heed(own: Mine, *texts: str) -> tuple[str, bool]:
    """Danger in what was typed into a field of these pages, whatever becomes of the act itself: somebody is called, and
    when they call is said at once (H13). Nothing where none was meant. And whether anything of it was kept, which an
    answer of 4xx would take back."""
    raised, is_kept = outcomes.heed_words(
        patient=own.patient, texts=texts, of=own.patient, reason_code=SAID_ON_OWN_PAGE, by=own.actor, at=own.at
    )
    return (promise(own, raised[0]) if raised else ""), is_kept


def in_lines(text: str) -> str:
    """As it was typed: a browser sends two signs for the end of a line, which counts as one."""
    return text.replace("\r\n", "\n")


@guarded("consents", "C", is_own=True)
def caregivers(request: HttpRequest) -> HttpResponse:
    own = mine(request, "consents", "C")
    refusals = []
    called, is_kept = "", False
    if request.method == "POST":
        called, is_kept = heed(own, request.POST.get("name", ""), request.POST.get("relation", ""))
        try:
            caring.name_caregiver(patient=own.patient, by=own.actor, at=own.at, **forms.caregiver_from(request.POST))
            return HttpResponseRedirect(reverse("me-help") + "?told=1" if called else reverse("me-caregivers"))
        except Refused as refused:
            refusals = refused.refusals
    shown = listed(request, own.patient) | {"refusals": refusals, "called": called}
    return own.page("me/caregivers.jinja", 422 if refusals and not is_kept else 200, **shown)


@dataclass(frozen=True)
class Opening:
    """One person on one day: which parts of the record, and when last."""

    who: str
    parts: tuple[str, ...]
    at: datetime


@require_GET
@guarded("audit", "R", is_own=True)
def opened(request: HttpRequest) -> HttpResponse:
    own = mine(request, "audit")
    return own.page("me/opened.jinja", opened=who_opened(own))


def who_opened(own: Mine) -> list[Opening]:
    """By others, newest first, in plain words, each person once a day. Every opening is kept; the newest are shown."""
    by_person = newest_by_person_and_day(own)
    lines = [line for found in by_person for line in found]
    names = dict(User.objects.filter(pk__in={line.actor_id for line in lines}).values_list("pk", "name"))
    helping = cared.names(own.patient)
    return [
        Opening(
            opener(own, found[0], names, helping), tuple(dict.fromkeys(part(own, line) for line in found)), found[0].at
        )
        for found in by_person
    ]


def newest_by_person_and_day(own: Mine) -> list[list[Line]]:
    """Of each person's day one line to a part. A page that lay open fills no list: the next person is still found."""
    found: dict[tuple[Any, ...], dict[tuple[str, str], Line]] = {}
    lines = audit.opened_by(own.patient.pk).filter(verb__in=OPENINGS).exclude(role=Role.PT)
    for line in lines.iterator(chunk_size=500):
        who = line.object_id if line.verb == cared.OPENED else line.actor_id
        key = (local_day(line.at, own.actor.zone), who, line.role)
        if key not in found and len(found) == NEWEST:
            break
        found.setdefault(key, {}).setdefault((line.verb, line.object_kind), line)
    return [list(parts.values()) for parts in found.values()]


def part(own: Mine, line: Line) -> str:
    return own.known(f"part_{line.object_kind.replace('.', '_')}", "part_other")


def opener(own: Mine, line: Line, names: dict[Any, str], helping: dict[UUID, str]) -> str:
    if line.verb == cared.OPENED:
        return own.say("who_caregiver", name=helping.get(UUID(line.object_id), "–"))
    if line.actor_id is None:
        return own.say("who_ketacare")
    role = own.known(f"role_{line.role}", "role_other")
    return f"{names.get(line.actor_id, own.say('who_somebody'))} ({role})"


@require_POST
@guarded("scores", "R", helps=True, is_own=True)
def reading(request: HttpRequest) -> HttpResponse:
    """The other language, or larger letters, for as long as they are signed in; after a dose without a password. They
    stay on the page of their own that they read."""
    own = mine(request, "scores")
    language, large = request.POST.get("language"), request.POST.get("large")
    if language in ("en", "es"):
        request.session[LANGUAGE] = language
        noting.note(by=own.actor, at=own.at, verb="me.language", on=own.patient, patient=own.patient, because=language)
    if large in ("on", "off"):
        request.session[LARGE] = large == "on"
        noting.note(by=own.actor, at=own.at, verb="me.print", on=own.patient, patient=own.patient, because=large)
    here = request.POST.get("here", "")
    return HttpResponseRedirect(here if OWN_PAGE.fullmatch(here) else reverse("me"))
