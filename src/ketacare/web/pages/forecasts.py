"""The forecast of the loss of response in words: when, how sure, from how much, and what it is not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.clinic.dosing.queries import effects
from ketacare.clinic.dosing.queries import reviewing as stopping
from ketacare.clinic.dosing.queries.course import DRUGS
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.people.models import Patient
from ketacare.clinic.registry import queries as registry
from ketacare.clinic.safety import queries as safety
from ketacare.medicine.dosing.rules import reviewing
from ketacare.medicine.evidence.terms import Figure
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.rules import forecast
from ketacare.medicine.outcomes.terms import Forecast, Forecasting, Spanned, Unknown
from ketacare.medicine.pharmacology.terms import Drug
from ketacare.medicine.quantities.terms import plain
from ketacare.web.pages.curves import Course, ScaleCourse

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Told:
    """What the page says: `found` or `why` not; everything else is words."""

    scale: str
    found: Forecast | None
    why: str
    window: str
    offered: tuple[datetime, datetime] | None
    rows: tuple[tuple[str, str, str, str], ...]
    own: str
    today: str
    learned: str
    sheet: Forecasting
    published: tuple[tuple[str, Figure], ...]


def main_scale(scales: Sequence[ScaleCourse]) -> ScaleCourse | None:
    """The first that can be forecast and was scored; else the first that can be."""
    able = [one for one in scales if one.sheet.id in registry.forecast_scales()]
    return next((one for one in able if one.scores), able[0] if able else None)


def told(patient: Patient, course: Course, one: ScaleCourse) -> Told:
    sheet = reader.forecasting()
    pool = registry.pool_of(patient.clinic_id, one.sheet.id)
    found = forecast.forecast(one.course, one.sheet, pool[0] if pool else None, sheet)
    learned = f"learned {course.date(pool[1])}" if pool else ""
    if isinstance(found, Unknown):
        return Told(one.sheet.name, None, unknown(found, sheet), "", None, (), "", "", learned, sheet, sheet.published)
    last = course.doses[-1]
    return Told(
        scale=one.sheet.name,
        found=found,
        why="",
        window=window(patient, found, last, course),
        offered=None if none_offered(patient, last) else span(patient, found, last, course),
        rows=tuple(rows(found, last, course, sheet)),
        own=own(found),
        today=today(found, last, course),
        learned=learned,
        sheet=sheet,
        published=sheet.published,
    )


def unknown(why: Unknown, sheet: Forecasting) -> str:
    least = f" (fewer than {sheet.least_people.value})" if why is Unknown.FEW_PEOPLE else ""
    return f"Not known: {why}{least}."


def window(patient: Patient, found: Forecast, last: datetime, course: Course) -> str:
    """From when to when another visit is offered; never closer than the protocol and the ceilings allow, and none where
    the course does not go on."""
    if why := none_offered(patient, last):
        return why
    opens, closes = span(patient, found, last, course)
    if opens > course.at:
        if opens < closes:
            return f"Between {course.date(opens)} and {course.date(closes)}."
        return f"From {course.date(opens)}: sooner would be closer than the protocol or a ceiling allows."
    if closes <= course.at:
        return f"No longer: the window closed on {course.date(closes)}, and a look has been due since."
    return f"The window is open until {course.date(closes)}."


def span(patient: Patient, found: Forecast, last: datetime, course: Course) -> tuple[datetime, datetime]:
    """As it is said and as it is drawn; it may close before protocol and ceilings let it open."""
    opens, closes = (last + day * DAY for day in days_offered(found))
    return max(opens, *held_until(patient, last, course)), closes


def days_offered(found: Forecast) -> tuple[float, float]:
    """Until a quarter of the gain is likely gone, and no longer than it is likely a response: whoever has just reached
    one loses that first."""
    opens, closes = found.window
    if found.below is None or found.below.median >= closes:
        return opens, closes
    return min(opens, found.below.narrow[0]), found.below.median


def none_offered(patient: Patient, last: datetime) -> str:
    """Why no visit is offered, whatever the scores say."""
    row = enrolment.current_enrolment(patient)
    if effects.has_died(patient):
        return "None: the patient has died."
    if row is None:
        review = stopping.last_ended(patient)
        was_stopped = review is not None and review.happened_at >= last
        return "None: the course was stopped." if was_stopped else "None: the course has ended."
    if row.paused_at is not None:
        return "None while the course is paused."
    if safety.standing(patient).exists():
        return "None while a concern is not decided."
    return "None while the flag of high risk stands." if safety.flag(patient) is not None else ""


def held_until(patient: Patient, last: datetime, course: Course) -> Iterator[datetime]:
    """What keeps the next dose back: the days between doses of the protocol, and every ceiling."""
    yield last
    row, drug = enrolment.current_enrolment(patient), drug_of(patient)
    if row is not None:
        yield last + enrolment.protocol_for(row).min_days_between * DAY
    if drug is not None:
        began = enrolment.began_before(patient, last)
        found = reviewing.ceilings(drug, course.doses, course.at, began)
        yield from (one.next_from for one in found if one.next_from is not None)


def rows(found: Forecast, last: datetime, course: Course, sheet: Forecasting) -> list[tuple[str, str, str, str]]:
    """What, the middle, and the two intervals as dates; one row to an event."""
    share = plain(sheet.loss_of_gain.value)
    told = [dated(f"{share} % of the gain is gone", found.lost, last, course)]
    if found.below is not None:
        told.append(dated("It is no response any more", found.below, last, course))
    return told


def dated(words: str, when: Spanned, last: datetime, course: Course) -> tuple[str, str, str, str]:
    def day(days: float) -> str:
        return course.date(last + min(days, 3650.0) * DAY)

    def between(ends: tuple[float, float]) -> str:
        return f"{day(ends[0])} to {day(ends[1])}"

    return words, day(when.median), between(when.narrow), between(when.wide)


def own(found: Forecast) -> str:
    scores = "1 score" if found.own_scores == 1 else f"{found.own_scores} scores"
    return (
        f"{100 * found.own:.0f} % of what is known of the half-life is this person’s own ({scores} after a dose), the "
        f"rest the clinic’s ({found.people} people)."
    )


def today(found: Forecast, last: datetime, course: Course) -> str:
    days = (course.at - last) / DAY
    return f"That it is gone by today: {100 * found.lost_by(days):.0f} %."


def drug_of(patient: Patient) -> Drug | None:
    """By the plan that stands, or that of the course that ended: what was given counts when another is weighed."""
    plan = enrolment.plan_for(patient) or enrolment.last_plan(patient)
    return Drug(DRUGS[plan.drug]) if plan is not None and plan.drug in DRUGS else None
