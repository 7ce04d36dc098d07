"""How far each syringe of a session is: ordered, drawn, checked, given. The first moves the session's state; a second
injection goes the same way beside a patient who is already watched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ketacare.clinic.dosing.models import Kind, Session, SessionState, TimelineEntry
from ketacare.clinic.dosing.queries import ordered, schedule, timeline
from ketacare.clinic.dosing.queries.ordered import Ordered
from ketacare.medicine.protocols.reader import check_tries

FIRST, SECOND = 1, 2


class Stage(StrEnum):
    NONE = "none"
    ORDERED = "ordered"
    DRAWN = "drawn"
    CHECKED = "checked"
    GIVEN = "given"


IN_HAND = frozenset({Stage.DRAWN, Stage.CHECKED})  # neither given nor wasted


@dataclass(frozen=True)
class Syringe:
    number: int
    stage: Stage
    order: Ordered | None
    drawn: TimelineEntry | None
    check: TimelineEntry | None


def syringe_of(session: Session, number: int) -> Syringe:
    """From its lines alone; what was put back counts as not drawn."""
    visit = session.visit
    order = ordered.orders_of(visit).get(number)
    mine = [row for row in timeline.standing(visit, Kind.DRAW) if row.body.get("number", FIRST) == number]
    drawn = max(mine, key=lambda row: row.recorded_at, default=None)
    if order is None or drawn is None or drawn.name == "undone":
        return Syringe(number, Stage.ORDERED if order else Stage.NONE, order, None, None)
    checks = [row for row in timeline.standing(visit, Kind.DOUBLE_CHECK) if row.name == "" and of(row) == number]
    check = next((row for row in reversed(checks) if row.recorded_at >= drawn.recorded_at), None)
    steps = [row for row in timeline.standing(visit, Kind.DOSE) if of(row) == number]
    if steps:
        return Syringe(number, Stage.GIVEN, order, drawn, check)
    checked = check is not None and check.body["matched"]
    return Syringe(number, Stage.CHECKED if checked else Stage.DRAWN, order, drawn, check)


def is_spent(session: Session, syringe: Syringe) -> bool:
    """As many second entries about this draw have differed as there are tries."""
    if syringe.drawn is None:
        return False
    rows = [row for row in timeline.standing(session.visit, Kind.DOUBLE_CHECK) if row.name == ""]
    tried = [row for row in rows if row.recorded_at >= syringe.drawn.recorded_at]
    return sum(not row.body["matched"] for row in tried) >= check_tries()


def of(row: TimelineEntry) -> int:
    return int(row.body.get("number", FIRST))


def in_hand(session: Session) -> Syringe:
    """The syringe that is being prepared or was prepared last."""
    second = syringe_of(session, SECOND)
    return syringe_of(session, FIRST) if second.stage is Stage.NONE else second


def may_order_second(session: Session) -> bool:
    """After the first injection, where the protocol has a second, and as long as none is drawn."""
    if session.state != SessionState.RECOVERY or schedule.protocol_of(session).second is None:
        return False
    return syringe_of(session, SECOND).stage in (Stage.NONE, Stage.ORDERED)


def waits_for_check(session: Session) -> bool:
    """A drawn syringe that nobody has checked yet: until then no page shows its amounts to the second person."""
    if session.state == SessionState.DRAWN:
        return True
    return session.state == SessionState.RECOVERY and syringe_of(session, SECOND).stage is Stage.DRAWN
