"""The earlier sessions of a patient as a prescriber weighs the next dose: what was given, and what it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from ketacare.clinic.dosing.models import AdverseEvent, Kind, Outcome, Relatedness, Session, TimelineEntry
from ketacare.clinic.dosing.queries import dose, effects, given, ordered, rates, schedule, timeline
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.dosing.queries.trend import label
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.outcomes import queries as outcomes
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Happened, Visit, VisitChange, VisitKind
from ketacare.medicine.dosing.rules.choices import drug_of
from ketacare.medicine.dosing.rules.titration import Earlier, Rules, due_by
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.outcomes.rules import complete_since
from ketacare.medicine.pharmacology.predictions import Curve
from ketacare.medicine.pharmacology.terms import Band, Case, PredictionRefused
from ketacare.medicine.pharmacology.terms import Patient as Body
from ketacare.medicine.protocols.terms import Protocol
from ketacare.medicine.quantities.terms import Mass
from ketacare.medicine.safety.rules.effects import TO_JUDGE

MOST_SHOWN, MOST_DRAWN = 6, 3
VIRTUAL_PATIENTS = 200  # behind what is drawn faintly
MOOD, NEXT_DAY, PHQ9 = "mood-vas", "next_day", "phq-9"
NO_HARM = frozenset({"toilet", "water", "reassured", "", rates.PUMP_READ})  # events that need no grade


@dataclass(frozen=True)
class Before:
    """One earlier session. None is not known."""

    session: Session
    order: Ordered
    given: Mass
    stopped: str
    rise_systolic: Decimal | None
    rise_diastolic: Decimal | None
    peak_systolic: Decimal | None
    peak_diastolic: Decimal | None
    dissociation: Decimal | None
    distress: Decimal | None
    moaas: Decimal | None
    events: tuple[str, ...]
    ungraded: tuple[str, ...]
    worst_grade: int
    worst_related: int
    vomited: int
    mood_before: Decimal | None
    mood_after: Decimal | None

    @property
    def at(self) -> datetime:
        assert self.session.started_at is not None  # only sessions that began
        return self.session.started_at

    @property
    def judged(self) -> Earlier:
        """As the titration rules read it."""
        return Earlier(
            at=self.at,
            drug=drug_of(self.order.drug),
            route=self.order.route,
            dose=self.order.dose,
            minutes=self.order.minutes,
            stopped_early=bool(self.stopped),
            peak_systolic=self.peak_systolic,
            peak_diastolic=self.peak_diastolic,
            distress=self.distress,
            moaas=self.moaas,
            vomited=self.vomited,
            worst_grade=self.worst_grade,
            worst_related=self.worst_related,
            ungraded=self.ungraded,
        )


def sessions_before(visit: Visit) -> list[Before]:
    """Those that began before this visit, the oldest first."""
    rows = (
        Session.objects.filter(
            visit__patient=visit.patient, started_at__isnull=False, visit__starts_at__lt=visit.starts_at
        )
        .exclude(visit=visit)
        .select_related("visit", "visit__patient", "visit__clinic")
        .order_by("-started_at")[:MOST_SHOWN]
    )
    timeline.read_once(*(row.visit for row in rows))
    found = [before(row) for row in rows]
    return [one for one in reversed(found) if one is not None]


def before(session: Session) -> Before | None:
    order, start = ordered.order_of(session.visit), session.started_at
    if order is None or start is None:
        return None
    readings = list(monitoring.readings(session.visit).filter(taken_at__gte=start, quality="good"))
    rest = schedule.baseline(session.visit, start)
    high, low = peak(readings, Channel.NIBP_SYS), peak(readings, Channel.NIBP_DIA)
    events = [row for row in timeline.standing(session.visit, Kind.EVENT) if row.happened_at >= start]
    counted = Counter(row.name for row in events)
    harmful = [label(row) for row in events if row.name not in NO_HARM]
    mood_before, mood_after = moods(session)
    harm = harm_of(session, events)
    return Before(
        session=session,
        order=order,
        given=dose.so_far(session, order, session.dose_ended_at or start).given,
        stopped=stopped(session),
        rise_systolic=rise(high, rest.get(Channel.NIBP_SYS)),
        rise_diastolic=rise(low, rest.get(Channel.NIBP_DIA)),
        peak_systolic=high,
        peak_diastolic=low,
        dissociation=highest_score(session, "dissociation"),
        distress=peak(readings, Channel.DISTRESS),
        moaas=deepest(readings),
        events=tuple(f"{name} {count} times" if count > 1 else name for name, count in Counter(harmful).items()),
        ungraded=harm.ungraded,
        worst_grade=harm.worst_grade,
        worst_related=harm.worst_related,
        vomited=counted["vomit"],
        mood_before=mood_before,
        mood_after=mood_after,
    )


UNRELATED = frozenset({Relatedness.UNRELATED, Relatedness.UNLIKELY})


def judged_of(session: Session) -> dict[str, list[AdverseEvent]]:
    """What people said of this session's events, by effect: of its visit, and what began before the next dose."""
    patient, start = session.visit.patient, session.started_at
    later = Session.objects.filter(visit__patient=patient, started_at__gt=start).order_by("started_at")
    after = Q(visit=None, happened_at__gte=start)
    if (following := later.values_list("started_at", flat=True).first()) is not None:
        after &= Q(happened_at__lt=following)
    found: dict[str, list[AdverseEvent]] = {}
    for row in AdverseEvent.objects.current().filter(Q(visit=session.visit) | after, patient=patient):
        found.setdefault(row.effect, []).append(row)
    return found


@dataclass(frozen=True)
class Harm:
    """What an earlier dose did that is more than an effect."""

    ungraded: tuple[str, ...]
    worst_grade: int
    worst_related: int


def harm_of(session: Session, events: Sequence[TimelineEntry]) -> Harm:
    """The gravest event, and the gravest that the dose may have done. What a person said of an effect stands before
    what the record shows of it; set aside it is none."""
    judged, taps = judged_of(session), [row for row in events if row.name not in NO_HARM]
    shown = [one for one in effects.found(session) if one.effect not in judged]
    to_judge = {one.effect: one.term for one in shown if one.grade == TO_JUDGE}
    spoken_for = {*judged, *to_judge}
    open_taps = [label(row) for row in taps if not graded(row) and effects.effect_of(row.name) not in spoken_for]
    by_hand = {effects.effect_of(row.name) for row in taps if graded(row)}
    grades = [one.grade for one in shown if one.is_event or one.effect in by_hand]
    kept = [row for rows in judged.values() for row in rows if row.outcome != Outcome.SET_ASIDE]
    related = [row.grade for row in kept if row.relatedness not in UNRELATED]
    return Harm(
        tuple(dict.fromkeys([*open_taps, *to_judge.values()])),
        max([*grades, *(row.grade for row in kept)], default=0),
        max([*grades, *related], default=0),
    )


def graded(row: TimelineEntry) -> bool:
    return bool(row.body.get("grade"))


def values(readings: Iterable[Reading], channel: Channel) -> list[Decimal]:
    return [row.value for row in readings if row.channel == channel and row.value is not None]


def peak(readings: Iterable[Reading], channel: Channel) -> Decimal | None:
    return max(values(readings, channel), default=None)


def deepest(readings: Iterable[Reading]) -> Decimal | None:
    return min(values(readings, Channel.MOAAS), default=None)


def rise(high: Decimal | None, rest: Decimal | None) -> Decimal | None:
    return None if high is None or rest is None else high - rest


def highest_score(session: Session, name: str) -> Decimal | None:
    rows = timeline.standing(session.visit, Kind.SCALE)
    return max((Decimal(row.body["value"]) for row in rows if row.name == name), default=None)


def stopped(session: Session) -> str:
    """Why the dose ended before it was whole; empty where it ran to its end."""
    last = timeline.latest(session.visit, Kind.DOSE, "stop")
    return "" if last is None else str(last.body.get("reason", "")) or "no reason given"


def moods(session: Session) -> tuple[Decimal | None, Decimal | None]:
    """How low the mood was (0 to 100) before the dose, and at the check-in of the next day."""
    scores = [
        row for row in outcomes.scores(session.visit.patient, MOOD).select_related("ask") if row.total is not None
    ]
    earlier = [row.total for row in scores if session.started_at and row.happened_at <= session.started_at]
    after = [
        row.total for row in scores if row.ask and row.ask.visit_id == session.visit_id and row.ask.key == NEXT_DAY
    ]
    return (earlier[-1] if earlier else None), (after[-1] if after else None)


def improvement(patient: Patient, at: datetime) -> Decimal | None:
    """By how many percent the PHQ-9 has fallen since the baseline of the course that runs; None without one, with no
    score after a dose of it, or with none that is recent enough to say how it is now."""
    began = Session.objects.filter(visit__patient=patient, started_at__isnull=False).order_by("started_at")
    course = enrolment.current_enrolment(patient)
    if course is not None:
        began = began.filter(started_at__gte=course.created_at)
    doses = [start for start in began.values_list("started_at", flat=True) if start is not None]
    after = complete_since(outcomes.answered(patient, PHQ9).trajectory(PHQ9, doses))
    return after[-1].percent_fall if after and at - after[-1].point.at <= counts_as_now() else None


def counts_as_now() -> timedelta:
    """As long as the form rests, and until the ask of the week after it has closed: an older one was left out."""
    return timedelta(days=outcomes.instrument(PHQ9).again_after_days, hours=outcomes.rule_of("week").closes_h)


def due_at(visit: Visit, before: Sequence[Before], sheet: Protocol, rules: Rules | None = None) -> datetime | None:
    """When the dose of this visit was to be: booked first after the last one, whatever became of that visit. One that
    was moved since then was booked for where it was moved from; what was planned anew before the last dose was not
    missed."""
    if not before:
        return None
    last = before[-1].at
    doses = Visit.objects.filter(patient=visit.patient, kind=VisitKind.DOSE, starts_at__gt=last)
    doses = doses.exclude(pk=before[-1].session.visit_id)
    moved = VisitChange.objects.filter(visit__in=doses, what=Happened.MOVED, from_at__gt=last, recorded_at__gt=last)
    booked = [*doses.values_list("starts_at", flat=True), *moved.values_list("from_at", flat=True)]
    first = min(filter(None, booked), default=None)
    return due_by(last, visit.number_in_course or len(before) + 1, sheet, first, rules)


@dataclass(frozen=True)
class Behind:
    """The last doses behind what is planned: the courses by their words, and why one is missing."""

    curves: tuple[tuple[str, Curve], ...] = ()
    missing: tuple[str, ...] = ()


def drawn(rows: Sequence[Before], until: int, step: int, age: int, band: Band) -> Behind:
    """The course of the last doses as they were given, with its band (H18): faint beneath what is planned."""
    found, missing = [], []
    for row in rows[-MOST_DRAWN:]:
        end = row.session.dose_ended_at or row.at
        regimen = given.as_given(row.session, row.order, end)
        times = tuple(float(minute) for minute in range(0, until + 1, step))
        body = Body(float(row.order.actual_kg), float(age))
        case = Case(body, regimen, times, band=band, patients=VIRTUAL_PATIENTS)
        try:
            found.append((f"{row.at:%d-%b-%Y}, {row.given.written()}", given.curve_of(case)))
        except PredictionRefused as refused:
            missing.append(f"{row.at:%d-%b-%Y} is not drawn behind these courses: {' '.join(refused.faults)}")
    return Behind(tuple(found), tuple(missing))
