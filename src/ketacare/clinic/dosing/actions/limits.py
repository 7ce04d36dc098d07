"""A limit of this person's own, a parameter set aside or watched again, the sound called back; every screen follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from ketacare.clinic.dosing.actions.timeline import tell, write
from ketacare.clinic.dosing.models import Kind, Session
from ketacare.clinic.dosing.queries import limits as queries
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.monitoring.rules import plain
from ketacare.medicine.monitoring.terms import Channel, Limits


@transaction.atomic
def move(*, session: Session, lines: Mapping[str, Decimal], why: str, by: Actor, at: datetime) -> None:
    """These lines elsewhere, for this person and this session (A14). Who may move which is the watch's to say."""
    access.require(by, "limits", "U", patient=session.visit.patient)
    now = watch.limits_that_hold(session.visit)
    changed = differing(now, lines)
    if not changed:
        raise Refused(Refusal("limits", "No line was moved.", "Type the new value of at least one line."))
    try:
        wanted = moved_together(now, changed)
    except ValueError as fault:
        words = str(fault).partition(": ")[2]
        raise Refused(Refusal("limits", f"A line would pass its opposite: {words}", "Keep low under high.")) from fault
    monitoring.change_limits(visit=session.visit, limits=wanted, why=why, by=by, at=at)
    body = {"changes": queries.changes(plain(now), plain(wanted))}
    write(visit=session.visit, kind=Kind.ALARMS, name="moved", body=body, words=why.strip(), by=by, at=at)
    tell(session.visit, "state", {})


def differing(now: Limits, lines: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Those that would lie elsewhere; a line that has no place of its own, or that there is not, is refused."""
    places = {line.id: line.threshold for line in now.lines if line.threshold is not None}
    if strange := [name for name in lines if name not in places]:
        raise Refused(Refusal("limits", f"{strange[0]} is not a line that moves.", "Look at the page again."))
    return {name: to for name, to in lines.items() if to != places[name]}


def moved_together(now: Limits, changed: Mapping[str, Decimal]) -> Limits:
    """All at once, so that no line passes another on the way; a pulse follows the heart rate."""
    twins = {of: twin for twin, of in queries.TWIN.items()}
    wanted = dict(changed)
    known = {line.id for line in now.lines}
    for name, to in changed.items():
        channel, _, kind = name.partition(".")
        twin = twins.get(Channel(channel))
        if twin is not None and f"{twin}.{kind}" in known:
            wanted[f"{twin}.{kind}"] = to
    lines = (replace(line, threshold=wanted[line.id]) if line.id in wanted else line for line in now.lines)
    return replace(now, lines=tuple(lines))


@transaction.atomic
def set_aside(*, session: Session, group: str, reason: str, by: Actor, at: datetime) -> None:
    """Not monitored, by name and with a reason; it ends by itself (A9)."""
    for channel in channels_of(group):
        monitoring.stop_monitoring(visit=session.visit, channel=channel, reason=reason, by=by, at=at)
    aside = queries.aside_of(watch.standing(session.visit, at=at), group)
    minutes = int((aside.until - at).total_seconds() // 60) if aside and aside.until else None
    body = {"group": group, "minutes": minutes}
    write(visit=session.visit, kind=Kind.ALARMS, name="aside", body=body, words=reason.strip(), by=by, at=at)
    tell(session.visit, "state", {})


@transaction.atomic
def watch_again(*, session: Session, group: str, by: Actor, at: datetime) -> None:
    for channel in channels_of(group):
        monitoring.monitor_again(visit=session.visit, channel=channel, by=by, at=at)
    write(visit=session.visit, kind=Kind.ALARMS, name="again", body={"group": group}, by=by, at=at)
    tell(session.visit, "state", {})


def channels_of(group: str) -> tuple[Channel, ...]:
    if group not in queries.GROUPS:
        raise Refused(Refusal("group", "Nothing was chosen.", "Choose what is not monitored."))
    return queries.GROUPS[group][1]


@transaction.atomic
def sound_again(*, session: Session, by: Actor, at: datetime) -> None:
    """Before the two minutes are over: a pause pressed by a slip is taken back at once (V5)."""
    monitoring.unpause_audio(visit=session.visit, by=by, at=at)
    tell(session.visit, "alarm", {})
