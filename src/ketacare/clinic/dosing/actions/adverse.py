"""Adverse events: recorded with grade and seriousness, judged by a prescriber, and followed until they are over."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.models import AdverseEvent, Outcome, Relatedness, Session
from ketacare.clinic.dosing.queries import effects
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.safety import reader
from ketacare.medicine.safety.rules.effects import GRAVE_COURSE, OTHER, TO_JUDGE

FOLLOW_UP = "adverse.follow_up"
GRAVE, MOST = 3, 5
IN_WORDS = frozenset({OTHER, GRAVE_COURSE})
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
    reported_at: datetime | None = None
    reported_how: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What stands already: said by somebody, or shown by the record. Only a prescriber makes it less."""

    grade: int = 0
    serious: tuple[str, ...] = ()
    relatedness: str = Relatedness.NOT_JUDGED
    for_prescriber: bool = False

    @property
    def grave(self) -> bool:
        judged = self.relatedness != Relatedness.NOT_JUDGED
        return self.grade >= GRAVE or bool(self.serious) or judged or self.for_prescriber


@transaction.atomic
def record(
    *, patient: Patient, judged: Judged, by: Actor, at: datetime, session: Session | None = None
) -> AdverseEvent:
    """A new event, with a duty to follow it until it is over and somebody has judged what caused it."""
    access.require(by, "adverse_events", "C", patient=patient)
    shown = None if session is None else effects.shown_grade(session, judged.effect)
    graver = 0 if session is None else effects.unjudged_grade(session, judged.effect)
    refuse_if_wrong(judged, Known(grade=graver, for_prescriber=shown == TO_JUDGE), by, at)
    if session is not None:
        refuse_if_recorded(session, judged.effect)
    visit = None if session is None else session.visit
    event = keep(patient, visit, uuid.uuid4(), judged, shown or 0, by=by, at=at)
    if not settled(event):
        follow(event, by=by, at=at)
    return event


def refuse_if_recorded(session: Session, effect: str) -> None:
    """What is still followed is looked at again: beside a second one of its kind the graver could be lost."""
    rows = [row for row in effects.said_of(session) if row.effect == effect and not settled(row)]
    if rows and effect != OTHER:
        raise Refused(Refusal("effect", f"{rows[0].term} is recorded already.", "Open it and look at it again."))


@transaction.atomic
def look_again(*, event: AdverseEvent, judged: Judged, reason: str, by: Actor, at: datetime) -> AdverseEvent:
    """What is known of it now; what was known before stays readable. Settled, nobody waits for it any more; graver than
    it was, it goes to whose it is now, in their time."""
    access.require(by, "adverse_events", "U", patient=event.patient)
    judged = with_what_stands(judged, event, prescriber=may(by, "adverse_events", "S"))
    refuse_if_wrong(judged, known_of(event), by, at)
    if not reason.strip():
        raise Refused(Refusal("reason", "The reason is empty.", "Say what is new."))
    if judged.effect != event.effect:
        raise Refused(Refusal("effect", "is another one.", "Set this aside and record the other."))
    if AdverseEvent.objects.filter(amends=event).exists():
        raise Refused(Refusal("event", "Somebody else looked at it meanwhile.", "Look at the page again."))
    later = keep(
        event.patient, event.visit, event.case, judged, shown_now(event), by=by, at=at, amends=event,
        amend_reason=reason,
    )  # fmt: skip
    duty = open_duty_of(later)
    if duty is not None and (settled(later) or weight(later) > weight(event)):
        duties.close_duty(duty, evidence=later, by=by, at=at)
        duty = None
    if duty is None and not settled(later):
        follow(later, by=by, at=at)
    return later


def with_what_stands(judged: Judged, event: AdverseEvent, *, prescriber: bool) -> Judged:
    """A look says what is new: what was done and reported stays, when it was over, and the cause as judged; of a sign
    that was seen again since, the cause is yet to judge."""
    kept = judged.relatedness == Relatedness.NOT_JUDGED and not prescriber and not seen_again(event)
    reported = bool(judged.reported_at or judged.reported_how.strip())
    return replace(
        judged,
        relatedness=event.relatedness if kept else judged.relatedness,
        action=judged.action.strip() or event.action,
        resolved_at=judged.resolved_at or (event.resolved_at if judged.outcome in OVER else None),
        reported_at=judged.reported_at if reported else event.reported_at,
        reported_how=judged.reported_how if reported else event.reported_how,
    )


def known_of(event: AdverseEvent) -> Known:
    """What was said of it, and what the record shows since somebody spoke."""
    shown = shown_of(event) or 0
    grade = max(event.grade, shown if shown > event.shown_grade else 0)
    return Known(grade, tuple(event.serious), event.relatedness, for_prescriber=is_left_to_judge(event))


def shown_of(event: AdverseEvent) -> int | None:
    session = session_of(event)
    return None if session is None else effects.shown_grade(session, event.effect)


def session_of(event: AdverseEvent) -> Session | None:
    return Session.objects.filter(visit=event.visit_id, started_at__isnull=False).first() if event.visit_id else None


def seen_again(event: AdverseEvent) -> bool:
    session = session_of(event)
    return session is not None and effects.seen_after(session, event)


def shown_now(event: AdverseEvent) -> int:
    return max(event.shown_grade, shown_of(event) or 0)


def is_left_to_judge(event: AdverseEvent) -> bool:
    """No grade follows from the record, and no prescriber has yet said what caused it."""
    return event.relatedness == Relatedness.NOT_JUDGED and shown_of(event) == TO_JUDGE


def weight(event: AdverseEvent) -> tuple[bool, bool]:
    """What decides whose it is, and by when."""
    return bool(event.serious), event.grade >= GRAVE or bool(event.serious) or is_left_to_judge(event)


def settled(event: AdverseEvent) -> bool:
    """Over, its cause judged, and a serious one told to those who must know; or looked at and found to be none."""
    if event.outcome == Outcome.SET_ASIDE:
        return True
    reported = not event.serious or event.reported_at is not None
    return event.outcome != Outcome.ONGOING and event.relatedness != Relatedness.NOT_JUDGED and reported


def refuse_if_wrong(judged: Judged, known: Known, by: Actor, at: datetime) -> None:
    sheet = reader.effects_sheet()
    faults = []
    if judged.effect not in sheet.terms:
        faults.append(Refusal("effect", "is not in the list.", "Choose one of those shown."))
    if judged.effect in IN_WORDS and not judged.words.strip():
        faults.append(Refusal("words", "Which event is it?", "Write it in a few words."))
    if not 1 <= judged.grade <= MOST:
        faults.append(Refusal("grade", "An event has a grade from 1 to 5.", "Choose it."))
    if judged.onset > at or (judged.resolved_at is not None and not judged.onset <= judged.resolved_at <= at):
        faults.append(Refusal("onset", "The times do not follow each other.", "Onset, then the end, both before now."))
    if judged.outcome in OVER and judged.resolved_at is None:
        faults.append(Refusal("resolved_at", "When was it over?", "Enter the time."))
    if [name for name in judged.serious if name not in sheet.serious]:
        faults.append(Refusal("serious", "is not one of the list.", "Choose from the list."))
    if (judged.reported_at is None) != (not judged.reported_how.strip()):
        faults.append(Refusal("reported_how", "A report has its time and to whom it went.", "Enter both."))
    if judged.reported_at is not None and not judged.onset <= judged.reported_at <= at:
        faults.append(Refusal("reported_at", "is not between the onset and now.", "Enter when it was reported."))
    if judged.outcome == Outcome.SET_ASIDE and not judged.words.strip() and judged.effect not in IN_WORDS:
        faults.append(Refusal("words", "Why is it no adverse event?", "Write it in a few words."))
    if not may(by, "adverse_events", "S"):
        faults += not_a_nurses(judged, known)
    if faults:
        raise Refused(faults)


def not_a_nurses(judged: Judged, known: Known) -> list[Refusal]:
    """What only a prescriber says: the cause, that a grave one is none, that a grave one is less than it was."""
    faults = []
    if judged.relatedness not in (Relatedness.NOT_JUDGED, known.relatedness):
        faults.append(Refusal("relatedness", "Only a prescriber judges the cause.", "Leave it open.", "policy"))
    if judged.outcome == Outcome.SET_ASIDE and (known.grave or judged.grade >= GRAVE or judged.serious):
        faults.append(Refusal("outcome", "Only a prescriber sets a grave one aside.", "Ask the prescriber.", "policy"))
    if judged.grade < known.grade and known.grade >= GRAVE:
        faults.append(Refusal("grade", "Only a prescriber calls a grave one less.", "Ask the prescriber.", "policy"))
    if set(known.serious) - set(judged.serious):
        faults.append(Refusal("serious", "Only a prescriber takes this away.", "Ask the prescriber.", "policy"))
    return faults


def keep(
    patient: Patient,
    visit: Visit | None,
    case: uuid.UUID,
    judged: Judged,
    shown: int,
    *,
    by: Actor,
    at: datetime,
    **more: Any,
) -> AdverseEvent:
    given = {name: value.strip() if isinstance(value, str) else value for name, value in asdict(judged).items()}
    event = AdverseEvent.objects.create(
        organisation_id=by.organisation_id, clinic_id=by.clinic_id, recorded_at=at, recorded_by_id=by.user_id,
        happened_at=given.pop("onset"), patient=patient, visit=visit, case=case, shown_grade=shown,
        term=reader.effects_sheet().terms[judged.effect].term,
        **given | {"serious": list(judged.serious)},
        **more,
    )  # fmt: skip
    audit.note(by=by, at=at, verb="adverse_event.record", on=event, patient=patient)
    return event


def follow(event: AdverseEvent, *, by: Actor, at: datetime) -> Duty:
    """Whose it is, and by when: a serious one is the prescriber's and is reported in its time."""
    lines = reader.effects_sheet().lines
    _, grave = weight(event)
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


def forgotten() -> list[AdverseEvent]:
    """Serious, never reported, and nobody's: settled in the days when the report was not yet asked for."""
    links = set(Duty.objects.filter(kind=FOLLOW_UP, state="open").values_list("link", flat=True))
    rows = effects.standing_events().filter(reported_at__isnull=True).exclude(serious=[])
    return [row for row in rows.select_related("patient", "clinic") if f"/adverse-events/{row.case}/" not in links]


def open_duty_of(event: AdverseEvent) -> Duty | None:
    rows = Duty.objects.filter(kind=FOLLOW_UP, link=f"/adverse-events/{event.case}/", state="open")
    return rows.select_related("patient").first()
