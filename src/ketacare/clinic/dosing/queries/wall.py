"""One tile for each chair in use: chair, initials, phase, last values with age. No name, diagnosis or score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import UNDER_WATCH, Kind, Session, SessionState
from ketacare.clinic.dosing.queries import (
    chairside,
    facts,
    flowsheet,
    going_home,
    limits,
    schedule,
    supervising,
    timeline,
)
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.monitoring.queries import Standing
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, granted, patients_visible_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.supervision.models import LapseStep, Task
from ketacare.medicine.monitoring.terms import Channel

ORDER = {"high": 0, "medium": 1, "low": 2}
SHOWN = (*(channel for channel, *_ in chairside.BIG), Channel.NIBP_SYS, Channel.NIBP_DIA)
UNDER_WAY = (SessionState.RUNNING, SessionState.PAUSED)
SHOWN_UNDER_WAY = (Kind.SCALE, Kind.SKIPPED)  # of their timelines: what is due next, and no more


def tiles(actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """Worst alarm first, then by chair."""
    visible = Patient.objects.filter(patients_visible_to(actor, "session_status"))
    open_states = list(chairside.PHASES)
    rows = Session.objects.filter(
        clinic_id=actor.clinic_id, state__in=open_states, visit__patient__in=visible
    ).select_related("visit__chair", "visit__patient", "visit__clinic")
    shown = seen(actor, list(rows), at)
    made = [tile(session, at, shown) for session in rows]
    return sorted(made, key=lambda t: (ORDER.get(t["worst"], 3), t["chair"]))


def visits_of(actor: Actor, object_name: str) -> list[Visit]:
    """The visits in a chair whose alarms and readings this person may hear of."""
    visible = Patient.objects.filter(patients_visible_to(actor, object_name))
    rows = Session.objects.filter(clinic_id=actor.clinic_id, state__in=UNDER_WATCH, visit__patient__in=visible)
    return [session.visit for session in rows.select_related("visit__patient").order_by("visit_id")]


@dataclass(frozen=True)
class Seen:
    """What the tiles show, by visit, read once for all chairs. `numbers`: may this person see readings?"""

    numbers: bool
    initials: dict[UUID, str]
    standing: dict[UUID, watch.Standing]
    latest: dict[UUID, dict[Channel, Reading]]
    taken: dict[UUID, flowsheet.Taken]
    missing: dict[UUID, list[LapseStep]]
    supervised: dict[UUID, str]
    watching: dict[UUID, str]


def seen(actor: Actor, sessions: list[Session], at: datetime) -> Seen:
    """In as many statements for ten chairs as for one."""
    numbers = granted(actor.role, "readings", "R", frozenset({"clinic"}))
    under_way = [session.visit for session in sessions if session.state in UNDER_WAY]
    timeline.read_once(*under_way, kinds=SHOWN_UNDER_WAY)
    timeline.read_once(*(session.visit for session in sessions if session.state not in UNDER_WAY))
    started = [session for session in sessions if session.started_at]
    return Seen(
        numbers=numbers,
        initials=people.initials(session.visit.patient for session in sessions),
        standing={bay.visit.pk: bay.standing for bay in watch.wall(actor, at=at)},
        latest=watch.latest_of([session.visit for session in started], SHOWN) if numbers else {},
        taken=flowsheet.taken_in(started),
        missing=supervision.lapses_now(session.visit_id for session in started),
        supervised=supervised(started, at) if numbers else {},
        watching={
            visit_id: post.person.name
            for (visit_id, task), post in supervision.posts_of(session.visit for session in started).items()
            if task == Task.WATCHES
        },
    )


def supervised(sessions: list[Session], at: datetime) -> dict[UUID, str]:
    """Who supervises each chair, or that nobody does."""
    visits = [session.visit for session in sessions]
    posts, heard = supervision.posts_of(visits), supervision.heard_of(visits, at)
    found = {}
    for visit in visits:
        held = posts.get((visit.pk, Task.SUPERVISES))
        live = supervision.is_live(held, heard[visit.pk], at)
        found[visit.pk] = held.person.name if held and live else "Not supervised"
    return found


def phase_of(session: Session) -> str:
    if session.state == SessionState.RUNNING:
        return schedule.state_words(session)
    return chairside.PHASES[SessionState(session.state)]


def tile(session: Session, at: datetime, seen: Seen) -> dict[str, Any]:
    visit, started = session.visit, session.started_at
    standing = seen.standing.get(visit.pk)
    lapses = seen.missing.get(visit.pk, [])
    alarms = supervising.with_alarms(chairside.alarms(standing, at, lambda condition: None, ""), lapses)
    alarms = chairside.gathered(alarms) if seen.numbers else told_alone(alarms)
    columns = flowsheet.filled(session, at, seen.taken[visit.pk]) if started else []
    due = chairside.next_due(columns) if started else None
    missed = [column for column in columns if column.state == "skipped" and not column.reason]
    seconds = int((at - started).total_seconds()) if started else 0
    return {
        "visit": str(visit.pk),
        "headers": schedule.protocol_of(session).headers,
        "chair": visit.chair.name if visit.chair else "No chair",
        "initials": seen.initials[visit.patient_id],
        "phase": phase_of(session),
        "started_at": started,
        "elapsed": f"{seconds // 60:02d}:{seconds % 60:02d}",
        "values": chairside.vitals(standing, seen.latest[visit.pk], at) if seen.numbers and started else [],
        "state_word": "",
        "next_due": f"{due.t}" if due else "",
        "next_in": chairside.due_words(due, at),
        "next_at": due.at if due else None,
        "next_late": due is not None and due.state == "late",
        "missed": f"{missed[-1].t} missed" + (f", {len(missed)} in all" if len(missed) > 1 else "") if missed else "",
        **foremost(alarms),
        "unheard": unheard(standing, at) if seen.numbers else [],
        "nurse": nurse(session, seen.watching),
        "supervisor": seen.supervised.get(visit.pk, "") if started else "",
        **home(session, at),
        "href": f"/sessions/{visit.pk}/" if seen.numbers else "",
    }


def unheard(standing: Standing | None, at: datetime) -> list[str]:
    """Why this chair may be silent (A8, A9): no names here, as on the whole wall."""
    paused = chairside.audio(standing, at)["state"] == "paused"
    aside = [f"{one.label} NOT MONITORED" for one in limits.asides(standing)]
    return [*(["Sound paused"] if paused else []), *aside]


def home(session: Session, at: datetime) -> dict[str, str]:
    """After the dose: before when nobody leaves, and whether somebody is here to take them home."""
    if session.state != SessionState.RECOVERY:
        return {"ready_at": "", "escort": ""}
    zone = ZoneInfo(session.visit.clinic.zone)
    earliest = going_home.earliest(session, at)
    words = "" if earliest is None else f"Not home before {earliest.astimezone(zone):%H:%M}"
    named = facts.recorded(session.visit, Kind.FACT) + facts.recorded(session.visit, Kind.CRITERION)
    return {"ready_at": words, "escort": chairside.escort_words(named)}


def told_alone(alarms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """To whoever may not see readings, such as the front desk: that something is wrong at a chair, how grave and since
    when, so that somebody goes there; not what was measured, and silent (workflow 16, P1)."""
    here = [one for one in alarms if one["state"] in ("present", "acknowledged")]
    if not here:
        return []
    worst = min(here, key=lambda one: ORDER[one["priority"]])
    told = ("priority", "technical", "since")
    is_seen = all(one["state"] == "acknowledged" for one in here)
    asked = "Alarm at this chair: somebody has seen it" if is_seen else "Alarm at this chair: is a nurse there?"
    words = {"id": "", "condition": "", "words": asked, "state": "acknowledged" if is_seen else "present"}
    return [{name: worst[name] for name in told} | words | {"sounding": False, "acknowledged_by": ""}]


def foremost(alarms: list[dict[str, Any]]) -> dict[str, Any]:
    """The loudest that sounds is drawn, and so heard; one somebody has seen neither hides it nor is hidden (A11)."""
    first = next((one for one in alarms if one["sounding"]), alarms[0] if alarms else None)
    worst = min((one["priority"] for one in alarms), key=ORDER.__getitem__, default="")
    return {"alarm": first, "others": [one for one in alarms if one is not first], "worst": worst}


def nurse(session: Session, watching: Mapping[UUID, str]) -> str:
    """Who answers for the watch now, a handover once accepted (D5); before the start, who checked the patient in."""
    if session.started_at is not None:
        return watching.get(session.visit_id, "")
    entry = timeline.latest(session.visit, Kind.CHECK_IN)
    return entry.recorded_by.name if entry and entry.recorded_by else ""
