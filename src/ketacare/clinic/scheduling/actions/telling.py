"""What the patient has to be told of a visit that has another time, or none: a duty of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty, DutyState, DutyStep, Step
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.actions.reasons import Reason
from ketacare.clinic.scheduling.models import Course, Happened, Visit, VisitChange, VisitKind, VisitState

TOLD_MOST, SAID_MOST = 6, 220
TELL_WITHIN = timedelta(hours=2)
MOVED = ("Tell the patient the new time of a visit", "Tell the patient the new times of their visits")
NEW_DATES = "Tell the patient the new dates of their doses"
OF_TIMES = (*MOVED, NEW_DATES)
TELL = duties.ends_by_word("visit.tell", "Who was told what, and how")


def because(reason: str, anew: bool = False) -> str:
    """As it is told to the patient: the reason of this move, and that the day was planned anew where it was."""
    said = Reason(reason).label if reason in Reason.values else ""
    return ": ".join(part for part in ("The day was planned anew" if anew else "", said) if part)


def tell(row: Visit, title: str, why: str, *, by: Actor, at: datetime) -> None:
    duties.open_duty(
        kind=TELL,
        title=title,
        patient=row.patient,
        owner_role=Role.FD,
        due_at=at + TELL_WITHIN,
        why=f"{named(row)}, {local(row.starts_at, by, '%a %d-%b-%Y %H:%M')}. {f'{why}.' if why else ''}".strip(),
        link=f"/visits/{row.pk}/planning/",
        by=by,
        at=at,
        visit_id=row.pk,
    )


def tell_moved(row: Visit, why: str = "", *, by: Actor, at: datetime) -> None:
    """One call says all: the new time of every visit of theirs that has moved since they were last told. `row` is what
    moved or was given up now; an hour that holds no more is told to nobody."""
    owed = Duty.objects.filter(kind=TELL, state=DutyState.OPEN, patient=row.patient_id)
    before = list(owed.filter(Q(title__in=OF_TIMES) | Q(visit_id=row.pk)).select_related("owner"))
    for duty in before:
        duties.close_duty(duty, evidence=row, by=by, at=at)
    moves = moved_since_told(row.patient_id)
    rows = list(Visit.objects.filter(pk__in=moves, state=VisitState.BOOKED, starts_at__gt=at).order_by("starts_at"))
    gone = taken_since_told(row.patient_id)
    if not rows and not gone:
        return
    why = why or because(list(moves.values())[-1] if moves else "")
    one = next((visit for visit in rows if visit.kind == VisitKind.DOSE), rows[0] if rows else row)
    said = [f"{briefly(visit)} {local(visit.starts_at, by, '%a %d-%b %H:%M')}" for visit in rows]
    said += [f"{local(moment, by, '%a %d-%b %H:%M')} is no more" for moment in gone]
    words = f"{joined(said)}."
    if len(said) == 1 and rows:
        words = f"{named(one)}, {local(one.starts_at, by, '%a %d-%b-%Y %H:%M')}."
    duties.open_duty(
        kind=TELL,
        title=MOVED[len(said) > 1],
        patient=one.patient,
        owner_role=Role.FD,
        owner=next((duty.owner for duty in before if duty.owner), None),
        due_at=min([at + TELL_WITHIN, *(duty.due_at for duty in before)]),
        why=f"{words} {f'{why}.' if why else ''}".strip(),
        link=f"/visits/{one.pk}/planning/" if len(said) == 1 else f"/patients/{one.patient_id}/course/",
        by=by,
        at=at,
        visit_id=one.pk,
    )


def owes_telling(row: Visit) -> bool:
    """Given up before its new time was told: the others are told still."""
    owed = Duty.objects.filter(kind=TELL, state=DutyState.OPEN, patient=row.patient_id, title__in=OF_TIMES)
    return owed.exists()


def moved_since_told(patient_id: UUID) -> dict[UUID, str]:
    """By visit the reason of its last move, since somebody wrote down that they told the patient."""
    moves = since_told(patient_id).filter(what=Happened.MOVED).order_by("recorded_at")
    return dict(moves.values_list("visit_id", "reason"))


def taken_since_told(patient_id: UUID) -> list[datetime]:
    """Hours of doses that a course has no more: nobody looks for another time of those."""
    gone = since_told(patient_id).filter(what=Happened.CANCELLED, reason="course", from_at__isnull=False)
    return [row.from_at for row in gone.order_by("from_at") if row.from_at]


def since_told(patient_id: UUID) -> QuerySet[VisitChange]:
    told = DutyStep.objects.filter(duty__kind=TELL, duty__patient=patient_id, duty__title__in=OF_TIMES)
    told = told.filter(step=Step.CLOSED).exclude(evidence_kind=Visit._meta.label_lower)
    last = told.order_by("recorded_at").last()
    changes = VisitChange.objects.current().filter(visit__patient=patient_id)
    return changes.filter(recorded_at__gt=last.recorded_at) if last is not None else changes


def named(row: Visit) -> str:
    return f"{row.get_kind_display()}{f' {row.number_in_course}' if row.number_in_course else ''}"


def briefly(row: Visit) -> str:
    return f"{row.kind.capitalize()}{f' {row.number_in_course}' if row.number_in_course else ''}"


def joined(said: list[str]) -> str:
    """As many as a line holds; the page that it leads to has all of them."""
    shown = [one for n, one in enumerate(said) if len("; ".join(said[: n + 1])) <= SAID_MOST]
    return "; ".join(shown) + (f"; and {len(said) - len(shown)} more" if len(shown) < len(said) else "")


def local(moment: datetime, by: Actor, form: str) -> str:
    return moment.astimezone(ZoneInfo(by.zone)).strftime(form)


def tell_new_dates(course: Course, had: Mapping[UUID, datetime], *, by: Actor, at: datetime) -> None:
    """Whoever had dates before the course was booked is told of all that are others now, in one call."""

    def when(moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo(by.zone)):%a %d-%b %H:%M}"

    said = []
    for row in Visit.objects.filter(pk__in=had).order_by("starts_at"):
        if row.state == VisitState.CANCELLED:
            said.append(f"{when(had[row.pk])} is no more")
        elif row.starts_at != had[row.pk]:
            said.append(f"{when(had[row.pk])} is now {when(row.starts_at)}")
    if not said:
        return
    owed = Duty.objects.filter(kind=TELL, state=DutyState.OPEN, patient=course.patient_id, title__in=OF_TIMES)
    if owed.exists():
        tell_moved(Visit.objects.filter(pk__in=had)[0], "The course was booked", by=by, at=at)
        return
    more = f"; and {len(said) - TOLD_MOST} more" if len(said) > TOLD_MOST else ""
    duties.open_duty(
        kind=TELL,
        title=NEW_DATES,
        patient=course.patient,
        owner_role=Role.FD,
        due_at=at + TELL_WITHIN,
        why=f"The course was booked. {'; '.join(said[:TOLD_MOST])}{more}.",
        link=f"/patients/{course.patient_id}/course/",
        by=by,
        at=at,
    )
