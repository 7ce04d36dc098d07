"""Adverse events: recorded with grade and seriousness, judged by a prescriber, and followed until they are over."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.models import AdverseEvent, Outcome, Relatedness, Session
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader

FOLLOW_UP = "adverse.follow_up"
GRAVE = 3
OVER = frozenset({Outcome.RESOLVED, Outcome.SEQUELAE})


@dataclass(frozen=True, slots=True)
class Judged:
    """What a person says of it."""

    effect: str
    grade: int
    onset: datetime
    relatedness: str = Relatedness.NOT_JUDGED
    action: str = ""
    serious: tuple[str, ...] = ()
    transient: bool = False
    outcome: str = Outcome.ONGOING
    resolved_at: datetime | None = None
    words: str = ""


@transaction.atomic
def record(
    *, patient: Patient, judged: Judged, by: Actor, at: datetime, session: Session | None = None
) -> AdverseEvent:
    """A new event, with a duty to follow it until it is over and somebody has judged what caused it."""
    access.require(by, "adverse_events", "C", patient=patient)
    refuse_if_wrong(judged, by, at)
    visit = None if session is None else session.visit
    event = keep(patient, visit, uuid.uuid4(), judged, by=by, at=at)
    if not settled(event):
        follow(event, by=by, at=at)
    return event


@transaction.atomic
def look_again(*, event: AdverseEvent, judged: Judged, reason: str, by: Actor, at: datetime) -> AdverseEvent:
    """What is known of it now; what was known before stays readable. Settled, nobody waits for it any more."""
    access.require(by, "adverse_events", "U", patient=event.patient)
    refuse_if_wrong(judged, by, at)
    if not reason.strip():
        raise Refused(Refusal("reason", "The reason is empty.", "Say what is new."))
    if AdverseEvent.objects.filter(amends=event).exists():
        raise Refused(Refusal("event", "Somebody else looked at it meanwhile.", "Look at the page again."))
    later = keep(event.patient, event.visit, event.case, judged, by=by, at=at, amends=event, amend_reason=reason)
    duty = open_duty_of(later)
    if duty is not None and settled(later):
        duties.close_duty(duty, evidence=later, by=by, at=at)
    elif duty is None and not settled(later):
        follow(later, by=by, at=at)
    return later


def settled(event: AdverseEvent) -> bool:
    """Over, and its cause judged; or looked at and found to be none."""
    if event.outcome == Outcome.SET_ASIDE:
        return True
    return event.outcome != Outcome.ONGOING and event.relatedness != Relatedness.NOT_JUDGED


def refuse_if_wrong(judged: Judged, by: Actor, at: datetime) -> None:
    sheet = reader.effects_sheet()
    faults = []
    if judged.effect not in sheet.terms:
        faults.append(Refusal("effect", "is not in the list.", "Choose one of those shown."))
    if not 1 <= judged.grade <= 5:
        faults.append(Refusal("grade", "An event has a grade from 1 to 5.", "Choose it."))
    if judged.onset > at or (judged.resolved_at is not None and not judged.onset <= judged.resolved_at <= at):
        faults.append(Refusal("onset", "The times do not follow each other.", "Onset, then the end, both before now."))
    if judged.outcome in OVER and judged.resolved_at is None:
        faults.append(Refusal("resolved_at", "When was it over?", "Enter the time."))
    if [name for name in judged.serious if name not in sheet.serious]:
        faults.append(Refusal("serious", "is not one of the list.", "Choose from the list."))
    prescriber = may(by, "adverse_events", "S")
    if judged.relatedness != Relatedness.NOT_JUDGED and not prescriber:
        faults.append(Refusal("relatedness", "Only a prescriber judges the cause.", "Leave it open.", "policy"))
    if judged.outcome == Outcome.SET_ASIDE and not judged.words.strip():
        faults.append(Refusal("words", "Why is it no adverse event?", "Write it in a few words."))
    if judged.outcome == Outcome.SET_ASIDE and judged.grade >= GRAVE and not prescriber:
        faults.append(Refusal("outcome", "Only a prescriber sets a grave one aside.", "Ask the prescriber.", "policy"))
    if faults:
        raise Refused(faults)


def keep(
    patient: Patient, visit: Visit | None, case: uuid.UUID, judged: Judged, *, by: Actor, at: datetime, **more: Any
) -> AdverseEvent:
    given = asdict(judged)
    event = AdverseEvent.objects.create(
        organisation_id=by.organisation_id, clinic_id=by.clinic_id, recorded_at=at, recorded_by_id=by.user_id,
        happened_at=given.pop("onset"), patient=patient, visit=visit, case=case,
        term=reader.effects_sheet().terms[judged.effect].term,
        **given | {"serious": list(judged.serious), "action": judged.action.strip(), "words": judged.words.strip()},
        **more,
    )  # fmt: skip
    audit.note(by=by, at=at, verb="adverse_event.record", on=event, patient=patient)
    return event


def follow(event: AdverseEvent, *, by: Actor, at: datetime) -> Duty:
    """Whose it is, and by when: a serious one is the prescriber's and is reported in its time."""
    lines = reader.effects_sheet().lines
    grave = event.grade >= GRAVE or bool(event.serious)
    within = lines["serious_report" if event.serious else "follow_up_3" if grave else "follow_up_2"]
    return duties.open_duty(
        kind=FOLLOW_UP,
        title="Serious adverse event: judge and report" if event.serious else "Follow up an adverse event",
        why=f"{event.term}, grade {event.grade}: {event.get_outcome_display().lower()}, cause "
        f"{event.get_relatedness_display().lower()}.",
        link=f"/adverse-events/{event.case}/",
        patient=event.patient,
        visit_id=event.visit_id,
        owner_role=Role.RX if grave else Role.RN,
        due_at=at + timedelta(hours=within.integer),
        consequence=Consequence.SAFETY if grave else Consequence.CARE,
        by=by,
        at=at,
    )


def open_duty_of(event: AdverseEvent) -> Duty | None:
    rows = Duty.objects.filter(kind=FOLLOW_UP, link=f"/adverse-events/{event.case}/", state="open")
    return rows.select_related("patient").first()
