"""A dose that runs for longer than it is said to act afterwards goes on acting while it runs (T5)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.dosing.queries import ordered
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Watch
from ketacare.clinic.people.access import system
from ketacare.clinic.tenancy.models import Clinic


def renew(*, clinic: Clinic, at: datetime) -> int:
    """Told to the watch of each infusion that still runs, whenever half of the time has gone; how many were."""
    running = Session.objects.filter(clinic=clinic, state=SessionState.RUNNING).select_related("visit__clinic")
    sessions = {session.visit_id: session for session in running}
    watches = list(Watch.objects.filter(visit_id__in=list(sessions), ended_at__isnull=True)) if sessions else []
    states, renewed = watch.states_of(watches), 0
    for one in watches:
        state, session = states[one.pk], sessions[one.visit_id]
        half = timedelta(seconds=state.limits.times.after_dose_s) / 2
        if state.dose_since is None or at < state.dose_since + half:
            continue
        order = ordered.order_of(session.visit)
        if order is not None and order.infused:
            with transaction.atomic():
                monitoring.dose_acting(visit=session.visit, acting=True, by=system(clinic), at=at)
            renewed += 1
    return renewed
