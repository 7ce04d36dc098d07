"""What goes home on paper was printed: which sheet of it, in which version and language, when and by whom."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import take_home
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.careplan import reader


@transaction.atomic
def printed(*, session: Session, sheet: str, language: str, by: Actor, at: datetime) -> TimelineEntry:
    """Also of a session that is closed: a sheet that was lost is printed again, and the record says so."""
    access.require(by, "discharge", "C", patient=session.visit.patient)
    if session.visit.clinic.is_training:
        raise Refused(Refusal("print", "Nothing of a training clinic is printed.", "Read it on the screen.", "policy"))
    if not take_home.is_ready(session):
        raise Refused(Refusal("print", "The dose has not ended.", "Print it once the patient recovers.", "policy"))
    header = reader.take_home().header
    says = take_home.counted_on(session, by.zone)
    body = {"sheet": header.id, "version": header.version, "language": language, "says": says}
    audit.note(by=by, at=at, verb="take_home.print", on=session, patient=session.visit.patient, because=sheet)
    return write(visit=session.visit, kind=Kind.TAKE_HOME, name=sheet, body=body, by=by, at=at)
