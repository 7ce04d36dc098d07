"""What pages of this room read back: a check-in's taps, and a scale entered by staff."""

from ketacare.clinic.outcomes.forms.check_in import PHRASES, Question, of_sheet, questions, read, say

__all__ = ["PHRASES", "Question", "of_sheet", "questions", "read", "say"]
