"""What a form was first answered to an item that calls for a person, and then otherwise: the score has the last answer
alone, and the first was said (H13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from uuid import UUID

from ketacare.clinic.outcomes.models import Answers, Score
from ketacare.clinic.people.models import Patient
from ketacare.medicine.safety import reader


@cache
def items_of_danger() -> Mapping[str, Mapping[str, Decimal]]:
    """By instrument, the items of which one answer alone raises a flag, each with the least that does."""
    found: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for row in reader.triage_sheet().rows:
        if row.item is not None and row.least is not None:
            of_one = found[row.instrument]
            of_one[row.item] = min(row.least.value, of_one.get(row.item, row.least.value))
    return found


def taken_back(patient: Patient, scores: Iterable[Score]) -> dict[UUID, str]:
    """By score, each such item that was answered as a sign of danger in the same form, and lower when it was sent."""
    watched = items_of_danger()
    said: dict[tuple[UUID, str, str], int] = {}
    rows = Answers.objects.filter(patient=patient, instrument__in=watched)
    for row in rows.only("ask_id", "form_id", "instrument", "values"):
        if row.asked_by is None:
            continue
        for item, least in watched[row.instrument].items():
            value, key = row.values.get(item), (row.asked_by, row.instrument, item)
            if value is not None and value >= least:
                said[key] = max(value, said.get(key, 0))
    return {score.pk: words for score in scores if (words := _words(score, said))}


def _words(score: Score, said: Mapping[tuple[UUID, str, str], int]) -> str:
    form, values = score.answers.asked_by, score.answers.values
    if form is None:
        return ""
    higher = {
        item: most
        for item in sorted(items_of_danger().get(score.instrument, ()))
        if (most := said.get((form, score.instrument, item), 0)) > (values.get(item) or 0)
    }
    return "; ".join(f"question {item} was answered {most} first" for item, most in higher.items())
