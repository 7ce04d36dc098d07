"""A blank session chart with this patient's own due times, for when nothing works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ketacare.clinic.dosing.models import Session
from ketacare.clinic.dosing.queries import ordered, schedule
from ketacare.clinic.pharmacy import queries as ledger
from ketacare.medicine.quantities.terms import Weight

COLUMNS = ("BP", "Heart rate", "SpO2", "Breaths", "MOAA/S", "Distress", "Nausea", "Dissociation", "With the patient")
BLANK_ROWS = 6
LEDGER_ROWS = 8


@dataclass(frozen=True)
class Sheet:
    """What is known is printed, what is not is a line to write on."""

    order: str
    route: str
    weight: str
    prepared: str
    rows: list[tuple[str, str]]
    columns: tuple[str, ...]
    blanks: range
    ledger: list[dict[str, Any]]
    ledger_blanks: range


def sheet(session: Session, zone: str) -> Sheet:
    order = ordered.order_of(session.visit)
    return Sheet(
        order=order.ordered_words if order else "",
        route=f"{order.drug}, {order.route_words}" if order else "",
        weight=Weight(order.weight_kg).written() if order else "",
        prepared=f"{order.prepared_words}; {order.given_words}" if order else "",
        rows=due_times(session, zone),
        columns=COLUMNS,
        blanks=range(BLANK_ROWS),
        ledger=[
            {"at": row.happened_at, "what": row.get_kind_display(), "mg": row.amount_mg, "vial": row.container.serial}
            for row in ledger.entries_of(session.visit)
        ],
        ledger_blanks=range(LEDGER_ROWS),
    )


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
