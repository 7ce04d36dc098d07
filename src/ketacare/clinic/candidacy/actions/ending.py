"""The end of a clearance is told before it comes, and when it has come (H14)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Model

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import ClearanceAnswer
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.candidacy.terms import Signatures


def tell_end(end: queries.ClearanceEnd, *, by: Actor, at: datetime) -> Duty:
    """To the prescriber: it ends soon, or it has ended and lifts nothing any more."""
    row, until, link = end.row, end.until, end.place
    if end.kind(at) == queries.ENDS_SOON:
        last_day = datetime.combine(until, time(9), ZoneInfo(by.zone))
        return duties.open_duty(
            kind=queries.ENDS_SOON,
            title="A clearance ends soon",
            patient=row.patient,
            owner_role=Role.RX,
            due_at=last_day,
            late_at=datetime.combine(until + timedelta(days=1), time(0), ZoneInfo(by.zone)),
            why=f"{row.criterion} holds until {until:%d-%b-%Y}",
            link=link,
            by=by,
            at=at,
        )
    for duty in owed.open_for(row.patient, queries.ENDS_SOON).filter(link=link):
        duties.close_duty(duty, evidence=row, by=by, at=at)
    if row.signatures == Signatures.PRESCRIBER:
        no_second_name(row.patient, row.criterion, evidence=row, by=by, at=at)
    return duties.open_duty(
        kind=queries.ENDED,
        title="A clearance has ended",
        patient=row.patient,
        owner_role=Role.RX,
        due_at=at + timedelta(days=queries.following(row.patient).read_clearance_within.integer),
        why=f"{row.criterion} held until {until:%d-%b-%Y} and lifts nothing any more",
        link=link,
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


SECOND_NAME = "clearance.second_name"


def two_names(criterion: str) -> str:
    """Each clearance waits for its own second name."""
    return f"{criterion}: two signatures"


def no_second_name(patient: Patient, criterion: str, *, evidence: Model, by: Actor, at: datetime) -> None:
    """The second name was given, or what waited for it was taken back, replaced or ended. While a newer word on the
    same criterion waits for it, it is owed as before."""
    if not queries.waits_for_second_name(patient, criterion, local_day(at, by.zone)):
        for duty in owed.open_for(patient, SECOND_NAME).filter(why=two_names(criterion)):
            duties.close_duty(duty, evidence=evidence, by=by, at=at)


def no_longer_told(patient: Patient, criteria: Iterable[str], *, evidence: Model, by: Actor, at: datetime) -> None:
    """Asked for or answered anew, or taken back: nobody owes a look at the one before, or at its end."""
    told = ClearanceAnswer.objects.filter(patient=patient, criterion__in=list(criteria))
    links = [queries.place_of_clearance(row) for row in told]
    for kind in (queries.ENDS_SOON, queries.ENDED, queries.NOT_GIVEN):
        for duty in owed.open_for(patient, kind).filter(link__in=links):
            duties.close_duty(duty, evidence=evidence, by=by, at=at)
