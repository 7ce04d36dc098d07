"""Judgements over a plan: what is free, whether it keeps to the rules, and who is next."""

from ketacare.medicine.scheduling.rules.board import Board, Found, Why
from ketacare.medicine.scheduling.rules.breaks import breaks
from ketacare.medicine.scheduling.rules.course import (
    course_breaks,
    course_rules,
    day_of,
    floor_after,
    floor_breaks,
    is_early,
    morning_after,
    patient_breaks,
    window_after,
)
from ketacare.medicine.scheduling.rules.fairness import in_order, passed_over, why_here
from ketacare.medicine.scheduling.rules.watching import WHOLE, acting_in, part, watch_of

__all__ = [
    "WHOLE",
    "Board",
    "Found",
    "Why",
    "acting_in",
    "breaks",
    "course_breaks",
    "course_rules",
    "day_of",
    "floor_after",
    "floor_breaks",
    "in_order",
    "is_early",
    "morning_after",
    "part",
    "passed_over",
    "patient_breaks",
    "watch_of",
    "why_here",
    "window_after",
]
