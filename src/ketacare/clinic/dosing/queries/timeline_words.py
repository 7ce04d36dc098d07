"""The lines of a session's timeline in words: on the chair, in the note, on the card and in a replay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import (
    dose,
    emergencies,
    heard,
    limits,
    ordered,
    supervising,
    timeline,
    trend,
    without,
)
from ketacare.clinic.dosing.queries.timeline import Told

PAPERS = {"patient": "Discharge instructions", "escort": "Escort sheet"}
SPOKEN = {"en": "English", "es": "Spanish"}
HIDDEN_RATE = "rate: second person reads the pump"


@dataclass(frozen=True)
class Line:
    """One entry of the timeline as the component reads it."""

    told: Told
    words: str


def entries(session: Session, at: datetime, hidden: Any = None) -> list[dict[str, Any]]:
    """Newest first: what happened, by whom, and what it said before. `hidden` is the change that a second person still
    has to read from the pump without being led."""
    rows = [row for row in timeline.told(session.visit) if row.entry.kind != Kind.CRITERION or row.entry.words]
    rows = [row for row in rows if row.entry.kind not in (Kind.FACT,)]
    told = [entry_row(row, session, at) for row in reversed(rows)]
    told = [row | {"words": HIDDEN_RATE.capitalize()} if row["id"] == hidden else row for row in told]
    missing = [lapse_row(one, session) for one in without.lapses(session)]
    return sorted([*told, *reversed(missing)], key=lambda row: row["at"], reverse=True) if missing else told


LAPSE = "lapse"


def lapse_row(one: without.Lapse, session: Session) -> dict[str, Any]:
    """That somebody was missing: no entry of anybody's, so nobody amends it."""
    return {"id": f"{one.missing}.{one.since.isoformat()}", "at": one.since, "t": t_of(session, one.since), "who": "",
            "words": one.words, "detail": "", "late": "", "source": "", "was": [], "error": None, "kind": LAPSE,
            "is_act": False, "by_id": None, "undo": False}  # fmt: skip


def t_of(session: Session, at: datetime) -> str:
    start = session.started_at
    return f"T+{int((at - start).total_seconds() // 60)}" if start and at >= start else ""


def late_words(row: TimelineEntry) -> str:
    """What was entered long after it happened, such as at a screen that had no connection, says how long after."""
    if not row.is_late_entry:
        return ""
    return f"late entry: saved {int((row.recorded_at - row.happened_at).total_seconds() // 60)} min later"


def entry_row(told: Told, session: Session, at: datetime) -> dict[str, Any]:
    row = told.entry
    who = row.recorded_by.name if row.recorded_by else ""
    return {
        "id": row.pk,
        "at": row.happened_at,
        "t": t_of(session, row.happened_at),
        "who": who,
        "words": words_of(row),
        "detail": "",
        "late": late_words(row),
        "source": "",
        "was": [
            {"words": was_words(old, session), "who": who, "at": row.recorded_at, "why": newer.amend_reason}
            for old, newer in pairwise((*told.earlier, row))
        ],
        "error": {"who": who, "at": row.recorded_at, "why": row.amend_reason} if row.in_error else None,
        "kind": row.kind,
        "is_act": emergencies.is_act(row) or dose.is_at_the_pump(row) or dose.is_start(row),
        "by_id": row.recorded_by_id,
        "undo": (at - row.recorded_at).total_seconds() <= 10 and not row.amends_id,
    }


def was_words(old: TimelineEntry, session: Session) -> str:
    """What it said before; of a start it is the time that was another."""
    if not dose.is_start(old):
        return words_of(old)
    return f"{words_of(old)}, {old.happened_at.astimezone(ZoneInfo(session.visit.clinic.zone)):%H:%M}"


HELP_FROM = {
    "tablet": "Help called from the room's tablet",
    "patient": "Help called by the patient",
    "chair": "Help called at the chair",
    "sitting": "Distress: the nurse is called",
}


def named(row: TimelineEntry) -> str:
    """What was tapped, without what somebody wrote beside it."""
    grade = f"grade {row.body['grade']}" if row.body.get("grade") else ""
    name = HELP_FROM.get(row.body.get("place", ""), "") or trend.label(row)
    return " – ".join(part for part in (name, grade) if part)


def words_of(row: TimelineEntry) -> str:
    """A line in words, from its kind and its body; nothing is stored twice."""
    body = row.body
    match Kind(row.kind):
        case Kind.EVENT:
            return " – ".join(part for part in (named(row), row.words) if part)
        case Kind.SCALE:
            return f"{row.name.capitalize()} {body['value']} of 10"
        case Kind.MEDICINE:
            given = f"{body['name']} {body['amount']} {body['unit']} {body['route']}"
            order = "by the order of {}" if body.get("own_order") else "by the order set {} signed"
            return f"{given} for {body['why'].replace('_', ' ')}, {order.format(body['signed_by'])}"
        case Kind.AIRWAY:
            signs = "" if body["open"] else ", airway signs" if body["airway_signs"] else ", airway clear"
            return f"{row.name} {'opened' if body['open'] else 'over'}{signs}{': ' + row.words if row.words else ''}"
        case Kind.CALL:
            reached = "reached" if body["reached"] else "not reached"
            comes = f", comes {body['arrives']}" if body["arrives"] else ""
            return f"Called about the way home: {body['who']}, {reached}{comes}{'. ' + row.words if row.words else ''}"
        case Kind.SKIPPED:
            return f"T+{body['column']} not taken: {row.words}"
        case Kind.DOSE:
            return dose_words(row) + against_words(body)
        case Kind.ORDER:
            return order_words(row)
        case Kind.DRAW:
            return undone_words(body) if row.name else drawn_words(body)
        case Kind.DOUBLE_CHECK:
            what = "Check of the rate" if row.name else "Double check"
            agreed = f"{what}: {body['first']} and {body['second']} agree"
            if row.name and not body["matched"]:
                return f"{what}: {body['second']} read another than {body['first']} charted"
            return agreed if body["matched"] else f"{what}: {', '.join(body['differing'])} differed"
        case Kind.DECISION:
            return " – ".join(part for part in ("Go" if row.name == "go" else "No-go", row.words) if part)
        case Kind.CHECK_IN:
            return f"Checked in, {body['chair']}" + (f". Alarm lines: {row.words}" if row.words else "")
        case Kind.TIME_OUT:
            return "Time-out read aloud"
        case Kind.SUPERVISION:
            return supervising.line_words(row)
        case Kind.ALARMS:
            return limits.line_words(row)
        case Kind.ADVICE:
            return f"Advice: {row.words}"
        case Kind.READ_BACK:
            return heard.line_words(row)
        case Kind.EMERGENCY:
            return emergencies.line_words(row)
        case Kind.RELEASE:
            gap = (
                f"; not taken before: {', '.join(body['not_taken'])} ({body['why_not']})" if "not_taken" in body else ""
            )
            return "Left" + (f", before ready: {body['override']}" if body.get("override") else "") + gap
        case Kind.TAKE_HOME:
            return paper_words(row)
        case Kind.CLOSE:
            return f"Called off: {row.words}" if row.name else "Closed"
    return row.words or row.get_kind_display()


def order_words(row: TimelineEntry) -> str:
    if row.name == ordered.WITHDRAWN:
        return f"Order withdrawn: {row.body['reason']}"
    order = ordered.read_back(row)
    told = f"{order.ordered_words} {order.route_words}"
    if row.name == ordered.PROPOSED:
        return f"Order written, waits for a second person: {told}. {order.meant_words}"
    meant = f". {order.meant_words}" if order.meant_words else ""
    return f"Order signed: {told}{meant}"


def undone_words(body: dict[str, Any]) -> str:
    what = "Put back" if body.get("put_back", True) else "Drawn and wasted unused"
    return f"{what}: {body.get('reason', '')}"


def drawn_words(body: dict[str, Any]) -> str:
    serials = ", ".join(body.get("serials") or [body["serial"]])
    return f"Drawn {number(body['drawn_mg'])} mg from {serials}, lot {body['lot']}"


def paper_words(row: TimelineEntry) -> str:
    body = row.body
    return f"{PAPERS[row.name]} printed, {SPOKEN[body['language']]}, sheet {body['version']}"


def dose_words(row: TimelineEntry) -> str:
    body = row.body
    match row.name:
        case "start":
            return f"Infusion started at {number(body['rate_ml_per_h'])} mL/h"
        case "pause":
            return f"Paused: {body['reason']}"
        case "resume":
            over = " by the prescriber's word, after a confirmed pressure" if body.get("over_pressure") else ""
            return f"Resumed{over}: {body['reason']}"
        case "rate" if body["old_ml_per_h"] == body["new_ml_per_h"]:
            return f"Rate read anew, {number(body['new_ml_per_h'])} mL/h: {body['reason']}"
        case "rate":
            return f"Rate {number(body['old_ml_per_h'])} → {number(body['new_ml_per_h'])} mL/h: {body['reason']}"
        case "second_step":
            return f"Second step started at {number(body['new_ml_per_h'])} mL/h, {body['reason']}"
        case "rate_asked":
            return f"Asked for {number(body['new_ml_per_h'])} mL/h, not before a second person agrees: {body['reason']}"
        case "given":
            site = f", {body['site']}" if body.get("site") else ""
            return f"{number(body['mg'])} mg given {ordered.ROUTES.get(body['route'], body['route'])}{site}"
        case "piece":
            early = f", early: {body['early']}" if body.get("early") else ""
            count = f"{body['piece'].capitalize()} {body['place']} of {body['of']}"
            return f"{count} given, {body['serial']} ({number(body['mg'])} mg){early}"
        case "complete":
            return f"Infusion complete, {number(body['given_mg'])} mg given"
    return f"Stopped, {number(body['given_mg'])} mg given: {body['reason']}"


def dose_line(row: TimelineEntry) -> str:
    """As the note has it: a start that was charted late says so beside it, as the timeline does beside every line."""
    late = f" ({late_words(row)})" if row.body.get("begun_late") and row.is_late_entry else ""
    return f"{dose_words(row)}{late}{against_words(row.body)}"


def against_words(body: dict[str, Any]) -> str:
    """What spoke against more of a dose that was given all the same, and why it was."""
    if not body.get("against"):
        return ""
    return f"; against: {'; '.join(body['against'])}; given all the same: {body['all_the_same']}"


def number(text: str) -> str:
    return f"{Decimal(text).normalize():f}"
