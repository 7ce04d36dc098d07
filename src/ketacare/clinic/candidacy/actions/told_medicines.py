"""The medicines as a patient tells them, beside what a clinician listed: the list stands, and where the patient says
otherwise their word stands beside it until a prescriber settles the two (H15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.medicines import as_entry, known_as, matched_now, record_medicines, the_same
from ketacare.clinic.candidacy.models import Intake, ListState, MedicineEntry, MedicineList, PatientSays
from ketacare.clinic.candidacy.queries.medicines import earlier_lists
from ketacare.clinic.people.access import Actor

AMOUNT = "amount"  # of what was told: how much at a time, without how often


def keep_medicines(
    intake: Intake, told: tuple[ListState, list[dict[str, Any]]], before: Any, by: Actor, at: datetime
) -> str | None:
    """Only a list that the patient called whole replaces what they told before; "I don't know" replaces nothing."""
    state, entries = told
    if state == ListState.NOT_ASKED:
        return None
    row = queries.medicines(intake.patient)
    listed = as_listed_by_staff(row, before)
    spoken = told_once(entries)
    named = [matched_now(as_entry(entry)) for entry in spoken]
    amounts = {id(entry): words.get(AMOUNT, "") for entry, words in zip(named, spoken, strict=True)}
    of_list = {id(entry): past for entry, past in zip(named, the_same(named, list(listed)), strict=True)}
    new = [entry for entry in named if of_list[id(entry)] is None]
    standing = []
    for entry in listed:
        word = next((one for one in named if of_list[id(one)] is entry), None)
        standing.append(beside(entry, word, amounts.get(id(word), ""), at))
    kept = record_medicines(
        patient=intake.patient,
        state=ListState.LISTED if standing else state,
        entries=[*standing, *new],
        amend_reason=told_words(standing),
        through=intake,
        by=by,
        at=at,
    )
    return str(kept.pk)


def as_listed_by_staff(row: MedicineList | None, before: Any) -> list[MedicineEntry]:
    """The list as somebody of the clinic left it last, beneath what the patient told since; with what the patient said
    of each as it stands now."""
    rows = [] if row is None else [row, *earlier_lists(row)]
    found = (one for one in rows if str(one.pk) != before and one.recorded_by_id is not None)
    listed = next((one.medicines for one in found), ())
    said = {} if row is None else {entry.key: entry.says for entry in row.medicines}
    return [replace(entry, says=said.get(entry.key, entry.says)) for entry in listed]


def beside(listed: MedicineEntry, told: MedicineEntry | None, amount: str, at: datetime) -> MedicineEntry:
    """The entry as it stands, with the patient's word where that says otherwise. What the list does not know is taken
    as told; the same word again is no news, settled or not."""
    if told is not None and not tells_otherwise(listed, told, amount):
        return without_gaps(replace(listed, says=None), told, amount)
    says = PatientSays(at, taken=False) if told is None else word_of(listed, told, amount, at)
    is_news = listed.says is None or listed.says.told != says.told
    return replace(listed, says=says) if is_news else listed


def word_of(listed: MedicineEntry, told: MedicineEntry, amount: str, at: datetime) -> PatientSays:
    form = known_as(told)[1]
    return PatientSays(
        on=at,
        dose=told.dose,
        amount=bool(amount),
        form=form if form and form != known_as(listed)[1] else "",
        daily_mg=mg_told(told, amount),
        as_needed=told.as_needed,
    )


def tells_otherwise(listed: MedicineEntry, told: MedicineEntry, amount: str) -> bool:
    """Another form, use or dose, each only where both say one. A dose that cannot be held against the listed one, as so
    many tablets, is another until somebody has looked."""
    form, told_form = known_as(listed)[1], known_as(told)[1]
    if form and told_form and form != told_form:
        return True
    if None not in (listed.as_needed, told.as_needed) and listed.as_needed != told.as_needed:
        return True
    if not amount or not listed.dose:
        return False
    mg = mg_told(told, amount)
    if listed.daily_mg is not None or mg is not None:
        return listed.daily_mg != mg
    return listed.dose.casefold() not in (told.dose.casefold(), amount.casefold())


def mg_told(told: MedicineEntry, amount: str) -> Decimal | None:
    """In a day; of what is taken only when needed, at a time."""
    if told.daily_mg is not None or not amount or told.as_needed is not True:
        return told.daily_mg if amount else None
    return as_entry({"name": told.name, "form": told.form, "dose": amount}).daily_mg


def without_gaps(listed: MedicineEntry, told: MedicineEntry, amount: str) -> MedicineEntry:
    filled = listed if listed.as_needed is not None else replace(listed, as_needed=told.as_needed)
    return replace(filled, dose=told.dose, daily_mg=told.daily_mg) if amount and not listed.dose else filled


def told_words(standing: list[MedicineEntry]) -> str:
    otherwise = ", ".join(entry.name for entry in standing if entry.disputed)
    said = f"told in the intake otherwise: {otherwise}; the list stands until a prescriber settles it"
    return said[:300] if otherwise else "asked again"


def told_once(entries: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
    """A medicine that the patient named twice, by one name or by two, is one entry with both doses in its words."""
    found: dict[Any, Mapping[str, Any]] = {}
    for entry in entries:
        name, form, as_needed = known_as(matched_now(as_entry(entry)))
        first = found.get(known := (name, form, as_needed is True))
        found[known] = entry if first is None else {**first, **both(first, entry)}
    return list(found.values())


def both(first: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, str]:
    return {key: "; ".join(said for one in (first, other) if (said := one.get(key))) for key in ("dose", AMOUNT)}
