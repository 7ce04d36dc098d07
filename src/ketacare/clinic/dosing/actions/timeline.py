"""Adding a line to the timeline, taking it back within ten seconds, amending it with a reason."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.dosing.actions import act_lines, danger, dose_lines, driving, order_words, start_time
from ketacare.clinic.dosing.actions.awaiting import keep_wait
from ketacare.clinic.dosing.actions.owing import owe_again
from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import as_needed, dose, effects, emergencies, schedule, signs
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor, may
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.actions import announce
from ketacare.clinic.tenancy.refusals import Refusal, Refused

UNDO_FOR = timedelta(seconds=10)
AMENDABLE = frozenset({Kind.FACT, Kind.EVENT, Kind.SCALE, Kind.REMARK, Kind.SKIPPED, Kind.CRITERION, Kind.MEDICINE})
SEEN = frozenset({Kind.EVENT, Kind.REMARK})  # what whoever sits with the patient says, and measures nothing
FINISHED = frozenset({SessionState.CLOSED, SessionState.CALLED_OFF})


def tell(visit: Visit, kind: str, body: dict[str, Any]) -> None:
    """The screens of this visit, and the wall of its clinic. No patient words leave by this door."""
    for topic in (f"visit:{visit.pk}", f"wall:{visit.clinic_id}"):
        announce(
            clinic_id=visit.clinic_id, organisation_id=visit.organisation_id, topic=topic, kind=kind,
            body={"visit": str(visit.pk), **body},
        )  # fmt: skip


def write(
    *,
    visit: Visit,
    kind: Kind,
    by: Actor,
    at: datetime,
    name: str = "",
    body: dict[str, Any] | None = None,
    words: str = "",
    step: str | None = None,
    happened_at: datetime | None = None,
    amends: TimelineEntry | None = None,
    amend_reason: str = "",
    in_error: bool = False,
) -> TimelineEntry:
    """One line, its audit line and its notice, in the caller's transaction. Amounts in `body` are exact text."""
    entry = TimelineEntry.objects.create(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        happened_at=happened_at or at,
        recorded_at=at,
        recorded_by_id=by.user_id,
        patient=visit.patient,
        visit=visit,
        kind=kind,
        name=name,
        body=body or {},
        words=words,
        step=step,
        amends=amends,
        amend_reason=amend_reason,
        in_error=in_error,
    )
    audit.note(by=by, at=at, verb=f"timeline.{kind}", on=entry, patient=visit.patient, because=name)
    tell(visit, "event", {"entry": str(entry.pk), "kind": str(kind), "name": name, "at": entry.happened_at.isoformat()})
    return entry


@transaction.atomic
def record(
    *,
    session: Session,
    kind: Kind,
    name: str,
    by: Actor,
    at: datetime,
    body: dict[str, Any] | None = None,
    words: str = "",
    happened_at: datetime | None = None,
) -> TimelineEntry:
    """An event, a scale, a remark or a skipped reading, as it happens."""
    access.require(by, "presence" if kind in SEEN else "readings", "C", patient=session.visit.patient)
    still_open(session)
    not_ahead(happened_at, at)
    return write(
        visit=session.visit, kind=kind, name=name, body=body, words=words, by=by, at=at, happened_at=happened_at
    )


@transaction.atomic
def sit(*, session: Session, kind: Kind, name: str, words: str, by: Actor, at: datetime) -> TimelineEntry:
    """A stamp or the patient's words from whoever sits with them, also from another practice: what is about the person,
    and neither a reading nor a scale."""
    access.require(by, "therapy", "C", patient=session.visit.patient)
    if kind not in (Kind.EVENT, Kind.REMARK):
        raise Refused(Refusal("kind", "is not kept while sitting.", "The nurse records readings and scales.", "policy"))
    still_open(session)
    return write(visit=session.visit, kind=kind, name=name, words=words, by=by, at=at)


@transaction.atomic
def score(
    *, session: Session, name: str, value: str, by: Actor, at: datetime, happened_at: datetime | None = None
) -> TimelineEntry:
    """A scale of 0 to 10; the watch no longer waits for it."""
    access.require(by, "readings", "C", patient=session.visit.patient)
    entry = record(
        session=session, kind=Kind.SCALE, name=name, body={"value": value}, by=by, at=at, happened_at=happened_at
    )
    for ask in schedule.asks_before(session, name, happened_at or at) if session.started_at else ():
        monitoring.check_done(visit=session.visit, ask=ask, at=at, by=by)
    return entry


@transaction.atomic
def skip(
    *, session: Session, column: str, reason: str, by: Actor, at: datetime, happened_at: datetime | None = None
) -> TimelineEntry:
    """Readings of one moment were not taken, and why; the gap stays and stops asking."""
    access.require(by, "readings", "C", patient=session.visit.patient)
    if schedule.is_to_come(session, column, at):
        raise Refused(Refusal("column", "is not due yet.", "Say why it was not taken when it is.", "policy"))
    entry = record(
        session=session, kind=Kind.SKIPPED, name=column, body={"column": column}, words=reason, by=by, at=at,
        happened_at=happened_at,
    )  # fmt: skip
    for ask in schedule.asks_of_column(session, column):
        monitoring.check_done(visit=session.visit, ask=ask, at=at, by=by)
    return entry


def still_open(session: Session) -> None:
    if session.state in FINISHED:
        raise Refused(Refusal("Session", "is closed.", "Add an addendum to the note instead.", "policy"))


def is_amendable(entry: TimelineEntry) -> bool:
    """Of an emergency its acts: that it was begun and ended stands. Of a dose what was done at the pump under way, and
    when it was begun."""
    of_dose = dose.is_at_the_pump(entry) or dose.is_start(entry)
    return entry.kind in AMENDABLE or emergencies.is_act(entry) or of_dose


def not_ahead(happened_at: datetime | None, at: datetime, field: str = "happened_at") -> None:
    if happened_at is not None and happened_at > at:
        raise Refused(Refusal(field, "is in the future.", "Enter when it happened, or leave it empty for now."))


@transaction.atomic
def undo(*, session: Session, entry: TimelineEntry, by: Actor, at: datetime) -> TimelineEntry:
    """Within ten seconds a slip may be taken back by who made it; it stays readable, struck through."""
    access.require(by, "readings", "U", patient=session.visit.patient)
    late = at - entry.recorded_at > UNDO_FOR
    if not is_amendable(entry) or dose.is_start(entry) or entry.recorded_by_id != by.user_id or late:
        raise Refused(Refusal("Entry", "cannot be undone any more.", "Amend it, with the reason.", "policy"))
    if dose.is_at_the_pump(entry):
        access.require(by, "dose", "C", patient=session.visit.patient)
        dose_lines.refuse_if_fixed(session, entry, None, in_error=True)
    row = succeed(entry, body=entry.body, words=entry.words, reason="undone within 10 s", in_error=True, by=by, at=at)
    follow(session, row, by=by, at=at)
    return row


@transaction.atomic
def amend(
    *,
    session: Session,
    entry: TimelineEntry,
    reason: str,
    by: Actor,
    at: datetime,
    body: dict[str, Any] | None = None,
    words: str | None = None,
    happened_at: datetime | None = None,
    what: str = "",
    in_error: bool = False,
) -> TimelineEntry:
    """A new version with who, when and why. The old one stays (I1). `what`: another act, of an emergency."""
    if entry.name == as_needed.CONFIRM:  # whoever may say it may unsay it, the medical director too
        order_words.refuse_another(entry, in_error=in_error, by=by)
        access.require(by, "plan", "S", patient=session.visit.patient)
    else:
        access.require(by, "readings", "U", patient=session.visit.patient)
    if not is_amendable(entry):
        raise Refused(Refusal("Entry", "of this kind is not amended.", "Record a new step or a remark.", "policy"))
    is_act = emergencies.is_act(entry) and not in_error
    name = what.strip() or entry.name if is_act else entry.name
    if is_act:
        words = (entry.words if words is None else words).strip()
        happened_at = act_lines.in_its_first_minute(session, entry, happened_at)
        act_lines.refuse(session, entry, name, words, happened_at, by=by)
    elif emergencies.is_act(entry):  # struck out as it stood
        words = entry.words
    is_drug = entry.kind == Kind.MEDICINE or (emergencies.is_act(entry) and emergencies.DRUG in (entry.name, name))
    if is_drug and not is_act:
        refuse_another_medicine(in_error=in_error, by=by)
    if not reason.strip():
        raise Refused(Refusal("reason", "An amendment says why.", "Choose or write a reason."))
    not_ahead(happened_at, at)
    if dose.is_at_the_pump(entry):
        access.require(by, "dose", "C", patient=session.visit.patient)
        if not in_error and happened_at is None:
            words = "Of a dose step the time is put right, or it is struck out."
            raise Refused(Refusal("happened_at", words, "Enter the time, or tick “Entered in error”.", "policy"))
        dose_lines.refuse_if_fixed(session, entry, happened_at, in_error=in_error)
        body = entry.body
    if dose.is_start(entry):
        happened_at = start_time.right_time(session, entry, happened_at, in_error=in_error, by=by)
        body, words = entry.body, entry.words
    row = succeed(
        entry,
        name=name,
        body=entry.body if body is None or is_act else body,
        words=entry.words if words is None else words,
        reason=reason,
        in_error=in_error,
        by=by,
        at=at,
        happened_at=happened_at,
    )
    follow(session, row, by=by, at=at)
    if is_act and is_drug:  # what makes drowsy was given later than was thought, or after all (H12)
        driving.put_off(session, by=by, at=at)
    return row


def refuse_another_medicine(*, in_error: bool, by: Actor) -> None:
    if not (in_error and may(by, "plan", "S")):
        words = "A medicine that was charted is only struck out, by a prescriber."
        raise Refused(Refusal("in_error", words, "Tick “Entered in error”; chart anew what was given.", "policy"))


def recheck_key(medicine: UUID) -> str:
    """The ask for the second look after a medicine."""
    return f"effect@{medicine}"


def follow(session: Session, row: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """What is told of intent is heeded (H13). What was said of the escort and no longer stands is waited for again; a
    sign that was never there alarms no more, and one that was never over alarms again (A17)."""
    danger.heed(session, row, by=by, at=at)
    if row.kind in (Kind.CRITERION, Kind.CALL):
        keep_wait(session, row, by=by, at=at)
    if row.kind == Kind.MEDICINE and row.in_error and row.amends_id:  # nothing was given: nobody looks at what it did
        monitoring.check_done(visit=session.visit, ask=recheck_key(row.amends_id), by=by, at=at)
        for duty in as_needed.waiting_for_word(row.amends) if isinstance(row.amends, TimelineEntry) else ():
            duties.close_duty(duty, evidence=row, reason="It was struck out", by=by, at=at)
    if row.name == as_needed.CONFIRM and row.in_error:
        order_words.unsay(session, row, by=by, at=at)
    if dose.is_at_the_pump(row) and row.in_error:
        put_pump_right(session, row)
    if dose.is_start(row):
        start_time.put_right(session, row, by=by, at=at)
        tell(session.visit, "state", {"state": str(session.state)})
    if row.kind == Kind.EVENT and row.in_error:
        unsay_sign(session, row, by=by, at=at)
    if row.in_error and (row.kind in (Kind.SCALE, Kind.SKIPPED) or row.name == signs.PRESENT):
        owe_again(session, row.happened_at, by=by, at=at, column=row.body.get("column", ""))


def put_pump_right(session: Session, struck: TimelineEntry) -> None:
    """A pause that never was has not stopped the flow, and one that was not over goes on."""
    state = dose_lines.state_after(session, struck)
    if state is not None and state != session.state:
        Session.objects.filter(pk=session.pk).update(state=state, version=F("version") + 1)
        session.refresh_from_db(fields=["state", "version"])
    tell(session.visit, "state", {"state": str(session.state)})


def unsay_sign(session: Session, row: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """A line is struck through: the alarm follows what still stands."""
    raised, ended = signs.raised_by(row), signs.ended_by(row)
    watched = watch.standing(session.visit, at=at)
    if not (raised or ended) or watched is None:
        return
    sign = raised or ended
    alarms = any(one.present and signs.name_of(one) == sign for one in watched.conditions)
    stands = signs.stands(session, sign)
    if raised == signs.VOMITING and not stands:
        withdraw_airway(session, row, by=by, at=at)
    if alarms and raised and not stands:
        monitoring.observe_sign(visit=session.visit, sign=sign, present=False, by=by, at=at)
    elif ended and stands and not alarms:
        monitoring.observe_sign(visit=session.visit, sign=sign, by=by, at=at)


def withdraw_airway(session: Session, row: TimelineEntry, *, by: Actor, at: datetime) -> None:
    """Nobody vomited: there is no airway to listen to."""
    opened = effects.open_emergency(session, effects.AIRWAY)
    if opened is not None:
        succeed(opened, body=opened.body, words=opened.words, reason=row.amend_reason, in_error=True, by=by, at=at)


def succeed(
    entry: TimelineEntry,
    *,
    body: dict[str, Any],
    words: str,
    reason: str,
    in_error: bool,
    by: Actor,
    at: datetime,
    happened_at: datetime | None = None,
    name: str = "",
) -> TimelineEntry:
    if TimelineEntry.objects.filter(amends=entry).exists():
        raise Refused(Refusal("Entry", "was amended by somebody else.", "Look at the page again."))
    return write(
        visit=entry.visit, kind=Kind(entry.kind), name=name or entry.name, body=body, words=words, by=by, at=at,
        happened_at=happened_at or entry.happened_at, amends=entry, amend_reason=reason, in_error=in_error,
    )  # fmt: skip
