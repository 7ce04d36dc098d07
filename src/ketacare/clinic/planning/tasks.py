"""What the passing of time does to visits: who comes soon is reminded."""

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
AHEAD_OF_A_DOSE = (VisitKind.DOSE, VisitKind.PREPARATION, VisitKind.LABORATORY)
AT_ANY_TIME = (VisitKind.EVALUATION, VisitKind.REVIEW)
# Written this much before it goes out, so that the desk sees ahead who has nobody to take them home.
EARLIER = timedelta(hours=24)


def remind_due(at: datetime) -> int:
    """Every visit that is near and has no reminder for its present time, in every organisation. The work after a dose
    is reminded of once that dose was given, also while the course stands still."""
    until = at + timedelta(hours=reader.lengths().remind_before) + EARLIER

    def near() -> list[Visit]:
        paused = Exists(pausing.paused().filter(patient=OuterRef("patient")))
        ahead = Q(kind__in=AHEAD_OF_A_DOSE) & ~paused
        after = Q(kind=VisitKind.INTEGRATION) & (Q(follows__isnull=True) | Q(follows__dose_began_at__isnull=False))
        wanted = ahead | after | Q(kind__in=AT_ANY_TIME)
        rows = Visit.objects.filter(wanted, state=VisitState.BOOKED, starts_at__gt=at, starts_at__lte=until)
        written = Q(reminder__visit_at=F("starts_at"), reminder__link_until=F("starts_at"))
        rows = rows.filter(Q(reminder__isnull=True) | ~written)
        return list(rows.select_related("patient", "clinic", "follows").order_by("starts_at")[:AT_ONCE])

    return for_each_organisation(near, lambda visit: actions.remind(visit, by=system(visit.clinic), at=at))
