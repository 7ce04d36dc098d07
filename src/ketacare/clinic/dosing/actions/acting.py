"""A dose that runs for longer than it is said to act afterwards goes on acting while it runs (T5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import ordered
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import states
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.people.access import system
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.alone import Faults, SomeSessionsFailed
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.monitoring.terms import State


class NotAllRenewed(SomeSessionsFailed):
    """Some infusion that runs could not be said to act still."""


def renew(*, clinic: Clinic, at: datetime) -> int:
    """Told to the watch of each infusion that still runs, whenever half of the time has gone; how many were. Each in a
    transaction of its own: none is held while another's is told."""
    faults, renewed = Faults(), 0
    with tenancy.tenant(clinic.organisation_id):
        running = Session.objects.filter(clinic=clinic, state=SessionState.RUNNING).select_related("visit__clinic")
        sessions = {session.visit_id: session for session in running}
        watches = list(Watch.objects.filter(visit_id__in=list(sessions), ended_at__isnull=True)) if sessions else []
        known = states.readable(watches)
        for one in watches:  # of what cannot be read, why not
            if one.pk not in known:
                faults.alone(one.visit_id, partial(states.state_of, one))
    owed = {one.visit_id for one in watches if one.pk in known and _is_owed(known[one.pk], at)}
    for visit_id in sorted(owed):
        with tenancy.tenant(clinic.organisation_id):
            renewed += faults.alone(visit_id, partial(_renew, sessions[visit_id], clinic, at)) or 0
    if faults.kinds:
        raise NotAllRenewed(faults, len(watches))
    return renewed


def _is_owed(state: State, at: datetime) -> bool:
    half = timedelta(seconds=state.limits.times.after_dose_s) / 2
    return state.dose_since is not None and at >= state.dose_since + half


def _renew(session: Session, clinic: Clinic, at: datetime) -> int:
    order = ordered.order_of(session.visit)
    if order is None or not order.infused:
        return 0
    monitoring.dose_acting(visit=session.visit, acting=True, by=system(clinic), at=at)
    return 1
