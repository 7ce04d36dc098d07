"""What the rows of contraindications read of the day of a dose: facts that count on that day alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ketacare.medicine.candidacy.terms import Stage
from ketacare.medicine.evidence.rules import leaves
from ketacare.medicine.evidence.terms import Criterion


@dataclass(frozen=True, slots=True)
class DayRow:
    """`facts`: what it reads of this day alone. `at_a_dose_only`: nobody judges the row at the evaluation, so that
    whatever it lacks is lacking today."""

    facts: frozenset[str]
    at_a_dose_only: bool


def day_rows(criteria: Iterable[Criterion]) -> Mapping[str, DayRow]:
    """The rows with a part that is judged at a dose alone, by their ids, in the order of the sheet."""
    facts: dict[str, set[str]] = {}
    others: set[str] = set()
    for criterion in criteria:
        if criterion.stage == Stage.DOSE:
            facts.setdefault(criterion.id, set()).update(_of_today(criterion))
        else:
            others.add(criterion.id)
    return {row: DayRow(frozenset(names), row not in others) for row, names in facts.items()}


def _of_today(criterion: Criterion) -> Iterable[str]:
    conditions = [part for part in (criterion.condition, criterion.only_if) if part is not None]
    return {leaf.fact for part in conditions for leaf in leaves(part) if leaf.valid_days == 0}
