"""The judgement of danger: triage of what patients answer, and the tier that a clinician's screener comes to."""

from ketacare.medicine.safety.rules.screener import cssrs_tier, gravest
from ketacare.medicine.safety.rules.triage import Answers, due_by, missed_checks, triage

__all__ = ["Answers", "cssrs_tier", "due_by", "gravest", "missed_checks", "triage"]
