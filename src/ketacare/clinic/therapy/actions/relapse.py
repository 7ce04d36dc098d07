"""The plan for staying well: written with the patient, gone through again by its review day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy import queries
from ketacare.clinic.therapy.actions.preparing import refuse_unseen
from ketacare.clinic.therapy.models import RelapsePlan
from ketacare.medicine.therapy import reader

NEEDED = ("early_signs", "helps", "call", "in_24_h")
LETTERS_MOST = 1000


@transaction.atomic
def write_relapse_plan(*, patient: Patient, said: Mapping[str, str], by: Actor, at: datetime) -> RelapsePlan:
    access.require(by, "therapy", "C", patient=patient)
    fields = reader.practice().relapse
    values = {name: said.get(name, "").strip() for name in fields}
    found = [Refusal(name, f"“{fields[name]}” is empty.", "A line is enough.") for name in NEEDED if not values[name]]
    found += [
        Refusal(name, f"is longer than {LETTERS_MOST} letters.", "Keep what helps in a bad hour.")
        for name, text in values.items()
        if len(text) > LETTERS_MOST
    ]
    review_on = day_in(said.get("review_on", ""))
    if review_on is None or review_on <= local_day(at, by.zone):
        found.append(Refusal("review_on", "The review is not on a day to come.", "Choose when you go through it."))
    if found or review_on is None:
        raise Refused(found)
    Patient.objects.select_for_update().get(pk=patient.pk)
    earlier = queries.relapse_plan(patient)
    refuse_unseen(said, earlier)
    row = RelapsePlan.objects.create(
        **about(patient, by, at), values=values, review_on=review_on, amends=earlier,
        amend_reason="Gone through again" if earlier else "",
    )  # fmt: skip
    audit.note(by=by, at=at, verb="relapse_plan.write", on=row, patient=patient)
    return row


def day_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None
