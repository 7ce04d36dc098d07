"""What the patient has to be told of a visit that has another time, or none: a duty of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.actions.reasons import Reason
from ketacare.clinic.scheduling.models import Course, Visit, VisitState

TOLD_MOST = 6
TELL = duties.ends_by_word("visit.tell", "Who was told what, and how")


def because(reason: str, anew: bool = False) -> str:
    """As it is told to the patient: the reason of this move, and that the day was planned anew where it was."""
    said = Reason(reason).label if reason in Reason.values else ""
    return ": ".join(part for part in ("The day was planned anew" if anew else "", said) if part)


def tell(row: Visit, title: str, why: str, *, by: Actor, at: datetime) -> None:
    when = row.starts_at.astimezone(ZoneInfo(by.zone))
    number = f" {row.number_in_course}" if row.number_in_course else ""
    duties.open_duty(
        kind=TELL,
        title=title,
        patient=row.patient,
        owner_role=Role.FD,
        due_at=at + timedelta(hours=2),
        why=f"{row.get_kind_display()}{number}, {when:%a %d-%b-%Y %H:%M}. {f'{why}.' if why else ''}".strip(),
        link=f"/visits/{row.pk}/planning/",
        by=by,
        at=at,
        visit_id=row.pk,
    )


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
    more = f"; and {len(said) - TOLD_MOST} more" if len(said) > TOLD_MOST else ""
    duties.open_duty(
        kind=TELL,
        title="Tell the patient the new dates of their doses",
        patient=course.patient,
        owner_role=Role.FD,
        due_at=at + timedelta(hours=2),
        why=f"The course was booked. {'; '.join(said[:TOLD_MOST])}{more}.",
        link=f"/patients/{course.patient_id}/course/",
        by=by,
        at=at,
    )
