"""A dosing visit with its asks."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.duties.tests.factories import AT, Place
from ketacare.clinic.outcomes import actions
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.scheduling.models import Visit, VisitKind


def a_visit(here: Place, patient: Patient | None = None, starts_at: datetime = AT) -> Visit:
    patient = patient or here.patient()
    return Visit.objects.create(
        organisation_id=here.clinic.organisation_id,
        clinic=here.clinic,
        created_at=AT,
        patient=patient,
        kind=VisitKind.DOSE,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=2),
    )


def the_asks(here: Place, patient: Patient | None = None, dose_at: datetime = AT) -> dict[str, Ask]:
    visit = a_visit(here, patient, dose_at)
    asks = actions.schedule_asks(visit=visit, dose_at=dose_at, by=here.staff(Role.RN), at=dose_at)
    return {ask.key: ask for ask in asks}
