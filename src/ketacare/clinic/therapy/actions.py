"""Writing down that the integration visit took place."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import DutyState
from ketacare.clinic.duties.queries import open_for
from ketacare.clinic.outcomes.actions import INTEGRATION
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy.models import IntegrationNote


@transaction.atomic
def write_note(
    *,
    visit: Visit,
    happened_at: datetime,
    minutes: int,
    summary: str,
    next_step: str,
    by: Actor,
    at: datetime,
) -> IntegrationNote:
    """The short note; it closes the duty of this dose's integration visit."""
    access.require(by, "therapy", "C", patient=visit.patient)
    refuse(happened_at, minutes, summary, at)
    note = IntegrationNote.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        patient=visit.patient,
        visit=visit,
        minutes=minutes,
        summary=summary.strip(),
        next_step=next_step.strip(),
        happened_at=happened_at,
        recorded_at=at,
        recorded_by_id=by.user_id,
    )
    audit.note(by=by, at=at, verb="integration.note", on=note, patient=visit.patient)
    for duty in open_for(visit.patient, INTEGRATION).filter(visit_id=visit.pk, state=DutyState.OPEN):
        duties.close_duty(duty, evidence=note, by=by, at=at)
    return note


def refuse(happened_at: datetime, minutes: int, summary: str, at: datetime) -> None:
    found = []
    if happened_at > at:
        found.append(Refusal("happened_at", "is in the future.", "Write the note when the visit has taken place."))
    if not 5 <= minutes <= 240:
        found.append(Refusal("minutes", "is not between 5 and 240.", "Give the length of the visit in minutes."))
    if not summary.strip():
        found.append(Refusal("summary", "is empty.", "A sentence is enough."))
    if found:
        raise Refused(found)
