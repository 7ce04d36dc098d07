"""What is found after an acceptance is somebody's: the prescriber reads it and decides anew (H14)."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.candidacy import queries
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role

MOST_WORDS = 180


def own_what_was_found(patient: Patient, *, by: Actor, at: datetime) -> None:
    """While a plan may still be signed under this acceptance, or doses of it are to come: one duty that names what was
    found, opened anew where it is something else; none any more once nothing of it is left."""
    row = queries.acceptance_to_come(patient, at)
    if row is None:
        return
    found = queries.found_since_decided(row, at=at, zone=by.zone)
    why = told(", ".join(f"{one.title} ({one.criterion})" for one in found))
    standing = list(owed.open_for(patient, queries.FOUND_SINCE))
    if found and any(duty.why == why for duty in standing):
        return
    for duty in standing:
        reason = "Something else was found since" if found else "Nothing of it is left"
        duties.close_duty(duty, evidence=row, by=by, at=at, reason=reason)
    if found:
        duties.open_duty(
            kind=queries.FOUND_SINCE,
            title="Found since the acceptance: decide anew",
            patient=patient,
            owner_role=Role.RX,
            due_at=at + timedelta(days=queries.following(patient).act_within.integer),
            why=why,
            link=f"/patients/{patient.pk}/evaluation/#decision",
            consequence=Consequence.SAFETY,
            by=by,
            at=at,
        )


def learned(patient: Patient, by: Actor, at: datetime) -> None:
    """The same, of what a room below has written down."""
    own_what_was_found(patient, by=by, at=at)


def told(words: str) -> str:
    return words if len(words) <= MOST_WORDS else f"{words[:MOST_WORDS].rpartition(', ')[0]} and more"
