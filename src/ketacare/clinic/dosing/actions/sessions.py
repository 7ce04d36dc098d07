"""The states of a session and the acts that move it: check in, start, pause, resume, change rate, stop, close."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions import against, stopped_by
from ketacare.clinic.dosing.actions.timeline import not_ahead, tell, write
from ketacare.clinic.dosing.actions.typed_minute import last_of_its_minute
from ketacare.clinic.dosing.models import Kind, Session, SessionState
from ketacare.clinic.dosing.queries import emergencies, schedule, timeline
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.models import Enrolment, EnrolmentState
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Chair, Visit, VisitState
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.reader import held, limits_of

S = SessionState
# Between check-in and the door: nobody is in two sessions at once (H16).
HERE = (S.PREPARING, S.DRAWN, S.CHECKED, S.RUNNING, S.PAUSED, S.RECOVERY)
ALLOWED: dict[SessionState, frozenset[SessionState]] = {
    S.PREPARING: frozenset({S.DRAWN, S.CALLED_OFF}),
    S.DRAWN: frozenset({S.CHECKED, S.PREPARING, S.CALLED_OFF}),
    S.CHECKED: frozenset({S.RUNNING, S.PREPARING, S.CALLED_OFF}),
    S.RUNNING: frozenset({S.PAUSED, S.RECOVERY}),
    S.PAUSED: frozenset({S.RUNNING, S.RECOVERY}),
    S.RECOVERY: frozenset({S.LEFT}),
    S.LEFT: frozenset({S.CLOSED}),
    S.CLOSED: frozenset(),
    S.CALLED_OFF: frozenset(),
}


def advance(session: Session, to: SessionState, **times: datetime | None) -> None:
    """Take the step in one statement: of two at once the second waits, finds nothing to move, and is refused."""
    sources = [state for state, reachable in ALLOWED.items() if to in reachable]
    moved = Session.objects.filter(pk=session.pk, state__in=sources).update(
        state=to, version=session.version + 1, **times
    )
    if not moved:
        now = Session.objects.get(pk=session.pk)
        raise Refused(
            Refusal(
                "Session",
                f"is now “{schedule.state_words(now)}”; it cannot become “{to.label}”.",
                "Somebody may have done it already: look at the page again.",
                "policy",
            )
        )
    session.refresh_from_db(fields=["state", "version", *times])
    tell(session.visit, "state", {"state": str(to)})


@transaction.atomic
def check_in(
    *, visit: Visit, protocol_id: str, protocol_version: str, chair: Chair, by: Actor, at: datetime
) -> Session:
    """The patient is here: a chair, and a session that keeps the versions its course began with to its end (H19)."""
    access.require(by, "session", "C", patient=visit.patient)
    if Session.objects.filter(visit=visit).exists():
        raise Refused(Refusal("Visit", "is already checked in.", "Open its session.", "policy"))
    refuse_paused(visit)
    refuse_ended(visit)
    elsewhere = Session.objects.filter(visit__patient=visit.patient, state__in=HERE)
    if elsewhere.exists():
        words = "has another session that is not over."
        raise Refused(Refusal("Patient", words, "End that one or call it off first.", "policy"))
    scheduling.seat(visit=visit, chair=chair, by=by, at=at)
    scheduling.move_visit(visit=visit, to=VisitState.CHECKED_IN, by=by, at=at)
    session = Session.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        created_at=at,
        visit=visit,
        protocol_id=protocol_id,
        protocol_version=protocol_version,
        sheets=enrolment.sheets_of(visit.patient) | {protocol_id: protocol_version},
    )
    lines, told = held(schedule.protocol_of(session).limits)
    body = {"chair": chair.name}
    write(visit=visit, kind=Kind.CHECK_IN, body=body, words="; ".join(told), step="check_in", by=by, at=at)
    monitoring.begin_watch(visit=visit, limits=limits_of(lines), by=by, at=at)
    audit.note(by=by, at=at, verb="session.open", on=session, patient=visit.patient)
    return session


def refuse_paused(visit: Visit, when: datetime | None = None) -> None:
    """No dose of a course that stands still, or stood still then: whoever paused it had a reason."""
    now = pausing.paused_since(visit.patient) is not None
    if now if when is None else pausing.stood_still(visit.patient, when):
        remedy = "Go on with the course first, with its reason; it stands on the patient's course page."
        raise Refused(Refusal("Course", "is paused.", remedy, "policy"))


def refuse_ended(visit: Visit) -> None:
    """No dose of a course that was ended, whoever is checked in for it: it was ended for a reason (H14)."""
    states = set(Enrolment.objects.filter(patient=visit.patient).values_list("state", flat=True))
    if EnrolmentState.ENDED in states and EnrolmentState.ACTIVE not in states:
        remedy = "Call the session off; a new course begins with a new plan."
        raise Refused(Refusal("Course", "was ended, and no other runs.", remedy, "policy"))


def refuse_in_emergency(session: Session, what: str, when: datetime) -> None:
    """No dose begins in an emergency, and none goes on or grows (H41, A20). What was done before it is charted also
    while it lasts, with its time, and what was done in it is not as if it had not been, once it is over (H17)."""
    if emergencies.under_way(session, when, last_of_its_minute(when)) is not None:
        raise Refused(Refusal(what, "waits: an emergency is under way.", "End it first, with how it ended.", "policy"))


def refuse_while_it_lasts(session: Session, what: str, when: datetime) -> None:
    """A time that was typed, and a reason, are no way round the emergency of now."""
    begun = emergencies.event_begun(session)
    if begun is not None and begun.happened_at <= when:
        refuse_in_emergency(session, what, when)


@transaction.atomic
def pause(*, session: Session, reason: str, by: Actor, at: datetime, done_at: datetime | None = None) -> None:
    dose_step(session, S.PAUSED, "pause", {"reason": said(reason)}, by=by, at=at, done_at=done_at)


@transaction.atomic
def resume(
    *,
    session: Session,
    reason: str,
    by: Actor,
    at: datetime,
    done_at: datetime | None = None,
    all_the_same: str = "",
) -> None:
    """Back to the rate before the pause. From “ready to start” one starts, not resumes. Not over what paused or stopped
    it (H7): `all_the_same` is why it went on although something spoke against it, if it did."""
    if session.state != S.PAUSED:
        raise Refused(Refusal("Session", "is not paused.", "Look at the page again.", "policy"))
    access.require(by, "dose", "C", patient=session.visit.patient)
    when = when_done(session, done_at, at)
    refuse_while_it_lasts(session, "Resume", when)
    spoke = against.weighed(
        lambda: refuse_in_emergency(session, "Resume", when),
        lambda: stopped_by.require_pressure_settled("Resume", session, by, at, done_at),
        lambda: stopped_by.refuse_over_low_signs("Resume", session, at, done_at),
        given=done_at is not None,
        why=all_the_same,
    )
    body = {"reason": said(reason), **spoke}
    if stopped_by.pressure(session, at, done_at).confirmed and not spoke:
        body["over_pressure"] = True  # the prescriber's word, who charts it
    dose_step(session, S.RUNNING, "resume", body, by=by, at=at, done_at=done_at)
    against.owe_a_look(session, spoke, by=by, at=at)


def dose_step(
    session: Session,
    to: SessionState,
    name: str,
    body: dict[str, Any],
    *,
    by: Actor,
    at: datetime,
    done_at: datetime | None = None,
) -> None:
    access.require(by, "dose", "C", patient=session.visit.patient)
    happened_at = when_done(session, done_at, at)
    advance(session, to)
    write(visit=session.visit, kind=Kind.DOSE, name=name, body=body, by=by, at=at, happened_at=happened_at)


def when_done(session: Session, done_at: datetime | None, at: datetime, field: str = "done_at") -> datetime:
    """What was done at the pump before it could be charted keeps its time (H17, H21), after the last step charted.
    `field`: where it was typed, which a refusal leads back to (E2)."""
    if done_at is None:
        return at
    not_ahead(done_at, at, field)
    steps = timeline.standing(session.visit, Kind.DOSE)
    last = steps[-1].happened_at if steps else session.started_at
    if last is not None and done_at < last:
        raise Refused(Refusal(field, "is before the last dose step.", "Look at the timeline, and enter it again."))
    return done_at


def said(reason: str) -> str:
    if not reason.strip():
        raise Refused(Refusal("reason", "A dose step says why.", "Choose or write a reason."))
    return reason.strip()
