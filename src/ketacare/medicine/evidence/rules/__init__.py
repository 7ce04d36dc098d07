"""The judgements of evidence: which fact stands, what a condition comes to, what would settle it."""

from ketacare.medicine.evidence.rules.conditions import UnitMismatch, evaluate
from ketacare.medicine.evidence.rules.decisions import cleared, decide, outcome_of, reason_for
from ketacare.medicine.evidence.rules.facts import (
    FactsDisagree,
    age_days,
    current,
    day_of,
    in_order,
    standing,
    used,
)
from ketacare.medicine.evidence.rules.reviews import expired, warnings

__all__ = [
    "FactsDisagree",
    "UnitMismatch",
    "age_days",
    "cleared",
    "current",
    "day_of",
    "decide",
    "evaluate",
    "expired",
    "in_order",
    "outcome_of",
    "reason_for",
    "standing",
    "used",
    "warnings",
]
