"""What a dose does, charted as it is seen; and the emergency a vomit opens until somebody has looked at the airway."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction

from ketacare.clinic.dosing.actions import signs as seen
from ketacare.clinic.dosing.actions import timeline
from ketacare.clinic.dosing.actions.timeline import write
from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import effects, signs
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def chart(
    *,
    session: Session,
    name: str,
    by: Actor,
    at: datetime,
    grade: int | None = None,
    words: str = "",
    happened_at: datetime | None = None,
) -> TimelineEntry:
    """One tap. Vomiting and signs alarm by the person's word (A17); vomiting opens the path of the airway."""
    access.require(by, "presence", "C", patient=session.visit.patient)
    name = effects.VOMIT if name == effects.effect_of(effects.VOMIT) else signs.SAME.get(name, name)
    if grade is not None and grade not in effects.grades_of(name):
        raise Refused(Refusal("grade", f"There is no grade {grade} of this.", "Choose one of those shown."))
    body: dict[str, Any] = {} if grade is None else {"grade": grade}
    entry = timeline.record(
        session=session, kind=Kind.EVENT, name=name, body=body, words=words, happened_at=happened_at, by=by, at=at
    )
    if name in signs.LABELS:
        sign_seen(session, name, present=True, by=by, at=at)
        seen.heard(session, entry, by=by, at=at)
    if name == effects.VOMIT:
        sign_seen(session, effects.VOMITING_SIGN, present=True, by=by, at=at)
        if effects.open_emergency(session, effects.AIRWAY) is None:
            body = {"open": True, "since": entry.happened_at.isoformat()}
            write(visit=session.visit, kind=Kind.AIRWAY, name=effects.AIRWAY, body=body, by=by, at=at)
    return entry


def sign_seen(session: Session, sign: str, *, present: bool, by: Actor, at: datetime) -> None:
    """To the alarms, while the session is watched and its limits know the sign."""
    limits = watch.limits_that_hold(session.visit)
    standing = watch.standing(session.visit, at=at)
    if sign in limits.signs and standing is not None:
        monitoring.observe_sign(visit=session.visit, sign=sign, present=present, by=by, at=at)


@transaction.atomic
def close_emergency(
    *, session: Session, name: str, airway_signs: bool | None, words: str, by: Actor, at: datetime
) -> TimelineEntry:
    """Over, and whether anything may have gone into the airway: that decides how long the patient is watched."""
    access.require(by, "readings", "C", patient=session.visit.patient)
    timeline.still_open(session)
    opened = effects.open_emergency(session, name)
    if opened is None:
        raise Refused(Refusal("emergency", "is not open.", "Look at the session again.", "policy"))
    if airway_signs is None:
        raise Refused(Refusal("airway_signs", "Cough, wheeze, fall of oxygen: nobody said.", "Listen, then answer."))
    body = {"open": False, "since": opened.body["since"], "airway_signs": airway_signs}
    entry = write(visit=session.visit, kind=Kind.AIRWAY, name=name, body=body, words=words.strip(), by=by, at=at)
    sign_seen(session, effects.VOMITING_SIGN, present=False, by=by, at=at)
    return entry
