"""Whose pages these are, in which language, and whether they are in after-dose mode and show least."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.queries.medicines_sheet import Sheet
from ketacare.clinic.candidacy.queries.plain_words import written_day
from ketacare.clinic.dosing.models import UNDER_WATCH, Session, SessionState
from ketacare.clinic.dosing.queries import going_home, take_home
from ketacare.clinic.links.words import CHOSEN, LARGE, Phrases, chosen
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, NotHere, actor_of, moment_of
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.protocols.queries import past_review
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.medicine.careplan import reader, rules
from ketacare.medicine.safety.terms import CrisisLine

PHRASES = Phrases(Path(__file__).parent / "words.toml")
OUTERMOST = ("me/home.jinja", "me/after_dose.jinja")
# What each page tells by. A page of help tells no review date.
SHEETS = {
    "me/home.jinja": ("phq-9",),
    "me/after_dose.jinja": ("after-dose",),
    "me/safety_plan.jinja": ("safety-plan-1",),
    "me/plan.jinja": ("titration-1", "windows", "goals"),
    "me/learn.jinja": ("education-1",),
    "me/take_home.jinja": ("take-home-1",),
    "me/consents.jinja": ("consent-1",),
}
LANGUAGE = CHOSEN
# Nothing is asked of somebody in whom a dose still works.
LEFT = (SessionState.LEFT, SessionState.CLOSED)


@dataclass(frozen=True)
class Mine:
    """A request by a patient for their own pages."""

    request: HttpRequest
    actor: Actor
    patient: Patient

    @property
    def at(self) -> datetime:
        return moment_of(self.request)

    @cached_property
    def language(self) -> str:
        """As chosen here, else as they told the clinic."""
        return chosen(self.request.session, candidacy.language_of(self.patient))

    def say(self, key: str, **values: object) -> str:
        return PHRASES.say(self.language, key, **values)

    def known(self, key: str, otherwise: str) -> str:
        """The words of a key that may be missing, such as a kind of visit that came later."""
        return self.say(key if key in PHRASES.catalogue else otherwise)

    def when(self, at: datetime) -> str:
        return Sheet(self.language, self.actor.zone).when(at)

    def day(self, at: datetime) -> str:
        return written_day(local_day(at, self.actor.zone), self.language)

    def promised(self, at: datetime) -> str:
        """By the clock they live by; with the name of its zone where the clinic's shows another hour."""
        wish = outcomes.wish(self.patient)
        zone = (wish.zone if wish else "") or self.actor.zone
        theirs, clinics = (at.astimezone(ZoneInfo(name)) for name in (zone, self.actor.zone))
        is_elsewhere = theirs.utcoffset() != clinics.utcoffset()
        return f"{written_day(theirs.date(), self.language)}, {theirs:{'%H:%M %Z' if is_elsewhere else '%H:%M'}}"

    def moment(self, at: datetime) -> str:
        return f"{self.day(at)}, {at.astimezone(ZoneInfo(self.actor.zone)):%H:%M}"

    @cached_property
    def line(self) -> CrisisLine | None:
        return crisis_line(self.patient.clinic, self.language)

    @cached_property
    def newest(self) -> Session | None:
        """The last session that began, however long ago."""
        rows = Session.objects.filter(visit__patient=self.patient, started_at__isnull=False)
        row: Session | None = (
            rows.select_related("visit__patient", "visit__chair", "visit__clinic").order_by("-started_at").first()
        )
        return row

    @cached_property
    def dose(self) -> Session | None:
        """The session under way, or the one after which the next morning has not come."""
        row = self.newest
        if row is None or row.state in UNDER_WATCH:
            return row
        assert row.started_at is not None
        began = row.started_at.astimezone(ZoneInfo(self.actor.zone))
        is_fresh = self.at < rules.shown_least_until(began, reader.after_dose())
        return row if row.state in LEFT and is_fresh else None

    @property
    def in_session(self) -> bool:
        return self.dose is not None and self.dose.state in UNDER_WATCH

    @property
    def may_read_instructions(self) -> bool:
        """Of the last dose, from leaving on, for as long as it says what holds now."""
        row = self.newest
        if row is None or row.state not in LEFT or not take_home.is_ready(row):
            return False
        free_at = going_home.drive_from(row)
        return self.dose is not None or (free_at is not None and self.at < free_at)

    @property
    def escort_phone(self) -> str:
        return going_home.escort(self.dose).get("phone", "") if self.dose else ""

    def page(self, template: str, status: int = 200, **context: Any) -> HttpResponse:
        person = people.demographics(self.patient)
        frame = {
            "lang": self.language,
            "large": bool(self.request.session.get(LARGE)),
            "say": self.say,
            "known": self.known,
            "when": self.when,
            "day_of": self.day,
            "moment_of": self.moment,
            "help": reverse("me-help"),
            "back": "" if template in OUTERMOST else reverse("me"),
            "name": person.preferred or person.given,
            "person": str(self.actor.user_id),
            "line": self.line,
            "telephone": self.patient.clinic.telephone,
            "clinic": self.patient.clinic,
            "least": self.dose is not None,
            "instructions": reverse("me-take-home") if self.may_read_instructions else "",
            "overdue": past_review(SHEETS.get(template, ()), local_day(self.at, self.actor.zone)),
        }
        return render(self.request, template, frame | context, status=status)


def mine(request: HttpRequest, object_name: str, act: str = "R") -> Mine:
    """Own record only: whoever else may read such things reads them in the chart."""
    actor = actor_of(request)
    if actor.role != Role.PT or actor.patient_id is None:
        raise NotHere
    at = moment_of(request)
    patient = access.patient_of(actor, actor.patient_id, object_name, act, at=at, purpose="own record")
    return Mine(request, actor, patient)


def address_of(route: str) -> str:
    """Of a page that a room may bring; without it the place stays empty."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""
