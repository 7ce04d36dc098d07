"""That the integration visit took place; or why nobody met the patient in the window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import DutyState
from ketacare.clinic.duties.queries import open_for
from ketacare.clinic.outcomes.actions import INTEGRATION
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.clinic.therapy import queries
from ketacare.clinic.therapy.models import IntegrationNote, WindowMissed
from ketacare.medicine.therapy import reader, rules
from ketacare.medicine.therapy.terms import WindowState

CARRIED = ("themes", "unfinished", "act_24h", "act_7d")
LETTERS_MOST = 300


@transaction.atomic
def write_note(
    *,
    visit: Visit,
    happened_at: datetime,
    minutes: int,
    summary: str,
    next_step: str,
    by: Actor,
    at: datetime,
    more: Mapping[str, str] | None = None,
    is_exposure: bool = False,
) -> IntegrationNote:
    """The short note; it closes the duty of this dose's integration visit. `more` holds what is carried on."""
    access.require(by, "therapy", "C", patient=visit.patient)
    carried = {name: (more or {}).get(name, "").strip() for name in CARRIED}
    refuse(happened_at, minutes, summary, at)
    refuse_too_long(carried)
    refuse_below_the_floor(visit, happened_at, is_exposure, by.zone)
    note = IntegrationNote.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        patient=visit.patient,
        visit=visit,
        minutes=minutes,
        summary=summary.strip(),
        next_step=next_step.strip(),
        is_exposure=is_exposure,
        happened_at=happened_at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        **carried,
    )
    audit.note(by=by, at=at, verb="integration.note", on=note, patient=visit.patient)
    for duty in open_for(visit.patient, INTEGRATION).filter(visit_id=visit.pk, state=DutyState.OPEN):
        duties.close_duty(duty, evidence=note, by=by, at=at)
    return note


def refuse(happened_at: datetime, minutes: int, summary: str, at: datetime) -> None:
    found = []
    if happened_at > at:
        found.append(Refusal("happened_at", "is in the future.", "Write the note when the visit has taken place."))
    if not 5 <= minutes <= 240:
        found.append(Refusal("minutes", "is not between 5 and 240.", "Give the length of the visit in minutes."))
    if not summary.strip():
        found.append(Refusal("summary", "is empty.", "A sentence is enough."))
    if found:
        raise Refused(found)


def refuse_too_long(carried: Mapping[str, str]) -> None:
    long = [name for name in ("act_24h", "act_7d") if len(carried[name]) > LETTERS_MOST]
    if long:
        raise Refused(
            [Refusal(name, f"is longer than {LETTERS_MOST} letters.", "One act, in a line.") for name in long]
        )


def refuse_below_the_floor(visit: Visit, happened_at: datetime, is_exposure: bool, zone: str) -> None:
    """What may not be done after a dose, whatever a window says."""
    after = queries.after_dose(visit, happened_at, zone)
    if after is None:
        return
    broken = rules.against_the_floor(after, local_day(happened_at, zone), is_exposure=is_exposure)
    found = [Refusal("happened_at", rule, remedy, "policy") for rule, remedy in broken]
    if found:
        raise Refused(found)


@transaction.atomic
def write_missed(*, visit: Visit, reason: str, said_by: str, words: str, by: Actor, at: datetime) -> WindowMissed:
    """Why the window of this dose passed without a visit, and who says so. Said again, the new word amends the old."""
    access.require(by, "therapy", "C", patient=visit.patient)
    practice, standing = reader.practice(), queries.standing(visit, at)
    found = []
    if standing is None or standing.state is not WindowState.MISSED:
        found.append(Refusal("reason", "This window is not missed.", "Only a window that is over needs a reason."))
    if reason not in practice.missed:
        found.append(Refusal("reason", "Why is not chosen.", "Choose what comes closest."))
    if said_by not in practice.said_by:
        found.append(Refusal("said_by", "Who says so is not chosen.", "Choose one."))
    if len(words.strip()) > LETTERS_MOST:
        found.append(Refusal("words", f"is longer than {LETTERS_MOST} letters.", "A line is enough."))
    if found:
        raise Refused(found)
    earlier = queries.missed_word(visit)
    row = WindowMissed.objects.create(
        **about(visit.patient, by, at), visit=visit, reason=reason, said_by=said_by, words=words.strip(),
        amends=earlier, amend_reason="said again" if earlier else "",
    )  # fmt: skip
    audit.note(by=by, at=at, verb="window.missed", on=row, patient=visit.patient, because=reason)
    for duty in open_for(visit.patient, INTEGRATION).filter(visit_id=visit.pk, state=DutyState.OPEN):
        duties.close_duty(duty, evidence=row, by=by, at=at)
    return row
