"""What somebody answers just now: no score before the form is sent, and no secret from whoever decides meanwhile."""

from __future__ import annotations

from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.models import Answers, AskState
from ketacare.clinic.people.models import Patient
from ketacare.medicine.outcomes import rules


def unsent(patient: Patient) -> list[Answers]:
    """The answers of forms that are not sent, newest last."""
    rows = Answers.objects.current().filter(patient=patient, ask__state__in=(AskState.WAITING, AskState.MISSED))
    rows = rows.filter(score__isnull=True).exclude(instrument__in=queries.NO_SCALES)
    return list(rows.select_related("ask").order_by("recorded_at"))


def in_short(row: Answers) -> str:
    """By its name, and the total where every item has its answer."""
    sheet = queries.instrument(row.instrument)
    total = rules.score_as_given(sheet, row.values).total
    return f"{sheet.name} not whole yet" if total is None else f"{sheet.name} {total.normalize():f}"
