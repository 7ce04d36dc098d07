"""Booking what was proposed; reminding before a dose, and what follows from the reply."""

from ketacare.clinic.planning.actions.booking import book_proposal, book_rest, wished
from ketacare.clinic.planning.actions.pausing import (
    Ahead,
    clear_paused,
    doses_left,
    pause_course,
    planned_again,
    resume_course,
)
from ketacare.clinic.planning.actions.reminding import (
    can_be_called,
    is_to_wait,
    other_language,
    record_reply,
    remind,
)

__all__ = [
    "Ahead",
    "book_proposal",
    "book_rest",
    "can_be_called",
    "clear_paused",
    "doses_left",
    "is_to_wait",
    "other_language",
    "pause_course",
    "planned_again",
    "record_reply",
    "remind",
    "resume_course",
    "wished",
]
