"""How gains fade in a clinic: the courses it is learned from, and what was learned last."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import groupby
from uuid import UUID

import numpy as np

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.enrolment.models import Enrolment
from ketacare.clinic.outcomes.alike import said
from ketacare.clinic.outcomes.gaps import too_soon
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.registry.models import FadingPool
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.rules import forecast
from ketacare.medicine.outcomes.rules.alike import Marks, coded, first_of_course, in_line, is_too_soon
from ketacare.medicine.outcomes.terms import Gains, Instrument, Pool, pool_read

DAY = timedelta(days=1)


@cache
def forecast_scales() -> tuple[str, ...]:
    """The scales whose sheet has what a forecast needs: an error of measurement, a reliable change, a response."""
    return tuple(name for name in reader.INSTRUMENTS if _has_all(reader.instrument(name)))


def _has_all(sheet: Instrument) -> bool:
    return None not in (forecast.standard_error(sheet), sheet.reliable_change, sheet.response_percent)


def kept_pool(clinic_id: UUID, name: str) -> FadingPool | None:
    row: FadingPool | None = FadingPool.objects.filter(clinic_id=clinic_id, instrument=name).first()
    return row


def pool_of(clinic_id: UUID, name: str) -> tuple[Pool, datetime] | None:
    """What was learned last and when; None where it was learned by other sheets, or from nobody."""
    row = kept_pool(clinic_id, name)
    if row is None or not row.people or not is_current(row):
        return None
    return pool_read(row.body), row.learned_at


def is_current(row: FadingPool) -> bool:
    """Sheets in another version have to learn anew."""
    return versions_for(row.instrument) == {
        "instrument_version": row.instrument_version,
        "sheet_version": row.sheet_version,
    }


def versions_for(name: str) -> dict[str, str]:
    return {
        "instrument_version": reader.instrument(name).version,
        "sheet_version": reader.forecasting().header.version,
    }


def learned(clinic_id: UUID, name: str, at: datetime) -> Pool | None:
    """From the newest courses of the clinic; a course is the doses of one enrolment."""
    sheet, instrument = reader.forecasting(), reader.instrument(name)
    courses = _courses(clinic_id, at, sheet.most_people.integer)
    if not courses:
        return None
    told, people = _gains(courses, instrument, clinic_id)
    return forecast.pooled(told, people, instrument, sheet)


@dataclass(frozen=True)
class _Course:
    """The doses of one enrolment; what was scored before the next one began is its own."""

    patient: UUID
    doses: tuple[datetime, ...]
    until: datetime | None

    def takes(self, happened: datetime, within: timedelta) -> bool:
        return happened >= self.doses[0] - within and (self.until is None or happened < self.until)


def _courses(clinic_id: UUID, at: datetime, most: int) -> list[_Course]:
    """The newest first. Doses of before any enrolment are a course as well."""
    rows = Session.objects.filter(clinic_id=clinic_id, started_at__isnull=False, started_at__lte=at)
    doses: dict[UUID, list[datetime]] = defaultdict(list)
    for patient, began in rows.order_by("started_at").values_list("visit__patient_id", "started_at"):
        if patient is not None and began is not None:
            doses[patient].append(began)
    starts: dict[UUID, list[datetime]] = defaultdict(list)
    enrolled = Enrolment.objects.filter(clinic_id=clinic_id).order_by("created_at")
    for patient, created in enrolled.values_list("patient_id", "created_at"):
        starts[patient].append(created)
    found = [course for patient in doses for course in _of_one(patient, doses[patient], starts[patient])]
    return sorted(found, key=lambda course: course.doses[0], reverse=True)[:most]


def _of_one(patient: UUID, doses: list[datetime], starts: list[datetime]) -> Iterator[_Course]:
    for number, own in groupby(doses, key=lambda dose: bisect_right(starts, dose)):
        yield _Course(patient, tuple(own), starts[number] if number < len(starts) else None)


def _gains(courses: list[_Course], instrument: Instrument, clinic_id: UUID) -> tuple[Gains, int]:
    """Of every course with a baseline; they are numbered in the order in which they are told."""
    rows = Score.objects.current().filter(clinic_id=clinic_id, instrument=instrument.id, total__isnull=False)
    of_patient: dict[UUID, list[int]] = defaultdict(list)
    for place, course in enumerate(courses):
        of_patient[course.patient].append(place)
    found: list[tuple[int, float, float]] = []
    marked: list[tuple[str, Marks]] = []
    within = timedelta(days=instrument.baseline_days)
    rating = ("answers__rating__edition", "answers__rating__hidden")
    told_of = rows.order_by("happened_at").values_list(
        "patient_id", "happened_at", "total", "instrument_version", "overlaps_recall", *rating
    )
    for patient, happened, total, version, overlaps, edition, hidden in told_of:
        places = of_patient.get(patient, ())
        given = [dose for place in places for dose in courses[place].doses]
        if is_too_soon(instrument, happened, given, overlaps=overlaps, within=too_soon()):
            continue
        for place in places:
            if total is not None and courses[place].takes(happened, within):
                found.append((place, (happened - courses[place].doses[0]) / DAY, float(total)))
                marked.append((version, said(instrument, edition or "", hidden or ())))
    of = np.array([place for place, _, _ in found], dtype=np.int64)
    days = np.array([one for _, one, _ in found], dtype=float)
    alike = in_line(of, coded(marked, instrument), first_of_course(days))
    scores: dict[int, list[tuple[float, float]]] = {}
    for (place, after, score), is_alike in zip(found, alike, strict=True):
        if is_alike:
            scores.setdefault(place, []).append((after, score))
    baselines = {place: _baseline(told, instrument.baseline_days) for place, told in scores.items()}
    who = [place for place, baseline in baselines.items() if baseline is not None]
    gained = [
        (number, day, (baselines[place] or 0.0) - total)
        for number, place in enumerate(who)
        for day, total in scores[place]
        if day > 0
    ]
    dosed = [
        (number, (one - courses[place].doses[0]) / DAY)
        for number, place in enumerate(who)
        for one in courses[place].doses
    ]
    whose, day, gain = (np.array(column) for column in zip(*gained, strict=True)) if gained else (np.zeros(0),) * 3
    dose_whose, dose_day = (np.array(column) for column in zip(*dosed, strict=True)) if dosed else (np.zeros(0),) * 2
    told = forecast.of_everybody(
        whose.astype(np.int64), day, gain, dose_whose.astype(np.int64), dose_day, reader.forecasting()
    )
    return told, len(who)


def _baseline(told: list[tuple[float, float]], within_days: int) -> float | None:
    """The last score before the first dose, if not too old."""
    before = [total for day, total in told if -within_days <= day <= 0]
    return before[-1] if before else None
