"""A blank session chart with this patient's own due times, for when nothing works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import card, dose, limits, ordered, schedule
from ketacare.clinic.dosing.queries.card import Card
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.clinic.supervision import queries as posts
from ketacare.clinic.supervision.models import Task
from ketacare.medicine.quantities.terms import Weight

COLUMNS = ("BP", "Heart rate", "SpO2", "Breaths", "MOAA/S", "Distress", "Nausea", "Dissociation", "With the patient")
READ_IT = "Its rate was changed: read it from the pump, and enter it as the second person"
BLANK_ROWS = 6
LEDGER_ROWS = 8


@dataclass(frozen=True)
class UnderWay:
    """Of a dose that was begun, what holds at the moment of printing: whoever goes on by paper goes on from here, and
    not from the order (H40)."""

    at: datetime
    pump: str
    card: Card
    supervisor: str
    at_the_chair: str
    not_monitored: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """What is known is printed, what is not is a line to write on."""

    order: str
    route: str
    weight: str
    prepared: str
    under_way: UnderWay | None
    rows: list[tuple[str, str]]
    columns: tuple[str, ...]
    blanks: range
    ledger: list[dict[str, Any]]
    ledger_blanks: range


def sheet(session: Session, zone: str, at: datetime, hidden: UUID | None = None) -> Sheet:
    """`hidden`: the change of rate that whoever prints it has yet to read from the pump (H40)."""
    order = ordered.order_of(session.visit)
    begun = session.started_at is not None
    made_of = ""
    if order:
        # Once it runs, the rate is what was charted last, and stands below.
        into = order.made_words if begun and order.infused else order.given_words
        made_of = f"{order.prepared_words}; {into}"
    return Sheet(
        order=order.ordered_words if order else "",
        route=f"{order.drug}, {order.route_words}" if order else "",
        weight=Weight(order.weight_kg).written() if order else "",
        prepared=made_of,
        under_way=under_way(session, order, at, hidden) if order and begun else None,
        rows=due_times(session, zone),
        columns=COLUMNS,
        blanks=range(BLANK_ROWS),
        ledger=[
            {"at": row.happened_at, "what": row.get_kind_display(), "mg": row.amount_mg, "vial": row.container.serial}
            for row in ledger.entries_of(session.visit)
        ],
        ledger_blanks=range(LEDGER_ROWS),
    )


def under_way(session: Session, order: Ordered, at: datetime, hidden: UUID | None) -> UnderWay:
    visit = session.visit
    held = {task: posts.post(visit, task) for task in (Task.SUPERVISES, Task.WATCHES)}
    people = {task: f"{post.person.name}, {post.get_place_display().lower()}" for task, post in held.items() if post}
    return UnderWay(
        at=at,
        pump=READ_IT if hidden else pump_words(session, order, at),
        card=card.card(session, watch.latest(visit), at, hidden=hidden),
        supervisor=people.get(Task.SUPERVISES, "Nobody"),
        at_the_chair=people.get(Task.WATCHES, "Nobody"),
        not_monitored=tuple(f"{one.label}: {one.of.reason}" for one in limits.asides(watch.standing(visit, at=at))),
    )


def pump_words(session: Session, order: Ordered, at: datetime) -> str:
    """The rate as last charted, never the one that was ordered."""
    if not order.infused:
        return ""
    if session.dose_ended_at is not None:
        return "Ended"
    rate = dose.so_far(session, order, at).rate
    return f"{rate}, as last charted" if rate.amount else "Stands still: paused, or the bag is empty"


def due_times(session: Session, zone: str) -> list[tuple[str, str]]:
    """Each minute at which something is owed; with clock times once T0 is known, else to be filled in."""
    minutes = sorted({due.minute for due in schedule.owed(session) if due.minute is not None} | set(looks(session)))
    start = session.started_at
    return [
        (f"T+{minute}", f"{(start + timedelta(minutes=minute)).astimezone(ZoneInfo(zone)):%H:%M}" if start else "")
        for minute in minutes
    ]


def looks(session: Session) -> list[int]:
    return [minute for minute in schedule.look_minutes(session) if minute > 0]
