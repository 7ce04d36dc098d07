"""A medicine of the list that the patient tells otherwise is a prescriber's to settle, and somebody owes it (H15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.models import MedicineEntry, MedicineList, PatientSays
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.tenancy.refusals import Refusal, Refused


def own_disagreements(row: MedicineList, *, by: Actor, at: datetime) -> None:
    """One duty while a medicine of the list is told otherwise, due before the next dose; none once all are settled."""
    standing = list(owed.open_for(row.patient, queries.TOLD_OTHERWISE))
    if any(entry.disputed for entry in row.medicines):
        if not standing:
            ask_to_settle(row, by=by, at=at)
        return
    for duty in standing:
        duties.close_duty(duty, evidence=row, by=by, at=at)


def ask_to_settle(row: MedicineList, *, by: Actor, at: datetime) -> None:
    due_at = at + timedelta(days=queries.following(row.patient).act_within.integer)
    dose = queries.next_dose_visit(row.patient, at)
    duties.open_duty(
        kind=queries.TOLD_OTHERWISE,
        title="Settle what the patient and the list of medicines say differently",
        patient=row.patient,
        owner_role=Role.RX,
        due_at=due_at if dose is None else min(due_at, dose.starts_at),
        why="Told in the intake otherwise than listed: the list stands until a prescriber settles it",
        link=f"/patients/{row.patient_id}/evaluation/#medicines",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def refuse_unsettled(entry: MedicineEntry, by: Actor) -> None:
    """While the two disagree, nobody but a prescriber takes one of them for the other."""
    if entry.disputed and not access.may(by, "evaluation", "S"):
        words = f"The patient tells {entry.name} otherwise than the list."
        raise Refused(Refusal("name", words, "A prescriber settles it first, on this page.", "policy"))


def kept_against(says: PatientSays, reason: str, by: Actor) -> PatientSays:
    """The patient's word stays beside what was kept or found, with the reason and who."""
    return replace(says, kept_because=reason.strip()[:300], kept_by=by.name)
