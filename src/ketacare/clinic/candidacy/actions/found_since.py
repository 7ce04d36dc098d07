"""What is found after an acceptance is somebody's: the prescriber reads it and decides anew (H14)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction

from ketacare.clinic.candidacy import queries
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.people.above import is_told_later
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.medicine.evidence.terms import Reason

MOST_WORDS = 180
NOT_JUDGED = "Something was told since that could not be judged: look at the evaluation"
logger = logging.getLogger(__name__)


def own_what_was_found(patient: Patient, *, by: Actor, at: datetime) -> None:
    """While a plan may still be signed under this acceptance, or doses of it are to come: one duty that names what was
    found, opened anew where it is something else; none any more once nothing of it is left."""
    if is_told_later(patient, by=by, at=at):
        return
    row = queries.acceptance_to_come(patient, at)
    if row is None:
        return
    found = queries.found_since_decided(row, at=at, zone=by.zone)
    why = nameless(patient, found)
    standing = list(owed.open_for(patient, queries.FOUND_SINCE))
    if found and any(duty.why == why for duty in standing):
        return
    for duty in standing:
        reason = "Something else was found since" if found else "Nothing of it is left"
        duties.close_duty(duty, evidence=row, by=by, at=at, reason=reason)
    if found:
        ask_to_decide(patient, why, standing, by=by, at=at)


def ask_to_decide(patient: Patient, why: str, standing: Sequence[Duty], *, by: Actor, at: datetime) -> None:
    """Something more puts nothing off, and whoever has taken it on keeps it."""
    due_at = at + timedelta(days=queries.following(patient).act_within.integer)
    duties.open_duty(
        kind=queries.FOUND_SINCE,
        title="Found since the acceptance: decide anew",
        patient=patient,
        owner_role=Role.RX,
        owner=next((duty.owner for duty in standing if duty.owner is not None), None),
        due_at=min([due_at, *(duty.due_at for duty in standing)]),
        why=why,
        link=f"/patients/{patient.pk}/evaluation/#decision",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def nameless(patient: Patient, found: Sequence[Reason]) -> str:
    """In words; by their numbers alone where the words hold a name of the patient's."""
    words = told(", ".join(f"{one.title} ({one.criterion})" for one in found))
    try:
        duties.refuse_names(patient, words)
    except duties.NamesAPatient:
        return told(", ".join(one.criterion for one in found))
    return words


def learned(patient: Patient, by: Actor, at: datetime) -> None:
    """The same, of what a room below has written down; where it cannot be judged, what was written down stays, and
    whoever decides is asked to look (H13)."""
    try:
        with transaction.atomic():
            own_what_was_found(patient, by=by, at=at)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - its text may quote the record
        logger.error("what was told since an acceptance could not be judged: %s", type(fault).__name__)
        standing = list(owed.open_for(patient, queries.FOUND_SINCE))
        if not standing:
            ask_to_decide(patient, NOT_JUDGED, standing, by=by, at=at)


def told(words: str) -> str:
    return words if len(words) <= MOST_WORDS else f"{words[:MOST_WORDS].rpartition(', ')[0]} and more"
