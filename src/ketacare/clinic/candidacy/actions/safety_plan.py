"""Making the safety plan together, reviewing it, or writing down that it was refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import PlanState, SafetyPlan
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Conflict, Refusal, Refused
from ketacare.medicine.safety import reader

REVIEW = "safety_plan.review"
LONGEST = 4000


@transaction.atomic
def write_safety_plan(
    *,
    patient: Patient,
    entries: Mapping[str, str],
    made_with: str,
    review_on: date | None,
    copy_given: bool | None,
    consent_to_share: bool | None,
    after: int,
    by: Actor,
    at: datetime,
) -> SafetyPlan:
    """A new version; `after` is the number of the version it was written upon, so that none is written over unseen."""
    access.require(by, "evaluation", "C", patient=patient)
    kept = {name: text.strip() for name, text in entries.items() if text.strip()}
    today = local_day(at, by.zone)
    refuse_plan(kept, made_with, review_on, copy_given, consent_to_share, today)
    row = add_version(
        patient,
        after,
        by=by,
        at=at,
        state=PlanState.MADE,
        entries=kept,
        made_with=made_with.strip(),
        review_on=review_on,
        copy_given=copy_given,
        consent_to_share=consent_to_share,
    )
    audit.note(by=by, at=at, verb="safety_plan.write", on=row, patient=patient, because=f"version {row.number}")
    ask_for_review(row, by=by, at=at)
    return row


@transaction.atomic
def refuse_safety_plan(*, patient: Patient, words: str, after: int, by: Actor, at: datetime) -> SafetyPlan:
    """It was offered and refused: recorded, and never taken for a plan."""
    access.require(by, "evaluation", "C", patient=patient)
    if not words.strip():
        raise Refused(Refusal("refusal", "Why it was refused is empty.", "Write it in the patient's own words."))
    row = add_version(patient, after, by=by, at=at, state=PlanState.REFUSED, refusal=words.strip())
    audit.note(by=by, at=at, verb="safety_plan.refused", on=row, patient=patient)
    return row


def add_version(patient: Patient, after: int, *, by: Actor, at: datetime, **told: Any) -> SafetyPlan:
    newest = next(iter(queries.safety_plans(patient)), None)
    if newest is not None and newest.number != after:
        refusal = Refusal("entries", "Somebody wrote a newer version meanwhile.", "Write yours upon it.", "policy")
        theirs, yours = in_full(newest.entries), in_full(told.get("entries", {}))
        raise Conflict(refusal, theirs=theirs, yours=yours, standing=("after", str(newest.number)))
    sheet = reader.safety_plan_sheet().sheet.header
    return SafetyPlan.objects.create(
        **about(patient, by, at),
        number=after + 1 if newest else 1,
        amends=newest,
        amend_reason="a newer version" if newest else "",
        sheet=f"{sheet.id} {sheet.version}",
        **told,
    )


def in_full(entries: Mapping[str, str]) -> str:
    """Every field with its title, as one text."""
    fields = reader.safety_plan_sheet().fields
    return "\n\n".join(f"{field.title}\n{entries[field.id]}" for field in fields if entries.get(field.id))


def refuse_plan(
    kept: Mapping[str, str],
    made_with: str,
    review_on: date | None,
    copy_given: bool | None,
    consent_to_share: bool | None,
    today: date,
) -> None:
    sheet = reader.safety_plan_sheet()
    faults = [
        Refusal(field.id, f"{field.title} is empty.", "Write at least one.")
        for field in sheet.fields
        if field.required and not kept.get(field.id)
    ]
    faults += [
        Refusal(name, f"It is longer than {LONGEST:,} letters.", "Shorten it.")
        for name, text in kept.items()
        if len(text) > LONGEST
    ]
    if not made_with.strip():
        faults.append(Refusal("made_with", "With whom it was made is empty.", "Name the person and who helped."))
    latest = today + timedelta(days=sheet.review_within_d.integer)
    if review_on is None or not today < review_on <= latest:
        faults.append(
            Refusal("review_on", "The review is not within the time allowed.", f"Choose a day up to {latest:%d-%b-%Y}.")
        )
    if copy_given is None:
        faults.append(Refusal("copy_given", "It is not said whether a copy was given.", "Choose one."))
    if consent_to_share is None:
        faults.append(Refusal("consent_to_share", "It is not said whether it may be shared.", "Choose one."))
    if faults:
        raise Refused(faults)


def ask_for_review(row: SafetyPlan, *, by: Actor, at: datetime) -> None:
    for duty in owed.open_for(row.patient, REVIEW):
        duties.close_duty(duty, evidence=row, by=by, at=at)
    assert row.review_on is not None  # a plan that is made says when it is reviewed
    duties.open_duty(
        kind=REVIEW,
        title="Review the safety plan",
        patient=row.patient,
        owner_role=Role.RX,
        due_at=datetime.combine(row.review_on, time(9), ZoneInfo(by.zone)),
        why="A safety plan counts for 90 days",
        link=f"/patients/{row.patient_id}/safety-plan/",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
