"""Signing the plan as it stands on the page: content, digest, name, time, and the patient's copy with it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.careplan import queries
from ketacare.clinic.careplan.models import CarePlanVersion
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.careplan import rules

MEANING = "I have read this plan, it is what we agreed, and the patient may read their copy"
ANEW = "A newer version"


@transaction.atomic
def sign(*, patient: Patient, seen: str, by: Actor, at: datetime) -> CarePlanVersion:
    """`seen` is the digest of the page that was read: a record that has moved on meanwhile is read again first.
    The caller has made the signer prove who they are."""
    access.require(by, "plan", "S", patient=patient)
    Patient.objects.select_for_update().get(pk=patient.pk)
    found = queries.gathered(patient, at=at, zone=by.zone)
    now = queries.sections(found)
    standing = queries.standing(patient, now, local_day(at, by.zone))
    if standing.seen != seen:
        words = "The record has changed since this page was opened."
        raise Refused(Refusal("sign", words, "Read the plan again, then sign it.", "policy"))
    if standing.is_current:
        raise Refused(Refusal("sign", "Nothing has changed since the last version.", "It stands signed.", "policy"))
    earlier, content, copies = standing.signed, rules.kept(now), queries.copies(found)
    row = CarePlanVersion.objects.create(
        **about(patient, by, at),
        number=earlier.number + 1 if earlier else 1,
        content=content,
        copies=copies,
        digest=rules.digest([content, copies]),
        meaning=MEANING,
        signed_as=Role(by.role),
        amends=earlier,
        amend_reason=ANEW if earlier else "",
    )
    audit.note(by=by, at=at, verb="care_plan.sign", on=row, patient=patient, because=f"version {row.number}")
    return row
