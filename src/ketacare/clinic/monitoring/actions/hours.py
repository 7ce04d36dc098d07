"""When the last patient is to be home: what a start is held to (RD-24)."""

from __future__ import annotations

from datetime import datetime, time

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def set_hours(*, doses_over_by: time | None, is_open_all_night: bool, by: Actor, at: datetime) -> None:
    """By the clinic's own clock, or no hour at all; while neither is said, the readiness list asks for it."""
    access.require(by, "settings", "U")
    clinic = Clinic.objects.get(pk=by.clinic_id)
    if doses_over_by is not None and is_open_all_night:
        rule = "A clinic that is open all night has no such hour."
        raise Refused(Refusal("doses_over_by", rule, "Name an hour or say that it is open all night, not both."))
    if doses_over_by is not None and doses_over_by <= clinic.opens_at:
        rule = f"The clinic opens at {clinic.opens_at:%H:%M}."
        raise Refused(Refusal("doses_over_by", rule, "Name a time after that, or leave it empty."))
    Clinic.objects.filter(pk=clinic.pk).update(doses_over_by=doses_over_by, is_open_all_night=is_open_all_night)
    audit.note(by=by, at=at, verb="clinic.hours", on=clinic)
