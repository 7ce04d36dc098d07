"""What people type in an evaluation, read back as values or refused in words."""

from ketacare.clinic.candidacy.forms.choices import trial_choices
from ketacare.clinic.candidacy.forms.clearance import said_of
from ketacare.clinic.candidacy.forms.courses import course_as_typed, course_told
from ketacare.clinic.candidacy.forms.entries import allergies_from, pairs, state_from, vitals_from, weighed
from ketacare.clinic.candidacy.forms.facts import Told, told, told_by, told_in
from ketacare.clinic.candidacy.forms.trials import ONLY, trial_as_typed, trial_told

__all__ = [
    "ONLY",
    "Told",
    "allergies_from",
    "course_as_typed",
    "course_told",
    "pairs",
    "said_of",
    "state_from",
    "told",
    "told_by",
    "told_in",
    "trial_as_typed",
    "trial_choices",
    "trial_told",
    "vitals_from",
    "weighed",
]
