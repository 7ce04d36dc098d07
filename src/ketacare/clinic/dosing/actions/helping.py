"""Somebody calls for help: at the chair, from the room's tablet, or the patient for themselves (H11). And presence."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions.timeline import not_ahead, still_open, write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import schedule, signs
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.actions import watching
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, system
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import Concern, ConcernState, Tier
from ketacare.clinic.scheduling.actions import BUSY
from ketacare.clinic.scheduling.models import Chair, Visit
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.terms import Observe

SIGN = "help button"  # as the limit sheets name it: a high alarm at once
HELP, PRESENT = "help", "present"
CALLED = "called.home"
IN_THE_ROOM = duties.ends_by_word("help.room", "Who went, and what was found")


@transaction.atomic
def call_help(*, session: Session, place: str, by: Actor, at: datetime) -> TimelineEntry:
    """A high alarm at once, whoever presses: patient, therapist, nurse."""
    access.require(by, "help", "C", patient=session.visit.patient)
    still_open(session)
    return _call(session, place, by=by, at=at)


@transaction.atomic
def call_from_sitting(*, session: Session, name: str, words: str, by: Actor, at: datetime) -> TimelineEntry:
    """Whoever sits with the patient, also from another practice, tells the nurse of distress, or that the patient said
    the word that stops it: the alarm of a call for help (A17, H11). It is over when somebody is with them."""
    access.require(by, "therapy", "C", patient=session.visit.patient)
    still_open(session)
    if watch.standing(session.visit, at=at) is None:
        raise Refused(Refusal("stamp", "tells nobody: no alarms run here.", "Go and tell the nurse.", "policy"))
    _alarm(session, by=by, at=at)
    body = {"place": signs.SITTING}
    return write(visit=session.visit, kind=Kind.EVENT, name=name, body=body, words=words, by=by, at=at)


@transaction.atomic
def call_help_from_room(*, chair: Chair, at: datetime) -> Visit | None:
    """From the tablet beside the chair, by whoever is there. Without a session in that chair somebody goes and looks:
    a call for help is never nobody's."""
    tablet = replace(system(chair.clinic), name=f"Tablet at {chair.name}")
    visit = Visit.objects.filter(chair=chair, state__in=BUSY).select_related("patient", "clinic", "chair").first()
    session = Session.objects.filter(visit=visit).first() if visit is not None else None
    if session is not None and visit is not None:
        session.visit = visit
        _call(session, "tablet", by=tablet, at=at)
        return visit
    why = f"Somebody pressed the help button at {chair.name}, where no session runs. Go there."
    duty = _somebody_goes(why, by=tablet, at=at)
    audit.note(by=tablet, at=at, verb="help.room", on=duty)
    tenancy.announce(
        clinic_id=chair.clinic_id, organisation_id=chair.organisation_id, topic=f"clinic:{chair.clinic_id}",
        kind="duty", body={"duty": str(duty.pk)},
    )  # fmt: skip
    return None


@transaction.atomic
def call_from_home(*, session: Session, by: Actor, at: datetime) -> Concern:
    """The patient, after they have left: whoever is on call is told now. While a call waits, pressing again is the
    same call; after it was answered it is a new one."""
    access.require(by, "concerns", "C", patient=session.visit.patient)
    earlier = Concern.objects.filter(source_id=session.pk, reason_code__startswith=CALLED)
    answered = earlier.filter(state=ConcernState.CLOSED).count()
    return safety.raise_concern(
        patient=session.visit.patient, tier=Tier.NOW, reason_code=f"{CALLED}.{answered + 1}", source=session, by=by,
        at=at,
    )  # fmt: skip


def _call(session: Session, place: str, *, by: Actor, at: datetime) -> TimelineEntry:
    """Pressed again it is another line, and the same alarm."""
    _alarm(session, by=by, at=at)
    return write(visit=session.visit, kind=Kind.EVENT, name=HELP, body={"place": place}, by=by, at=at)


def _alarm(session: Session, *, by: Actor, at: datetime) -> None:
    """A high alarm; where nothing can alarm, the call is somebody's to answer all the same (D9, H11)."""
    if monitoring.advance_or_tell(session.visit, [Observe(at, SIGN, by.name)], at=at, by=by) is None:
        chair = session.visit.chair
        where = chair.name if chair is not None else "a session"
        _somebody_goes(
            f"Help was called for at {where}, whose alarms cannot sound. Go there.", visit=session.visit, by=by, at=at
        )


def _somebody_goes(why: str, *, visit: Visit | None = None, by: Actor, at: datetime) -> Duty:
    return duties.open_duty(
        kind=IN_THE_ROOM,
        title="Help is called for",
        why=why,
        link="/station/" if visit is None else f"/sessions/{visit.pk}/",
        patient=None,
        visit_id=None if visit is None else visit.pk,
        owner_role=Role.RN,
        due_at=at,
        late_at=at,
        escalate_at=at,
        consequence=Consequence.LIFE,
        by=by,
        at=at,
    )


@transaction.atomic
def be_present(*, session: Session, by: Actor, at: datetime, happened_at: datetime | None = None) -> TimelineEntry:
    """Somebody is with the patient: every look that was owed by then is done (T6), and help that was called has come.
    Its alarm stays latched until somebody says that they have seen it. Of a press that waited for the line the moment
    of the press counts: it answers no call that came after it."""
    access.require(by, "presence", "C", patient=session.visit.patient)
    still_open(session)
    not_ahead(happened_at, at)
    entry = write(visit=session.visit, kind=Kind.EVENT, name=PRESENT, by=by, at=at, happened_at=happened_at)
    if not signs.stands(session, SIGN):
        watching.advance_if_it_can(session.visit, [Observe(at, SIGN, by.name, present=False)], at=at, by=by)
    called = Duty.objects.filter(kind=IN_THE_ROOM, visit_id=session.visit_id, state=DutyState.OPEN)
    for duty in called.filter(created_at__lte=entry.happened_at):
        duties.close_duty(duty, evidence=entry, by=by, at=at)
    monitoring.nurse_has_come(session.visit, by=by, at=at, came_at=entry.happened_at)
    for ask in schedule.looks_owed_by(session, entry.happened_at):
        monitoring.check_done(visit=session.visit, ask=ask, at=at, by=by)
    return entry
