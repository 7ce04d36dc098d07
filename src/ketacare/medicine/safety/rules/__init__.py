"""The judgement of danger: triage of what patients answer, the tier that a clinician's screener comes to, the grades of
what a dose did, what may be given as needed, and words of danger in free text."""

from ketacare.medicine.safety.rules.as_needed import asked_once, not_now
from ketacare.medicine.safety.rules.effects import graded
from ketacare.medicine.safety.rules.plan import FieldChange, plan_changes
from ketacare.medicine.safety.rules.screener import cssrs_tier, gravest
from ketacare.medicine.safety.rules.triage import Answers, due_by, missed_checks, triage, unsettled
from ketacare.medicine.safety.rules.words import is_plain, speaks_of_danger

__all__ = [
    "Answers",
    "FieldChange",
    "asked_once",
    "cssrs_tier",
    "due_by",
    "graded",
    "gravest",
    "is_plain",
    "missed_checks",
    "not_now",
    "plan_changes",
    "speaks_of_danger",
    "triage",
    "unsettled",
]
