"""The C-SSRS since the last visit, asked before a dose and written down by number (screening 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.models import ScreenerForm
from ketacare.clinic.dosing.actions.preparing import before_start
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries.risk_today import ITEM
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def record_interview(
    *, session: Session, answers: Mapping[str, bool], refused: bool, words: str, by: Actor, at: datetime
) -> TimelineEntry:
    """Kept where the evaluation keeps it, one record for both, which is put right there."""
    access.require(by, "session", "U", patient=session.visit.patient)
    before_start(session)
    if any(answers.values()) and not words.strip():
        raise Refused(Refusal("words", "What did the patient say, and what was done?", "Write it in their words."))
    row = candidacy.record_screening(
        patient=session.visit.patient,
        form=ScreenerForm.SINCE_LAST_VISIT,
        answers=answers,
        refused=refused,
        by=by,
        at=at,
    )
    body = {"facts": {}, "screening": str(row.pk)}
    return write(visit=session.visit, kind=Kind.FACT, name=ITEM, body=body, words=words.strip(), by=by, at=at)
