"""The judgements of evidence: which fact stands, what a condition comes to, what would settle it."""

from ketacare.medicine.evidence.rules.amending import Amendment, AmendmentRefused, amended
from ketacare.medicine.evidence.rules.conditions import UnitMismatch, evaluate
from ketacare.medicine.evidence.rules.contents import Cited, Entry, amount, cited_rows, contents, figures_of, in_words
from ketacare.medicine.evidence.rules.decisions import cleared, decide, outcome_of, reason_for
from ketacare.medicine.evidence.rules.differences import Change, Difference, Kind, differences
from ketacare.medicine.evidence.rules.facts import (
    FactsDisagree,
    age_days,
    current,
    day_of,
    in_order,
    is_none_of_it,
    standing,
    unsaid,
    used,
)
from ketacare.medicine.evidence.rules.reviews import expired, warnings
from ketacare.medicine.evidence.rules.settling import leaves
from ketacare.medicine.evidence.rules.wording import inside

__all__ = [
    "Amendment",
    "AmendmentRefused",
    "Change",
    "Cited",
    "Difference",
    "Entry",
    "FactsDisagree",
    "Kind",
    "UnitMismatch",
    "age_days",
    "amended",
    "amount",
    "cited_rows",
    "cleared",
    "contents",
    "current",
    "day_of",
    "decide",
    "differences",
    "evaluate",
    "expired",
    "figures_of",
    "in_order",
    "in_words",
    "inside",
    "is_none_of_it",
    "leaves",
    "outcome_of",
    "reason_for",
    "standing",
    "unsaid",
    "used",
    "warnings",
]
