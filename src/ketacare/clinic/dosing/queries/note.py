"""The session note: everything in it is read from the record each time, so a correction reaches it by itself (I2)."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import AdverseEvent, Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import (
    alarm_log,
    closing,
    effects,
    flowsheet,
    going_home,
    moments,
    numbers,
    ordered,
    rates,
    schedule,
    timeline,
    timeline_words,
    without,
)
from ketacare.clinic.dosing.queries.ordered import Against, Ordered
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.people import queries as people
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.scheduling import queries as scheduling
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.quantities.terms import Mass


def content(session: Session, zone: str, hidden: UUID | None = None) -> dict[str, Any]:
    """All of the note that is derived, ready for page, PDF and digest. Plain text and lists only. `hidden`: the
    change of rate that whoever reads it has yet to read from the pump."""
    visit, clock = session.visit, Clock(zone, session)
    order, sheet = ordered.order_of(visit), flowsheet.as_kept(session)
    return {
        "patient": patient_part(visit, clock),
        "clinic": {"name": visit.clinic.name, "address": visit.clinic.address, "telephone": visit.clinic.telephone},
        "session": {
            "on": clock.day(session.started_at or session.created_at),
            "number": visit.number_in_course,
            "chair": visit.chair.name if visit.chair else "",
            "protocol": f"{session.protocol_id} {session.protocol_version}",
            "title": schedule.protocol_of(session).title,
        },
        "order": order_part(order, clock),
        "readiness": readiness_part(visit, clock),
        "dose": [
            [clock.moment(row.happened_at), timeline_words.dose_line(row)] for row in steps(visit) if row.pk != hidden
        ],
        "given": given_words(session),
        "trend": trend_part(session),
        "readings": readings_part(sheet),
        "taken": moments.when_taken(sheet, clock.moment),
        "events": events_part(session, clock),
        "happened": happened_part(session, clock),
        "alarms": alarms_part(session, clock),
        "limits": alarm_log.limits(session) if session.started_at is not None else [],
        "drug": drug_part(visit, clock),
        **people_part(session, clock),
        "release": release_part(session, clock),
        "effects": effects_part(session),
        "medicines": medicines_part(visit, clock),
        "minutes": minutes_part(session),
        "next": next_part(session, clock),
        "corrections": corrections(session, clock),
    }


class Clock:
    """Times as the clinic's wall shows them."""

    def __init__(self, zone: str, session: Session) -> None:
        self.zone = ZoneInfo(zone)
        self.start = session.started_at

    def at(self, moment: datetime) -> str:
        return f"{moment.astimezone(self.zone):%H:%M}"

    def day(self, moment: datetime | date) -> str:
        local = moment.astimezone(self.zone) if isinstance(moment, datetime) else moment
        return f"{local:%d-%b-%Y}"

    def moment(self, moment: datetime) -> str:
        if self.start is None or moment < self.start:
            return self.at(moment)
        return f"{self.at(moment)} (T+{int((moment - self.start).total_seconds() // 60)})"


def patient_part(visit: Visit, clock: Clock) -> dict[str, str]:
    who = people.identity(visit.patient)
    listed = ", ".join(f"{what} ({reaction})" if reaction else what for what, reaction in who.allergies)
    asked = f"No known allergies (asked by {who.allergies_asked_by})"
    allergies = {"listed": f"Allergies: {listed}", "none_known": asked}.get(
        who.allergy_state, "Allergies not yet asked"
    )
    preferred = f" ({who.preferred})" if who.preferred and who.preferred != who.given else ""
    return {
        "name": f"{who.family.upper()}, {who.given}{preferred}",
        "born": clock.day(who.born_on),
        "sex": who.sex,
        "record": who.record_number,
        "allergies": allergies,
    }


def order_part(order: Ordered | None, clock: Clock) -> dict[str, Any]:
    if order is None:
        return {}
    drawn = "" if order.drawn_mg == order.dose_mg else f", drawn {Mass(order.drawn_mg)}"
    return {
        "dose": f"{order.ordered_words}{drawn}",
        "drug": f"{order.drug}, {order.route_words}",
        "preparation": order.prepared_words,
        "rate": order.given_words,
        "signed": f"{order.signed_by}, {clock.at(order.signed_at)}",
        "meant": "" if order.against else order.meant_words,
        "second": order.second_person,
        "beyond": [[one.rule, one.line, *said_by(order, one)] for one in order.against],
    }


def said_by(order: Ordered, one: Against) -> list[str]:
    """Why it is meant, by the prescriber and where it takes two by the second person, each with the name."""
    second = [f"{order.second_person}: {one.second_reason}"] if one.second_reason else []
    return [f"{order.signed_by}: {one.reason}", *second]


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def readiness_part(visit: Visit, clock: Clock) -> dict[str, Any]:
    decision = timeline.latest(visit, Kind.DECISION)
    if decision is None:
        return {"words": "Not decided", "lines": []}
    words = "Go" if decision.name == "go" else "No-go"
    who = decision.recorded_by.name if decision.recorded_by else ""
    lifted = decision.body["overrides"]
    lines = [[reason["title"], told_reason(reason, lifted)] for reason in decision.body["reasons"]]
    return {"words": f"{words}, {who}, {clock.at(decision.happened_at)}", "lines": lines, "why": decision.words}


def told_reason(reason: dict[str, Any], lifted: dict[str, str]) -> str:
    words: str = reason["words"]
    return f"{words}. Prescriber: {lifted[reason['criterion']]}" if reason["criterion"] in lifted else words


def steps(visit: Visit) -> list[Any]:
    return timeline.standing(visit, Kind.DOSE)


def given_words(session: Session) -> str:
    amounts = ledger.amounts_of(session.visit)
    if session.started_at is None or session.dose_ended_at is None:
        return ""
    minutes = int((session.dose_ended_at - session.started_at).total_seconds() // 60)
    return f"{Mass(amounts.given_mg).written()} given in {minutes} min"


def trend_part(session: Session) -> dict[str, str]:
    """Baseline, peak pressure, fastest pulse and lowest saturation, each with its time."""
    sheet = values_after_start(session)
    peak = max(sheet["bp"], key=lambda value: int(value.words.split("/")[0]), default=None)
    low = min(sheet["spo2"], key=lambda value: Decimal(value.words), default=None)
    fast = max(sheet["hr"], key=lambda value: Decimal(value.words), default=None)
    start = session.started_at
    before = [value for value in flowsheet.all_values(session) if value.key == "bp" and start and value.at < start]

    def when(value: Any) -> str:
        late = f", saved {value.late_min} min later" if value.late_min else ""
        return f" at T+{int((value.at - start).total_seconds() // 60)}{late}" if start else ""

    return {
        "before": f"{before[-1].words} mmHg" if before else "not recorded",
        "peak": f"{peak.words} mmHg{when(peak)}" if peak else "not recorded",
        "fastest": f"{fast.words} /min{when(fast)}" if fast else "not recorded",
        "lowest": f"{low.words} %{when(low)}" if low else "not recorded",
    }


def values_after_start(session: Session) -> dict[str, list[Any]]:
    start = session.started_at
    found: dict[str, list[Any]] = {"bp": [], "hr": [], "spo2": []}
    for value in flowsheet.all_values(session):
        if value.key in found and start is not None and value.at >= start:
            found[value.key].append(value)
    return found


def readings_part(columns: list[moments.Column]) -> list[list[str]]:
    """The flowsheet, a line for each time; a gap is a dash with its reason."""
    rows = []
    for column in columns:
        if not column.cells and column.state != "skipped":
            continue
        cells = [moments.in_words(column.cells.get(key)) for key in flowsheet.TYPED]
        what = f" ({closing.not_taken(column)})" if column.cells and column.missing else ""
        note = f"not taken{what}: {column.reason or closing.NO_REASON}" if column.state == "skipped" else ""
        rows.append([moments.named(column.t, column.taken), *cells, note])
    return rows


def events_part(session: Session, clock: Clock) -> list[list[str]]:
    rows = timeline.standing(session.visit, Kind.EVENT, Kind.REMARK, Kind.ALARMS)
    return [
        [clock.moment(row.happened_at), row.words if not row.name else timeline_words.words_of(row)] for row in rows
    ]


def happened_part(session: Session, clock: Clock) -> list[list[str]]:
    """All of it in the order of its times: the steps of the dose, what was seen and done, advice, an emergency."""
    kinds = (Kind.DOSE, Kind.EVENT, Kind.REMARK, Kind.ALARMS, Kind.ADVICE, Kind.READ_BACK, Kind.EMERGENCY)
    checks = [row for row in timeline.standing(session.visit, Kind.DOUBLE_CHECK) if row.name == rates.CHECK]
    # What was written down in one act has one time: the dose first.
    rows = sorted(
        [*timeline.standing(session.visit, *kinds), *checks], key=lambda row: (row.happened_at, row.kind, row.name)
    )
    return [[clock.moment(row.happened_at), words_of(row)] for row in rows]


def words_of(row: TimelineEntry) -> str:
    if row.kind == Kind.DOSE:
        return timeline_words.dose_words(row)
    return timeline_words.words_of(row) if row.name or row.kind not in (Kind.EVENT, Kind.REMARK) else row.words


def alarms_part(session: Session, clock: Clock) -> list[list[str]]:
    """Each alarm that was more than a notice: when it was there, what it was and how far, and who saw it."""
    return [
        [
            clock.moment(one.since),
            f"{one.priority.capitalize()}: {alarm_log.name_of(one.gravest)}{alarm_log.extreme(session, one)}",
            ", ".join(f"seen {clock.at(at)} {name}" for at, name in one.seen) or "seen by nobody",
            alarm_log.over(one, clock.at, has_left=session.left_at is not None),
        ]
        for one in alarm_log.episodes(session)
    ]


def people_part(session: Session, clock: Clock) -> dict[str, Any]:
    """Who answered for the session, and how long nobody did. Nothing where nobody was ever named: a note signed
    before there were posts stays what was signed."""
    rows = timeline.standing(session.visit, Kind.SUPERVISION, Kind.ADVICE, Kind.READ_BACK, Kind.EMERGENCY)
    if session.started_at is None or not rows:
        return {}
    lines = [[clock.moment(row.happened_at), timeline_words.words_of(row), who(row)] for row in rows]
    lapses = [[clock.moment(one.since), one.words] for one in without.lapses(session)]
    return {"people": {"lines": lines, "without": without.words(session, clock.zone.key), "lapses": lapses}}


def who(row: TimelineEntry) -> str:
    return row.recorded_by.name if row.recorded_by else ""


def drug_part(visit: Visit, clock: Clock) -> dict[str, Any]:
    amounts = ledger.amounts_of(visit)
    lines = [
        [
            entry.get_kind_display(),
            Mass(entry.amount_mg).written(),
            f"{entry.container.serial}, lot {entry.container.lot}",
            entry.recorded_by.name if entry.recorded_by else "",
            entry.witness.name if entry.witness else "",
            clock.at(entry.happened_at),
        ]
        for entry in ledger.entries_of(visit)
    ]
    rest = f" + {Mass(amounts.open_mg).written()} not yet accounted for" if amounts.open_mg > 0 else ""
    return {
        "lines": lines,
        "sum": f"Drawn {Mass(amounts.drawn_mg).written()} = given {Mass(amounts.given_mg).written()} + wasted "
        f"{Mass(amounts.wasted_mg).written()} + returned {Mass(amounts.returned_mg).written()}{rest}",
        "vial": f"Rest of the vial wasted: {Mass(amounts.vial_wasted_mg).written()}" if amounts.vial_wasted_mg else "",
        "open": str(amounts.open_mg),
    }


def release_part(session: Session, clock: Clock) -> dict[str, Any]:
    entry = timeline.latest(session.visit, Kind.RELEASE)
    if entry is None or session.left_at is None:
        return {}
    facts = {
        name: kept["value"]
        for row in timeline.standing(session.visit, Kind.CRITERION)
        for name, kept in row.body["facts"].items()
    }
    untaken = entry.body.get("not_taken")
    gap = [["Leaving", f"Not taken: {', '.join(untaken)} ({entry.body['why_not']})", "not met"]] if untaken else []
    return {
        "ready": clock.moment(session.ready_at) if session.ready_at else "not reached",
        "left": clock.moment(session.left_at),
        "by": entry.recorded_by.name if entry.recorded_by else "",
        "override": entry.body.get("override", ""),
        "escort": facts.get("escort_name", "not named"),
        "criteria": [*([c["id"], in_words(c["words"]), c["result"]] for c in entry.body["criteria"]), *gap],
    }


def effects_part(session: Session) -> list[list[str]]:
    """What the record shows, with what somebody said it was."""
    if session.started_at is None:
        return []
    known = effects.recorded(session)
    return [
        [one.term, f"grade {one.grade}" if one.grade else "to be judged", one.why, said_of(known.get(one.effect))]
        for one in effects.found(session)
    ]


def said_of(event: AdverseEvent | None) -> str:
    if event is None:
        return ""
    return f"{event.get_outcome_display()}, cause {event.get_relatedness_display().lower()}"


def medicines_part(visit: Visit, clock: Clock) -> list[list[str]]:
    rows = timeline.standing(visit, Kind.MEDICINE)
    return [[clock.moment(row.happened_at), timeline_words.words_of(row)] for row in rows]


def minutes_part(session: Session) -> dict[str, str]:
    """Each a difference of two times that are in the record."""
    taken = numbers.minutes(session)
    found = {"Before the dose": taken.prepared, "Dose": taken.infused, "From the dose to leaving": taken.watched,
             "From check-in to leaving": taken.in_all}  # fmt: skip
    return {words: f"{minutes} min" for words, minutes in found.items() if minutes is not None}


NAMES = {"sbp": "systolic", "dbp": "diastolic", "hr": "heart rate", "spo2": "SpO2", "rr": "breaths",
         "moaas": "MOAA/S"}  # fmt: skip


def in_words(words: str) -> str:
    """Names of facts as people say them."""
    told = re.sub(r"\b(sbp|dbp|hr|spo2|rr|moaas)\b", lambda match: NAMES[match[0]], words)
    return told.replace("_", " ")


def next_part(session: Session, clock: Clock) -> list[str]:
    """What was told and what is booked: nobody drives, and each later question has its hour."""
    if session.started_at is None or session.left_at is None:
        return []
    later = (
        session.visit.patient.visits.filter(starts_at__gt=session.visit.starts_at)
        .exclude(state="cancelled")
        .order_by("starts_at")
        .first()
    )
    words = [
        "No driving, machinery or alcohol until tomorrow after restful sleep, and at least 24 h"
        + until(session, clock),
        "Check-in this evening and at 24 h by telephone link; PHQ-9 at 7 days",
        "Integration visit {} to {} h after the dose".format(*scheduling.window_hours(session.visit)),
    ]
    if later is not None:
        words.append(f"Next visit {clock.day(later.starts_at)} {clock.at(later.starts_at)}: {later.get_kind_display()}")
    return words


def until(session: Session, clock: Clock) -> str:
    free_at = going_home.drive_from(session)
    return ", and at least 24 h" if free_at is None else f", not before {clock.day(free_at)} {clock.at(free_at)}"


def corrections(session: Session, clock: Clock) -> list[str]:
    """Every correction with what it said before: they follow the record onto paper."""
    lines = []
    for told in timeline.told(session.visit):
        if told.earlier:
            row, old = told.entry, told.earlier[-1]
            became = "entered in error" if row.in_error else timeline_words.words_of(row)
            who = row.recorded_by.name if row.recorded_by else ""
            before = timeline_words.was_words(old, session)
            lines.append(f"{clock.moment(row.happened_at)}: {before} → {became} ({row.amend_reason}; {who})")
    rows = Reading.objects.filter(visit=session.visit, amends__isnull=False).select_related("amends", "recorded_by")
    return lines + [reading_correction(reading, clock) for reading in rows.order_by("received_at")]


def reading_correction(reading: Reading, clock: Clock) -> str:
    was, became = flowsheet.whole(reading.amends or reading), flowsheet.whole(reading)
    became = "entered in error" if reading.in_error else became
    who = reading.recorded_by.name if reading.recorded_by else ""
    label = Channel(reading.channel).label
    return f"{clock.moment(reading.taken_at)}: {label} {was} → {became} ({reading.amend_reason}; {who})"
