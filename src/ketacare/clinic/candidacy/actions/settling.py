"""A prescriber settles a medicine that the list and the patient tell differently: one act, with a reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy.actions.medicines import because, entry_of, record_medicines, the_list_seen
from ketacare.clinic.candidacy.actions.told_otherwise import kept_against
from ketacare.clinic.candidacy.models import ListState, MedicineEntry, MedicineList, PatientSays, Source
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def settle_medicine(
    *, patient: Patient, key: UUID, seen: UUID | None, as_told: bool, reason: str, by: Actor, at: datetime
) -> MedicineList:
    """`as_told`: the patient's word takes the place of the entry; else the entry is kept, and the word stays beside it
    as one that was settled."""
    access.require(by, "evaluation", "S", patient=patient)
    row = the_list_seen(patient, seen)
    entry = entry_of(row, key)
    if entry.says is None or not entry.disputed:
        raise Refused(Refusal("settle_reason", f"{entry.name} is settled.", "Nothing needs settling."))
    said = because(reason, f"{entry.name}, {'as the patient says' if as_told else 'kept'}: ", "settle_reason")
    settled = by_word(entry, entry.says) if as_told else [replace(entry, says=kept_against(entry.says, reason, by))]
    others = row.medicines if row else ()
    entries = [one for other in others for one in (settled if other.key == key else (other,))]
    state = ListState.LISTED if entries else ListState.NONE
    settled_row = record_medicines(patient=patient, state=state, entries=entries, amend_reason=said, by=by, at=at)
    audit.note(by=by, at=at, verb="medicines.settle", on=settled_row, patient=patient, because=said)
    return settled_row


def by_word(entry: MedicineEntry, says: PatientSays) -> list[MedicineEntry]:
    """What the patient did not speak of stays as listed."""
    if not says.taken:
        return []
    told = replace(
        entry,
        form=says.form or entry.form,
        dose=says.dose if says.amount else entry.dose,
        daily_mg=says.daily_mg if says.amount else entry.daily_mg,
        as_needed=entry.as_needed if says.as_needed is None else says.as_needed,
        told_by=Source.PATIENT,
        says=None,
    )
    return [told]
