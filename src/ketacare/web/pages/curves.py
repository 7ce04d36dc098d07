"""What the picture of a course is drawn from: every scale with its editions, and what was done, on one axis of days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.candidacy.models import ListState, MedicineList
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.alike import told_apart
from ketacare.clinic.outcomes.models import Answers, Score
from ketacare.clinic.outcomes.taken_back import taken_back
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.therapy.models import IntegrationNote
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes.rules import bounds, holding, measured
from ketacare.medicine.outcomes.terms import Forecast, Forecasting, Holding, Instrument, Point, Trajectory
from ketacare.medicine.safety import reader as safety_reader
from ketacare.web.pages.lanes import Ahead, Dot, Lane, Mark, Panel, Picture, Rule, picture, step_for

DAY = timedelta(days=1)
LONG_BEFORE = 182  # days before the first dose, or before the first score of somebody who had none
TOO_SOON = "asked too soon after a dose"
FIRST_SCALES, LAST_SCALES = ("phq-9",), ("mood-vas", "anxiety-vas")


@dataclass(frozen=True)
class Given:
    """A dose as it may be shown to this reader."""

    at: datetime
    number: int
    mg: Decimal | None

    @property
    def words(self) -> str:
        return f"dose {self.number}" + ("" if self.mg is None else f", {self.mg.normalize():f} mg")


@dataclass(frozen=True)
class Course:
    """Everything about one patient's course that a picture shows, read once."""

    answered: queries.Answered
    given: tuple[Given, ...]
    here: ZoneInfo
    at: datetime
    begins: datetime | None = None
    taken_back: Mapping[UUID, str] = field(default_factory=dict)  # by score, what the same form said first (H13)

    @property
    def doses(self) -> list[datetime]:
        """Of the newest course, from whose baseline scores are judged: a relapse ends what an earlier one reached."""
        return [dose.at for dose in self.given if self.begins is None or dose.at >= self.begins]

    def day(self, moment: datetime) -> float:
        """Days since the first dose, or since the first score of somebody who had none, by the clinic's wall: so that
        a clock change moves no mark."""
        wall = moment.astimezone(self.here).replace(tzinfo=None)
        zero = self.zero.astimezone(self.here).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        return (wall - zero) / DAY

    @property
    def zero(self) -> datetime:
        first = [self.given[0].at] if self.given else [row.happened_at for row in self.answered.scores[:1]]
        return first[0] if first else self.at

    def date(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.here):%d-%b-%Y}"


@dataclass(frozen=True)
class ScaleCourse:
    """One scale of the course: as judged, and in how many editions it was scored."""

    sheet: Instrument
    course: Trajectory
    held: Holding | None
    older: tuple[Score, ...]
    scores: tuple[Score, ...]


def names_in(answered: queries.Answered) -> list[str]:
    """The scales that this person has been scored by, and those that everybody is asked; the moods last."""
    scored = {row.instrument for row in answered.scores}
    between = sorted(scored - {*FIRST_SCALES, *LAST_SCALES})
    return [*FIRST_SCALES, *between, *LAST_SCALES]


def course_of(patient: Patient, given: Sequence[Given], *, at: datetime, zone: str) -> Course:
    begins = enrolment.began_before(patient, given[-1].at) if given else None
    answered = queries.answered(patient, *reader.INSTRUMENTS)
    first = taken_back(patient, answered.scores)
    return Course(answered, tuple(given), ZoneInfo(zone), at, begins, first)


def scale_course(course: Course, name: str, sheet: Forecasting) -> ScaleCourse:
    instrument = queries.instrument(name)
    judged = course.answered.trajectory(name, course.doses)
    now = tuple(course.answered.scores_of(name))
    older = tuple(row for row in course.answered.scores if row.instrument == name and row not in now)
    return ScaleCourse(instrument, judged, holding(judged, instrument, sheet, course.at), older, now)


# -- one scale ---------------------------------------------------------------------------------------------------------


def panel(course: Course, one: ScaleCourse, ahead: Forecast | None) -> Panel:
    least, most = (float(measured(one.sheet, end)) for end in bounds(one.sheet))
    return Panel(
        id=one.sheet.id,
        name=one.sheet.name,
        least=least,
        most=most,
        dots=dots(course, one),
        rules=rules(one),
        bands=bands(one.sheet),
        ahead=expected(course, ahead) if ahead else None,
    )


def bands(sheet: Instrument) -> list[tuple[float, float, str]]:
    """Each as far as the next one, in the measure in which the score is read."""
    lows = [float(band.low) for band in sheet.bands]
    ends = [*lows[1:], *(float(band.high) + 1 for band in sheet.bands[-1:])]
    return [(low, end, band.name) for low, end, band in zip(lows, ends, sheet.bands, strict=True)]


def level(sheet: Instrument, total: Decimal) -> float:
    """Where a total stands on the axis: an index, a T score, mostly the total itself."""
    return float(measured(sheet, total))


def dots(course: Course, one: ScaleCourse) -> list[Dot]:
    """In time: the scores of every edition, and what was asked for and did not come."""
    known = {row.happened_at: row for row in one.scores}
    found = [dot(course, one.sheet, assessed.point, known.get(assessed.point.at)) for assessed in one.course.points]
    found += [
        Dot(course.day(row.happened_at), None if row.total is None else level(one.sheet, row.total),
            f"{told(row)} on {course.date(row.happened_at)}, {told_apart(row, one.sheet)}",
            edition=f"{major(row)}, {told_apart(row, one.sheet)}")
        for row in one.older
    ]  # fmt: skip
    return sorted(found, key=lambda each: each.day)


def dot(course: Course, sheet: Instrument, point: Point, row: Score | None) -> Dot:
    when = course.date(point.at)
    if point.total is None:
        why = f"{len(row.missing_items)} unanswered, no total" if row and row.missing_items else "asked, not answered"
        return Dot(course.day(point.at), None, f"{why}, {when}")
    overlaps = row is not None and row.overlaps_recall
    read = measured(sheet, point.total)
    shown = f"{point.total.normalize():f}" + (f" (read as {read.normalize():f})" if read != point.total else "")
    first = course.taken_back.get(row.pk, "") if row is not None else ""
    words = f"{shown} on {when}" + (", overlaps the form before" if overlaps else "") + (f", {first}" if first else "")
    if point.too_soon:
        apart = "mostly about the days before a dose, nothing is judged by it"
        return Dot(course.day(point.at), float(read), f"{words}, {apart}", overlaps=overlaps, edition=TOO_SOON)
    words += ", came late" if point.late_of else ""
    return Dot(course.day(point.at), float(read), words, overlaps=overlaps)


def told(row: Score) -> str:
    return "no total" if row.total is None else f"{row.total.normalize():f}"


def major(row: Score) -> str:
    return row.instrument_version.split(".")[0]


def rules(one: ScaleCourse) -> list[Rule]:
    """Response and remission as lines with names, where the scale has them and a baseline stands."""
    found, sheet = [], one.sheet
    before = one.course.baseline.total if one.course.baseline else None
    baseline = None if before is None else measured(sheet, before)
    if sheet.response_percent is not None and baseline:
        part = baseline * (100 - sheet.response_percent.value) / 100
        found.append(Rule(float(part), f"response: {part.normalize():f} or less, from {baseline.normalize():f}"))
    if sheet.remission_under is not None:
        found.append(Rule(float(sheet.remission_under.value), f"remission: under {sheet.remission_under.value}"))
    elif sheet.remission_at_most is not None:
        value = sheet.remission_at_most.value
        found.append(Rule(float(value), f"remission: {value} or less"))
    return found


def expected(course: Course, found: Forecast) -> Ahead:
    last = course.day(course.doses[-1])
    shown = found.ahead
    return Ahead([last + day for day in shown.day], list(shown.middle), list(shown.low), list(shown.high))


# -- what was done -----------------------------------------------------------------------------------------------------


def lanes(patient: Patient, course: Course, *, medicines: bool) -> list[Lane]:
    found = [
        Lane("Doses", "dose", [*given_marks(course), *planned_marks(patient, course)]),
        Lane("Integration", "stay", therapy(patient, course)),
        Lane("Side effects", "tick", effects(patient, course)),
    ]
    return [*found, Lane("Medicines", "diamond", changes(patient, course))] if medicines else found


def given_marks(course: Course) -> list[Mark]:
    return [
        Mark(course.day(dose.at), f"{dose.words.capitalize()}, {course.date(dose.at)}",
             label="" if dose.mg is None else f"{dose.mg.normalize():f}",
             mg=None if dose.mg is None else float(dose.mg))
        for dose in course.given
    ]  # fmt: skip


def planned_marks(patient: Patient, course: Course) -> list[Mark]:
    planned = Visit.objects.filter(
        patient=patient, kind=VisitKind.DOSE, state=VisitState.BOOKED, starts_at__gt=course.at
    ).order_by("starts_at")
    return [
        Mark(course.day(row.starts_at), f"Booked for {course.date(row.starts_at)}", planned=True) for row in planned
    ]


def therapy(patient: Patient, course: Course) -> list[Mark]:
    notes = IntegrationNote.objects.current().filter(patient=patient).order_by("happened_at")
    return [
        Mark(course.day(note.happened_at), f"Integration, {note.minutes} min, {course.date(note.happened_at)}",
             until=course.day(note.happened_at + timedelta(minutes=note.minutes)))
        for note in notes
    ]  # fmt: skip


def effects(patient: Patient, course: Course) -> list[Mark]:
    words = {effect.id: effect.term for effect in safety_reader.side_effects()}
    rows = Answers.objects.current().filter(patient=patient, instrument="side-effects").order_by("happened_at")
    picked = [(row.happened_at, [words.get(key, key) for key, code in row.values.items() if code == 1]) for row in rows]
    return [Mark(course.day(at), f"{', '.join(names)}, {course.date(at)}") for at, names in picked if names]


def changes(patient: Patient, course: Course) -> list[Mark]:
    """Where a list of medicines says something else than the one before it; the first list is no change, and one that
    was not asked for says nothing."""
    rows = MedicineList.objects.filter(patient=patient).exclude(state=ListState.NOT_ASKED)
    rows = rows.order_by("happened_at", "recorded_at")
    listed = [(row.happened_at, frozenset(f"{m.name} {m.dose}".strip() for m in row.medicines)) for row in rows]
    return [
        Mark(course.day(at), f"{difference(before, now)}, {course.date(at)}")
        for (_, before), (at, now) in pairwise(listed)
        if before != now
    ]


def difference(before: frozenset[str], now: frozenset[str]) -> str:
    parts = [("now", now - before), ("no longer", before - now)]
    return "; ".join(f"{word} {', '.join(sorted(names))}" for word, names in parts if names)


# -- the picture -------------------------------------------------------------------------------------------------------


def drawn(
    panels: Sequence[Panel],
    rows: Sequence[Lane],
    course: Course,
    ahead: Forecast | None,
    offered: tuple[datetime, datetime] | None = None,
) -> Picture:
    """What lies long before stands in the table alone: on one axis with it a course would be a stroke. `offered`: from
    when to when another visit is; none where the course does not go on, whatever the scores say."""
    panels = [replace(one, dots=[dot for dot in one.dots if dot.day >= -LONG_BEFORE]) for one in panels]
    rows = [replace(lane, marks=[mark for mark in lane.marks if mark.day >= -LONG_BEFORE]) for lane in rows]
    days = [dot.day for one in panels for dot in one.dots] + [mark.day for lane in rows for mark in lane.marks]
    now = course.day(course.at)
    window = None
    if ahead is not None and course.given:
        last = course.day(course.doses[-1])
        if offered is not None:
            window = (course.day(offered[0]), course.day(max(offered)))
            days.append(window[0])
        days += [min(last + ahead.lost.narrow[1], last + float(ahead.ahead.day[-1]))]
    span = (min([*days, 0.0]) - 1.5, max([*days, min(now, max([*days, 0.0]) + 14)]) + 3.0)
    cut = [replaced(one, span[1]) for one in panels]
    return picture(cut, rows, ticks(course, span), span=span, now=now, window=window)


def replaced(one: Panel, last: float) -> Panel:
    """The expected course no further than the axis."""
    if one.ahead is None:
        return one
    keep = sum(day <= last for day in one.ahead.day)
    ahead = Ahead(*(part[:keep] for part in (one.ahead.day, one.ahead.middle, one.ahead.low, one.ahead.high)))
    return Panel(one.id, one.name, one.least, one.most, one.dots, one.rules, one.bands, ahead if keep > 1 else None)


def ticks(course: Course, span: tuple[float, float]) -> list[tuple[float, str]]:
    step = step_for(span[1] - span[0])
    first = course.zero.astimezone(course.here).date()
    begins = int(-(-span[0] // step)) * step
    return [(float(day), f"{first + timedelta(days=day):%d %b}") for day in range(begins, int(span[1]) + 1, step)]
