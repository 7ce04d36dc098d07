"""Booking what was proposed; reminding before a dose, and what follows from the reply."""

from ketacare.clinic.planning.actions.booking import book_proposal
from ketacare.clinic.planning.actions.reminding import other_language, record_reply, remind

__all__ = ["book_proposal", "other_language", "record_reply", "remind"]
