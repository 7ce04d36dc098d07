"""The pages of a course and of the site's capacity, and the link of a reminder."""

from ketacare.clinic.planning.views.board import capacity_board
from ketacare.clinic.planning.views.course import course
from ketacare.clinic.planning.views.reminder import reminder, reminder_help, reminder_language

__all__ = ["capacity_board", "course", "reminder", "reminder_help", "reminder_language"]
