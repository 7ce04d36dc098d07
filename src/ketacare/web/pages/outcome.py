"""The outcome page: every scale on one axis of time with what was done, the forecast, and the same in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import Answers, Score
from ketacare.clinic.people import access
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, actor_of, guarded, moment_of
from ketacare.clinic.people.models import Patient
from ketacare.clinic.pharmacy import queries as pharmacy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.therapy.models import IntegrationNote
from ketacare.medicine.evidence.rules import warnings
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.terms import Assessed, Instrument, Trajectory
from ketacare.medicine.safety import reader as safety_reader
from ketacare.web.pages import curves, forecasts, hours, measures
from ketacare.web.pages.curves import Course, Given, ScaleCourse

SCALES = ("phq-9", "mood-vas", "anxiety-vas")


@dataclass(frozen=True)
class Dose:
    """When a dose began, and how much was given where the reader may know it."""

    at: datetime
    number: int
    mg: Decimal | None

    @property
    def words(self) -> str:
        return f"{self.number}" if self.mg is None else f"{self.number}: {self.mg.normalize():f} mg"


@dataclass(frozen=True)
class Told:
    """What every curve is drawn from: read once."""

    answered: queries.Answered
    doses: list[Dose]
    therapy: list[dict[str, str]]
    effects: list[dict[str, str]]
    here: ZoneInfo


def told_of(patient: Patient, doses: list[Dose], zone: str) -> Told:
    here = ZoneInfo(zone)
    return Told(queries.answered(patient, *SCALES), doses, therapy(patient, here), effects(patient, here), here)


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
        "picture": curves.drawn(panels, lanes, course, found) if panels else None,
        "happened": measures.happened(course, lanes),
        "scales": [facts(course, one) for one in scales],
        "told": told,
        "ceilings": forecasts.ceilings(patient, [dose.at for dose in given], at, actor.zone) if may["plan"] else None,
        "hours": hours.hours(course, scales),
        "wide": True,
        "reviews": may["plan"] and bool(course.given),
        "overdue": warnings(
            [*(one.sheet.header for one in scales), reader.forecasting().header], local_day(at, actor.zone)
        ),
    }


def facts(course: Course, one: ScaleCourse) -> dict[str, Any]:
    """One scale in words: where it stands, how long a response took and held, every score."""
    told = Told(course.answered, [], [], [], course.here)
    return {
        "id": one.sheet.id,
        "name": one.sheet.name,
        "sentence": sentence(one.sheet, one.course, course.here),
        "facts": measures.measures(course, one),
        "rows": [*(measures.older_row(course, row) for row in one.older), *rows(told, one.sheet, one.course)],
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


# -- one scale over the course -----------------------------------------------------------------------------------------


def curve(told: Told, name: str) -> dict[str, Any]:
    """What the chart draws, the sentence it says, and the table that says the same."""
    sheet = queries.instrument(name)
    course = told.answered.trajectory(name, [dose.at for dose in told.doses])
    return {
        "name": sheet.name,
        "sentence": sentence(sheet, course, told.here),
        "data": drawn(told, sheet, course) if course.points else None,
        "rows": rows(told, sheet, course),
        "notice": sheet.notice,
        "sources": sheet.sources,
        "version": f"{sheet.name} sheet {sheet.version}",
    }


def drawn(told: Told, sheet: Instrument, course: Trajectory) -> dict[str, Any]:
    return {
        "scale": sheet.name,
        "version": sheet.version,
        "max": highest(sheet),
        "points": [point_of(assessed, told.here) for assessed in course.points],
        "bands": [{"from": int(band.low), "to": int(band.high), "words": band.name} for band in sheet.bands],
        "lines": lines(sheet, course),
        "doses": [dose_mark(dose, told.here) for dose in told.doses],
        "therapy": told.therapy,
        "effects": told.effects,
    }


def highest(sheet: Instrument) -> int:
    return sum(item.high for item in sheet.scored_items)


def wall(at: datetime, here: ZoneInfo) -> str:
    """The clinic's wall time, marked as if UTC, so that the chart's axis shows the clinic's days and hours."""
    return at.astimezone(here).replace(tzinfo=None).isoformat() + "Z"


def point_of(assessed: Assessed, here: ZoneInfo) -> dict[str, Any]:
    total = assessed.point.total
    return {
        "on": wall(assessed.point.at, here),
        "value": None if total is None else float(total),
        "missing": total is None,
    }


def lines(sheet: Instrument, course: Trajectory) -> list[dict[str, Any]]:
    """Response and remission as lines with names, where the scale has them and a baseline stands."""
    found = []
    baseline = course.baseline.total if course.baseline else None
    if sheet.response_percent is not None and baseline:
        value = float(baseline * (100 - sheet.response_percent.value) / 100)
        found.append({"value": value, "words": f"response: half of {baseline.normalize():f}"})
    if sheet.remission_under is not None:
        value = float(sheet.remission_under.value)
        found.append({"value": value, "words": f"remission: under {sheet.remission_under.value.normalize():f}"})
    return found


def dose_mark(dose: Dose, here: ZoneInfo) -> dict[str, Any]:
    return {"on": wall(dose.at, here), "words": dose.words, "mg": None if dose.mg is None else float(dose.mg)}


def therapy(patient: Patient, here: ZoneInfo) -> list[dict[str, str]]:
    notes = IntegrationNote.objects.current().filter(patient=patient)
    return [
        {
            "from_on": wall(note.happened_at, here),
            "to_on": wall(note.happened_at + timedelta(minutes=note.minutes), here),
            "words": "integration",
        }
        for note in notes
    ]


def effects(patient: Patient, here: ZoneInfo) -> list[dict[str, str]]:
    """Side effects picked in check-ins, as ticks beneath the curve."""
    words = {effect.id: effect.term for effect in safety_reader.side_effects()}
    rows = Answers.objects.current().filter(patient=patient, instrument="side-effects")
    picked = [(row.happened_at, [words[key] for key, code in row.values.items() if code == 1]) for row in rows]
    return [{"on": wall(at, here), "words": ", ".join(names)} for at, names in picked if names]


# -- in words ----------------------------------------------------------------------------------------------------------


def sentence(sheet: Instrument, course: Trajectory, here: ZoneInfo) -> str:
    """What the curve shows, for somebody who cannot see it."""
    latest = course.latest
    if latest is None:
        return f"{sheet.name}: not answered yet."
    now = number(latest.point.total)
    parts = [f"{sheet.name} is {now} on {day(latest.point.at, here)}"]
    if course.baseline is None:
        parts.append("with no baseline before the first dose to compare with")
    elif course.baseline is not latest.point:
        parts.append(f"from {number(course.baseline.total)} before the first dose")
    parts += change_words(sheet, course, latest, here)
    missing = f" {len(course.missing)} not answered or incomplete." if course.missing else ""
    return ", ".join(parts) + "." + missing


def change_words(sheet: Instrument, course: Trajectory, latest: Assessed, here: ZoneInfo) -> list[str]:
    if sheet.charted_only or course.baseline is latest.point:
        return []
    words = []
    if latest.change is not None and latest.percent_fall is None:
        words.append(f"{latest.change} at this point")
    elif latest.change is not None and latest.percent_fall is not None:
        fell = "fall" if latest.percent_fall >= 0 else "rise"
        words.append(f"{latest.change} at this point ({abs(latest.percent_fall):.0f} % {fell})")
    if course.response_at is not None:
        words.append(f"response first seen {day(course.response_at, here)}")
    if course.remission_at is not None:
        words.append(f"remission first seen {day(course.remission_at, here)}")
    if course.risen_from is not None:
        best = course.risen_from
        words.append(f"worse than {number(best.total)} on {day(best.at, here)}")
    return words


def rows(told: Told, sheet: Instrument, course: Trajectory) -> list[list[str]]:
    known = {score.happened_at: score for score in told.answered.scores_of(sheet.id)}
    since = course.baseline.at if course.baseline else None
    return [row(assessed, known.get(assessed.point.at), told.here, since) for assessed in course.points]


def row(assessed: Assessed, score: Score | None, here: ZoneInfo, since: datetime | None = None) -> list[str]:
    """`since`: of the baseline. What was scored before is not held against it."""
    before = since is not None and assessed.point.at < since
    against = "" if assessed.percent_fall is None or before else str(assessed.change or "")
    return [
        assessed.point.at.astimezone(here).strftime("%d-%b-%Y %H:%M"),
        number(assessed.point.total),
        score.band if score else "",
        f"{against} ({assessed.percent_fall:.0f} % fall)" if against else "",
        notes_on(score),
    ]


def notes_on(score: Score | None) -> str:
    if score is None:
        return "not answered"
    words = []
    if score.missing_items:
        words.append(f"{len(score.missing_items)} unanswered: no total")
    if score.overlaps_recall:
        words.append("overlaps the form before")
    if not score.in_window:
        words.append("outside its window")
    return "; ".join(words)


def number(value: Decimal | None) -> str:
    return "missing" if value is None else f"{value.normalize():f}"


def day(at: datetime, here: ZoneInfo) -> str:
    return at.astimezone(here).strftime("%d-%b-%Y")
