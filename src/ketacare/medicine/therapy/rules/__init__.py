"""The judgement of therapy: where the work after a dose belongs, what may not be done then, how goals are scaled."""

from ketacare.medicine.therapy.rules.floor import against_the_floor
from ketacare.medicine.therapy.rules.goals import goal_faults, goal_score, smart_faults
from ketacare.medicine.therapy.rules.owed import none_owed_words, ordinal, owes_visit, spacing_words
from ketacare.medicine.therapy.rules.windows import dose_window, window_after, window_state

__all__ = [
    "against_the_floor",
    "dose_window",
    "goal_faults",
    "goal_score",
    "none_owed_words",
    "ordinal",
    "owes_visit",
    "smart_faults",
    "spacing_words",
    "window_after",
    "window_state",
]
