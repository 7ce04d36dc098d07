"""How gains fade in a clinic: the courses it is learned from, and what was learned last."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

import numpy as np

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.registry.models import FadingPool
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.rules import forecast
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
    """From the newest courses of the clinic; a course is the doses of one patient."""
    sheet, instrument = reader.forecasting(), reader.instrument(name)
    doses = _doses(clinic_id, at, sheet.most_people.integer)
    if not doses:
        return None
    told, people = _gains(doses, instrument, clinic_id)
    return forecast.pooled(told, people, instrument, sheet)


def _doses(clinic_id: UUID, at: datetime, most: int) -> dict[UUID, list[datetime]]:
    rows = Session.objects.filter(clinic_id=clinic_id, started_at__isnull=False, started_at__lte=at)
    found: dict[UUID, list[datetime]] = {}
    for patient, began in rows.order_by("started_at").values_list("visit__patient_id", "started_at"):
        if patient is not None and began is not None:
            found.setdefault(patient, []).append(began)
    newest = sorted(found, key=lambda patient: found[patient][0], reverse=True)[:most]
    return {patient: found[patient] for patient in newest}


def _gains(doses: dict[UUID, list[datetime]], instrument: Instrument, clinic_id: UUID) -> tuple[Gains, int]:
    """Of everybody with a baseline; they are numbered in the order in which they are told."""
    major = f"{instrument.version.split('.')[0]}."
    rows = Score.objects.current().filter(
        clinic_id=clinic_id, instrument=instrument.id, instrument_version__startswith=major, total__isnull=False
    )
    scores: dict[UUID, list[tuple[float, float]]] = {}
    for patient, happened, total in rows.order_by("happened_at").values_list("patient_id", "happened_at", "total"):
        if patient in doses and total is not None:
            scores.setdefault(patient, []).append(((happened - doses[patient][0]) / DAY, float(total)))
    baselines = {patient: _baseline(told, instrument.baseline_days) for patient, told in scores.items()}
    who = [patient for patient, baseline in baselines.items() if baseline is not None]
    gained = [
        (number, day, (baselines[patient] or 0.0) - total)
        for number, patient in enumerate(who)
        for day, total in scores[patient]
        if day > 0
    ]
    dosed = [(number, (one - doses[patient][0]) / DAY) for number, patient in enumerate(who) for one in doses[patient]]
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
