"""Naming caregivers with the patient, and the caregiver's own page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ketacare.clinic.candidacy.queries.medicines_sheet import Sheet
from ketacare.clinic.candidacy.queries.plain_words import written_day
from ketacare.clinic.caregivers import access, actions, forms, queries
from ketacare.clinic.caregivers.models import ALWAYS, IF_AGREED, Caregiver
from ketacare.clinic.links.access import Link
from ketacare.clinic.links.pages import Arrival, View, arriving, crisis_page, see_other
from ketacare.clinic.links.words import Phrases
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, by_link, granted, guarded, moment_of, patient_of, relations_to
from ketacare.clinic.people.models import Role
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes import reader

PHRASES = Phrases(Path(__file__).parent / "words.toml")
COOKIE, SALT, YEAR = "caregiver", "ketacare.caregiver.proof", "birth_year"
LANGUAGES = (("en", "English"), ("es", "Español"))


# -- with the patient, for those who record consents -------------------------------------------------------------------


@guarded("consents", "R", is_own=True)
def caregivers(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, "consents", "C" if request.method == "POST" else "R", at=at)
    if actor.role == Role.PT:
        return HttpResponseRedirect(reverse("me-caregivers"))
    refusals: list[Refusal] = []
    if request.method == "POST":
        try:
            actions.name_caregiver(patient=patient, by=actor, at=at, **forms.caregiver_from(request.POST))
            return HttpResponseRedirect(reverse("caregivers", args=[patient.pk]))
        except Refused as refused:
            refusals = refused.refusals
    shown = listed(request, patient) | {
        "header": people.header(patient, at=at, zone=actor.zone),
        "may_name": granted(actor.role, "consents", "C", relations_to(actor, patient)),
        "refusals": refusals,
    }
    return render(request, "caregivers/list.jinja", shown, status=422 if refusals else 200)


def listed(request: HttpRequest, patient: Any) -> dict[str, Any]:
    at, rows = moment_of(request), queries.caregivers(patient)
    return {
        "patient": patient,
        "rows": rows,
        "looked": queries.openings(rows),
        "links": {
            row.pk: request.build_absolute_uri(reverse("caregiver", args=[access.token_for(row, at)])) for row in rows
        },
        "always": ALWAYS,
        "if_agreed": IF_AGREED,
        "days": actions.DAYS,
        "languages": LANGUAGES,
        "typed": request.POST,
    }


@require_POST
@guarded("consents", "C", is_own=True)
def end(request: HttpRequest, patient_id: UUID, caregiver_id: UUID) -> HttpResponse:
    """Taken back: one part of what they see, or the link with everything."""
    actor, at = actor_of(request), moment_of(request)
    patient = patient_of(actor, patient_id, "consents", "C", at=at)
    row, part = access.caregiver_of(patient, caregiver_id), request.POST.get("part", "")
    if part:
        actions.stop_showing(caregiver=row, part=part, by=actor, at=at)
    else:
        actions.end(caregiver=row, by=actor, at=at)
    return HttpResponseRedirect(reverse("me-caregivers" if actor.role == Role.PT else "caregivers",
                                        args=[] if actor.role == Role.PT else [patient.pk]))  # fmt: skip


# -- by link -----------------------------------------------------------------------------------------------------------


class Opened(Arrival[Caregiver]):
    """A request that came by a caregiver's link."""

    routes: ClassVar[str] = "caregiver"
    phrases: ClassVar[Phrases] = PHRASES
    sheets: ClassVar[tuple[str, ...]] = ("safety-plan-1", "after-dose")

    @property
    def language(self) -> str:
        asked = self.request.GET.get("language")
        return asked if asked in ("en", "es") else self.form.language

    @property
    def actor(self) -> Link:
        """Not the patient, and in no role: it passes no door of a person."""
        return replace(super().actor, role="", name="By caregiver's link")

    def frame(self) -> dict[str, Any]:
        return {
            "lang": self.language,
            "say": self.say,
            "help": f"{self.url('caregiver-help')}?language={self.language}",
            "here": self.url("caregiver"),
            "clinic_telephone": self.form.clinic.telephone,
        }

    @property
    def is_proven(self) -> bool:
        """Was the birth year given on this device, and not too long ago?"""
        for_days = reader.outreach().caregiver_known.integer
        return self.seen is not None and self.at - self.seen <= timedelta(days=for_days)

    @property
    def seen(self) -> datetime | None:
        """When the birth year was given on this device. The cookie names the link and no person."""
        try:
            proof = signing.loads(self.request.COOKIES.get(COOKIE, ""), salt=SALT)
            seen = datetime.fromisoformat(proof["at"])
            is_of_this = proof["link"] == self.named
        except (signing.BadSignature, KeyError, TypeError, ValueError):
            return None
        return seen if is_of_this else None

    @property
    def is_stale(self) -> bool:
        """The day of the link is over, and it has not been opened on this device (K1)."""
        return self.at >= access.link_ends(self.form, self.token) and self.seen is None

    @property
    def named(self) -> list[Any]:
        return [str(self.form.pk), self.form.link_serial]

    def prove(self, response: HttpResponseBase) -> HttpResponseBase:
        proof = {"link": self.named, "at": self.at.isoformat()}
        response.set_cookie(
            COOKIE, signing.dumps(proof, salt=SALT), path=self.url("caregiver"), httponly=True, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
            max_age=self.form.link_until - self.at,
        )  # fmt: skip
        return response


def find(request: HttpRequest, token: str) -> Opened:
    return Opened(request, token, access.by_token(token))


def held(arrival: Opened) -> HttpResponseBase | None:
    if not arrival.form.lives(arrival.at):
        return arrival.closed("expired")
    if arrival.form.locked_at:
        return arrival.closed("locked")
    return arrival.closed("stale") if arrival.is_stale else None


LINK = by_link("somebody whom the patient named, by the patient's birth year, sees what the patient agreed to")
# Help opens without the year, and when the link is locked: it shows numbers to call and nothing of anybody.
arrives_for_help = arriving(find, LINK, held=lambda one: None if one.form.lives(one.at) else one.closed("expired"))


def arrives(view: Callable[..., HttpResponseBase]) -> View:
    """By the link, then through the door of the birth year: a link that was forwarded shows nothing."""

    @wraps(view)
    def inner(arrival: Opened) -> HttpResponseBase:
        return view(arrival) if arrival.is_proven else door(arrival)

    return arriving(find, LINK, held=held)(inner)


def door(arrival: Opened) -> HttpResponseBase:
    typed = arrival.request.POST.get(YEAR, "").strip()
    if arrival.request.method != "POST":
        return ask_year(arrival)
    if not (typed.isascii() and typed.isdecimal() and len(typed) == len("1985")):
        return ask_year(arrival, error=arrival.say("door_unread"), status=422)
    here = arrival.request.get_full_path()
    if actions.try_year(caregiver=arrival.form, year=int(typed), by=arrival.actor, at=arrival.at):
        return arrival.prove(see_other(here))
    arrival.form.refresh_from_db()
    # Not the closed page itself: an answer of 4xx would take the lock back with everything else.
    return see_other(here) if arrival.form.locked_at else ask_year(arrival, error=arrival.say("door_wrong"))


def ask_year(arrival: Opened, *, error: str = "", status: int = 200) -> HttpResponse:
    here = arrival.request.get_full_path()
    return arrival.page("links/door.jinja", status, action=here, carried=(), error=error)


@require_http_methods(["GET", "POST"])
@arrives
def opened(arrival: Opened) -> HttpResponseBase:
    row = arrival.form
    actions.note_opened(row, by=arrival.actor, at=arrival.at)
    clock = Sheet(arrival.language, row.clinic.zone)
    until = local_day(row.link_until, row.clinic.zone)
    return arrival.page(
        "caregivers/page.jinja",
        told=queries.view_of(row, arrival.at),
        when=clock.when,
        day=lambda at: written_day(local_day(at, row.clinic.zone), arrival.language),
        until=written_day(until, arrival.language),
        line=crisis_line(row.clinic, arrival.language),
        clinic=row.clinic,
        known=PHRASES.catalogue,
    )


@require_GET
@arrives_for_help
def help_page(arrival: Opened) -> HttpResponseBase:
    return crisis_page(arrival, [], back=arrival.url("caregiver"), go_on="")
