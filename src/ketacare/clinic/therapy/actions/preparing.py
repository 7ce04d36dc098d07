"""Preparation: what was gone through, and how much of it the patient agrees to have shown at the chair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.queries import open_for
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, PatientFact
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Conflict, Refusal, Refused
from ketacare.clinic.therapy import queries
from ketacare.clinic.therapy.models import Preparation
from ketacare.medicine.therapy import reader

WORDS = ("intention", "expectations", "worries", "setting", "people", "sleep", "must_know", "placed")
MOST = {"intention": 500, "expectations": 2000, "worries": 2000, "sleep": 120}
LETTERS_MOST = 300


@transaction.atomic
def write_preparation(
    *,
    patient: Patient,
    said: Mapping[str, str],
    checklist: Sequence[str],
    shown: Sequence[str],
    by: Actor,
    at: datetime,
) -> Preparation:
    """A visit of preparation. The new row amends the one before: what was agreed for an earlier dose stays readable."""
    access.require(by, "preparation", "C", patient=patient)
    values = {name: said.get(name, "").strip() for name in WORDS}
    minutes, mood = said.get("minutes", "").strip(), said.get("mood", "").strip()
    refuse_unfit(values, minutes, mood, checklist, shown)
    Patient.objects.select_for_update().get(pk=patient.pk)  # two who save at once come one after the other
    earlier = queries.preparation(patient)
    refuse_unseen(said, earlier)
    row = Preparation.objects.create(
        **about(patient, by, at),
        **values,
        minutes=int(minutes),
        mood=int(mood) if mood else None,
        checklist=list(checklist),
        shown=list(shown),
        amends=earlier,
        amend_reason="Gone through again" if earlier else "",
    )
    placed = queries.placement_of(patient)
    assert placed.opens is not None
    assert placed.closes is not None
    hours = {"opens_h": placed.opens.integer, "closes_h": placed.closes.integer}
    scheduling.keep_window(patient=patient, **hours, by=by, at=at)
    move_duties(patient, **hours, by=by, at=at)
    audit.note(by=by, at=at, verb="preparation.write", on=row, patient=patient)
    return row


def move_duties(patient: Patient, *, opens_h: int, closes_h: int, by: Actor, at: datetime) -> None:
    """The visit that is still owed after a dose is due by the hours that hold now."""
    for duty in open_for(patient, outcomes.INTEGRATION).filter(visit_id__isnull=False):
        assert duty.visit_id is not None  # as filtered
        dose = Visit.objects.filter(pk=duty.visit_id).first()
        began = queries.dose_at(dose) if dose else None
        if began is not None:
            opens, closes = began + timedelta(hours=opens_h), began + timedelta(hours=closes_h)
            why = outcomes.integration_why(opens_h, closes_h)
            duties.retime(duty, due_at=opens, late_at=closes, why=why, by=by, at=at)


def refuse_unseen(said: Mapping[str, str], earlier: PatientFact | None) -> None:
    """A page names the version it was written over; who saves second sees both texts and loses neither (I4)."""
    if "before" in said and said["before"] != (str(earlier.pk) if earlier else ""):
        words = "Somebody else kept another version while this page was open."
        raise Conflict(Refusal("before", words, "It stands below. Take from it what is missing here, and keep again."))


def refuse_unfit(
    values: Mapping[str, str], minutes: str, mood: str, checklist: Sequence[str], shown: Sequence[str]
) -> None:
    practice, windows, found = reader.practice(), reader.windows(), []
    if not whole(minutes, 5, 240):
        found.append(Refusal("minutes", "is not between 5 and 240.", "Give the length of the visit in minutes."))
    if mood and not whole(mood, 0, 10):
        found.append(Refusal("mood", "is not between 0 and 10.", "Ask for a whole number, or leave it empty."))
    for name, text in values.items():
        most = MOST.get(name, LETTERS_MOST)
        if len(text) > most:
            found.append(Refusal(name, f"is longer than {most} letters.", "Keep what somebody reads in a hurry."))
    if set(checklist) - set(practice.checklist):
        found.append(Refusal("checklist", "holds something that is not on the list.", "Open the page again."))
    if set(shown) - set(practice.shown):
        found.append(Refusal("shown", "names something that is never shown.", "Open the page again."))
    row = windows.row(values["placed"])
    if values["placed"] and (row is None or not row.has_hours):
        found.append(Refusal("placed", "has no hours after a dose.", "Choose one with hours, or the house's own."))
    if found:
        raise Refused(found)


def whole(text: str, least: int, most: int) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 5 and least <= int(text) <= most
