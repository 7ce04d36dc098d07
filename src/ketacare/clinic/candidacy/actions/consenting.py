"""Consent is asked for anew: before a course of another drug or route, and before a year has passed."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Model

from ketacare.clinic.candidacy import queries
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Consent, Patient, Role
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.protocols.terms import Protocol


def consent_of_course(patient: Patient, protocol: Protocol, *, by: Actor, at: datetime) -> None:
    """A course begins: without a consent to its product nobody is given a dose, so somebody asks for one."""
    row = queries.treatment_consent(patient)
    why = lacks(row, protocol)
    if why:
        if row is not None:
            no_longer_asked(patient, evidence=row, by=by, at=at)
        if not owed.open_for(patient, queries.ASK_ANEW):
            soon = timedelta(days=queries.following(patient).act_within.integer)
            ask_anew(patient, at + soon, None, why, by=by, at=at)
    elif row is not None and not owed.open_for(patient, queries.ASK_ANEW):
        ask_before_it_ends(row, protocol, by=by, at=at)


def lacks(row: Consent | None, protocol: Protocol) -> str:
    """What of the consent on record holds back the doses of this course, whatever its day; empty where nothing does."""
    planned = queries.product_of(protocol) or "another"
    if row is None:
        return f"No consent is on record, and the plan is of {planned}"
    if not row.given:
        return f"The consent was taken back, and the plan is of {planned}"
    if not queries.signed_for(row):
        return f"The consent on record does not say to what, and the plan is of {planned}"
    other = queries.consent_to_another(row, protocol)
    return f"The consent is to {other}, and the plan is of {planned}" if other else ""


def ask_before_it_ends(row: Consent, protocol: Protocol, *, by: Actor, at: datetime) -> None:
    """Some days before, so that no dose is held back by it unforeseen (H14)."""
    zone, days = ZoneInfo(by.zone), queries.consent_days(row.patient, protocol)
    until = local_day(row.happened_at, by.zone) + timedelta(days=days)
    told_on = until - timedelta(days=queries.following(row.patient).told_before_end.integer)
    ask_anew(
        row.patient,
        max(at, datetime.combine(told_on, time(9), zone)),
        max(at, datetime.combine(until + timedelta(days=1), time(0), zone)),
        f"The consent counts until {until:%d-%b-%Y}; after it no dose is given",
        by=by,
        at=at,
    )


def ask_anew(
    patient: Patient, due_at: datetime, late_at: datetime | None, why: str, *, by: Actor, at: datetime
) -> None:
    duties.open_duty(
        kind=queries.ASK_ANEW,
        title="Ask for consent anew",
        patient=patient,
        owner_role=Role.RX,
        due_at=due_at,
        late_at=late_at,
        why=why,
        link=f"/patients/{patient.pk}/evaluation/#information",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def no_longer_asked(patient: Patient, *, evidence: Model, by: Actor, at: datetime) -> None:
    """It was signed anew, or no course waits for it."""
    for duty in owed.open_for(patient, queries.ASK_ANEW):
        duties.close_duty(duty, evidence=evidence, by=by, at=at)
