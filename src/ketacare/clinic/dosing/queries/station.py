"""What the station shows: for each running chair its people and what is open, worst first; and the calls of today."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from ketacare.clinic.candidacy import queries as candidacy
from ketacare.clinic.dosing.models import UNDER_WATCH, Kind, Session
from ketacare.clinic.dosing.queries import card as emergency
from ketacare.clinic.dosing.queries import chairside, helping, limits, rates, supervising, timeline
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import Actor, granted, patients_visible_to
from ketacare.clinic.people.models import Patient
from ketacare.clinic.supervision import queries as supervision
from ketacare.clinic.supervision.models import Call, LapseStep
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.looks import one_look

ORDER = {"high": 0, "medium": 1, "low": 2}
LATELY = timedelta(hours=12)
# Of a timeline: what is ordered, by which a chair counts (D5), who looked in, and what is to be read back.
OF_PEOPLE = (Kind.ORDER, Kind.EVENT, Kind.ADVICE, Kind.READ_BACK)
CALLER, SILENT_MOST = "caller", timedelta(seconds=10)  # as long as a page goes on with a beat of the watch


def chairs(actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """In as many statements for ten chairs as for one."""
    with one_look():
        found = alarms(actor, at=at)
        sessions = [one["session"] for one in found]
        visits = [session.visit for session in sessions]
        timeline.read_once(*visits, kinds=OF_PEOPLE)
        people, laid = supervising.known_of(sessions, actor, at), supervision.cards_laid(visits)
        return [one | people_of(one["session"], actor, at, people, laid) for one in found]


def nobody_is_called(at: datetime) -> datetime | str | None:
    """Since when no call about an alarm goes out: the process that calls people says nothing (D9)."""
    beat = watch.last_beat(CALLER)
    if beat is None:
        return "it was started"
    return beat if at - beat > SILENT_MOST else None


def alarms(actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """Each running chair with what is open at it, worst first."""
    visible = Patient.objects.filter(patients_visible_to(actor, "alarms"))
    rows = Session.objects.filter(clinic_id=actor.clinic_id, state__in=UNDER_WATCH, visit__patient__in=visible)
    sessions = list(
        rows.select_related("visit__chair", "visit__patient", "visit__clinic").order_by("visit__chair__name")
    )
    initials = people.initials(session.visit.patient for session in sessions)
    standing = {bay.visit.pk: bay.standing for bay in watch.wall(actor, at=at)} if sessions else {}
    missing = supervision.lapses_now(session.visit_id for session in sessions)
    made = [
        chair(session, actor, open_at(standing.get(session.visit_id), missing.get(session.visit_id, []), at), initials)
        | unheard(standing.get(session.visit_id), at)
        for session in sessions
    ]
    return sorted(made, key=lambda one: (ORDER.get(one["worst"], 3), one["name"]))


def open_at(standing: Any, missing: list[LapseStep], at: datetime) -> list[dict[str, Any]]:
    """What is open at one chair: what was measured, and who is not there."""
    alarms = supervising.with_alarms(chairside.alarms(standing, at, lambda condition: None, ""), missing)
    return chairside.gathered(alarms)


def unheard(standing: Any, at: datetime) -> dict[str, Any]:
    """Why this chair may be silent: its sound is paused, or nobody watches a parameter (A8, A9)."""
    return {"audio": chairside.audio(standing, at), "asides": limits.asides(standing)}


def chair(session: Session, actor: Actor, open_here: list[dict[str, Any]], initials: dict[Any, str]) -> dict[str, Any]:
    visit = session.visit
    return {
        "session": session,
        "visit": visit,
        "name": visit.chair.name if visit.chair else "No chair",
        "initials": initials.get(visit.patient_id, ""),
        "alarms": open_here,
        "worst": min((one["priority"] for one in open_here), key=lambda word: ORDER.get(word, 3), default=""),
        "may_read": granted(actor.role, "readings", "R", frozenset({"clinic"})),
    }


def people_of(
    session: Session, actor: Actor, at: datetime, known: supervising.Known, laid: Container[UUID]
) -> dict[str, Any]:
    """Whose the chair is, who was with the patient, and whether the card was laid."""
    return {
        "team": supervising.team(session, actor, at, known),
        "presence": helping.presence(session, at),
        "card_laid": session.visit_id in laid,
    }


def cards(actor: Actor, *, at: datetime) -> list[dict[str, Any]]:
    """The emergency card of each running chair, for the page to hold before anybody needs it (H41)."""
    visible = Patient.objects.filter(patients_visible_to(actor, "readings"))
    rows = Session.objects.filter(clinic_id=actor.clinic_id, state__in=UNDER_WATCH, visit__patient__in=visible)
    sessions = list(rows.select_related("visit__chair", "visit__patient", "visit__clinic"))
    latest = watch.latest_of([session.visit for session in sessions])
    under = candidacy.under_each([session.visit.patient for session in sessions], local_day(at, actor.zone))
    return [
        {
            "visit": session.visit,
            "under": under.get(session.visit.patient_id, ()),
            "patient": people.header(session.visit.patient, at=at, zone=actor.zone),
            "card": emergency.card(session, latest[session.visit_id], at, hidden=hidden(session, actor)),
        }
        for session in sessions
    ]


def hidden(session: Session, actor: Actor) -> UUID | None:
    """The change of rate that this person may still have to read from the pump without being led."""
    change = rates.waiting(session)
    return change.pk if change is not None and not rates.is_by(change, actor.user_id) else None


def calls(actor: Actor, *, at: datetime) -> list[Call]:
    rows = Call.objects.filter(clinic_id=actor.clinic_id, created_at__gte=at - LATELY)
    rows = rows.select_related("user", "rung__visit__chair").order_by("-created_at", "channel")
    return list(rows[:40])
