"""The esketamine programme: its monitoring form has been sent."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import rems
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def form_sent(*, session: Session, words: str, by: Actor, at: datetime) -> TimelineEntry:
    """Sent by hand or portal, with the number it was given; the duty is done."""
    access.require(by, "discharge", "S", patient=session.visit.patient)
    duty = rems.open_duty(session)
    if duty is None:
        raise Refused(Refusal("form", "is not waited for.", "Look at the session again.", "policy"))
    if not words.strip():
        raise Refused(Refusal("words", "How was it sent?", "Write the way and the number it was given."))
    entry = write(
        visit=session.visit, kind=Kind.REMARK, words=f"REMS monitoring form sent: {words.strip()}",
        body={"form": "rems"}, step="rems:sent", by=by, at=at,
    )  # fmt: skip
    duties.close_duty(duty, evidence=entry, by=by, at=at)
    return entry
