"""Private process notes, each author's alone; and the patient's journal. What is typed and not kept yet
stays in its tab alone, sealed with a key that only the author's own page is given."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from ketacare.clinic.links.words import chosen
from ketacare.clinic.people.access import actor_of, guarded, patient_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.recovery import queries as recovery
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.help import crisis_line
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.clinic.therapy import access, actions, queries
from ketacare.clinic.therapy.actions.private import SAID_IN_JOURNAL
from ketacare.clinic.therapy.sealing import draft_key
from ketacare.clinic.therapy.views.page import acted, language_of, now, own_page, page, shown
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.safety.reader import danger_words


@require_http_methods(["GET", "POST"])
@guarded("therapy_notes", "R")
def private_notes(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """One's own notes about this patient, and the form of the next."""
    actor, at = actor_of(request), now(request)
    act = "C" if request.method == "POST" else "R"
    patient = patient_of(actor, patient_id, "therapy_notes", act, at=at)

    def form(refusals: list[dict[str, str]] | None = None) -> HttpResponse:
        return page(
            request,
            "private_notes",
            patient,
            refusals,
            notes=queries.notes_of(actor, patient),
            sealed=draft_key(actor.person_id),
        )

    if request.method == "POST":
        words = request.POST.get("words", "")
        return acted(request, lambda: actions.write_process_note(patient=patient, words=words, by=actor, at=at), form)
    return form()


@require_http_methods(["GET", "POST"])
@guarded("journal", "C", is_own=True)
def journal(request: HttpRequest) -> HttpResponse:
    """The patient's own pages. Where an entry speaks of danger, whom to call comes first."""
    actor, at = actor_of(request), now(request)
    patient = access.own_record(actor, "journal", "C", at=at)
    if request.method == "GET":
        return journal_page(request, patient)
    try:
        entry, concern = actions.write_journal(patient=patient, words=request.POST.get("words", ""), by=actor, at=at)
    except Refused as refused:
        return journal_page(request, patient, [shown(one) for one in refused.refusals])
    if request.POST.get("share") == "yes":
        actions.share(entry=entry, by=actor, at=at)
    return HttpResponseRedirect(reverse("me-journal") + ("?help=1" if concern else "?kept=1"))


def journal_page(request: HttpRequest, patient: Patient, refusals: list[dict[str, str]] | None = None) -> HttpResponse:
    actor = actor_of(request)
    shown_in = chosen(request.session, language_of(patient))
    return own_page(
        request,
        "therapy/journal.jinja",
        patient,
        status=422 if refusals else 200,
        pages=queries.journal_of(actor, patient),
        opens=recovery.journal_opens(actor),
        refusals=refusals or [],
        typed=request.POST if refusals else {},
        kept=request.GET.get("kept") == "1",
        sealed=draft_key(actor.person_id),
        called=help_of(patient, request) if request.GET.get("help") == "1" else None,
        line=crisis_line(patient.clinic, shown_in),
        telephone=patient.clinic.telephone,
        overdue=warnings([danger_words().sheet.header], local_day(now(request), actor.zone)),
    )


def help_of(patient: Patient, request: HttpRequest) -> Any:
    """Only what will be true: by when a person calls, or that nobody is reading."""
    raised = Concern.objects.filter(patient=patient, reason_code=SAID_IN_JOURNAL).order_by("raised_at").last()
    return safety.promise(patient.clinic, raised, now(request)) if raised else None


@require_POST
@guarded("journal", "U", is_own=True)
def journal_share(request: HttpRequest) -> HttpResponse:
    """Share one entry, or take it back."""
    actor, at = actor_of(request), now(request)
    patient = access.own_record(actor, "journal", "U", at=at)
    entry = access.own_entry(actor, patient, request.POST.get("entry", ""))
    if request.POST.get("do") == "unshare":
        actions.unshare(entry=entry, by=actor, at=at)
    elif request.POST.get("do") == "anew":
        actions.share_anew(entry=entry, by=actor, at=at)
    else:
        actions.share(entry=entry, by=actor, at=at)
    return HttpResponseRedirect(reverse("me-journal"))
