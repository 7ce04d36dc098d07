"""The pages of a course, of one visit and of the site's capacity, and the link of a reminder."""

from ketacare.clinic.planning.views.board import capacity_board
from ketacare.clinic.planning.views.course import course
from ketacare.clinic.planning.views.one import book_visit
from ketacare.clinic.planning.views.pausing import course_pause
from ketacare.clinic.planning.views.reminder import (
    reminder,
    reminder_help,
    reminder_language,
    reminder_not_mine,
)

__all__ = [
    "book_visit",
    "capacity_board",
    "course",
    "course_pause",
    "reminder",
    "reminder_help",
    "reminder_language",
    "reminder_not_mine",
]
