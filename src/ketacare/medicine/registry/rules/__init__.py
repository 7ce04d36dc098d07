"""How a programme's outcomes are counted: rates with intervals, weeks, times to response and to loss, small cells."""

from ketacare.medicine.registry.rules.cells import beside, column, complementary, hidden, rounded
from ketacare.medicine.registry.rules.counting import four_weeks, lines_of, rate, score_in, stepped, told, weekly
from ketacare.medicine.registry.rules.durations import (
    curve,
    kept,
    loss_day,
    measured,
    response_day,
    to_loss,
    to_response,
)
from ketacare.medicine.registry.rules.running import runs

__all__ = [
    "beside",
    "column",
    "complementary",
    "curve",
    "four_weeks",
    "hidden",
    "kept",
    "lines_of",
    "loss_day",
    "measured",
    "rate",
    "response_day",
    "rounded",
    "runs",
    "score_in",
    "stepped",
    "to_loss",
    "to_response",
    "told",
    "weekly",
]
