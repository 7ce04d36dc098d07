"""A dose that runs for longer than it is said to act afterwards goes on acting while it runs (T5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

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
        running = Watch.objects.filter(clinic=clinic, ended_at__isnull=True, visit__dosing__state=SessionState.RUNNING)
        watches = [one for one in running.defer("state") if _may_be_owed(one, at)]
        known = states.readable(watches)
        for one in watches:  # of what cannot be read, why not
            if one.pk not in known:
                faults.alone(one.visit_id, partial(states.state_of, one))
    owed = {one.visit_id for one in watches if one.pk in known and _is_owed(known[one.pk], at)}
    for visit_id in sorted(owed):
        with tenancy.tenant(clinic.organisation_id):
            renewed += faults.alone(visit_id, partial(_renew, visit_id, clinic, at)) or 0
    if faults.kinds:
        raise NotAllRenewed(faults, len(watches))
    return renewed


def _may_be_owed(watch: Watch, at: datetime) -> bool:
    """Whatever happened since this process knew it last: a dose that acts is only ever told to act from later on, so
    that no engine has to be led on each second to find that nothing is owed."""
    _, state = states.remembered(watch.pk)
    return state is None or state.dose_since is None or _is_owed(state, at)


def _is_owed(state: State, at: datetime) -> bool:
    half = timedelta(seconds=state.limits.times.after_dose_s) / 2
    return state.dose_since is not None and at >= state.dose_since + half


def _renew(visit_id: UUID, clinic: Clinic, at: datetime) -> int:
    session = Session.objects.select_related("visit__clinic").get(visit=visit_id)
    order = ordered.order_of(session.visit)
    if order is None or not order.infused:
        return 0
    monitoring.dose_acting(visit=session.visit, acting=True, by=system(clinic), at=at)
    return 1
