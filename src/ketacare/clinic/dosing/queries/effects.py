"""What a session's record shows of the effects of its dose: charted, graded, and what is more than an effect."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from ketacare.clinic.dosing.models import AdverseEvent, Kind, Outcome, Session, TimelineEntry
from ketacare.clinic.dosing.queries import as_needed, emergencies, signs, timeline
from ketacare.clinic.monitoring import queries as monitoring
from ketacare.clinic.monitoring.models import AlarmSignal, Reading
from ketacare.clinic.people.models import Patient
from ketacare.medicine.evidence.terms import Fact
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.safety import reader, rules
from ketacare.medicine.safety.rules.effects import GRAVE_COURSE, PRESSURE_CRISIS
from ketacare.medicine.safety.terms import Charted, Graded

VOMIT, VOMITING_SIGN, AIRWAY = "vomit", "vomiting", "EM-07"
# Buttons of the chair that are older than the sheet of effects, by what they mean in it.
MEANS = {VOMIT: "vomiting", "distress": "anxiety"}
PRESSURE, PULSE = ("NIBP_SYS.high", "NIBP_DIA.high"), ("HR.high", "PR.high")
WEIGHT = {"": 0, "low": 1, "medium": 2, "high": 3}
TRANSFER = "transfer"
DEATH = 5
# Why a dose was ended: chosen from the list, with words, or in words alone.
FOR_PRESSURE = re.compile(r"pressure|\bbp\b|\d{2,3} ?/ ?\d{2,3}", re.IGNORECASE)
VITALS = (Channel.MOAAS, Channel.DISTRESS, Channel.SPO2, Channel.RR)

Timed = list[tuple[datetime, Decimal]]
Rows = QuerySet[Any]
Worse = Callable[[Iterable[Decimal]], Decimal]


def effect_of(name: str) -> str:
    return MEANS.get(name) or signs.EFFECTS.get(name, name)


def grades_of(name: str) -> tuple[int, ...]:
    term = reader.effects_sheet().terms.get(effect_of(name))
    return tuple(place for place, words in enumerate(term.grades, 1) if words) if term else ()


# --- emergencies ------------------------------------------------------------------------------------------------------


def open_emergency(session: Session, name: str) -> TimelineEntry | None:
    rows = [row for row in timeline.standing(session.visit, Kind.AIRWAY) if row.name == name]
    return rows[-1] if rows and rows[-1].body["open"] else None


def release_facts(session: Session, at: datetime) -> list[Fact]:
    """An open emergency, dizziness, and each vomit with which an airway watch began."""
    rows = timeline.standing(session.visit, Kind.AIRWAY)
    latest = {row.name: row for row in rows}
    found = [
        Fact("emergency_open", True, None, row.happened_at, row.name) for row in latest.values() if row.body["open"]
    ]
    begun = emergencies.event_begun(session)
    if begun is not None:
        found.append(Fact("emergency_open", True, None, begun.happened_at, "emergency"))
    dizzy = [row for row in timeline.standing(session.visit, Kind.EVENT) if row.name == "dizziness"]
    found += [Fact("dizzy", True, None, row.happened_at, "at the chair") for row in dizzy]
    for row in rows:
        since = datetime.fromisoformat(row.body["since"])
        if row.name == AIRWAY and not row.body["open"] and (row.body["airway_signs"] or oxygen_fell(session, since)):
            found.append(Fact("airway_event_at", since, None, row.happened_at, "airway"))
    return found


def oxygen_fell(session: Session, since: datetime) -> bool:
    """Did the saturation go under the line in the minutes after it?"""
    lines = reader.effects_sheet().lines
    until = since + timedelta(minutes=lines["airway_within"].integer)
    rows = good(session, since).filter(channel=Channel.SPO2, taken_at__lte=until)
    return bool(rows.filter(value__lt=lines["airway_spo2_under"].value).exists())


# --- what the record shows --------------------------------------------------------------------------------------------


def good(session: Session, since: datetime) -> QuerySet[Reading]:
    return monitoring.readings(session.visit).filter(quality="good", taken_at__gte=since).order_by("taken_at", "id")


def values(session: Session, channels: Sequence[Channel] = VITALS) -> dict[Channel, Timed]:
    """From T0 on, oldest first. A monitor gives thousands of some: whoever shows one channel asks for that one."""
    found: dict[Channel, Timed] = {channel: [] for channel in channels}
    if session.started_at is not None:
        rows = good(session, session.started_at).filter(channel__in=channels, value__isnull=False)
        for channel, at, value in rows.values_list("channel", "taken_at", "value"):
            found[Channel(channel)].append((at, Decimal(f"{Decimal(value or 0).normalize():f}")))
    return found


def charted(session: Session) -> Charted:
    """From T0 on: what was there before the dose is no effect of it."""
    taken, start = values(session), session.started_at
    events = [row for row in timeline.standing(session.visit, Kind.EVENT) if start and row.happened_at >= start]
    nausea = [value for at, value in scores(session, "nausea") if start and at >= start]
    tapped: dict[str, int] = {}
    for row in events:
        effect = effect_of(row.name)
        tapped[effect] = max(tapped.get(effect, 0), int(row.body.get("grade", 0)))
    steps, pressure = timeline.standing(session.visit, Kind.DOSE), gravest(session, PRESSURE)
    crisis = pressure == "high" and bool(emergencies.event_lines(session))
    return Charted(
        moaas=least(taken[Channel.MOAAS]),
        distress=most(taken[Channel.DISTRESS]),
        nausea=max(nausea, default=None),
        vomited=any(row.name == VOMIT for row in events),
        spo2=least(taken[Channel.SPO2]),
        hypoxia_s=longest_under(taken[Channel.SPO2], reader.effects_sheet().lines["spo2_under"].value),
        breaths=least(taken[Channel.RR]),
        pressure=pressure,
        pulse=gravest(session, PULSE),
        treated=frozenset(row.body["why"] for row in as_needed.given(session)),
        stopped=any(row.name == "stop" and FOR_PRESSURE.search(str(row.body.get("reason"))) for row in steps),
        danger=any(row.body.get("danger") for row in events),
        emergencies=frozenset({PRESSURE_CRISIS} if crisis else ()),
        tapped=tapped,
        signs=frozenset(signs.EFFECTS[row.name] for row in events if row.name in signs.EFFECTS),
        grave_course=", ".join(grave_course(session)),
    )


def grave_course(session: Session) -> list[str]:
    """What happened to the session as a whole, and is for somebody to say what it was."""
    began = [row for row in timeline.standing(session.visit, Kind.EMERGENCY) if row.name == emergencies.BEGIN]
    hospital = went_to_hospital(session)
    return [*(["an emergency was opened"] if began else []), *(["taken to hospital"] if hospital else [])]


def went_to_hospital(session: Session) -> bool:
    out = timeline.latest(session.visit, Kind.RELEASE)
    return out is not None and out.body.get("way") == TRANSFER


def scores(session: Session, name: str) -> Timed:
    rows = timeline.standing(session.visit, Kind.SCALE)
    return [(row.happened_at, Decimal(row.body["value"])) for row in rows if row.name == name]


def least(taken: Timed) -> Decimal | None:
    return min((value for _, value in taken), default=None)


def most(taken: Timed) -> Decimal | None:
    return max((value for _, value in taken), default=None)


def longest_under(taken: Timed, line: Decimal) -> Decimal:
    """Seconds of the longest stretch, each value holding until the next."""
    longest = run = timedelta()
    for (at, value), (after, _) in pairwise(taken):
        run = run + (after - at) if value < line else timedelta()
        longest = max(longest, run)
    return Decimal(int(longest.total_seconds()))


def gravest(session: Session, conditions: tuple[str, ...]) -> str:
    """How grave these alarms became since T0."""
    rows = AlarmSignal.objects.filter(visit=session.visit, condition__in=conditions).exclude(presence="pending")
    rows = rows.filter(at__gte=session.started_at) if session.started_at else rows.none()
    return max(rows.values_list("priority", flat=True), key=lambda priority: WEIGHT[priority], default="")


def found(session: Session) -> tuple[Graded, ...]:
    return rules.graded(charted(session), reader.effects_sheet())


@dataclass(frozen=True)
class Course:
    """When an effect began, was at its most, and was over; None for not recorded."""

    onset: datetime | None
    peak: datetime | None
    ended: datetime | None


def course_of(taken: Timed, *, affected: Callable[[Decimal], bool], worse: Worse = max) -> Course:
    """From the first value that is affected; over at the first one after the last of them that is not."""
    inside = [(at, value) for at, value in taken if affected(value)]
    if not inside:
        return Course(None, None, None)
    peak = worse(value for _, value in inside)
    after = [at for at, value in taken if at > inside[-1][0] and not affected(value)]
    return Course(inside[0][0], next(at for at, value in inside if value == peak), min(after, default=None))


# --- events -----------------------------------------------------------------------------------------------------------


def said_of(session: Session) -> list[AdverseEvent]:
    """All that was recorded of this session, or looked at and set aside, the oldest first."""
    rows = AdverseEvent.objects.current().filter(visit=session.visit).select_related("recorded_by")
    return list(rows.order_by("happened_at", "recorded_at", "id"))


def recorded(session: Session) -> dict[str, AdverseEvent]:
    """The same by effect; where one came twice, the later."""
    return {row.effect: row for row in said_of(session)}


def shown_grade(session: Session, effect: str) -> int | None:
    """What the record amounts to for this effect: a grade, TO_JUDGE, or nothing."""
    return next((one.grade for one in found(session) if one.effect == effect), None)


def unjudged_grade(session: Session, effect: str) -> int:
    """The grade that the record shows and nobody has judged: a second one of its kind may be milder than the first."""
    return next((one.grade for one in to_judge(session) if one.effect == effect), 0)


def events_of(visits: Sequence[UUID]) -> QuerySet[AdverseEvent]:
    """Recorded of these visits, without those that were looked at and set aside."""
    return standing_events().filter(visit__in=visits)


def standing_events() -> QuerySet[AdverseEvent]:
    return AdverseEvent.objects.current().exclude(outcome=Outcome.SET_ASIDE)


def has_died(patient: Patient) -> bool:
    """Whether an event that stands says so."""
    rows = AdverseEvent.objects.current().filter(patient=patient).exclude(outcome=Outcome.SET_ASIDE)
    return rows.filter(Q(grade=DEATH) | Q(outcome=Outcome.FATAL) | Q(serious__contains=["death"])).exists()


def to_judge(session: Session) -> list[Graded]:
    """What the record shows to be more than an effect, and nobody has yet said what it was; also what has become
    graver than it was, and than the record showed, when somebody spoke, and an alarming sign that was seen again."""
    if session.started_at is None:
        return []
    known: dict[str, int] = {}
    said: dict[str, datetime] = {}
    for row in said_of(session):
        known[row.effect] = max(known.get(row.effect, 0), row.grade, row.shown_grade)
        said[row.effect] = max(said.get(row.effect, row.recorded_at), row.recorded_at)
    seen = last_seen(session)
    again = {effect for effect, at in said.items() if effect in seen and seen[effect] > at}
    events = [one for one in found(session) if one.is_event]
    return [one for one in events if one.effect in again or one.grade > known.get(one.effect, -1)]


def last_seen(session: Session) -> dict[str, datetime]:
    """Of each effect, when the latest of its alarming signs reached the record; of the grave course, an emergency."""
    rows = timeline.standing(session.visit, Kind.EVENT, Kind.EMERGENCY)
    rows = [row for row in rows if session.started_at and row.happened_at >= session.started_at]
    named = [(signs.EFFECTS.get(row.name) or GRAVE_COURSE, row.recorded_at) for row in rows if is_grave_sign(row)]
    return {effect: max(at for name, at in named if name == effect) for effect, _ in named}


def is_grave_sign(row: TimelineEntry) -> bool:
    return row.name == emergencies.BEGIN if row.kind == Kind.EMERGENCY else row.name in signs.EFFECTS


def seen_after(session: Session, event: AdverseEvent) -> bool:
    """Has its sign been seen again since this was said of it?"""
    at = last_seen(session).get(event.effect)
    return at is not None and at > event.recorded_at
