"""A patient takes a consent back: it counts at once, and somebody speaks with them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.candidacy.actions.consenting import consent_of_course
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people import queries as known
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Consent, Patient, Role
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.tenancy.refusals import Refusal, Refused

WITHDRAWN = duties.ends_by_word("consent.withdrawn", "What was said, and what it means for the treatment")


@transaction.atomic
def withdraw_consent(*, patient: Patient, kind: str, reason: str, by: Actor, at: datetime) -> Consent:
    """No reason is owed for a right; one is asked for, kept as said, and may be left out. Readiness reads the
    consent that stands, so no dose begins on one that was withdrawn."""
    access.require(by, "consents", "S", patient=patient)
    row = known.consent(patient, kind)
    if row is None or not row.given:
        raise Refused(Refusal("kind", "This consent does not stand.", "Look at the page again.", "policy"))
    if len(reason) > 500:
        raise Refused(Refusal("reason", "It is longer than 500 letters.", "Shorten it."))
    withdrawn = people.record_consent(
        patient=patient, kind=kind, text_version=row.text_version, given=False, by=by, at=at, words=reason.strip()
    )
    duties.open_duty(
        kind=WITHDRAWN,
        title="A consent was withdrawn: speak with the patient",
        patient=patient,
        owner_role=Role.RX,
        due_at=safety.business_days_after(patient.clinic, 1, at),
        why="What rests on it stops now. Say what that means for the treatment.",
        link=f"/patients/{patient.pk}/care-plan/",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
    course = enrolled.current_enrolment(patient)
    if kind == candidacy.TREATMENT and course is not None:
        consent_of_course(patient, enrolled.protocol_for(course), by=by, at=at)
    return withdrawn
