"""The working text of an evaluation."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import Evaluation
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy import actions as tenancy


@transaction.atomic
def begin_evaluation(*, patient: Patient, by: Actor, at: datetime) -> Evaluation:
    """The open evaluation of a person, begun now if there is none; the referral shows that it has begun."""
    access.require(by, "evaluation", "C", patient=patient)
    found = queries.open_evaluation(patient)
    if found is not None:
        return found
    row = Evaluation.objects.create(
        organisation_id=by.organisation_id, clinic_id=by.clinic_id, created_at=at, patient=patient
    )
    audit.note(by=by, at=at, verb="evaluation.begin", on=row, patient=patient)
    return row


@transaction.atomic
def write_impression(*, evaluation: Evaluation, text: str, version: int, by: Actor, at: datetime) -> Evaluation:
    """Save the working text, unless somebody saved first: then both texts are shown (I4)."""
    access.require(by, "evaluation", "U", patient=evaluation.patient)
    tenancy.claim_version(evaluation, version, yours=text)
    Evaluation.objects.filter(pk=evaluation.pk).update(impression=text)
    evaluation.impression = text
    audit.note(by=by, at=at, verb="impression.write", on=evaluation, patient=evaluation.patient)
    return evaluation
