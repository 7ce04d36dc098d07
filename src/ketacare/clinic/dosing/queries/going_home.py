"""Ready to go home? Every value recorded since the dose ended, and the judgement over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import (
    as_needed,
    effects,
    emergencies,
    facts,
    rates,
    readiness,
    schedule,
    signs,
    timeline,
)
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import AlarmSignal, Reading, Source
from ketacare.clinic.people import queries as people
from ketacare.medicine.dosing import rules
from ketacare.medicine.dosing.terms import OwedAtLeaving, Release
from ketacare.medicine.evidence.terms import Fact, Facts, Figure
from ketacare.medicine.monitoring.terms import Channel, Condition, Priority, Side, SignalState
from ketacare.medicine.monitoring.terms import Kind as ConditionKind

NAMES = {
    Channel.NIBP_SYS: ("sbp", "mmHg"),
    Channel.NIBP_DIA: ("dbp", "mmHg"),
    Channel.HR: ("hr", "/min"),
    Channel.SPO2: ("spo2", "%"),
    Channel.RR: ("rr", "/min"),
    Channel.MOAAS: ("moaas", "{score}"),
    Channel.DISTRESS: ("distress", "{score}"),
}


def known(session: Session, *, at: datetime, zone: str) -> Facts:
    """What both of the questions below look at, for whoever asks both."""
    return Facts(all_facts(session, at.astimezone(ZoneInfo(zone))))


def release(session: Session, *, at: datetime, zone: str, found: Facts | None = None) -> Release:
    """Every criterion with the fact behind it; what is missing first."""
    found = known(session, at=at, zone=zone) if found is None else found
    return rules.release(found, schedule.protocol_of(session), at.astimezone(ZoneInfo(zone)))


def ready_without_minimum(session: Session) -> datetime | None:
    """Of who was ready when they left: when they would have been without the minimum time, never later."""
    if session.left_at is None or session.ready_at is None:
        return None
    zone = session.visit.clinic.zone
    found, local = known(session, at=session.left_at, zone=zone), session.left_at.astimezone(ZoneInfo(zone))
    would_be = rules.ready_without_minimum(found, schedule.protocol_of(session), local)
    return min(would_be or session.ready_at, session.ready_at)


def owed_at_leaving(session: Session, *, at: datetime, zone: str, found: Facts | None = None) -> list[tuple[str, str]]:
    """What the schedule asks for before leaving and nobody has taken lately: its name, and when it last was."""
    local = at.astimezone(ZoneInfo(zone))
    found = known(session, at=at, zone=zone) if found is None else found
    owed = rules.owed_at_leaving(found, schedule.protocol_of(session), local)
    return [(schedule.LABELS[one.parameter], last_taken(one, local)) for one in owed]


def last_taken(owed: OwedAtLeaving, at: datetime) -> str:
    if owed.taken_at is None:
        return "not taken since the dose ended"
    minutes = int((at - owed.taken_at).total_seconds() // 60)
    return f"last taken at {owed.taken_at.astimezone(at.tzinfo):%H:%M}, {minutes} min ago"


def earliest(session: Session, at: datetime) -> datetime | None:
    """The minimum time alone, from the timeline: for a board that asks it of every chair."""
    return rules.earliest(Facts([*times(session), *waits(session, at)]), schedule.protocol_of(session), at)


def waits(session: Session, at: datetime) -> list[Fact]:
    """What was given and what happened, as far as anybody waits for it."""
    return [
        *as_needed.release_facts(session),
        *effects.release_facts(session, at),
        *emergencies.release_facts(session),
    ]


def all_facts(session: Session, at: datetime) -> list[Fact]:
    visit = session.visit
    measured = schedule.readings_before(visit, tuple(NAMES), at)
    return [
        *times(session),
        age(session, at),
        *before(session, at),
        *[
            Fact(*named(row.channel, row.value), row.taken_at, row.source)
            for row in thinned(measured, session)
            if row.value is not None
        ],
        *scales(session),
        *[fact for fact in facts.recorded(visit, Kind.CRITERION) if fact.name not in OF_THE_ESCORT],
        *reached_by(session),
        *waits(session, at),
        *signs.release_facts(session),
        *high_alarms(session, at),
        *held_until(session, at),
    ]


def high_alarms(session: Session, at: datetime) -> list[Fact]:
    """Of the patient's own signs, what is high now, acknowledged or not; and what was measured high and nobody has seen
    (A6). A sign that somebody saw is ended by somebody's word: that is an answer. A check that is missed so long that
    it is high (T5) is told apart: the value ends it, or the reason why there is none."""
    watched = watch.standing(session.visit, at=at)
    if watched is None:
        return []
    if watched.unjudged_since is not None:
        unread = Fact("alarms_unread", True, None, watched.unjudged_since, "alarm")
        return [*high_by_the_record(session), unread]
    return [
        Fact(name, alarm_words(one), None, one.since or at, "alarm")
        for one in watched.conditions
        if (name := counts_as(one))
    ]


def held_until(session: Session, at: datetime) -> list[Fact]:
    """When the last high alarm or missed check that held back was over, by the alarm log (A18)."""
    holding, ended = set(), None
    kinds = (str(ConditionKind.DUE), str(ConditionKind.PHYSIOLOGICAL))
    for row in watch.signals(session.visit).filter(kind__in=kinds, at__lte=at).order_by("id"):
        if row.priority == str(Priority.HIGH.word) and row.state != SignalState.OFF:
            holding.add(row.condition)
        elif row.condition in holding:
            holding.discard(row.condition)
            ended = row.at
    return [Fact("held_until", ended, None, ended, "alarm")] if ended else []


def counts_as(one: Condition) -> str:
    """The fact that holds back; empty for an alarm that does not."""
    is_high = one.present and one.priority is Priority.HIGH
    if one.kind is ConditionKind.DUE:
        return "missed_check" if is_high else ""
    unseen = one.latched and one.channel is not None
    return "high_alarm" if one.kind is ConditionKind.PHYSIOLOGICAL and (is_high or unseen) else ""


def high_words(session: Session, at: datetime) -> str:
    """What is high, or was and nobody has seen it, in one line; nothing where nothing is."""
    return ", ".join(str(fact.value) for fact in high_alarms(session, at) if fact.name == "high_alarm")


def high_by_the_record(session: Session) -> list[Fact]:
    """Where the watch cannot be read: what was high when it was last told of, until a value typed later lies within its
    line; and each grave sign that nobody has said to be over (D9)."""
    visit, high = session.visit, str(Priority.HIGH.word)
    newest = watch.signals(visit).order_by("condition", "-id").distinct("condition")
    told = [row for row in newest if row.kind == ConditionKind.PHYSIOLOGICAL and row.priority == high and row.channel]
    values = [
        Fact(
            "high_alarm", f"{Channel(row.channel).label} {row.value.normalize():f}", None, row.since or row.at, "alarm"
        )
        for row in told
        if row.state != SignalState.OFF and row.value is not None and not _came_back(session, row)
    ]
    grave = [sign for sign, weight in watch.limits_that_hold(visit).signs.items() if weight is Priority.HIGH]
    stand = [
        Fact("high_alarm", sign, None, visit.starts_at, "by hand") for sign in grave if signs.stands(session, sign)
    ]
    return values + stand


def _came_back(session: Session, row: AlarmSignal) -> bool:
    typed = Reading.objects.filter(
        visit=session.visit, channel=row.channel, source=Source.HAND, taken_at__gt=row.at, quality="good",
        in_error=False, amended_by__isnull=True,
    ).order_by("taken_at", "id").last()  # fmt: skip
    if typed is None or typed.value is None or row.limit is None:
        return False
    return typed.value <= row.limit if row.condition.endswith(f".{Side.HIGH}") else typed.value >= row.limit


def alarm_words(condition: Condition) -> str:
    name = condition.label or (condition.channel.label if condition.channel else condition.key)
    return f"{name} {condition.side}" if condition.side else name


def named(channel: str, value: Decimal) -> tuple[str, Decimal, str]:
    name, unit = NAMES[Channel(channel)]
    return name, Decimal(f"{value.normalize():f}"), unit


def thinned(rows: list[Reading], session: Session) -> list[Reading]:
    """A monitor sends each second; one value a minute says as much about the way home. Each that was typed counts."""
    kept: dict[tuple[str, datetime | int], Reading] = {}
    for row in rows:
        if session.dose_ended_at is not None and row.taken_at >= session.dose_ended_at:
            minute = row.taken_at.replace(second=0, microsecond=0)
            kept[(row.channel, row.pk if row.source == Source.HAND else minute)] = row
    return list(kept.values())


def times(session: Session) -> list[Fact]:
    found = [("started_at", session.started_at), ("ended_at", session.dose_ended_at)]
    return [Fact(name, moment, None, moment, "timeline") for name, moment in found if moment is not None]


def age(session: Session, at: datetime) -> Fact:
    """In whole years on the clinic's day: `at` is in its zone."""
    years = people.identity(session.visit.patient).age_on(at.date())
    return Fact("age_years", Decimal(years), "a", at, "demographics")


def before(session: Session, at: datetime) -> list[Fact]:
    """The baseline: the pressure that decided at the gate, and the last saturation before the dose."""
    gate = readiness.gate(session, at)
    start = session.started_at
    if gate is None or start is None:
        return []
    found = [
        Fact("baseline_sbp", gate.systolic, "mmHg", start, "before the dose"),
        Fact("baseline_dbp", gate.diastolic, "mmHg", start, "before the dose"),
    ]
    saturation = schedule.baseline(session.visit, start).get(Channel.SPO2)
    return found if saturation is None else [*found, Fact("baseline_spo2", saturation, "%", start, "before the dose")]


HERE = (Kind.EVENT, Kind.SCALE, Kind.MEDICINE)
# Of the pump, not of the patient; and that they go, which may be tapped when they have long gone.
NOT_OF_BEING_HERE = frozenset({rates.PUMP_READ, signs.LEAVING})


def last_seen(session: Session, at: datetime) -> datetime:
    """When the record last has the patient here: measured, treated, seen. What is found for going home does not say
    so by itself, nor that a sign is over, for both may be typed long after they went, so that the session can end; the
    dose does, where there is nothing else."""
    assert session.started_at is not None
    measured = watch.readings(session.visit).filter(quality="good", taken_at__lte=at).order_by("-taken_at")
    taken_at = measured.values_list("taken_at", flat=True).first()
    told = timeline.standing(session.visit, *HERE)
    lines = (row.happened_at for row in told if row.name not in NOT_OF_BEING_HERE and not signs.ended_by(row))
    return max([session.dose_ended_at or session.started_at, *lines, *([taken_at] if taken_at else [])])


def scales(session: Session) -> list[Fact]:
    return [
        Fact(row.name, Decimal(row.body["value"]), "{score}", row.happened_at, "by hand")
        for row in timeline.standing(session.visit, Kind.SCALE)
    ]


# --- the way home -----------------------------------------------------------------------------------------------------

ESCORT = ("escort_name", "escort_relation", "escort_phone")


OF_THE_ESCORT = ("escort_relation", "escort_phone")


def escort(session: Session) -> dict[str, str]:
    """Who takes the patient home: as found at the door, else as named before the dose. Nothing is typed twice; a
    relation and a telephone are those of one name, and go with it when somebody else comes."""
    known: dict[str, str] = {}
    at_the_door = [facts.facts_in(row) for row in timeline.standing(session.visit, Kind.CRITERION)]
    for told in (facts.recorded(session.visit, Kind.FACT), *at_the_door):
        new = {fact.name: str(fact.value) for fact in told if fact.name in ESCORT}
        if new.get("escort_name", known.get("escort_name")) != known.get("escort_name"):
            known = {}
        known |= new
    return {name.removeprefix("escort_"): known.get(name, "") for name in ESCORT}


def reached_by(session: Session) -> list[Fact]:
    """How the escort who was found at the door is related and reached, as of when that was last said."""
    said = [fact for fact in facts.recorded(session.visit, Kind.CRITERION) if fact.name in ESCORT]
    if not said:
        return []
    known, last = escort(session), said[-1]
    values = {name: known[name.removeprefix("escort_")] for name in OF_THE_ESCORT}
    return [Fact(name, value, None, last.known_at, last.source) for name, value in values.items() if value]


def calls(session: Session) -> list[TimelineEntry]:
    """What was tried when nobody came."""
    return timeline.standing(session.visit, Kind.CALL)


@dataclass(frozen=True)
class Wait:
    """Nobody has come yet: since when that counts, and until when anybody waits before another way is found."""

    since: datetime
    until: datetime


def escort_wait(session: Session, at: datetime) -> Wait | None:
    """From the first call, or from when the patient may leave if that is later, until the escort was seen here or the
    patient has left."""
    tried = calls(session)
    here = {fact.name: fact.value for fact in facts.recorded(session.visit, Kind.CRITERION)}
    if not tried or session.left_at is not None or here.get("escort_present") is True:
        return None
    longest = wait_figure(session)
    if longest is None:
        return None
    first, may_leave = min(row.happened_at for row in tried), earliest(session, at)
    since = first if may_leave is None else max(first, may_leave)
    return Wait(since, since + timedelta(minutes=longest.integer))


def wait_figure(session: Session) -> Figure | None:
    """How long anybody waits; a clinic's own older copy of the sheet does not say."""
    return schedule.protocol_of(session).release.figures.get("escort_wait")


# In hospital, or nobody knows where: a word that driving is allowed would be nobody's judgement.
UNTOLD_OF_DRIVING = frozenset({"transfer", "gone"})


def drive_from(session: Session) -> datetime | None:
    """Not before a restful night, and not before the sheet's hours after the end of the dose, or after what was given
    later and makes drowsy, or may: the latest of them (H12)."""
    if session.dose_ended_at is None:
        return None
    hours = schedule.protocol_of(session).release.figures["drive_after"].integer
    given = [*as_needed.drowsy_at(session), *emergencies.drug_at(session)]
    return max([session.dose_ended_at, *given]) + timedelta(hours=hours)
