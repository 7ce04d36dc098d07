"""One tile for each chair in use: chair, initials, phase, last values with age. No name, diagnosis or score."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ketacare.clinic.dosing.models import Kind, Session, SessionState
from ketacare.clinic.dosing.queries import chairside, timeline
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, granted, patients_visible_to
from ketacare.clinic.people.models import Patient

ORDER = {"high": 0, "medium": 1, "low": 2}


def tiles(actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """Worst alarm first, then by chair."""
    visible = Patient.objects.filter(patients_visible_to(actor, "session_status"))
    open_states = list(chairside.PHASES)
    rows = Session.objects.filter(
        clinic_id=actor.clinic_id, state__in=open_states, visit__patient__in=visible
    ).select_related("visit__chair", "visit__patient", "visit__clinic")
    numbers = granted(actor.role, "readings", "R", frozenset({"clinic"}))
    made = [tile(session, at, numbers=numbers) for session in rows]
    return sorted(made, key=lambda t: (ORDER.get((t["alarm"] or {}).get("priority", ""), 3), t["chair"]))


def tile(session: Session, at: datetime, *, numbers: bool) -> dict[str, Any]:
    visit = session.visit
    started = session.started_at
    standing = watch.standing(visit, at=at) if numbers else None
    alarms = chairside.alarms(standing, at, lambda condition: None, "")
    due = chairside.next_due(session, at) if started else None
    seconds = int((at - started).total_seconds()) if started else 0
    return {
        "visit": str(visit.pk),
        "chair": visit.chair.name if visit.chair else "No chair",
        "initials": people.identity(visit.patient).initials,
        "phase": chairside.PHASES[SessionState(session.state)],
        "started_at": started,
        "elapsed": f"{seconds // 60:02d}:{seconds % 60:02d}",
        "values": chairside.vitals(standing, watch.latest(visit), at) if numbers and started else [],
        "state_word": "",
        "next_due": f"{due.t}" if due else "",
        "next_in": chairside.due_words(due, at),
        "alarm": alarms[0] if alarms else None,
        "nurse": nurse(session),
        "supervisor": "",
        "ready_at": None,
        "escort": "",
        "href": f"/sessions/{visit.pk}/" if numbers else "",
    }


def nurse(session: Session) -> str:
    """Who started the infusion, else who checked the patient in."""
    entry = timeline.latest(session.visit, Kind.DOSE, "start") or timeline.latest(session.visit, Kind.CHECK_IN)
    return entry.recorded_by.name if entry and entry.recorded_by else ""
