"""What pages of this room read back: a check-in's taps, and a scale entered by staff."""

from ketacare.clinic.outcomes.forms.check_in import (
    Question,
    about,
    event_of,
    explained,
    of_sheet,
    questions,
    read,
    say,
    shows_event,
)
from ketacare.clinic.outcomes.letters import PHRASES

__all__ = [
    "PHRASES",
    "Question",
    "about",
    "event_of",
    "explained",
    "of_sheet",
    "questions",
    "read",
    "say",
    "shows_event",
]
