"""What a form was first answered to an item that calls for a person, and then otherwise: the score has the last answer
alone, and the first was said (H13)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from uuid import UUID

from ketacare.clinic.outcomes.models import Answers, Score
from ketacare.clinic.people.models import Patient
from ketacare.medicine.safety import reader


@cache
def items_of_danger() -> Mapping[str, frozenset[str]]:
    """By instrument, the items of which one answer alone raises a flag."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in reader.triage_sheet().rows:
        if row.item is not None and row.least is not None:
            found[row.instrument].add(row.item)
    return {name: frozenset(items) for name, items in found.items()}


def taken_back(patient: Patient, scores: Iterable[Score]) -> dict[UUID, str]:
    """By score, each such item that stood higher in the same form before it was sent."""
    watched = items_of_danger()
    said: dict[tuple[UUID, str, str], int] = {}
    rows = Answers.objects.filter(patient=patient, instrument__in=watched)
    for row in rows.only("ask_id", "form_id", "instrument", "values"):
        if row.asked_by is None:
            continue
        for item in watched[row.instrument]:
            value, key = row.values.get(item), (row.asked_by, row.instrument, item)
            if value is not None:
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
    return "; ".join(f"item {item} was answered {most} first" for item, most in higher.items())
