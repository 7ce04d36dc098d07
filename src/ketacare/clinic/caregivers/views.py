"""Naming caregivers with the patient, and the caregiver's own page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from ketacare.clinic.candidacy.queries.medicines_sheet import Sheet
from ketacare.clinic.candidacy.queries.plain_words import written_day
from ketacare.clinic.caregivers import access, actions, forms, queries
from ketacare.clinic.caregivers.models import ALWAYS, IF_AGREED, Caregiver
from ketacare.clinic.links.access import Link
from ketacare.clinic.links.pages import Arrival, arriving, crisis_page
from ketacare.clinic.links.words import Phrases
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, by_link, granted, guarded, patient_of, relations_to
from ketacare.clinic.people.models import Role
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader as safety

PHRASES = Phrases(Path(__file__).parent / "words.toml")
LANGUAGES = (("en", "English"), ("es", "Español"))


# -- with the patient, for those who record consents -------------------------------------------------------------------


@guarded("consents", "R")
def caregivers(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
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
    rows = queries.caregivers(patient)
    return {
        "patient": patient,
        "rows": rows,
        "looked": queries.openings(rows),
        "links": {
            row.pk: request.build_absolute_uri(reverse("caregiver", args=[access.token_for(row)])) for row in rows
        },
        "always": ALWAYS,
        "if_agreed": IF_AGREED,
        "days": actions.DAYS,
        "languages": LANGUAGES,
        "typed": request.POST,
    }


@require_POST
@guarded("consents", "C")
def end(request: HttpRequest, patient_id: UUID, caregiver_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), request.at  # type: ignore[attr-defined]
    patient = patient_of(actor, patient_id, "consents", "C", at=at)
    actions.end(caregiver=access.caregiver_of(patient, caregiver_id), by=actor, at=at)
    return HttpResponseRedirect(reverse("me-caregivers" if actor.role == Role.PT else "caregivers",
                                        args=[] if actor.role == Role.PT else [patient.pk]))  # fmt: skip


# -- by link -----------------------------------------------------------------------------------------------------------


class Opened(Arrival[Caregiver]):
    """A request that came by a caregiver's link."""

    routes: ClassVar[str] = "caregiver"
    phrases: ClassVar[Phrases] = PHRASES

    @property
    def language(self) -> str:
        asked = self.request.GET.get("language")
        return asked if asked in ("en", "es") else self.form.language

    @property
    def actor(self) -> Link:
        """Not the patient, and in no role: it passes no door of a person."""
        return replace(super().actor, role="", name="By caregiver's link")

    def say(self, key: str, **values: object) -> str:
        return self.phrases.say(self.language, key, **values)

    def frame(self) -> dict[str, Any]:
        return {
            "lang": self.language,
            "say": self.say,
            "help": f"{self.url('caregiver-help')}?language={self.language}",
            "here": self.url("caregiver"),
            "clinic_telephone": self.form.clinic.telephone,
        }


def find(request: HttpRequest, token: str) -> Opened:
    return Opened(request, token, access.by_token(token))


def held(arrival: Opened) -> HttpResponseBase | None:
    return None if arrival.form.opens(arrival.at) else arrival.closed("expired")


arrives = arriving(find, by_link("somebody whom the patient named sees what the patient agreed to"), held=held)


@require_GET
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
        line=safety.crisis_line(row.clinic.country),
        clinic=row.clinic,
        known=PHRASES.catalogue,
    )


@require_GET
@arrives
def help_page(arrival: Opened) -> HttpResponseBase:
    return crisis_page(arrival, [], back=arrival.url("caregiver"), go_on="")
