"""Changes of the pump's rate that wait for their second person (H40)."""

from __future__ import annotations

from decimal import Decimal

from ketacare.clinic.dosing.models import Kind, Session, TimelineEntry
from ketacare.clinic.dosing.queries import dose, timeline
from ketacare.medicine.quantities.terms import RatePump


def waiting(session: Session) -> TimelineEntry | None:
    """The newest change that no second person has agreed with. A later change takes its place; the end ends it."""
    steps = timeline.standing(session.visit, Kind.DOSE)
    if any(row.name in dose.ENDED for row in steps):
        return None
    agreed = {
        row.body.get("of")
        for row in timeline.standing(session.visit, Kind.DOUBLE_CHECK)
        if row.name == "rate" and row.body["matched"]
    }
    changes = [row for row in steps if row.name in ("rate", dose.ASKED, dose.SECOND_STEP)]
    newest = max(changes, key=lambda row: (row.recorded_at, row.pk), default=None)
    if newest is None or str(newest.pk) in agreed or newest.body.get("agreed"):
        return None
    return newest


def new_rate(change: TimelineEntry) -> RatePump:
    return RatePump(Decimal(change.body["new_ml_per_h"])).rounded()
