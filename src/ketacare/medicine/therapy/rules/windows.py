"""Where the work belongs after a dose, and whether it is there."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from ketacare.medicine.therapy.terms import Came, Dose, Placed, Placement, Visit, Window, WindowState


def window_after(dose_at: datetime, placement: Placement | Placed) -> Window:
    """Elapsed hours from the start of the dose: a change of the clocks moves the hour on the wall alone."""
    assert placement.opens is not None
    assert placement.closes is not None
    began = dose_at.astimezone(UTC)  # on the wall of one zone Python would add an hour that there is not
    return Window(began + timedelta(hours=placement.opens.integer), began + timedelta(hours=placement.closes.integer))


def dose_window(dose: Dose, placement: Placement | Placed) -> Window | None:
    """Of a dose that is planned, where it would be; of one that was not given, none. Stopped early it stands: whether
    less of the drug opens less is not known."""
    if dose.came is Came.NOT_GIVEN:
        return None
    return window_after(dose.started_at or dose.planned_at, placement)


def window_state(window: Window, visits: Iterable[Visit], at: datetime, *, is_owed: bool = True) -> WindowState:
    """Visits after this dose, in any order. One held outside counts as held, and is not counted as on time. Where none
    is owed one that is held inside used the window all the same, and nothing is missed."""
    visits = tuple(visits)
    held = [visit for visit in visits if visit.done]
    if any(window.holds(visit.starts_at) for visit in held):
        return WindowState.DONE
    if held and is_owed:
        return WindowState.DONE_OUTSIDE
    if any(window.holds(visit.starts_at) and visit.starts_at > at for visit in visits):
        return WindowState.BOOKED
    if not is_owed:
        return WindowState.NONE_OWED
    if at >= window.closes_at:
        return WindowState.MISSED
    return WindowState.OPEN if window.holds(at) else WindowState.NOT_YET
