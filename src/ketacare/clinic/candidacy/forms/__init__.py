"""What people type in an evaluation, read back as values or refused in words."""

from ketacare.clinic.candidacy.forms.choices import trial_choices
from ketacare.clinic.candidacy.forms.clearance import day_of, said_of
from ketacare.clinic.candidacy.forms.courses import course_as_typed, course_told
from ketacare.clinic.candidacy.forms.entries import allergies_from, pairs, state_from, vitals_from, weighed
from ketacare.clinic.candidacy.forms.facts import Told, told, told_by, told_in
from ketacare.clinic.candidacy.forms.medicines import LAST, USES, When, as_typed, last_taken, medicine_from, seen_list
from ketacare.clinic.candidacy.forms.risk import asked_at, assessment_from, plan_from, screening_from, whole
from ketacare.clinic.candidacy.forms.trials import ONLY, trial_as_typed, trial_told

__all__ = [
    "LAST",
    "ONLY",
    "USES",
    "Told",
    "When",
    "allergies_from",
    "as_typed",
    "asked_at",
    "assessment_from",
    "course_as_typed",
    "course_told",
    "day_of",
    "last_taken",
    "medicine_from",
    "pairs",
    "plan_from",
    "said_of",
    "screening_from",
    "seen_list",
    "state_from",
    "told",
    "told_by",
    "told_in",
    "trial_as_typed",
    "trial_choices",
    "trial_told",
    "vitals_from",
    "weighed",
    "whole",
]
