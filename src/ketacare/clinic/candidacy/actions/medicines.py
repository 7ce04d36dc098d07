"""Writing down what somebody takes: the whole list each time, the one before readable beneath it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from operator import itemgetter
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.actions.found_since import own_what_was_found
from ketacare.clinic.candidacy.actions.told_otherwise import kept_against, own_disagreements, refuse_unsettled
from ketacare.clinic.candidacy.models import ListState, MedicineEntry, MedicineList
from ketacare.clinic.links.access import holds_link
from ketacare.clinic.links.models import Form
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.rules.doses import DoseRefused, daily_dose
from ketacare.medicine.candidacy.rules.formulary import matched
from ketacare.medicine.candidacy.terms.names import plain_name


@transaction.atomic
def record_medicines(
    *,
    patient: Patient,
    state: ListState,
    entries: Iterable[Mapping[str, Any] | MedicineEntry],
    by: Actor,
    at: datetime,
    amend_reason: str = "asked again",
    through: Form | None = None,
) -> MedicineList:
    """The whole list as told today. What was told of the same medicine before is kept where nobody said otherwise."""
    if not holds_link(by, patient, through, object_name="evaluation", act="C"):
        access.require(by, "evaluation", "C", patient=patient)
    earlier = queries.medicines(patient)
    before = list(earlier.medicines) if earlier else []
    today = at.astimezone(ZoneInfo(by.zone)).date()
    told = [matched_now(as_entry(entry)) for entry in entries]
    found = [with_past(entry, past, today) for entry, past in zip(told, the_same(told, before), strict=True)]
    refuse_twice(found)
    row = MedicineList.objects.create(
        **about(patient, by, at),
        state=state,
        entries=[entry.kept() for entry in found],
        **amending(earlier, amend_reason),
    )
    audit.note(by=by, at=at, verb="medicines.record", on=row, patient=patient)
    own_disagreements(row, by=by, at=at)
    own_what_was_found(patient, by=by, at=at)
    return row


def add_medicine(*, patient: Patient, entry: MedicineEntry, seen: UUID | None, by: Actor, at: datetime) -> MedicineList:
    """One more medicine on the list that this person saw."""
    earlier = the_list_seen(patient, seen)
    entries = [*(earlier.medicines if earlier else ()), entry]
    return record_medicines(
        patient=patient, state=ListState.LISTED, entries=entries, amend_reason=f"added {entry.name}", by=by, at=at
    )


def amend_medicine(
    *, patient: Patient, entry: MedicineEntry, seen: UUID | None, reason: str, by: Actor, at: datetime
) -> MedicineList:
    """One medicine put right or told anew, with a reason; the others stand. Where the patient tells it otherwise,
    the prescriber who does so settles it."""
    earlier = the_list_seen(patient, seen)
    was = entry_of(earlier, entry.key)
    refuse_unsettled(was, by)
    if entry.says is None and was.says is not None:
        entry = replace(entry, says=kept_against(was.says, reason, by) if was.disputed else was.says)
    entries = [entry if one.key == entry.key else one for one in (earlier.medicines if earlier else ())]
    return record_medicines(
        patient=patient,
        state=ListState.LISTED,
        entries=entries,
        amend_reason=because(reason, f"{entry.name}: "),
        by=by,
        at=at,
    )


def take_off(*, patient: Patient, key: UUID, seen: UUID | None, reason: str, by: Actor, at: datetime) -> MedicineList:
    """A medicine that is not taken any more. The last one leaves a list that says so: none."""
    earlier = the_list_seen(patient, seen)
    kept = [one for one in (earlier.medicines if earlier else ()) if one.key != key]
    gone = entry_of(earlier, key)
    refuse_unsettled(gone, by)
    return record_medicines(
        patient=patient,
        state=ListState.LISTED if kept else ListState.NONE,
        entries=kept,
        amend_reason=because(reason, f"{gone.name} taken off: ", "off_reason"),
        by=by,
        at=at,
    )


def accept_unchecked(
    *, patient: Patient, key: UUID, seen: UUID | None, reason: str, by: Actor, at: datetime
) -> MedicineList:
    """A prescriber goes on with a name that nobody could match, for a reason; it stays shown as not checked."""
    access.require(by, "evaluation", "S", patient=patient)
    entry = entry_of(the_list_seen(patient, seen), key)
    said = because(reason, "", "accept_reason")
    if matched(entry.called, entry.form, queries.sheet().formulary) is not None:
        raise Refused(Refusal("accept_reason", f"{entry.name} was matched and is checked.", "Nothing needs accepting."))
    accepted = replace(entry, accepted=said, accepted_by=by.name)
    return amend_medicine(
        patient=patient, entry=accepted, seen=seen, reason=f"accepted unchecked: {said}", by=by, at=at
    )


def the_list_seen(patient: Patient, seen: UUID | None) -> MedicineList | None:
    """The list that stands, if it is the one this person looked at: two people never undo each other unseen."""
    row = queries.medicines(patient)
    if (row.pk if row else None) != seen:
        raise Refused(
            Refusal("name", "Somebody changed this list meanwhile.", "Look at it again, then enter this.", "policy")
        )
    return row


def entry_of(row: MedicineList | None, key: UUID) -> MedicineEntry:
    found = next((one for one in row.medicines if one.key == key), None) if row else None
    if found is None:
        raise Refused(
            Refusal("name", "This medicine is not on the list any more.", "Look at the list again.", "policy")
        )
    return found


def because(reason: str, before: str, field: str = "amend_reason") -> str:
    if not reason.strip():
        raise Refused(Refusal(field, "The reason is empty.", "Say in a few words why."))
    return f"{before}{reason.strip()}"[:300]


# -- one entry ------------------------------------------------------------------------------------------------------


def as_entry(told: Mapping[str, Any] | MedicineEntry) -> MedicineEntry:
    """As it was told. A dose in words is read where it can be, and otherwise kept as words."""
    if isinstance(told, MedicineEntry):
        return told
    entry = replace(MedicineEntry.of(told), key=UUID(told["key"]) if told.get("key") else uuid4())
    if entry.daily_mg is not None or not entry.dose:
        return entry
    try:
        return replace(entry, daily_mg=daily_dose(entry.dose, entry.name, entry.form, queries.sheet()).mg)
    except DoseRefused:
        return entry


def matched_now(entry: MedicineEntry) -> MedicineEntry:
    """With what the formulary in force makes of its name, and which version that was."""
    formulary = queries.sheet().formulary
    match = matched(entry.called, entry.form, formulary)
    ref = formulary.header.ref
    if match is None:
        return replace(entry, drug="", rxcui="", formulary=f"{ref.id} {ref.version}", mapped=False)
    code = match.drug.rxcui.code if match.drug.rxcui else ""
    return replace(
        entry, drug=match.drug.name, rxcui=code, formulary=f"{ref.id} {ref.version}", accepted="", accepted_by=""
    )


def with_past(entry: MedicineEntry, before: MedicineEntry | None, today: date) -> MedicineEntry:
    """What was known of it stands: form and use where nobody said anew, since when, and what a prescriber accepted,
    which is asked anew of another dose or use (RUL-13). A dose that differs from before counts from today; so does what
    is daily that was as needed, or the reverse."""
    if before is None:
        return entry
    same_dose = (entry.daily_mg, entry.dose, entry.form or before.form) == (before.daily_mg, before.dose, before.form)
    same_use = entry.as_needed is None or before.as_needed in (None, entry.as_needed)
    since = entry.since if entry.since != before.since else None
    accepted = (entry.accepted, entry.accepted_by)
    if not entry.drug and entry.accepted in ("", before.accepted):
        accepted = (before.accepted, before.accepted_by) if same_dose and same_use else ("", "")
    return replace(
        entry,
        key=before.key,
        form=entry.form or before.form,
        as_needed=before.as_needed if entry.as_needed is None else entry.as_needed,
        since=since or (before.since if same_dose and same_use else today),
        accepted=accepted[0],
        accepted_by=accepted[1],
    )


def the_same(told: list[MedicineEntry], before: list[MedicineEntry]) -> list[MedicineEntry | None]:
    """What was told of each before: this very entry, else the only one of that drug, form and use, of that drug, or of
    that drug and form. One that is told beside it in another form or use is new."""
    known = {id(one): (one.key, *known_as(one)) for one in (*told, *before)}
    past: dict[int, MedicineEntry] = {}
    for alike in (itemgetter(0), itemgetter(1, 2, 3), itemgetter(1), itemgetter(1, 2)):
        for entry in told:
            found = [one for one in before if alike(known[id(one)]) == alike(known[id(entry)])]
            if id(entry) in past or len(found) != 1:
                continue
            is_told = any(one is found[0] for one in past.values())
            if not (is_told and is_another(entry, found[0])):
                past[id(entry)] = found[0]
    return [past.get(id(entry)) for entry in told]


def is_another(entry: MedicineEntry, before: MedicineEntry) -> bool:
    """By the form or the use that is said of it; where nothing is said, it may be the same."""
    _, form, use = known_as(entry)
    return bool(entry.form and form != known_as(before)[1]) or use not in (None, before.as_needed)


def known_as(entry: MedicineEntry) -> tuple[str, str, bool | None]:
    """What makes two entries one: the drug (or the name nobody knows), its form, and whether it is as needed."""
    match = matched(entry.called, entry.form, queries.sheet().formulary)
    name = match.drug.name if match else plain_name(entry.name)
    return name, match.form if match else plain_name(entry.form), entry.as_needed


def refuse_twice(entries: list[MedicineEntry]) -> None:
    seen: dict[tuple[str, str, bool | None], MedicineEntry] = {}
    for entry in entries:
        other = seen.setdefault(known_as(entry), entry)
        if other is not entry:
            words = f"{entry.name} is on the list already{f', as {other.name}' if other.name != entry.name else ''}."
            remedy = "Amend that entry; a second one needs another form, or is taken as needed."
            raise Refused(Refusal("name", words, remedy))
