"""The facts of the esketamine programme's monitoring form, all read from the record; what is not known says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ketacare.clinic.dosing.models import AdverseEvent, Kind, Outcome, Session
from ketacare.clinic.dosing.queries import between, dose, effects, facts, going_home, ordered, timeline
from ketacare.clinic.dosing.queries.effects import Course
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.supervision.models import Post, Task
from ketacare.medicine.dosing.terms import BpReading
from ketacare.medicine.evidence.terms import Result
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.safety import reader

DRUG, DUTY = "esketamine", "rems.form"
NOT_KNOWN = "Not known"
PRESSURE = "RD-04"  # of readiness: blood pressure after rest and repeat
AT_40 = timedelta(minutes=40)


def asked_of(session: Session) -> bool:
    order = ordered.order_of(session.visit)
    return order is not None and order.drug == DRUG


@dataclass(frozen=True)
class Times:
    """Due the next day; then amber, red, and after the last day a breach."""

    due_at: datetime
    late_at: datetime
    escalate_at: datetime
    breach_at: datetime


def times(session: Session) -> Times:
    left = session.left_at
    assert left is not None
    days = reader.effects_sheet().programme
    return Times(*(left + timedelta(days=days[name].integer) for name in ("due", "amber", "red", "breach")))


@dataclass(frozen=True)
class Form:
    """One session as the form asks for it. None is not known, and never no."""

    enrolled: bool | None
    earlier_here: int
    acceptable_before: bool | None
    acceptable_at_end: bool | None
    moaas_lowest: Decimal | None
    dissociation_highest: Decimal | None
    minutes: int | None
    ready_minutes: int | None
    dose_mg: Decimal
    serials: tuple[str, ...]
    lots: tuple[str, ...]
    before: BpReading | None
    at_40: BpReading | None
    at_end: BpReading | None
    sedation: bool | None
    sedation_course: Course
    dissociation: bool | None
    dissociation_course: Course
    respiratory_depression: bool | None
    serious: tuple[AdverseEvent, ...]
    serious_known: bool
    medicines: dict[str, Any]
    monitor: str


def form(session: Session) -> Form:
    start, left = session.started_at, session.left_at
    assert start is not None
    taken = pressures(session)
    after = [one for one in taken if one.taken_at >= start]
    moaas = effects.values(session, [Channel.MOAAS])[Channel.MOAAS]
    dissociated = effects.scores(session, "dissociation")
    events = effects.recorded(session)
    pieces = dose.pieces_given(session)
    met = next((row.value for row in facts.recorded(session.visit, Kind.FACT) if row.name == "rems_met"), None)
    return Form(
        enrolled=None if met is None else bool(met),
        earlier_here=sum(asked_of(one) for one in between.before(session.visit)),
        acceptable_before=acceptable_before(session),
        acceptable_at_end=True if session.ready_at else None,
        moaas_lowest=effects.least(moaas),
        dissociation_highest=effects.most(dissociated),
        minutes=whole_minutes(start, left),
        ready_minutes=whole_minutes(start, going_home.ready_without_minimum(session)),
        dose_mg=sum((Decimal(row.body["mg"]) for row in pieces), Decimal(0)),
        serials=tuple(str(row.body["serial"]) for row in pieces),
        lots=lots(session),
        before=next((one for one in reversed(taken) if one.taken_at < start), None),
        at_40=near_40(after, start),
        at_end=before_leaving(after, left),
        sedation=None if not moaas else any(value < ALERT for _, value in moaas),
        sedation_course=effects.course_of(moaas, affected=lambda value: value < ALERT, worse=min),
        dissociation=None if not dissociated else any(value > 0 for _, value in dissociated),
        dissociation_course=effects.course_of(dissociated, affected=lambda value: value > 0),
        respiratory_depression=breathing(session, events),
        serious=tuple(row for row in effects.said_of(session) if row.serious and row.outcome != Outcome.SET_ASIDE),
        serious_known=not effects.to_judge(session),
        medicines=medicines(session),
        monitor=monitor(session),
    )


def acceptable_before(session: Session) -> bool | None:
    """Was the pressure before it inside the lines of readiness? A prescriber's word lifts no pressure."""
    decided = timeline.latest(session.visit, Kind.DECISION)
    if decided is None or decided.name != "go":
        return None
    result = next((row["result"] for row in decided.body["reasons"] if row["criterion"] == PRESSURE), Result.UNKNOWN)
    return None if result == Result.UNKNOWN else result == Result.NOT_MET


def near_40(after: list[BpReading], start: datetime) -> BpReading | None:
    """The reading of that minute, not the nearest there happens to be."""
    lines = reader.effects_sheet().programme
    first, last = (start + timedelta(minutes=lines[name].integer) for name in ("at_40_from", "at_40_until"))
    inside = [one for one in after if first <= one.taken_at <= last]
    return min(inside, key=lambda one: abs(one.taken_at - (start + AT_40)), default=None)


def before_leaving(after: list[BpReading], left: datetime | None) -> BpReading | None:
    """Of those who have left, the last one of their last minutes here."""
    if left is None:
        return None
    since = left - timedelta(minutes=reader.effects_sheet().programme["at_end_within"].integer)
    return next((one for one in reversed(after) if since <= one.taken_at <= left), None)


ALERT = Decimal(5)  # MOAA/S: readily, to the name in a normal tone


def whole_minutes(start: datetime, end: datetime | None) -> int | None:
    return None if end is None else int((end - start).total_seconds() // 60)


def pressures(session: Session) -> list[BpReading]:
    cuff = (Channel.NIBP_SYS, Channel.NIBP_DIA)
    rows = Reading.objects.filter(
        visit=session.visit, channel__in=cuff, quality="good", in_error=False, amended_by__isnull=True
    )
    return facts.pressures_in(list(rows.order_by("taken_at", "id")))


def lots(session: Session) -> tuple[str, ...]:
    drawn = timeline.latest(session.visit, Kind.DRAW)
    return () if drawn is None else (str(drawn.body.get("lot", "")),)


def breathing(session: Session, events: dict[str, AdverseEvent]) -> bool | None:
    """Recorded as an event or set aside by the prescriber; while it waits to be judged, and where breathing was never
    measured, not known."""
    event = events.get("respiratory_depression")
    if event is not None:
        return event.outcome != "set_aside"
    waits = [one for one in effects.to_judge(session) if one.effect == "respiratory_depression"]
    taken = effects.values(session)
    return None if waits or not (taken[Channel.RR] or taken[Channel.SPO2]) else False


def medicines(session: Session) -> dict[str, Any]:
    """What was asked on the day: any that matters, as reconciled."""
    found = {fact.name: fact.value for fact in facts.recorded(session.visit, Kind.FACT)}
    return {name: found.get(name) for name in ("medicines_reconciled", "interacting_medicine_taken")}


def monitor(session: Session) -> str:
    """Who held the watch last, a handover counted once it was accepted (D5), and who had it before."""
    held = Post.objects.filter(visit=session.visit, task=Task.WATCHES).select_related("person").order_by("-since")
    names = list(dict.fromkeys(post.person.name for post in held))
    return names[0] + (f" (before: {', '.join(reversed(names[1:]))})" if names[1:] else "") if names else ""


def open_duty(session: Session) -> Duty | None:
    return Duty.objects.filter(kind=DUTY, visit_id=session.visit_id, state="open").select_related("patient").first()
