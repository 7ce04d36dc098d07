"""Who waits for a place, in the open: urgency, then time waited."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.actions.resources import place_of
from ketacare.clinic.scheduling.actions.wording import LONG, SHORT, fitting
from ketacare.clinic.scheduling.models import VisitKind, Waiting, WaitingState
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.scheduling.rules import passed_over
from ketacare.medicine.scheduling.terms import InLine


def in_line(row: Waiting) -> InLine:
    return InLine(str(row.pk), row.urgency, row.since, row.passed_over)


@transaction.atomic
def wait_for(*, patient: Patient, kind: VisitKind, urgency: int, by: Actor, at: datetime, words: str = "") -> Waiting:
    access.require(by, "appointments", "C", patient=patient)
    if not 1 <= urgency <= 4:
        raise Refused(Refusal("urgency", "is not on the list.", "Choose how soon."))
    try:
        with transaction.atomic():
            row = Waiting.objects.create(
                **place_of(by, at),
                patient=patient,
                kind=VisitKind(kind),
                urgency=urgency,
                since=at,
                words=fitting(words, LONG),
            )
    except IntegrityError:
        raise Refused(Refusal("patient", "waits for this already.", "Look at the list.", "policy"))
    audit.note(by=by, at=at, verb="waiting.add", on=row, patient=patient)
    return row


@transaction.atomic
def end_waiting(*, waiting: Waiting, to: WaitingState, by: Actor, at: datetime, reason: str = "") -> Waiting:
    """A place was found, or it is no longer wanted. Whoever stood before this one is passed over, and that shows."""
    access.require(by, "appointments", "U", patient=waiting.patient)
    if waiting.state != WaitingState.WAITING:
        raise Refused(Refusal("waiting", "has ended already.", "Look at the list.", "policy"))
    others = Waiting.objects.filter(clinic_id=by.clinic_id, kind=waiting.kind, state=WaitingState.WAITING)
    before = passed_over([in_line(row) for row in others], str(waiting.pk)) if to == WaitingState.PLACED else ()
    if before and not reason.strip():
        word = "Somebody else stands" if len(before) == 1 else f"{len(before)} others stand"
        raise Refused(Refusal("reason", f"{word} before them.", "Say why this one goes first.", "policy"))
    if to == WaitingState.GONE and not reason.strip():
        raise Refused(Refusal("reason", "is empty.", "Say why they wait no longer."))
    Waiting.objects.filter(pk__in=before).update(passed_over=F("passed_over") + 1, version=F("version") + 1)
    waiting.state, waiting.reason, waiting.version = (
        WaitingState(to),
        fitting(reason, SHORT, "reason"),
        waiting.version + 1,
    )
    waiting.save(update_fields=["state", "reason", "version"])
    audit.note(by=by, at=at, verb=f"waiting.{to}", on=waiting, patient=waiting.patient)
    return waiting
