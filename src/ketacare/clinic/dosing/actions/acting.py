"""A dose that runs for longer than it is said to act afterwards goes on acting while it runs (T5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import ordered
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.people.access import system
from ketacare.clinic.tenancy.alone import Faults, SomeSessionsFailed
from ketacare.clinic.tenancy.models import Clinic


class NotAllRenewed(SomeSessionsFailed):
    """Some infusion that runs could not be said to act still."""


def renew(*, clinic: Clinic, at: datetime) -> int:
    """Told to the watch of each infusion that still runs, whenever half of the time has gone; how many were."""
    running = Session.objects.filter(clinic=clinic, state=SessionState.RUNNING).select_related("visit__clinic")
    sessions = {session.visit_id: session for session in running}
    running_watches = Watch.objects.filter(visit_id__in=list(sessions), ended_at__isnull=True)
    watches = list(running_watches.order_by("visit_id")) if sessions else []  # the order in which all lock them
    faults, renewed = Faults(), 0
    for one in watches:
        renewed += faults.alone(one.visit_id, partial(_renew, one, sessions[one.visit_id], clinic, at)) or 0
    if faults.kinds:
        raise NotAllRenewed(faults, len(watches))
    return renewed


def _renew(one: Watch, session: Session, clinic: Clinic, at: datetime) -> int:
    state = watch.state_of(one)
    half = timedelta(seconds=state.limits.times.after_dose_s) / 2
    if state.dose_since is None or at < state.dose_since + half:
        return 0
    order = ordered.order_of(session.visit)
    if order is None or not order.infused:
        return 0
    monitoring.dose_acting(visit=session.visit, acting=True, by=system(clinic), at=at)
    return 1
