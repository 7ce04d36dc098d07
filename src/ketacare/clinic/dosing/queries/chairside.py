"""What the chairside page and the wall show of a running session, in the words of their components."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ketacare.clinic.dosing.models import Kind, Session, SessionState
from ketacare.clinic.dosing.queries import (
    bounds,
    dose,
    moments,
    timeline,
    timeline_words,
)
from ketacare.clinic.dosing.queries.badges import SIDES, badge
from ketacare.clinic.dosing.queries.bounds import Bounds
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Source
from ketacare.clinic.monitoring.queries import Standing
from ketacare.medicine.evidence.terms import Fact
from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import Channel, Condition, Presence, Shown, Side
from ketacare.medicine.monitoring.terms import Kind as ConditionKind
from ketacare.medicine.quantities.terms import Mass

GRAVE_AFTER = timedelta(seconds=60)  # D4
BIG = ((Channel.HR, "Heart rate", "/min"), (Channel.SPO2, "SpO2", "%"))


def vitals(
    standing: Standing | None, latest: dict[Channel, Any], at: datetime, own: Mapping[Channel, Bounds] | None = None
) -> list[dict[str, Any]]:
    """Heart rate, saturation and the last cuff pressure: each with age, state and limits, or dashes."""
    shown = {one.channel: one for one in standing.shown} if standing else {}
    every = standing.interval_s if standing else {}
    large = [
        single(
            channel,
            label,
            unit,
            shown.get(channel),
            latest,
            at,
            interval_s=every.get(channel, 1),
            typed=channel not in every,
        )
        for channel, label, unit in BIG
    ]
    found = [*large, pressure(latest, at)]
    for value in found:
        value |= badge(standing, of_tile(Channel(value["channel"].split(" ")[0])))
        value |= set_aside(standing, Channel(value["channel"].split(" ")[0]))
        value |= unjudged(standing, value)
    for value in found if own else ():
        value["limits"] = bounds.words(own or {}, *(Channel(name) for name in value["channel"].split(" ")))
    return found


def of_tile(channel: Channel) -> Callable[[Channel], bool]:
    """One tile is of all pressures, any other of its own channel."""
    return (lambda one: one.pressure) if channel.pressure else (lambda one: one is channel)


def set_aside(standing: Standing | None, channel: Channel) -> dict[str, Any]:
    """Nobody watches it: that stands in the place of the number, with who and until when, whatever streams in (A9)."""
    aside = standing.aside.get(channel) if standing else None
    return {} if aside is None else {"state": "not monitored", "value": "---", "aside": aside}


def unjudged(standing: Standing | None, value: dict[str, Any]) -> dict[str, Any]:
    """Of a session that is not judged no number stands as one of now (D9)."""
    if standing is None or standing.unjudged_since is None or value["state"] == "not monitored":
        return {}
    was = None if value["value"] == "---" else value["value"]
    last = {"last": was, "last_at": value["taken_at"]} if was else {}
    return {"state": "lost", "value": "---", "reason": "NOT LIVE"} | last


def single(
    channel: Channel,
    label: str,
    unit: str,
    shown: Shown | None,
    latest: dict[Channel, Any],
    at: datetime,
    *,
    interval_s: int = 1,
    typed: bool = False,
) -> dict[str, Any]:
    base = {"channel": str(channel), "label": label, "unit": unit, "interval_s": interval_s, "limits": "", "reason": ""}
    row = latest.get(channel)
    if shown is None or (typed and (row is None or row.taken_at != shown.taken_at)):  # it was struck out since (I2)
        return base | unpaired(row, at)
    return base | {
        "value": "---" if shown.value is None else f"{shown.value.normalize():f}",
        "state": str(shown.freshness),
        "taken_at": shown.taken_at,
        "age_seconds": shown.age_s,
        "last": None if shown.last_value is None else f"{shown.last_value.normalize():f}",
        "last_at": shown.taken_at,
        "reason": shown.reason,
    }


def unpaired(row: Any, at: datetime) -> dict[str, Any]:
    """Nothing streams: a typed value is an old reading, and without one the place says so. What a monitor sent that is
    paired no more is no number of now."""
    if row is None or row.source != Source.HAND:
        last = None if row is None or row.value is None else f"{Decimal(row.value).normalize():f}"
        return {"value": "---", "state": "lost", "taken_at": None, "age_seconds": None, "last": last,
                "last_at": row.taken_at if row else None}  # fmt: skip
    return {"value": f"{Decimal(row.value).normalize():f}", "state": "intermittent", "taken_at": row.taken_at,
            "age_seconds": (at - row.taken_at).total_seconds(), "last": None, "last_at": None}  # fmt: skip


def pressure(latest: dict[Channel, Any], at: datetime) -> dict[str, Any]:
    base = {"channel": "NIBP_SYS NIBP_DIA", "label": "Blood pressure", "unit": "mmHg", "interval_s": 600, "limits": "",
            "reason": "", "last": None, "last_at": None}  # fmt: skip
    high, low = latest.get(Channel.NIBP_SYS), latest.get(Channel.NIBP_DIA)
    if high is None or low is None or high.taken_at != low.taken_at:
        nothing = {"value": "---", "state": "lost", "taken_at": None, "age_seconds": None}
        return base | nothing | last_whole(high, low, at)
    words = "/".join(f"{Decimal(row.value).normalize():f}" for row in (high, low))
    return base | {
        "value": words,
        "state": "intermittent",
        "taken_at": high.taken_at,
        "age_seconds": (at - high.taken_at).total_seconds(),
    }


def last_whole(high: Any, low: Any, at: datetime) -> dict[str, Any]:
    """Of the newest message only half is a pressure: the last whole one stands below, with its time (T2, T3)."""
    if high is None or low is None:
        return {}
    older = min((high, low), key=lambda row: row.taken_at)
    other = Channel.NIBP_DIA if older is high else Channel.NIBP_SYS
    twin = watch.readings(older.visit).filter(channel=other, taken_at=older.taken_at, quality="good").first()
    if twin is None:
        return {}
    pair = (older, twin) if older is high else (twin, older)
    last = "/".join(f"{Decimal(row.value or 0).normalize():f}" for row in pair)
    if max((high, low), key=lambda row: row.taken_at).source == Source.HAND:  # its other half was struck out as wrong
        stands = {"value": last, "state": "intermittent", "taken_at": older.taken_at, "reason": "a later one is struck"}
        return stands | {"age_seconds": (at - older.taken_at).total_seconds()}
    return {"state": "bad quality", "last": last, "last_at": older.taken_at, "reason": "half a pressure"}


def alarms(standing: Standing | None, at: datetime, url_of: Any, pause_url: str) -> list[dict[str, Any]]:
    """Every alarm that stands, worst first, none hidden by another (A11)."""
    if standing is None:
        return []
    shown = [row for one in standing.conditions for row in rows_of(one)]
    found = [alarm(one, standing, at, url_of, pause_url) for one in shown]
    found = [*not_live(standing, at), *found]
    return [*found, *let_go(standing, {row["condition"] for row in found if "take_back" in row}, url_of)]


def not_live(standing: Standing, at: datetime) -> list[dict[str, Any]]:
    """Nobody acknowledges it: it ends when the session is judged again, or is over. It grows grave as that of a chair
    that nobody watches (D4)."""
    since = standing.unjudged_since
    if since is None:
        return []
    return [
        {
            "id": "watch.failed",
            "condition": "watch.failed",
            "priority": "high" if at - since >= GRAVE_AFTER else "medium",
            "technical": True,
            "state": "present",
            "sounding": True,
            "words": "NOT LIVE: alarms of this chair are not judged. Use the bedside monitor",
            "since": since,
            "acknowledged_by": "",
            "acknowledge": None,
            "pause": None,
        }
    ]


# Which minute of the session a check belongs to; and how late it is, as the engine says it.
AT_MINUTE = re.compile(r" at T\+\d+")
HOW_LATE = re.compile(r" (missed, prescriber told|missed|late|due)$")


def gathered(alarms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Checks that are missed are one line of which and how many, since the oldest: one column of the schedule is up to
    seven of them, and a session that was left for hours covers no other alarm with them (H9). Only what is as late and
    as grave, and nothing else."""
    kinds: dict[Any, list[dict[str, Any]]] = {}
    for one in alarms:
        is_missed = str(one.get("condition", "")).startswith("due.") and one["since"] is not None
        late = HOW_LATE.search(one["words"])
        told = (
            late[1] if late else one["words"],
            one["priority"],
            one["state"],
            one["sounding"],
            one["acknowledged_by"],
        )
        kinds.setdefault(told if is_missed else (id(one),), []).append(one)
    return [rows[0] if len(rows) == 1 else together(rows, str(told[0])) for told, rows in kinds.items()]


def together(rows: list[dict[str, Any]], late: str) -> dict[str, Any]:
    """As in "Nausea (3), Distress: missed, 4 checks, the oldest": each by its name, none left out (A11)."""
    names = Counter(HOW_LATE.sub("", AT_MINUTE.sub("", one["words"])) for one in rows)
    which = ", ".join(name if count == 1 else f"{name} ({count})" for name, count in names.items())
    oldest = min(rows, key=lambda one: one["since"])
    presses = ", one press each" if oldest.get("acknowledge") and oldest["state"] == "present" else ""
    return oldest | {"words": f"{which}: {late}, {len(rows)} checks{presses}, the oldest"}


def let_go(standing: Standing, there: set[str], url_of: Any) -> list[dict[str, Any]]:
    """What an acknowledgement took off the page stays for the seconds in which it is taken back (V5)."""
    gone = [(one, until) for key, (one, until) in standing.slips.items() if key not in there]
    return [
        {
            "id": f"{one.key}-gone",
            "condition": one.key,
            "priority": "low",
            "technical": one.kind is not ConditionKind.PHYSIOLOGICAL,
            "state": "acknowledged",
            "sounding": False,
            "words": f"{one.label or (one.channel.label if one.channel else 'Alarm')} closed",
            "since": None,
            "acknowledged_by": one.answered.by if one.answered else "",
            "acknowledge": None,
            "pause": None,
            "take_back": {"url": url_of(one.key), "until": until},
        }
        for one, until in gone
    ]


def rows_of(one: Condition) -> list[Condition]:
    """A graver alarm that is over keeps its own line beside the lesser one that is still present (A6, A11)."""
    over = replace(one, presence=Presence.ABSENT, priority=None, since=None, acknowledged_at=None)
    here = [one] if one.present else []
    return [*here, over] if one.latched or (one.trace and not one.present) else here


# The page shows how long an alarm lasts as a clock that runs; the words need not say it a second time.
LASTED = re.compile(r"(?: -)? \d+:\d\d(?=$| - last )")


def alarm_words(one: Condition, at: datetime) -> str:
    if not one.present:
        return over_words(one)
    return LASTED.sub("", rules.words(one, at)) if one.since else rules.words(one, at)


def over_words(one: Condition) -> str:
    """What it was: on which side, for how long and how far (A6). When it began and ended stands beside it."""
    name = one.label or (one.channel.label if one.channel else "Alarm")
    trace = one.trace
    if trace is None:
        return f"{name} was an alarm"
    seconds = int((trace.ended_at - trace.since).total_seconds())
    was = f"{name} was {SIDES[one.side] if one.side else 'an alarm'} for {seconds // 60:02}:{seconds % 60:02}"
    if trace.extreme is None or one.channel is None or one.side is None:
        return was
    far = "lowest" if one.side is Side.LOW else "highest"
    return f"{was}, {far} {trace.extreme.normalize():f} {rules.unit_of(one.channel)}".rstrip()


def alarm(one: Condition, standing: Standing, at: datetime, url_of: Any, pause_url: str) -> dict[str, Any]:
    priority = one.priority or (one.trace.priority if one.trace else None)
    acknowledged = one.acknowledged_at is not None and one.present
    state = "acknowledged" if acknowledged else "present" if one.present else "latched"
    slip = standing.slips.get(one.key)
    undo = {"take_back": {"url": url_of(one.key), "until": slip[1]}} if slip and acknowledged else {}
    return undo | {
        "id": one.key if one.present else f"{one.key}-was",
        "condition": one.key,
        "priority": priority.word if priority else "low",
        "technical": one.kind is not ConditionKind.PHYSIOLOGICAL,
        "state": state,
        "sounding": one.present
        and one.key in standing.sounding,  # the engine's word: a pause covers only what was there (A8)
        "words": alarm_words(one, at),
        "last_at": last_at(one, standing),
        "since": one.since or (one.trace.since if one.trace else None),
        "ended": one.trace.ended_at if one.trace and not one.present else None,
        "acknowledged_by": one.acknowledged_by,
        "acknowledge": url_of(one.key),
        "pause": pause_url if one.present else None,
    }


def last_at(one: Condition, standing: Standing) -> datetime | None:
    """Of a lost signal: when its last value was taken, that stands in the alarm's words."""
    if not one.present or one.kind is not ConditionKind.TECHNICAL or one.value is None:
        return None
    return next((shown.taken_at for shown in standing.shown if shown.channel is one.channel), None)


def audio(standing: Standing | None, at: datetime, on_again: str = "") -> dict[str, Any]:
    """`on_again`: where the sound is called back before its two minutes are over."""
    if standing is None or standing.paused_until is None or standing.paused_until <= at:
        return {"state": "on", "left": "", "why": ""}
    left = int((standing.paused_until - at).total_seconds())
    words = f"{left // 60}:{left % 60:02d}"
    return {"state": "paused", "left": words, "until": standing.paused_until, "why": "", "on_again": on_again}


def totals(session: Session, order: Ordered, at: datetime) -> list[dict[str, str]]:
    """What the sheet adds up to: milligrams, millilitres where a pump gave them, and how long somebody watched."""
    assert session.started_at is not None
    so_far = dose.so_far(session, order, at)
    rows = [{"label": "Given", "value": dose.in_tenths(so_far.given)}]
    if order.infused and so_far.given.amount:
        volume = so_far.given.at(dose.bag_concentration(order))
        rows.append({"label": "By the pump", "value": f"{volume.amount.quantize(Decimal('0.1')).normalize():f} mL"})
    watched = int(((session.left_at or at) - session.started_at).total_seconds() // 60)
    return [*rows, {"label": "Watched", "value": f"{watched} min"}]


def dose_bar(session: Session, order: Ordered, at: datetime, *, hide_rate: bool = False) -> dict[str, Any]:
    """Given, of what the syringe or the devices hold. A rate that waits for its second person is hidden from them."""
    so_far = dose.so_far(session, order, at)
    ended = session.dose_ended_at is not None
    stop = timeline.latest(session.visit, Kind.DOSE, "stop")
    still = "waits for its second step" if so_far.first_step_is_in else "paused"
    rate = (so_far.rate.written() if so_far.rate.amount else still) if order.infused and not ended else ""
    return {
        "drug": order.drug,
        "given": dose.in_tenths(so_far.given).split(" ")[0],
        "ordered": so_far.ordered.written().split(" ")[0],
        "meant": Mass(order.dose_mg).written() if order.drawn_mg != order.dose_mg else "",
        "unit": "mg",
        "share": so_far.share,
        "rate": timeline_words.HIDDEN_RATE if rate and hide_rate else rate,
        "stopped": stop.body["reason"] if ended and stop else "",
        "ends": "",
        "ends_at": None if hide_rate else so_far.ends_at,
        "so_far": so_far,
    }


def pieces(session: Session, order: Ordered, at: datetime) -> dict[str, Any] | None:
    """Devices or sprays: how many were given, and from when the next may be (H37)."""
    if not order.one_by_one:
        return None
    given, due = dose.pieces_given(session), dose.next_piece_at(session, order)
    return {
        "piece": order.piece,
        "given": len(given),
        "of": order.pieces,
        "due": due,
        "locked_s": max(0, int((due - at).total_seconds())) if due else 0,
        "mg": order.piece_mg,
        "rest": order.rest_min,
        "has_serial": bool(given and given[0].body.get("serial")) and order.piece == "device",
        "rows": [{"at": row.happened_at, "words": timeline_words.dose_words(row)} for row in given],
    }


def next_due(columns: list[moments.Column]) -> moments.Column | None:
    """The column that waits for somebody, or the next that will."""
    planned = [column for column in columns if column.id != "now"]
    return next((column for column in planned if column.state in ("due_now", "late", "due")), None)


def due_words(column: moments.Column | None, at: datetime) -> str:
    if column is None:
        return ""
    seconds = int((column.at - at).total_seconds())
    if seconds >= 0:
        return f"in {seconds // 60}:{seconds % 60:02d}"
    since = f"{-seconds // 60}:{-seconds % 60:02d}"
    return f"{since} late" if column.state == "late" else f"since {since}"


PHASES = {
    SessionState.PREPARING: "Preparing",
    SessionState.DRAWN: "Double check",
    SessionState.CHECKED: "Ready to start",
    SessionState.RUNNING: "Infusing",
    SessionState.PAUSED: "Paused",
    SessionState.RECOVERY: "Recovery",
}


def escort_words(facts: list[Fact]) -> str:
    """Seen here, looked for and not here, or not looked for yet; and when they come as far as anybody was told."""
    found = {fact.name: fact.value for fact in facts}
    here, arrives = found.get("escort_present"), found.get("escort_arrives")
    if here is True:
        return "Escort here"
    words = "Escort not here" if here is False else "Escort not seen yet"
    return f"{words}, comes {arrives}" if arrives else words
