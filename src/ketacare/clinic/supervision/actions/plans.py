"""The calming plan: what helps this person when it becomes too much, written before it does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.supervision.access import plan_of
from ketacare.clinic.supervision.models import CalmingPlan
from ketacare.clinic.tenancy.refusals import Refusal, Refused

FIELDS = ("distress_words", "helps", "avoid", "touch", "touch_words", "stop_sign", "music", "person")
LETTERS_MOST = 300
MOST = {"helps": 1500, "touch_words": 200, "stop_sign": 120, "music": 200, "person": 200}
TOUCH = ("yes", "no", "where", "unasked")


@transaction.atomic
def write_plan(*, patient: Patient, said: Mapping[str, str], by: Actor, at: datetime) -> CalmingPlan:
    """A new plan, or a new version of the one there is: the old one stays readable (I1)."""
    access.require(by, "notes", "C", patient=patient)
    values = {name: said.get(name, "").strip() for name in FIELDS}
    _refuse_unfit(values)
    before = plan_of(by, patient)
    row = CalmingPlan.objects.create(
        **about(patient, by, at),
        **values,
        amends=before,
        amend_reason="Gone through again with the patient" if before else "",
    )
    audit.note(by=by, at=at, verb="calming_plan.write", on=row, patient=patient)
    return row


def _refuse_unfit(values: Mapping[str, str]) -> None:
    wrong = []
    if not values["helps"]:
        wrong.append(
            Refusal("helps", "What helps is empty.", "Write it as the patient says it, the first thing first.")
        )
    if values["touch"] not in TOUCH:
        wrong.append(Refusal("touch", "Touch is not chosen.", "Ask; “not asked” is an answer too, and means no."))
    elif values["touch"] == "where" and not values["touch_words"]:
        wrong.append(Refusal("touch_words", "Where is empty.", "Write where touch is welcome: hand, shoulder, feet."))
    for name in FIELDS:
        if len(values[name]) > MOST.get(name, LETTERS_MOST):
            most = MOST.get(name, LETTERS_MOST)
            wrong.append(Refusal(name, f"is longer than {most} letters.", "Keep what somebody reads in a hurry."))
    if wrong:
        raise Refused(wrong)
