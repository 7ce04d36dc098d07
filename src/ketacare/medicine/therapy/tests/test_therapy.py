"""The integration window and its states."""

from datetime import UTC, datetime, timedelta

import pytest

from ketacare.medicine.therapy import reader, rules
from ketacare.medicine.therapy.terms import Visit, WindowState

DOSE = datetime(2026, 1, 5, 10, 0, tzinfo=UTC)
WINDOW = rules.window_after(DOSE, reader.placement())


def hours(number: float) -> datetime:
    return DOSE + timedelta(hours=number)


def test_the_window_is_24_to_72_hours_and_says_its_limit() -> None:
    assert (WINDOW.opens_at, WINDOW.closes_at) == (hours(24), hours(72))
    assert "No human study" in reader.placement().limit


@pytest.mark.parametrize(
    ("at", "visits", "state"),
    [
        (1, [], WindowState.NOT_YET),
        (1, [Visit(hours(48), False)], WindowState.BOOKED),
        (24, [], WindowState.OPEN),
        (50, [Visit(hours(48), False)], WindowState.OPEN),
        (72, [], WindowState.MISSED),
        (72, [Visit(hours(48), False)], WindowState.MISSED),
        (90, [Visit(hours(71.9), True)], WindowState.DONE),
        (90, [Visit(hours(72), True)], WindowState.DONE_OUTSIDE),
    ],
)
def test_states(at: float, visits: list[Visit], state: WindowState) -> None:
    assert rules.window_state(WINDOW, visits, hours(at)) is state
