"""What a course needs, and how full the site is."""

from ketacare.clinic.planning.queries.capacity import Capacity, capacity
from ketacare.clinic.planning.queries.course import Asked, Owed, Question, ahead, proposal, question

__all__ = ["Asked", "Capacity", "Owed", "Question", "ahead", "capacity", "proposal", "question"]
