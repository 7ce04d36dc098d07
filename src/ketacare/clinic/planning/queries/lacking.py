"""The window after a dose that lacks its visit, and hours in it that are free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.planning.queries.capacity import AHEAD_DAYS, at_risk
from ketacare.clinic.planning.queries.course import own_therapist
from ketacare.clinic.planning.queries.one import least_after, rules_without_course
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import Course, Visit
from ketacare.clinic.scheduling.planner import Need, Wishes
from ketacare.clinic.scheduling.planner.places import Calendar
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.scheduling import reader
from ketacare.medicine.scheduling.rules import Board
from ketacare.medicine.scheduling.terms import Kind, Span

SHOWN, APART = 3, timedelta(hours=2)


@dataclass(frozen=True)
class Free:
    starts_at: datetime
    person: str
    name: str


@dataclass(frozen=True)
class Inside:
    """The window that lacks a visit, and the first hours in it that are free; or what stands in the way of all."""

    dose: Visit
    window: Span
    free: tuple[Free, ...]
    why: tuple[str, ...]


def inside(patient: Patient, *, by: Actor, at: datetime) -> Inside | None:
    """Of the patient's windows the first that no visit uses; with their own therapist where that can be."""
    _, risky = at_risk(by, Span(at, at + timedelta(days=AHEAD_DAYS)))
    found = next((one for one in risky if one.dose.patient_id == patient.pk), None)
    if found is None:
        return None
    free, why = free_in(patient, found.dose, found.window, by=by, at=at)
    return Inside(found.dose, found.window, tuple(free), tuple(why))


def free_in(patient: Patient, dose: Visit, window: Span, *, by: Actor, at: datetime) -> tuple[list[Free], list[str]]:
    course = dose.course or Course.objects.filter(patient=patient, ended_at=None).first()
    rules = scheduling.course_rules_of(course) if course else rules_without_course(patient)
    span = Span(max(window.starts, at), window.ends)
    length = max(reader.lengths().others[Kind.INTEGRATION], least_after(patient))
    if rules is None or span.length < length:
        return [], ["too little of it is left" if rules else "no plan stands"]
    clinic, key = Clinic.objects.get(pk=by.clinic_id), str(patient.pk)
    house = scheduling.house_of(clinic, span).for_patient(key)
    around = Span(span.starts - timedelta(days=1), span.ends + timedelta(days=1))
    held = scheduling.booked_in(clinic.pk, around)
    own = own_therapist(patient, at, by.zone)
    calendar = Calendar(
        Board(house, span.starts, span.ends, held),
        rules,
        Wishes(people=(own,) if own else ()),
        key,
        tuple(one for one in held if one.patient == key),
    )
    times = calendar.times(Need("new", Kind.INTEGRATION, length, span=span), span)
    names = {one.id: one.name for one in house.people}
    free = [Free(one.span.starts, one.person, names.get(one.person, "")) for _, one in sorted(times.found.items())]
    return spread([one for one in free if one.person == own] or free), times.why.most()


def spread(free: list[Free]) -> list[Free]:
    """The first, and some later that differ enough to be a choice."""
    chosen: list[Free] = []
    for one in free:
        if len(chosen) < SHOWN and (not chosen or one.starts_at - chosen[-1].starts_at >= APART):
            chosen.append(one)
    return chosen
