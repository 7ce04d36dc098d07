"""Time passes for every running watch, and a process says that it is alive."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection, transaction

from ketacare.clinic.monitoring.actions import devices, watching
from ketacare.clinic.monitoring.models import Watch
from ketacare.medicine.monitoring.terms import Tick


class NotAllWatched(Exception):
    """Time could not pass for some watch."""


def tick(*, clinic_id: UUID, at: datetime) -> int:
    """Let time pass for every running watch of the clinic that has something due by now; how many had.

    A watch that a batch of readings is stepping this very moment is skipped: that step sees the time too.
    """
    with transaction.atomic():
        devices.end_overdue_pairings(clinic_id=clinic_id, at=at)
    with transaction.atomic():
        due = Watch.objects.filter(clinic_id=clinic_id, ended_at__isnull=True, next_at__lte=at)
        watches = list(due.order_by("visit_id").select_for_update(skip_locked=True))
        faults = _each_alone(watches, lambda watch: watching.step_kept(watch, [Tick(at)], at=at, by=None))
    if faults:  # said once the others have been stepped: whoever asked must not say that all are watched
        raise NotAllWatched(f"{len(faults)} of {len(watches)}: {', '.join(sorted(set(faults)))}")
    return len(watches)


def _each_alone(watches: Iterable[Watch], act: Callable[[Watch], object]) -> list[str]:
    """One chair's fault never keeps time from passing at another. The kinds of the faults there were."""
    return [fault for watch in watches if (fault := _alone(watch, act))]


def _alone(watch: Watch, act: Callable[[Watch], object]) -> str:
    try:
        with transaction.atomic():
            act(watch)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:  # noqa: BLE001 - said by the caller; its text may quote a record
        return type(fault).__name__
    return ""


def beat(*, process: str, at: datetime) -> None:
    """Say that a process is alive (D9)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into monitoring_beat (process, at) values (%s, %s) "
            "on conflict (process) do update set at = excluded.at",
            [process, at],
        )
