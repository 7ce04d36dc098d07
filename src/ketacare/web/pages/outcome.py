"""The outcome page: every scale on one axis of time with what was done, the forecast, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import Score
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.pharmacy import queries as pharmacy
from ketacare.clinic.tenancy.days import local_day
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.terms import Assessed, Instrument, Trajectory
from ketacare.web.pages import curves, forecasts, hours, measures
from ketacare.web.pages.ceilings import ceilings
from ketacare.web.pages.curves import Course, Given, ScaleCourse

TOO_SOON = "too soon after a dose: a measure of its own, nothing is judged by it"


@dataclass(frozen=True)
class Dose:
    """When a dose began, and how much was given where the reader may know it."""

    at: datetime
    number: int
    mg: Decimal | None

    @property
    def words(self) -> str:
        return f"{self.number}" if self.mg is None else f"{self.number}: {self.mg.normalize():f} mg"


@require_GET
@guarded("scores", "R")
def outcome(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    actor, at = actor_of(request), moment_of(request)
    patient = access.patient_of(actor, patient_id, "scores", at=at)
    context = {
        "patient": people.header(patient, at=at, zone=actor.zone),
        "patient_id": patient.pk,
        "asks": queries.asks_of(patient),
        **page(actor, patient, at),
    }
    return render(request, "outcome.jinja", context)


def page(actor: Actor, patient: Patient, at: datetime) -> dict[str, Any]:
    """The whole course as this reader may see it."""
    relations = access.relations_to(actor, patient)
    may = {name: access.granted(actor.role, name, "R", relations) for name in ("dose", "evaluation", "plan")}
    given = [Given(dose.at, dose.number, dose.mg) for dose in doses_of(patient, with_mg=may["dose"])]
    course = curves.course_of(patient, given, at=at, zone=actor.zone)
    names = curves.names_in(course.answered)
    scales = [curves.scale_course(course, name, reader.forecasting()) for name in names]
    main = forecasts.main_scale(scales)
    told = forecasts.told(patient, course, main) if main else None
    found = told.found if told else None
    panels = [
        curves.panel(course, one, found if one is main else None) for one in scales if one.course.points or one.older
    ]
    lanes = curves.lanes(patient, course, medicines=may["evaluation"])
    return {
        "picture": curves.drawn(panels, lanes, course, found, told.offered if told else None) if panels else None,
        "happened": measures.happened(course, lanes),
        "scales": [facts(course, one) for one in scales],
        "told": told,
        "ceilings": ceilings(patient, [dose.at for dose in given], at, actor.zone, sees_dose=may["dose"])
        if may["plan"]
        else None,
        "hours": hours.hours(course, scales),
        "wide": True,
        "reviews": may["plan"] and bool(course.given),
        "overdue": warnings(
            [*(one.sheet.header for one in scales), reader.forecasting().header], local_day(at, actor.zone)
        ),
    }


def facts(course: Course, one: ScaleCourse) -> dict[str, Any]:
    """One scale in words: where it stands, how long a response took and held, every score."""
    return {
        "id": one.sheet.id,
        "name": one.sheet.name,
        "sentence": in_words(course, one),
        "facts": measures.measures(course, one),
        "rows": [
            *(measures.older_row(course, one.sheet, row) for row in one.older),
            *rows(course, one.sheet, one.course),
        ],
        "notice": one.sheet.notice,
        "version": f"{one.sheet.name} sheet {one.sheet.version}",
    }


def doses_of(patient: Patient, *, with_mg: bool) -> list[Dose]:
    """What was given is from the ledger; nothing entered there yet is not known, and not zero."""
    sessions = Session.objects.filter(visit__patient=patient, started_at__isnull=False).order_by("started_at")
    begun = list(sessions.select_related("visit"))
    amounts = pharmacy.amounts_by_visit(session.visit for session in begun) if with_mg else {}
    return [
        Dose(session.started_at, number, amounts[session.visit_id].given_mg or None if with_mg else None)
        for number, session in enumerate(begun, start=1)
        if session.started_at is not None
    ]


# -- in words ----------------------------------------------------------------------------------------------------------


def in_words(course: Course, one: ScaleCourse) -> str:
    return sentence(one.sheet, one.course, course.here) + said_first(course, one) + long_before(course, one)


def long_before(course: Course, one: ScaleCourse) -> str:
    """How many scores the picture leaves out."""
    count = sum(course.day(row.happened_at) < -curves.LONG_BEFORE for row in (*one.scores, *one.older))
    if not count:
        return ""
    which = "1 score" if count == 1 else f"{count} scores"
    return f" {which} of more than half a year before the first dose: in the table alone."


def sentence(sheet: Instrument, course: Trajectory, here: ZoneInfo) -> str:
    """What the curve shows, for somebody who cannot see it."""
    latest = course.latest
    if latest is None:
        return f"{sheet.name}: not answered yet."
    now = number(latest.point.total)
    parts = [f"{sheet.name} is {now} on {day(latest.point.at, here)}"]
    if (whole := measures.of_change(sheet, latest.point.total)) is not None:
        return f"{parts[0]}: {'' if whole[1] else 'not '}{whole[0].lower()}.{missing_words(course)}"
    if course.baseline is None:
        parts.append("with no baseline before the first dose to compare with")
    elif course.baseline is not latest.point:
        parts.append(f"from {number(course.baseline.total)} before the first dose{aged(course)}")
    parts += change_words(sheet, course, latest, here)
    parts += [TOO_SOON] if latest.point.too_soon else []
    return ", ".join(parts) + "." + missing_words(course)


def said_first(course: Course, one: ScaleCourse) -> str:
    """A score has the last answer to each item alone; one of danger that was taken back in the same form was said."""
    latest = one.scores[-1] if one.scores else None
    if latest is None or latest.pk not in course.taken_back:
        return ""
    return f" In the form of {course.date(latest.happened_at)} {course.taken_back[latest.pk]}."


def missing_words(course: Trajectory) -> str:
    return f" {len(course.missing)} not answered or incomplete." if course.missing else ""


def aged(course: Trajectory) -> str:
    """How old the baseline was when the first dose was given, where it is older than it should be: it counts, and says
    so."""
    if course.baseline is None or not course.doses:
        return ""
    days, fresh = (course.doses[0] - course.baseline.at).days, reader.cadence_sheet().fresh_days
    return f" (scored {days} days before it, more than {fresh})" if days > fresh else ""


def change_words(sheet: Instrument, course: Trajectory, latest: Assessed, here: ZoneInfo) -> list[str]:
    if sheet.charted_only or course.baseline is latest.point:
        return []
    words = []
    if latest.change is not None and latest.percent_fall is None:
        words.append(f"{latest.change} at this point")
    elif latest.change is not None and latest.percent_fall is not None:
        words.append(f"{latest.change} at this point ({fallen(latest.percent_fall)})")
    if course.response_at is not None:
        words.append(f"response first seen {day(course.response_at, here)}")
    if course.remission_at is not None:
        words.append(f"remission first seen {day(course.remission_at, here)}")
    if course.risen_from is not None:
        best = course.risen_from
        words.append(f"worse than {number(best.total)} on {day(best.at, here)}")
    return words


def rows(whole: Course, sheet: Instrument, course: Trajectory) -> list[list[str]]:
    known = {score.happened_at: score for score in whole.answered.scores_of(sheet.id)}
    since = course.baseline.at if course.baseline else None
    return [row(assessed, known.get(assessed.point.at), whole, since) for assessed in course.points]


def row(assessed: Assessed, score: Score | None, whole: Course, since: datetime | None = None) -> list[str]:
    """`since`: of the baseline. Neither it nor what was scored before is held against it."""
    at, fall = assessed.point.at, assessed.percent_fall
    held = f"{assessed.change} ({fallen(fall)})" if assessed.change and fall is not None else ""
    if since is not None and at <= since:
        held = "the baseline" if at == since else ""
    return [
        at.astimezone(whole.here).strftime("%d-%b-%Y %H:%M"),
        number(assessed.point.total),
        score.band if score else "",
        held,
        notes_on(score, whole.taken_back) + (f"; {TOO_SOON}" if assessed.point.too_soon else ""),
    ]


def notes_on(score: Score | None, taken_back: Mapping[UUID, str]) -> str:
    if score is None:
        return "not answered"
    words = [taken_back[score.pk]] if score.pk in taken_back else []
    if score.missing_items:
        words.append(f"{len(score.missing_items)} unanswered: no total")
    if score.overlaps_recall:
        words.append("overlaps the form before")
    if not score.in_window:
        words.append("outside its window")
    return "; ".join(words)


def fallen(percent: Decimal) -> str:
    return f"{abs(percent):.0f} % {'fall' if percent >= 0 else 'rise'}"


def number(value: Decimal | None) -> str:
    return "missing" if value is None else f"{value.normalize():f}"


def day(at: datetime, here: ZoneInfo) -> str:
    return at.astimezone(here).strftime("%d-%b-%Y")
