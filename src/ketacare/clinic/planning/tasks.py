"""What the passing of time does to dosing visits: who comes soon is reminded."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q

from ketacare.clinic.duties.access import system
from ketacare.clinic.enrolment import pausing
from ketacare.clinic.planning import actions
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy.actions import for_each_organisation
from ketacare.medicine.scheduling import reader

AT_ONCE = 200
# Written this much before it goes out, so that the desk sees ahead who has nobody to take them home.
EARLIER = timedelta(hours=24)


def remind_due(at: datetime) -> int:
    """Every dosing visit that is near and has no reminder for its present time, in every organisation."""
    until = at + timedelta(hours=reader.lengths().remind_before) + EARLIER

    def near() -> list[Visit]:
        rows = Visit.objects.filter(
            kind=VisitKind.DOSE, state=VisitState.BOOKED, starts_at__gt=at, starts_at__lte=until
        )
        written = Q(reminder__visit_at=F("starts_at"), reminder__link_until=F("starts_at"))
        rows = rows.filter(Q(reminder__isnull=True) | ~written)
        rows = rows.exclude(Exists(pausing.paused().filter(patient=OuterRef("patient"))))
        return list(rows.select_related("patient", "clinic").order_by("starts_at")[:AT_ONCE])

    return for_each_organisation(near, lambda visit: actions.remind(visit, by=system(visit.clinic), at=at))
