"""Opening a record that is not assigned, in an emergency, and the director's review of it (P5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as duty_queries
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.people import access
from ketacare.clinic.people.access import EMERGENCY, Actor, NotAllowed
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import BreakGlass, EmergencyReason, Patient, Role
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.models import EmergencyReview
from ketacare.clinic.tenancy.refusals import Refusal, Refused

EMERGENCY_DUTY = "emergency.review"
OPEN_FOR = timedelta(minutes=60)
REVIEW_WITHIN_DAYS = 3
WORDS_MOST = 300


@transaction.atomic
def open_in_emergency(patient: Patient, *, reason_class: str, words: str, by: Actor, at: datetime) -> BreakGlass:
    """One record, to read, for an hour, for somebody it is not assigned to; the director's duty in the same
    transaction (P5). The caller has proved who sits there (K6). Opening again while it is open is the same opening."""
    access.require(by, "emergency", "C")
    glass = open_now(patient, by, at)
    if glass is not None:
        return glass
    refuse_without_need(patient, by)
    refuse_without_reason(reason_class, words)
    glass = BreakGlass.objects.create(
        **about(patient, by, at),
        user_id=by.person_id,
        role=Role(by.role),
        reason_class=reason_class,
        words=words.strip(),
        until=at + OPEN_FOR,
    )
    audit.note(by=by, at=at, verb="emergency.open", on=glass, patient=patient, because=reason_class)
    ask_for_review(glass, by=by, at=at)
    return glass


def open_now(patient: Patient, by: Actor, at: datetime) -> BreakGlass | None:
    rows = BreakGlass.objects.filter(patient=patient, user_id=by.person_id, role=by.role, clinic_id=by.clinic_id)
    return rows.filter(happened_at__lte=at, until__gt=at).first()


def refuse_without_need(patient: Patient, by: Actor) -> None:
    """Whoever may read the record has no need; another clinic's is not here; a role it would not open gains nothing."""
    if patient.clinic_id != by.clinic_id:
        raise access.NotHere
    relations = access.relations_to(by, patient)
    if access.granted(by.role, "demographics", "R", relations):
        raise Refused(Refusal("Record", "You may read this record already.", "Open the chart.", "policy"))
    if not access.granted(by.role, "demographics", "R", relations | {EMERGENCY}):
        raise NotAllowed("emergency", "C")


def refuse_without_reason(reason_class: str, words: str) -> None:
    wrong = []
    if reason_class not in EmergencyReason:
        wrong.append(Refusal("reason_class", "No reason is chosen.", "Choose the one that fits best."))
    if not words.strip() or len(words.strip()) > WORDS_MOST:
        rule = "is empty." if not words.strip() else f"is longer than {WORDS_MOST} letters."
        wrong.append(Refusal("words", f"What has happened {rule}", "Say it in a sentence; the director reads it."))
    if wrong:
        raise Refused(wrong)


def ask_for_review(glass: BreakGlass, *, by: Actor, at: datetime) -> Duty:
    """The director is told at once; late after three business days."""
    late_at = queries.business_days_after(glass.clinic, REVIEW_WITHIN_DAYS, at)
    return duties.open_duty(
        kind=EMERGENCY_DUTY,
        title="Review a record opened in an emergency",
        patient=glass.patient,
        owner_role=Role.MD,
        due_at=at,
        late_at=late_at,
        escalate_at=late_at,
        why="Somebody who is not assigned opened it; your finding is due in three business days",
        link=queries.emergency_page(glass),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


@transaction.atomic
def review_emergency(
    glass: BreakGlass, *, was_right: bool | None, finding: str, by: Actor, at: datetime
) -> EmergencyReview:
    """The director's finding closes the duty. Nobody reviews their own act."""
    access.require(by, "emergency", "A", patient=glass.patient)
    if glass.user_id == by.user_id:
        raise Refused(Refusal("Review", "is not for whoever opened the record.", "Ask another director.", "policy"))
    if EmergencyReview.objects.filter(glass=glass).exists():
        raise Refused(Refusal("Review", "has been written.", "Read it on this page.", "policy"))
    wrong = [Refusal("was_right", "Not answered.", "Choose one.")] if was_right is None else []
    if not finding.strip():
        wrong.append(Refusal("finding", "is empty.", "Write what you found and with whom you spoke."))
    if was_right is None or wrong:
        raise Refused(wrong)
    review = EmergencyReview.objects.create(
        **about(glass.patient, by, at), glass=glass, was_right=was_right, finding=finding.strip()
    )
    because = "right" if was_right else "not right"
    audit.note(by=by, at=at, verb="emergency.review", on=glass, patient=glass.patient, because=because)
    for duty in duty_queries.open_for(glass.patient, EMERGENCY_DUTY).filter(link=queries.emergency_page(glass)):
        duties.close_duty(duty, evidence=review, by=by, at=at)
    return review
