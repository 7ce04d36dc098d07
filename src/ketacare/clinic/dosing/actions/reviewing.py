"""Reviews of a course: the duty, the decision, and what follows when a course ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.dosing.queries import reviewing as queries
from ketacare.clinic.dosing.queries.reviewing import Standing
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.enrolment.models import (
    ENDS_THE_COURSE,
    AfterStop,
    Enrolment,
    EnrolmentState,
    Review,
    ReviewChoice,
    ReviewStep,
)
from ketacare.clinic.people import access
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.safety import queries as safety
from ketacare.clinic.safety.models import Tier
from ketacare.clinic.safety.reasons import reason_words
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Conflict, Refusal, Refused
from ketacare.medicine.dosing.rules import reviewing as rules

FOLLOWS = {
    AfterStop.SAFETY: ("Ask about safety: the course has ended", "safety_within", Consequence.SAFETY),
    AfterStop.NEXT: ("Plan what comes after the course", "next_within", Consequence.CARE),
    AfterStop.LETTER: ("Write to whoever referred: the course has ended", "letter_within", Consequence.CARE),
}

GOES_ON = "Goes on before these are answered"


def link_to(patient: Patient) -> str:
    return f"/patients/{patient.pk}/review/"


def open_review(found: Standing, *, by: Actor, at: datetime) -> Duty:
    """The review that is owed gets an owner. Called by the passing of time."""
    assert found.owed is not None
    dose = found.doses[found.owed - 1]
    return duties.open_duty(
        kind=queries.OWED,
        title=f"Review the course after dose {found.owed}",
        patient=found.enrolment.patient,
        owner_role=Role.RX,
        due_at=max(rules.due_at(dose), at),
        why="The next dose waits for it" if found.holds else "Due before the next dose",
        link=link_to(found.enrolment.patient),
        by=by,
        at=at,
    )


def open_rising(found: Standing, *, by: Actor, at: datetime) -> Duty | None:
    """Misuse and tolerance are to be reviewed, where something new asks for it. Called by the passing of time."""
    seen = queries.rising(found, at)
    if not seen:
        return None
    return duties.open_duty(
        kind=queries.OWED,
        title="Review misuse and tolerance",
        patient=found.enrolment.patient,
        owner_role=Role.RX,
        due_at=max(rules.due_at(found.doses[-1]), at),
        why="; ".join(rule.title for rule in seen),
        link=link_to(found.enrolment.patient),
        by=by,
        at=at,
    )


@transaction.atomic
def decide_review(
    *,
    patient: Patient,
    choice: str,
    reason: str,
    facts: Sequence[Sequence[str]],
    despite: str = "",
    seen: str | None = None,
    by: Actor,
    at: datetime,
) -> Review:
    """What is decided of the course, and why. Stopping and switching end it: its booked doses are cancelled, and what
    follows gets an owner each, safety first. `despite`: why it goes on while a concern that called at once is not
    answered; kept with the facts (H13). `seen`: the newest review that stood on the page; None: no page was read."""
    access.require(by, "plan", "S", patient=patient)
    found = queries.standing(patient)
    if found is not None:
        Enrolment.objects.select_for_update(of=("self",)).get(pk=found.enrolment.pk)
    if seen is not None:
        not_decided_since(patient, seen, choice, reason)
    refuse(found, choice, reason)
    grave = [] if choice in ENDS_THE_COURSE else graves(patient)
    if grave and not despite.strip():
        rule = f"Not answered yet, and each called at once: {'; '.join(grave)}."
        raise Refused(Refusal("despite", rule, "Answer them first, or say why the course goes on before that."))
    if grave:
        facts = [*facts, [GOES_ON, f"{'; '.join(grave)}. Because: {despite.strip()}"]]
    assert found is not None  # refused above
    row = Review.objects.create(
        **people.about(patient, by, at), enrolment=found.enrolment, after_doses=len(found.doses),
        choice=ReviewChoice(choice), reason=reason.strip(), facts=[list(line) for line in facts],
    )  # fmt: skip
    audit.note(by=by, at=at, verb=f"review.{choice}", on=row, patient=patient, because=row.when)
    owed = queries.open_duty(patient, queries.OWED)
    if owed is not None:
        duties.close_duty(owed, evidence=row, by=by, at=at)
    if row.choice in ENDS_THE_COURSE:
        end_course(row, by=by, at=at)
    return row


def not_decided_since(patient: Patient, seen: str, choice: str, reason: str) -> None:
    """Of two who decide on pages of one hour the second reads the first one's decision before theirs ends a course."""
    newest = newest_review(patient)
    if newest is None or str(newest.pk) == seen:
        return
    who = newest.recorded_by.name if newest.recorded_by else "Somebody"
    rule = f"{who} has decided since this page was opened: {newest.get_choice_display().lower()}."
    refusal = Refusal("choice", rule, "Read it, then decide again.", "policy")
    yours = f"{dict(ReviewChoice.choices).get(choice, choice)}: {reason.strip()}"
    theirs = f"{newest.get_choice_display()}: {newest.reason}"
    raise Conflict(refusal, theirs=theirs, yours=yours, standing=("seen", str(newest.pk)))


def newest_review(patient: Patient) -> Review | None:
    rows = Review.objects.filter(patient=patient).select_related("recorded_by")
    return rows.order_by("recorded_at").last()


def graves(patient: Patient) -> list[str]:
    """Concerns that called somebody at once, and that no clinician has decided."""
    return [reason_words(one.reason_code) for one in safety.standing(patient) if one.tier == Tier.NOW]


def refuse(found: Standing | None, choice: str, reason: str) -> None:
    faults = []
    if found is None:
        faults.append(Refusal("review", "There is no course to review.", "Enrol the person first.", "policy"))
    elif not found.doses and choice not in ENDS_THE_COURSE:
        remedy = "Review after the first dose; a course can be stopped before it."
        faults.append(Refusal("review", "No dose has been given yet.", remedy, "policy"))
    if choice not in ReviewChoice.values:
        faults.append(Refusal("choice", "Nothing is chosen.", "Say what is decided."))
    if not reason.strip():
        faults.append(Refusal("reason", "The reason is empty.", "Say why: the next reader has only this."))
    if faults:
        raise Refused(faults)


def end_course(row: Review, *, by: Actor, at: datetime) -> None:
    course = scheduling.open_course(row.patient)
    if course is not None:  # the work after its doses and the reviews end with it
        scheduling.end_course(course=course, reason=scheduling.Reason.CLINICAL, by=by, at=at)
    # One of today that is late goes too: nobody has checked in for it.
    today = datetime.combine(local_day(at, by.zone), time(), ZoneInfo(by.zone))
    booked = Visit.objects.filter(
        patient=row.patient, kind=VisitKind.DOSE, state=VisitState.BOOKED, starts_at__gte=today
    )
    for visit in booked:
        scheduling.move_visit(visit=visit, to=VisitState.CANCELLED, by=by, at=at)
    Enrolment.objects.filter(pk=row.enrolment_id).update(state=EnrolmentState.ENDED, ended_at=at)
    candidacy.no_longer_accepted_for(row.patient, evidence=row, by=by, at=at)
    for step, (title, within, consequence) in FOLLOWS.items():
        duties.open_duty(
            kind=queries.AFTER[step], title=title, patient=row.patient, owner_role=Role.RX,
            due_at=at + rules.follow_up(within), why=f"Decided: {row.get_choice_display().lower()}",
            link=link_to(row.patient), consequence=consequence, by=by, at=at,
        )  # fmt: skip


@transaction.atomic
def follow_review(*, patient: Patient, step: str, words: str, by: Actor, at: datetime) -> ReviewStep:
    """One of the things that follow is done. Nothing else is, before safety has been asked about."""
    access.require(by, "plan", "S", patient=patient)
    row = queries.last_ended(patient)
    if row is None or step not in AfterStop.values:
        raise Refused(Refusal("step", "Nothing of this kind is owed.", "Look at the review again.", "policy"))
    done = queries.steps_of(row)
    if step in done:
        raise Refused(Refusal("step", "Somebody has done this already.", "Look at the review again.", "policy"))
    if step != AfterStop.SAFETY and AfterStop.SAFETY not in done:
        raise Refused(Refusal("step", "Nobody has asked about safety yet.", "Ask that first.", "policy"))
    if not words.strip():
        raise Refused(Refusal("words", "It is empty.", "Say how it was done, in a sentence."))
    made = ReviewStep.objects.create(
        **people.about(patient, by, at), review=row, step=AfterStop(step), words=words.strip()
    )
    audit.note(by=by, at=at, verb=f"review.after.{step}", on=made, patient=patient)
    owed = queries.open_duty(patient, queries.AFTER[AfterStop(step)])
    if owed is not None:
        duties.close_duty(owed, evidence=made, by=by, at=at)
    return made


def held_back(patient: Patient) -> Refusal | None:
    """Why the next dose may not be ordered: the review that the sheet makes it wait for has not been made."""
    found = queries.standing(patient)
    if found is None or not found.holds:
        return None
    words = f"The review after dose {found.owed} has not been made, and the next dose waits for it."
    return Refusal("review", words, "Review the course: continue, change, stop or switch.", "policy")
