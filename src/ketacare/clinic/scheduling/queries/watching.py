"""How closely a dose is watched, as its plan and today's order have it; and how many chairs one nurse watches here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from ketacare.clinic.enrolment.models import Plan
from ketacare.clinic.scheduling.above import above
from ketacare.clinic.scheduling.models import SiteRules, Visit, VisitState
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.rules import WHOLE, part, watch_of
from ketacare.medicine.scheduling.terms import Watch, Watched

CLOSEST = (Watch.LARGE, Watch.USUAL, Watch.NASAL)


def watches_of(patients: Iterable[UUID]) -> dict[UUID, Watch]:
    """By the plan that was signed last; whoever has none is watched as usual."""
    rows = Plan.objects.current().filter(patient__in=set(patients)).order_by("happened_at", "recorded_at")
    read = rows.values_list("patient_id", "drug", "route", "dose_mg_per_kg")
    return {patient: watch_of(drug, route, dose) for patient, drug, route, dose in read}


def usual_befores(patients: Iterable[UUID]) -> dict[UUID, timedelta]:
    """From the arrival to the start of a dose that is in no course, by the route of the plan that was signed last."""
    rows = Plan.objects.current().filter(patient__in=set(patients)).order_by("happened_at", "recorded_at")
    read = rows.values_list("patient_id", "route")
    return {patient: reader.lengths().befores.get(route, timedelta()) for patient, route in read}


def before_the_dose(visit: Visit, usual: Mapping[UUID, timedelta]) -> timedelta:
    """From the arrival to the start of this dose: as its course keeps it, else as is usual for this patient."""
    if visit.course is not None:
        return timedelta(minutes=visit.course.rules["before_min"])
    return usual.get(visit.patient_id, timedelta())


def watch_now(visits: Sequence[Visit]) -> dict[UUID, Watch]:
    """As the plan has it, and more closely where more was ordered."""
    planned = watches_of(visit.patient_id for visit in visits)
    found = {}
    for visit in visits:
        known = [planned[visit.patient_id]] if visit.patient_id in planned else []
        ordered = above.ordered(visit) if known != [Watch.LARGE] else None
        known += [] if ordered is None else [watch_of(*ordered)]
        found[visit.pk] = min(known, key=CLOSEST.index, default=Watch.USUAL)
    return found


def watched_at(clinic_id: UUID) -> Watched:
    row: SiteRules | None = SiteRules.objects.current().filter(clinic_id=clinic_id).first()
    return watched_in(row)


def asks_for_a_supervisor(clinic_id: UUID) -> bool:
    """Is a prescriber here for every dose? As this site said, else as the sheet has it: unknown is no no."""
    row: SiteRules | None = SiteRules.objects.current().filter(clinic_id=clinic_id).first()
    return reader.lengths().site.needs_supervisor if row is None else row.needs_supervisor


def watched_in(row: SiteRules | None) -> Watched:
    """As this site set them, else as the sheet has them; a site that set one number once means no more than that."""
    sheet = reader.lengths().site.watched
    if row is None:
        return sheet
    most = row.watched_most
    acting, nasal = row.watched_acting or min(sheet.acting, most), row.watched_nasal or min(sheet.nasal, most)
    return Watched(acting, most, nasal, sheet.acts, min(sheet.large, acting))


def are_too_many(visits: Sequence[Visit], watched: Watched, known: Mapping[UUID, Watch] | None = None) -> bool:
    """For one nurse at once. Before its dose a chair counts as while it acts: that is what is taken on with it.
    `known`: how these are watched, where that was read for more of them at once."""
    watch = watch_now(visits) if known is None else known
    return sum(part(watched, watch[one.pk], acting=one.state != VisitState.RECOVERY) for one in visits) > WHOLE
