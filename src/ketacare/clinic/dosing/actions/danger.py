"""What is charted at the chair and should have passed by then: a concern besides the alarms that the chair has."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.models import Session
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import TriageContext

MOAAS = "moaa-s"


@transaction.atomic
def not_back(*, session: Session, value: Decimal, taken_at: datetime, by: Actor, at: datetime) -> list[Concern]:
    """A MOAA/S charted when everybody should be awake again. Lower values ring by themselves, at any minute."""
    access.require(by, "readings", "C", patient=session.visit.patient)
    if session.started_at is None:
        return []
    context = TriageContext(at=at.astimezone(ZoneInfo(by.zone)), since_dose=taken_at - session.started_at)
    sheet, answers = reader.triage_sheet(), {"1": int(value)}
    timed = {row.id for row in sheet.rows if row.instrument == MOAAS and row.from_dose is not None}
    found = [flag for flag in rules.triage(MOAAS, answers, context, sheet) if flag.rule in timed]
    if found:
        audit.note(by=by, at=at, verb="session.not_back", on=session, patient=session.visit.patient)
    return [
        safety.raise_concern(
            patient=session.visit.patient,
            tier=int(flag.tier[1]),
            reason_code=flag.rule,
            source=session.visit,
            by=by,
            at=at,
        )
        for flag in found
    ]
