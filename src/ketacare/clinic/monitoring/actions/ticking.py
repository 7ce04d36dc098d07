"""Time passes for every running watch, and a process says that it is alive."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection, transaction

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.monitoring.actions import devices, watching
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.people import access
from ketacare.clinic.people.models import Role
from ketacare.clinic.tenancy.alone import Faults, SomeSessionsFailed
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.monitoring.terms import Tick

FAILED = "watch.failed"


class NotAllWatched(SomeSessionsFailed):
    """Time could not pass for some watch."""


def tick(*, clinic_id: UUID, at: datetime) -> int:
    """Let time pass for every running watch of the clinic that has something due by now; how many had.

    A watch that a batch of readings is stepping this very moment is skipped: that step sees the time too.
    """
    faults = Faults()
    with transaction.atomic():
        devices.end_overdue_pairings(clinic_id=clinic_id, at=at, faults=faults)
    with transaction.atomic():
        due = Watch.objects.filter(clinic_id=clinic_id, ended_at__isnull=True, next_at__lte=at)
        watches = list(due.order_by("visit_id").select_for_update(skip_locked=True))
        for watch in watches:  # one chair's fault never keeps time from passing at another
            faults.alone(watch.visit_id, partial(watching.step_kept, watch, [Tick(at)], at=at, by=None))
    if faults.kinds:
        raise NotAllWatched(faults, len(watches))
    return len(watches)


def tell_of_failures(*, clinic: Clinic, visits: Iterable[UUID], whole: bool, at: datetime) -> int:
    """A session that could not be seen to is somebody's to look at with their own eyes, from this round until one in
    which it could: a duty of its own, and not only a missing sign of life. A round of which a part failed as a whole
    saw to nobody, and ends no such duty. How many are now."""
    failed, by = set(visits), access.system(clinic)
    standing = Duty.objects.filter(clinic=clinic, kind=FAILED, state=DutyState.OPEN)
    told = {duty.visit_id: duty for duty in standing}
    for visit_id in sorted(failed - set(told)):
        duties.open_duty(
            kind=FAILED,
            title="Watch a session by eye",
            why="Ketacare cannot judge or pass on all alarms of this session. Go by the bedside monitor.",
            link=f"/sessions/{visit_id}/",
            patient=None,
            visit_id=visit_id,
            owner_role=Role.RN,
            due_at=at,
            consequence=Consequence.LIFE,
            by=by,
            at=at,
        )
    again = {visit for visit in set(told) - failed if visit is not None} if whole else set()
    for watch in Watch.objects.filter(visit_id__in=again).order_by("visit_id"):
        visit_id = watch.visit_id
        duties.close_duty(told[visit_id], evidence=watch, reason="It is seen to again", by=by, at=at)
    return len(failed)


def beat(*, process: str, at: datetime) -> None:
    """Say that a process is alive (D9)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into monitoring_beat (process, at) values (%s, %s) "
            "on conflict (process) do update set at = excluded.at",
            [process, at],
        )
