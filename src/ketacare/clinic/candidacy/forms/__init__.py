"""What people type in an evaluation, read back as values or refused in words."""

from ketacare.clinic.candidacy.forms.entries import TrialForm, allergies_from, pairs, state_from, vitals_from, weighed
from ketacare.clinic.candidacy.forms.facts import Told, told, told_by, told_in

__all__ = [
    "Told",
    "TrialForm",
    "allergies_from",
    "pairs",
    "state_from",
    "told",
    "told_by",
    "told_in",
    "vitals_from",
    "weighed",
]
