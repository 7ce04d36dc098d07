"""That the integration visit took place; or why nobody met the patient in the window."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, DutyState
from ketacare.clinic.duties.queries import open_for
from ketacare.clinic.outcomes.actions import INTEGRATION
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.scheduling.models import Visit
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
    floor_reason: str = "",
) -> IntegrationNote:
    """The short note; it closes the duty of this dose's integration visit. `more` holds what is carried on. What was
    held below the floor is a fact too: it is kept with its reason, marked, and the director looks at it."""
    access.require(by, "therapy", "C", patient=visit.patient)
    carried = {name: (more or {}).get(name, "").strip() for name in CARRIED}
    refuse(happened_at, minutes, summary, at)
    refuse_too_long(carried)
    broken = below_the_floor(visit, happened_at, is_exposure, by.zone)
    refuse_unexplained(broken, floor_reason.strip())
    note = IntegrationNote.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        patient=visit.patient,
        visit=visit,
        minutes=minutes,
        summary=summary.strip(),
        next_step=next_step.strip(),
        is_exposure=is_exposure,
        floor_reason=floor_reason.strip() if broken else "",
        happened_at=happened_at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        **carried,
    )
    audit.note(by=by, at=at, verb="integration.note", on=note, patient=visit.patient)
    for duty in open_for(visit.patient, INTEGRATION).filter(visit_id=visit.pk, state=DutyState.OPEN):
        duties.close_duty(duty, evidence=note, by=by, at=at)
    if broken:
        tell_the_director(note, by=by, at=at)
    return note


def tell_the_director(note: IntegrationNote, *, by: Actor, at: datetime) -> None:
    duties.open_duty(
        kind=queries.FLOOR,
        title="Therapy was held below the floor after a dose",
        patient=note.patient,
        visit_id=note.visit_id,
        owner_role=Role.MD,
        due_at=safety.business_days_after(note.clinic, 1, at),
        why="The note says what was done and why. Look at it with the therapist.",
        link=f"/therapy/{note.visit_id}/",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


@transaction.atomic
def see_floor(*, visit: Visit, words: str, by: Actor, at: datetime) -> None:
    """The director has looked at what was held below the floor after this dose, and says what came of it."""
    access.require(by, "concerns", "A", patient=visit.patient)
    if not words.strip():
        raise Refused(Refusal("seen", "What came of it is empty.", "Say it in a line."))
    if len(words.strip()) > LETTERS_MOST:
        raise Refused(Refusal("seen", f"is longer than {LETTERS_MOST} letters.", "Say it in a line."))
    marked = queries.notes(visit).exclude(floor_reason="").last()
    owed = open_for(visit.patient, queries.FLOOR).filter(visit_id=visit.pk, state=DutyState.OPEN)
    if marked is None or not owed.exists():
        raise Refused(Refusal("seen", "Nothing waits here to be looked at.", "Look at the page again.", "policy"))
    for duty in owed:
        duties.close_duty(duty, evidence=marked, reason=words.strip(), by=by, at=at)
    audit.note(by=by, at=at, verb="floor.seen", on=marked, patient=visit.patient)


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


def below_the_floor(visit: Visit, happened_at: datetime, is_exposure: bool, zone: str) -> tuple[tuple[str, str], ...]:
    """What may not be done after a dose, whatever a window says; a visit before the dose is no visit after it."""
    began, after = queries.dose_at(visit), queries.after_dose(visit, happened_at, zone)
    if began is None or after is None:
        return ()
    if happened_at < began:
        words = f"lies before this dose, which began on {began.astimezone(ZoneInfo(zone)):%d-%b-%Y %H:%M}."
        remedy = "Correct day and time; a visit before it belongs to its preparation or to the dose before."
        raise Refused(Refusal("happened_at", words, remedy))
    return tuple(rules.against_the_floor(after, happened_at, is_exposure=is_exposure))


def refuse_unexplained(broken: tuple[tuple[str, str], ...], reason: str) -> None:
    """Each rule by its words, and the one way on: what happened is kept, with a reason."""
    if len(reason) > LETTERS_MOST:
        raise Refused(Refusal("floor_reason", f"is longer than {LETTERS_MOST} letters.", "Say it in a line."))
    if broken and not reason:
        found = [Refusal("happened_at", rule, remedy, "policy") for rule, remedy in broken]
        remedy = "Correct the time, or say why: the note is kept, marked, and the director looks at it."
        raise Refused([*found, Refusal("floor_reason", "It is not said why it was held all the same.", remedy)])


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
