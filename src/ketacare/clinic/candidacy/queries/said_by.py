"""What each source last said to each question by some moment: where sources say different things, all of them, for the
newest of them is no truer than the others until a prescriber rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from ketacare.clinic.candidacy.models import MISSING, HistoryAnswer
from ketacare.clinic.candidacy.queries.facts import fact_from, told_by
from ketacare.clinic.candidacy.queries.vocabulary import in_words, kinds
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.standing import amended_by, when

Said = tuple[HistoryAnswer, ...]


def said_until(patient: Patient, at: datetime) -> Mapping[str, Said]:
    """Of what was written down by then, and by then neither amended nor taken back: the newest word of each source, by
    when it was true, from the newest ruling on."""
    rows = list(HistoryAnswer.objects.filter(patient=patient, recorded_at__lte=at))
    amended = {amended_by(row) for row in rows}
    by_name: dict[str, list[HistoryAnswer]] = defaultdict(list)
    for row in sorted(rows, key=when):
        if row.pk not in amended and not row.in_error:
            by_name[row.name].append(row)
    return {name: _newest_of_each(told) for name, told in by_name.items()}


def _newest_of_each(told: list[HistoryAnswer]) -> Said:
    """A positive test is no earlier word of the laboratory that a negative takes the place of: it stands beside it."""
    rulings = [place for place, row in enumerate(told) if row.settles]
    newest = {}
    for row in told[rulings[-1] if rulings else 0 :]:
        fact = fact_from(row)
        newest[told_by(row.source) if fact is None else fact.source] = row
    answered = tuple(row for row in newest.values() if row.answer not in MISSING)
    return answered or tuple(newest.values())[-1:]


def said_in_words(said: Said) -> str:
    """An answer; of sources that disagree who said what."""
    kind = kinds().get(said[0].name)
    words = {told_by(row.source): in_words(kind, row.answer, row.to_month) for row in said}
    if len({row.answer for row in said}) == 1:
        return in_words(kind, said[-1].answer, said[-1].to_month)
    return f"records disagree ({'; '.join(f'{source}: {answer}' for source, answer in words.items())})"
