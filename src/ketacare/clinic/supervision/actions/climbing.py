"""An alarm that nobody answers climbs: the second person, the prescriber, the medical director and the card (D6).

Read from the alarm log and the log of lapses, so a restart neither forgets a step nor takes one twice. Each step is a
duty of its own, and calls people by every channel they gave: nobody who was told stops seeing it when the next is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.access import system
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.monitoring.models import AlarmSignal, Watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.supervision.actions import calling
from ketacare.clinic.supervision.actions.unanswered import Unanswered, unanswered
from ketacare.clinic.supervision.models import LapseStep, RungTaken
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.alone import Faults, SomeSessionsFailed
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.monitoring.terms import Priority
from ketacare.medicine.supervision import reader, rules
from ketacare.medicine.supervision.terms import Rung, Told

KIND = "alarm.unanswered"
SESSION_OVER = "The session ended before anybody answered"


class NotAllTold(SomeSessionsFailed):
    """The ladder of some alarm could not be climbed."""


def climb(*, clinic: Clinic, at: datetime) -> int:
    """Every step of the ladder that is due by now and was not taken; and ended, what was answered or is over.

    How many steps were taken. What is owed is looked for first and holds nothing; then each session climbs in a
    transaction of its own with its watch locked, so that it is climbed by one at a time, and what comes from the
    monitors meanwhile waits for the calls of one chair and no more. A fault at one chair keeps nobody from being told
    of another's alarm; it is said once the others have climbed.
    """
    faults, taken = Faults(), 0
    with tenancy.tenant(clinic.organisation_id):
        ringing = unanswered(clinic, at, faults)
        unknown = frozenset(faults.visits)  # of these nobody knows what rings: nothing of theirs is ended
        owed = _owed(clinic, ringing, unknown, at)
    for visit_id in sorted(owed):
        with tenancy.tenant(clinic.organisation_id):
            taken += _climb_at(clinic, visit_id, at, faults)
    if faults.kinds:
        raise NotAllTold(faults, len(ringing))
    return taken


def _owed(clinic: Clinic, ringing: Sequence[Unanswered], unknown: Container[UUID], at: datetime) -> set[UUID]:
    """The sessions at which a step is due, or where something that was told is over."""
    still = {(one.visit_id, one.condition): one.began for one in ringing}
    standing = RungTaken.objects.filter(clinic=clinic, ended_at__isnull=True)
    over = {row.visit_id for row in standing if row.visit_id not in unknown and _is_over(row, still)}
    told: dict[tuple[UUID, str, datetime], list[RungTaken]] = defaultdict(list)
    rungs = RungTaken.objects.filter(visit_id__in={one.visit_id for one in ringing}).select_related("told_with")
    for row in rungs:
        told[row.visit_id, row.condition, row.since].append(row)
    return over | {one.visit_id for one in ringing if _is_due(one, told[one.visit_id, one.condition, one.since], at)}


def _is_due(one: Unanswered, rows: Sequence[RungTaken], at: datetime) -> bool:
    """Whether there is anything to take. Where that cannot be judged it is climbed, and the fault is said there."""
    if not one.rings:
        return False
    ladder, told = reader.ladder(), _told_by(rows)
    try:
        if rules.due_rungs(ladder, one.priority, one.since, at, told):
            return True
        has_card = any(row.card_at is not None for row in rows)
        return one.of_the_body and not has_card and rules.unreached(ladder, one.priority, told, at)
    except Exception:  # noqa: BLE001 - said by the climb
        return True


def _climb_at(clinic: Clinic, visit_id: UUID, at: datetime, faults: Faults) -> int:
    """What rings there is read again: it may have been answered while others climbed."""
    visit, taken = _locked(visit_id), 0
    if visit is None:
        return 0
    unread = Faults()
    ringing = unanswered(clinic, at, unread, only=visit_id)
    for one in ringing:
        taken += faults.alone(visit_id, partial(_climb_one, visit, one, at)) or 0
    if unread.kinds:
        return taken
    still = {(one.visit_id, one.condition): one.began for one in ringing}
    standing = RungTaken.objects.filter(visit=visit, ended_at__isnull=True).select_related("duty", "clinic")
    for row in standing:
        faults.alone(visit_id, partial(_end_answered, row, still, at))
    return taken


def _locked(visit_id: UUID) -> Visit | None:
    """One that is being stepped this very moment climbs a second later."""
    rows = Watch.objects.filter(visit_id=visit_id).select_related("visit__chair", "visit__clinic")
    row = rows.select_for_update(of=("self",), skip_locked=True).first()
    return row.visit if row is not None else None


def _climb_one(visit: Visit, one: Unanswered, at: datetime) -> int:
    """Each rung taken may bring the next at once: nobody there, nobody to wait for."""
    if not one.rings:
        return 0
    ladder, taken = reader.ladder(), 0
    while True:
        due = rules.due_rungs(ladder, one.priority, one.since, at, _told(one))
        if not due:
            break
        for passed in due[:-1]:  # the watch was away meanwhile: the nearest are called all the same, late
            _take(visit, one, passed, at=at, missed=True)
        _take(visit, one, due[-1], at=at)
        taken += len(due)
    told = _told(one)
    if one.of_the_body and rules.unreached(ladder, one.priority, told, at):
        taken += _lay_card(visit, one, at=at)
    return taken


def _told(one: Unanswered) -> dict[str, Told]:
    rows = RungTaken.objects.filter(visit_id=one.visit_id, condition=one.condition, since=one.since)
    return _told_by(rows.select_related("told_with"))


def _told_by(rows: Iterable[RungTaken]) -> dict[str, Told]:
    return {row.rung: Told(row.begun_at, row.anybody, _confirmed_at(row)) for row in rows}


def _confirmed_at(row: RungTaken) -> datetime | None:
    """Of what was told with another alarm, in the same words, by the call for that one (H9)."""
    first = row.told_with
    return row.confirmed_at or (first.confirmed_at if first is not None else None)


# -- a rung ------------------------------------------------------------------------------------------------------------


def _take(visit: Visit, one: Unanswered, rung: Rung, *, at: datetime, missed: bool = False) -> RungTaken:
    """Told, in one transaction: the duty on their screens, and a call by each way a person gave. Of one that is taken
    late, beside a later one, it is noted that its time was missed."""
    people = calling.whom(visit, rung, at)
    where = chair_words(visit)
    # A moment, as the duty may stand for hours: how long it has been is not true a minute later.
    began = f"{one.since.astimezone(ZoneInfo(visit.clinic.zone)):%H:%M:%S}"
    card = rung.card and one.of_the_body and not missed
    act = f"Go there, {'and' if card else 'or'} call emergency services." if one.of_the_body else "Go there."
    # No patient: the words are the same for everybody, and must reach people whatever anybody is called.
    duty = duties.open_duty(
        kind=KIND,
        title="Answer a high alarm" if one.priority == Priority.HIGH.word else "Answer an alarm",
        why=f"{one.words}. Not answered since {began}, {where}. {act}",
        link=link_of(visit, one.condition),
        patient=None,
        visit_id=visit.pk,
        owner_role=rung.role,
        due_at=at,
        consequence=Consequence.LIFE if one.priority == Priority.HIGH.word else Consequence.SAFETY,
        by=system(visit.clinic),
        at=at,
    )
    row = RungTaken.objects.create(
        organisation_id=visit.organisation_id,
        clinic_id=visit.clinic_id,
        created_at=at,
        visit=visit,
        condition=one.condition,
        priority=one.priority,
        since=one.since,
        rung=rung.id,
        role=rung.role,
        begun_at=at,
        anybody=bool(people),
        missed=missed,
        duty=duty,
        card_at=at if card else None,
        told_with=calling.told_already(visit, rung, call_words(visit, one), at),
    )
    calling.call(row, people, call_words(visit, one), at=at)
    _announce(visit, rung.id, card=card)
    return row


def call_words(visit: Visit, one: Unanswered) -> str:
    return f"{one.words}, {chair_words(visit)}"


def chair_words(visit: Visit) -> str:
    return visit.chair.name if visit.chair else "a session without a chair"


def link_of(visit: Visit, condition: str) -> str:
    return f"/sessions/{visit.pk}/#alarm-{quote(condition)}"


def _lay_card(visit: Visit, one: Unanswered, *, at: datetime) -> int:
    """Every rung was taken and reached nobody: the card is all that is left, whatever the clock says."""
    rows = RungTaken.objects.filter(visit=visit, condition=one.condition, since=one.since)
    if rows.filter(card_at__isnull=False).exists():
        return 0
    last = rows.order_by("-begun_at", "-created_at")[0]
    last.card_at, last.version = at, last.version + 1
    last.save(update_fields=["card_at", "version"])
    _announce(visit, last.rung, card=True)
    return 1


def _announce(visit: Visit, rung: str, *, card: bool) -> None:
    tenancy.announce(
        clinic_id=visit.clinic_id,
        organisation_id=visit.organisation_id,
        topic=f"visit:{visit.pk}",
        kind="event",
        body={"visit": str(visit.pk), "rung": rung, "card": card},
    )


@transaction.atomic
def end_rungs(*, visit: Visit, evidence: Model, by: Actor, at: datetime) -> int:
    """The session is over: nobody has an alarm of it to answer any more, and what ended it is the evidence."""
    access.require(by, "session", "U", patient=visit.patient)
    standing = RungTaken.objects.select_for_update(of=("self",)).filter(visit=visit, ended_at__isnull=True)
    rows = list(standing.select_related("duty").order_by("begun_at"))
    for row in rows:
        _end(row, evidence, by=by, at=at, reason=SESSION_OVER)
    if rows:
        audit.note(by=by, at=at, verb="rungs.end", on=visit, patient=visit.patient_id)
    return len(rows)


def _end(row: RungTaken, evidence: Model, *, by: Actor, at: datetime, reason: str = "") -> None:
    row.ended_at, row.version = at, row.version + 1
    row.save(update_fields=["ended_at", "version"])
    duties.close_duty(row.duty, evidence=evidence, reason=reason, by=by, at=at)
    calling.needless(row)
    if row.card_at is not None:
        _announce(row.visit, row.rung, card=False)


def _end_answered(row: RungTaken, still: Mapping[tuple[UUID, str], datetime], at: datetime) -> None:
    """By its acknowledgement or its end: what says so is the evidence."""
    if _is_over(row, still):
        _end(row, _evidence(row), by=system(row.clinic), at=at)


def _is_over(row: RungTaken, still: Mapping[tuple[UUID, str], datetime]) -> bool:
    began = still.get((row.visit_id, row.condition))
    return began is None or began > row.since


def _evidence(row: RungTaken) -> AlarmSignal | LapseStep:
    if row.condition.startswith("watch."):
        missing = row.condition.removeprefix("watch.")
        return LapseStep.objects.filter(visit_id=row.visit_id, missing=missing).latest("id")
    return AlarmSignal.objects.filter(
        organisation_id=row.organisation_id, visit_id=row.visit_id, condition=row.condition
    ).latest("id")
