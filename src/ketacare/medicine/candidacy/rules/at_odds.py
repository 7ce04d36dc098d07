"""Which answers about one person cannot both be right. A question to whoever told them; it decides nothing."""

from collections.abc import Iterable
from datetime import date, datetime

from ketacare.medicine.candidacy.terms.at_odds import AtOdds, Odd
from ketacare.medicine.evidence.rules import evaluate
from ketacare.medicine.evidence.terms import Facts, Result


def at_odds(facts: Facts, rows: Iterable[AtOdds], at: date | datetime) -> tuple[Odd, ...]:
    """Every pair that is there. What is unknown is at odds with nothing."""
    verdicts = ((row, evaluate(row.condition, facts, at)) for row in rows)
    return tuple(Odd(row.id, row.title, verdict.facts) for row, verdict in verdicts if verdict.result is Result.MET)
