"""What a patient wrote or answered that raised a concern, for whoever is called about it: they read it before they
call."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import Ask, MessageReply, Told
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, moment_of
from ketacare.clinic.safety.access import concern_of
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.safety.reasons import reason_words

A_DAY = timedelta(days=1)


def words_besides(actor: Actor, ask: Ask, at: datetime) -> list[Told]:
    """Their own words at the end of the check-in that was answered, for whoever may read scores; noted as read."""
    if not access.granted(actor.role, "scores", "R", access.relations_to(actor, ask.patient)):
        return []
    found = list(queries.all_told(ask))
    for row in found:
        audit.note(by=actor, at=at, verb="concern.words", on=row, patient=ask.patient_id, purpose="care")
    return found


def words_around(actor: Actor, concern: Concern, at: datetime) -> list[Told | MessageReply]:
    """What else they wrote, from a day before it was raised until it was decided, the newest first; noted as read."""
    may: dict[str, type[Told | MessageReply]] = {"scores": Told, "messages": MessageReply}
    relations = access.relations_to(actor, concern.patient)
    kinds = [kind for name, kind in may.items() if access.granted(actor.role, name, "R", relations)]
    since, until = concern.raised_at - A_DAY, concern.closed_at or at
    rows = [kind.objects.filter(patient=concern.patient, happened_at__range=(since, until)) for kind in kinds]
    others = [row for found in rows for row in found.exclude(pk=concern.source_id)]
    for row in others:
        audit.note(by=actor, at=at, verb="concern.words", on=row, patient=concern.patient_id, purpose="care")
    return sorted(others, key=lambda row: row.happened_at, reverse=True)


@require_GET
@guarded("concerns", "U")
def concern_said(request: HttpRequest, concern_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    concern = concern_of(actor, concern_id, "U", at=at)
    written = queries.written(actor.clinic_id, concern.source_id)
    if written is not None:
        kept_with = "messages" if isinstance(written, MessageReply) else "scores"
        access.require(actor, kept_with, "R", patient=concern.patient)
        audit.note(by=actor, at=at, verb="concern.words", on=written, patient=concern.patient_id, purpose="care")
    around = words_around(actor, concern, at)
    ask = written.ask if isinstance(written, Told) else Ask.objects.filter(pk=concern.source_id).first()
    context = {
        "concern": concern,
        "reason": reason_words(concern.reason_code),
        "patient": people.header(concern.patient, at=at, zone=actor.zone),
        "written": written,
        "besides": words_besides(actor, ask, at) if written is None and ask is not None else [],
        "around": around,
        "language": ask.language if ask is not None else "",
        "check_in": ask if access.may(actor, "scores", "C") else None,
        "messages": isinstance(written, MessageReply) and access.may(actor, "messages", "C"),
    }
    return render(request, "outcomes/said.jinja", context)
