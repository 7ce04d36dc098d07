"""Where the integration visit belongs after a dose, and whether it is there."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from ketacare.medicine.therapy.terms import Placement, Visit, Window, WindowState


def window_after(dose_at: datetime, placement: Placement) -> Window:
    return Window(
        dose_at + timedelta(hours=placement.opens.integer), dose_at + timedelta(hours=placement.closes.integer)
    )


def window_state(window: Window, visits: Iterable[Visit], at: datetime) -> WindowState:
    """Visits after this dose, in any order. One held outside counts as held, and is not counted as on time."""
    visits = tuple(visits)
    held = [visit for visit in visits if visit.done]
    if any(window.holds(visit.starts_at) for visit in held):
        return WindowState.DONE
    if held:
        return WindowState.DONE_OUTSIDE
    if any(window.holds(visit.starts_at) and visit.starts_at > at for visit in visits):
        return WindowState.BOOKED
    if at >= window.closes_at:
        return WindowState.MISSED
    return WindowState.OPEN if window.holds(at) else WindowState.NOT_YET
