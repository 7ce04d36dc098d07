"""Time passes for every running watch, and a process says that it is alive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

from django.db import connection

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence, Duty, DutyState
from ketacare.clinic.monitoring.actions import devices, watching
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.monitoring.unjudged import FAILED
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.alone import Faults, SomeSessionsFailed
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.monitoring.terms import DoseActing, Given, Signal, Tick

HELD_MOST = 8


class NotAllWatched(SomeSessionsFailed):
    """Time could not pass for some watch."""


def tick(*, clinic: Clinic, at: datetime) -> int:
    """Let time pass for every running watch of the clinic that has something due by now; how many had.

    A watch that a batch of readings is stepping this very moment is skipped: that step sees the time too. Few are held
    at a time, each few in a transaction of their own: what comes from the monitors meanwhile waits for no more.
    """
    faults, passed = Faults(), 0
    with tenancy.tenant(clinic.organisation_id):
        devices.end_overdue_pairings(clinic_id=clinic.pk, at=at, faults=faults)
        running = Watch.objects.filter(clinic=clinic, ended_at__isnull=True, next_at__lte=at)
        due = sorted(running.values_list("visit_id", flat=True))
    for start in range(0, len(due), HELD_MOST):
        with tenancy.tenant(clinic.organisation_id):
            still = Watch.objects.filter(visit_id__in=due[start : start + HELD_MOST], ended_at__isnull=True)
            watches = list(still.filter(next_at__lte=at).order_by("visit_id").select_for_update(skip_locked=True))
            for watch in watches:  # one chair's fault never keeps time from passing at another
                faults.alone(watch.visit_id, partial(watching.step_kept, watch, [Tick(at)], at=at, by=None))
        passed += len(watches)
    if faults.kinds:
        raise NotAllWatched(faults, passed)
    return passed


def due_between(clinics: Iterable[Clinic], *, after: datetime, until: datetime) -> list[tuple[datetime, Clinic]]:
    """When time alone may next change something at a running watch, the soonest first."""
    found, by_organisation = list[tuple[datetime, Clinic]](), dict[UUID, dict[UUID, Clinic]]()
    for clinic in clinics:
        by_organisation.setdefault(clinic.organisation_id, {})[clinic.pk] = clinic
    for organisation_id, theirs in by_organisation.items():
        with tenancy.tenant(organisation_id):
            running = Watch.objects.filter(clinic__in=theirs, ended_at__isnull=True)
            rows = list(running.filter(next_at__gt=after, next_at__lte=until).values_list("next_at", "clinic_id"))
        found += [(moment, theirs[clinic_id]) for moment, clinic_id in rows if moment is not None]
    return sorted(found, key=lambda one: one[0])


def tell_of_failures(*, clinic: Clinic, visits: Iterable[UUID], lately: set[UUID] | None, at: datetime) -> int:
    """A session that could not be seen to is somebody's to look at with their own eyes: a duty of its own, by which its
    screens say NOT LIVE. `visits` failed in this round; as long as one is among those that did so `lately`, its duty
    stands, so that one which is skipped now and then is not told of again and again; None: any may have. How many are
    now."""
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
    well = set() if lately is None else set(told) - failed - lately
    again = {visit_id for visit_id in well if visit_id is not None}
    for visit in Visit.objects.filter(pk__in=again).order_by("pk"):
        duties.close_duty(told[visit.pk], evidence=visit, reason="It is seen to again", by=by, at=at)
    for visit_id in sorted((failed - set(told)) | again):
        _drawn_anew(clinic, visit_id)
    return len(failed)


def advance_or_tell(
    visit: Visit, given: Sequence[Given], *, at: datetime, by: Actor | None = None
) -> tuple[Signal, ...] | None:
    """As advance, for what a person charts: it is kept also where it cannot be judged, and then that is told at once:
    the next round may find nothing amiss. None when it could not be judged."""
    signals = watching.advance_if_it_can(visit, given, at=at, by=by)
    if signals is None:
        tell_of_failures(clinic=visit.clinic, visits=[visit.pk], lately=None, at=at)
    return signals


def dose_acting(*, visit: Visit, acting: bool, at: datetime, by: Actor) -> None:
    """A dose begins to act, or at discharge no longer does: a loss then weighs more (T2, T5). What was given acts, and
    is charted whatever becomes of the watch; whether one may begin is asked before."""
    advance_or_tell(visit, [DoseActing(at, acting)], at=at, by=by)


def _drawn_anew(clinic: Clinic, visit_id: UUID) -> None:
    """What its screens show of it is asked for again."""
    tenancy.announce(
        clinic_id=clinic.pk,
        organisation_id=clinic.organisation_id,
        topic=f"visit:{visit_id}",
        kind="state",
        body={"judged": "changed"},
    )


def beat(*, process: str, at: datetime, late_s: float = 0.0) -> None:
    """Say that a process is alive (D9), and how late what it did lately was."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into monitoring_beat (process, at, late_ms) values (%s, %s, %s) "
            "on conflict (process) do update set at = excluded.at, late_ms = excluded.late_ms",
            [process, at, min(round(late_s * 1000), 2_000_000_000)],
        )
