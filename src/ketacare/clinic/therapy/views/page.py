"""What every page of therapy shares: the patient on top, and a refused form shown again with every reason."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from ketacare.clinic.dosing.views.page import answered, now, shown
from ketacare.clinic.links.words import LARGE, Phrases, chosen, day_in
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import actor_of, granted, relations_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.protocols import queries as protocols
from ketacare.clinic.tenancy.days import local_day

__all__ = ["PHRASES", "Again", "acted", "answered", "now", "own_page", "page", "shown"]

SHEETS = ("windows", "goals", "practice")
PHRASES = Phrases(Path(__file__).parent.parent / "words.toml")


def language_of(patient: Patient) -> str:
    """In which language a patient reads their own pages."""
    contact = people.contact(patient)
    return contact.language if contact else "en"


def own_page(
    request: HttpRequest, template: str, patient: Patient, *, status: int = 200, **context: Any
) -> HttpResponse:
    """A page of the patient's own, in the language they chose, in the frame of all their pages."""
    actor, language = actor_of(request), chosen(request.session, language_of(patient))
    frame = {
        "lang": language,
        "say": partial(PHRASES.say, language),
        "large": bool(request.session.get(LARGE)),
        "help": reverse("me-help"),
        "back": reverse("me"),
        "person": str(actor.user_id),
        "day_of": partial(day_in, language=language),
        "moment_of": partial(moment_in, language=language, zone=ZoneInfo(actor.zone)),
    }
    return render(request, template, frame | context, status=status)


def moment_in(at: datetime, language: str, zone: ZoneInfo) -> str:
    """By the clinic's clock, the month in the reader's language."""
    there = at.astimezone(zone)
    return f"{day_in(there.date(), language)}, {there:%H:%M}"


Again = Callable[[list[dict[str, str]]], HttpResponse]


def page(
    request: HttpRequest,
    name: str,
    patient: Patient,
    refusals: list[dict[str, str]] | None = None,
    **context: Any,
) -> HttpResponse:
    """A page about one patient; refused, with what was typed."""
    actor, at = actor_of(request), now(request)
    relations = relations_to(actor, patient)
    frame = {
        "patient": people.header(patient, at=at, zone=actor.zone),
        "about": patient.pk,
        "this_day": local_day(at, actor.zone),
        "overdue": protocols.past_review(SHEETS, local_day(at, actor.zone)),
        "refusals": refusals or [],
        "typed": request.POST if refusals else {},
        "kept": request.GET.get("kept") == "1",
        "may_write": granted(actor.role, "therapy", "C", relations),
        "may_prepare": granted(actor.role, "preparation", "R", relations),
        "may_book": granted(actor.role, "appointments", "C", relations),
        "has_notes": granted(actor.role, "therapy_notes", "R", relations),
    }
    is_conflict = any(one["field"] == "before" for one in refusals or [])
    status = 409 if is_conflict else 422 if refusals else 200
    return render(request, f"therapy/{name}.jinja", frame | context | {"is_conflict": is_conflict}, status=status)


def acted(request: HttpRequest, act: Callable[[], Any], again: Again, anchor: str = "") -> HttpResponse:
    return answered(request, act, again, f"{request.path}?kept=1{anchor}")
