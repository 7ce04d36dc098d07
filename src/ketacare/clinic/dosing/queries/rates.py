"""What the pump is set to and shows: changes of its rate that wait for a second person, its volume early on (H40)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import dose, ordered, timeline
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.clinic.tenancy.refusals import Refusal
from ketacare.medicine.protocols.reader import check_tries
from ketacare.medicine.quantities.terms import RatePump
from ketacare.medicine.supervision.reader import watching

CHECK = "rate"  # a double check of the pump's rate, and of nothing else


def waiting(session: Session) -> TimelineEntry | None:
    """The newest change that no second person has agreed with. A later change takes its place; the end ends it."""
    steps = timeline.standing(session.visit, Kind.DOSE)
    if any(row.name in dose.ENDED for row in steps):
        return None
    agreed = {
        row.body.get("of")
        for row in timeline.standing(session.visit, Kind.DOUBLE_CHECK)
        if row.name == CHECK and row.body["matched"]
    }
    changes = [row for row in steps if row.name in ("rate", dose.ASKED, dose.SECOND_STEP)]
    newest = max(changes, key=lambda row: (as_entered(row).recorded_at, row.pk), default=None)
    if newest is None or versions(newest) & agreed or newest.body.get("agreed"):
        return None
    return newest


def as_entered(change: TimelineEntry) -> TimelineEntry:
    """The line before its time was put right: who set the rate, and when, is told by that one."""
    return chain(change)[-1]


def versions(change: TimelineEntry) -> set[str]:
    """A second person's reading of any of them is of this change: a corrected time alters no rate."""
    return {str(row.pk) for row in chain(change)}


def chain(change: TimelineEntry) -> list[TimelineEntry]:
    """The line and those it was before, the newest first."""
    found = [change]
    while isinstance(older := found[-1].amends, TimelineEntry):
        found.append(older)
    return found


def is_by(change: TimelineEntry, user_id: UUID | None) -> bool:
    """Did this person set the rate? Whoever did does not read it back."""
    return as_entered(change).recorded_by_id == user_id


def hidden_from(session: Session, user_id: UUID | None) -> UUID | None:
    """The change that this person has yet to read from the pump: no page and no paper of theirs shows it first."""
    change = waiting(session)
    return None if change is None or is_by(change, user_id) else change.pk


def is_spent(session: Session, change: TimelineEntry) -> bool:
    """As many readings of this change have differed as there are tries: whoever reads on and on is guessing."""
    rows = timeline.standing(session.visit, Kind.DOUBLE_CHECK)
    mine = [row for row in rows if row.body.get("of") in versions(change)]
    return sum(not row.body["matched"] for row in mine) >= check_tries()


def differed(session: Session, change: TimelineEntry) -> TimelineEntry | None:
    """The last reading of this change that was of another rate."""
    rows = timeline.standing(session.visit, Kind.DOUBLE_CHECK)
    found = [row for row in rows if row.body.get("of") in versions(change) and not row.body["matched"]]
    return found[-1] if found else None


def new_rate(change: TimelineEntry) -> RatePump:
    return RatePump(Decimal(change.body["new_ml_per_h"])).rounded()


# --- the volume the pump shows ---------------------------------------------------------------------------------------

PUMP_READ = "pump_read"


def flows(session: Session) -> bool:
    order = ordered.order_of(session.visit)
    return order is not None and order.infused and session.state in (SessionState.RUNNING, SessionState.PAUSED)


def expected_ml(session: Session, order: Ordered, at: datetime) -> Decimal:
    """What should have run in by now, by rate and time."""
    assert order.bag_ml is not None
    return dose.so_far(session, order, at).given.amount / (order.drawn_mg / order.bag_ml)


def pump_due(session: Session, order: Ordered, at: datetime) -> bool:
    """Some minutes into every infusion somebody reads the pump, once (H40)."""
    if not flows(session) or session.started_at is None or at < session.started_at + watching().pump_read_after:
        return False
    return not any(row.name == PUMP_READ for row in timeline.standing(session.visit, Kind.EVENT))


def over_bag(order: Ordered, shown_ml: Decimal, field: str) -> Refusal | None:
    """A volume that no bag held is a slip, whoever confirms it: 750 for 75.0 (H2)."""
    if order.bag_ml is None or shown_ml <= order.bag_ml + watching().pump_over_bag_ml:
        return None
    words = f"{shown_ml} mL is more than the {order.bag_ml} mL in the bag."
    return Refusal(field, words, "Read the pump again; left empty, rate and time are taken.")


def is_far(shown_ml: Decimal, expected_ml: Decimal, of_ml: Decimal) -> bool:
    """So far from the volume by rate and time that somebody is asked: by a share of what it is measured against."""
    return abs(expected_ml - shown_ml) > of_ml * watching().pump_apart
