"""What is charted at the chair and should have passed by then: a concern besides the alarms that the chair has."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as concerns
from ketacare.clinic.safety.models import Concern, Tier
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.terms import TriageContext

MOAAS = "moaa-s"
INTENT, LATE_SIGN = "session.intent", "session.sign"
SIGN_OF_INTENT, ASKED_OF_INTENT = "new suicidal intent", "new_suicidal_or_violent_intent"


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


def tells_of_intent(entry: TimelineEntry) -> bool:
    """A sign tapped, or the question before leaving answered yes."""
    if entry.in_error:
        return False
    asked = entry.body.get("facts", {}).get(ASKED_OF_INTENT, {}) if entry.kind == Kind.CRITERION else {}
    return asked.get("value") is True or (entry.kind == Kind.EVENT and entry.name == SIGN_OF_INTENT)


def heed(session: Session, entry: TimelineEntry, *, by: Actor, at: datetime) -> Concern | None:
    """In the transaction of the line that tells of it (H13). While one is open, what is said again is the same one."""
    if not tells_of_intent(entry):
        return None
    patient = session.visit.patient
    known = concerns.standing(patient).filter(reason_code=INTENT).first()
    return known or safety.raise_concern(patient=patient, tier=Tier.NOW, reason_code=INTENT, source=entry, by=by, at=at)


def came_late(session: Session, entry: TimelineEntry, *, by: Actor, at: datetime) -> Concern:
    """A sign that waited on a screen without a connection, and came when nobody watched any more."""
    return safety.raise_concern(
        patient=session.visit.patient, tier=Tier.NOW, reason_code=LATE_SIGN, source=entry, by=by, at=at
    )


def refuse_over_intent(session: Session) -> None:
    """Nobody goes home before a clinician has decided what was found of it (EM-11)."""
    if concerns.standing(session.visit.patient).filter(reason_code=INTENT).exists():
        words = "New suicidal or violent intent, and no clinician has decided yet."
        raise Refused(Refusal("RC-9", words, "Decide the concern first; hospital is the other way.", "policy"))
