"""What whoever cleared this person asks of those who treat: the conditions of every clearance that is in date."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from ketacare.clinic.candidacy.models import ClearanceAnswer
from ketacare.clinic.candidacy.queries.clearance import giving, titles
from ketacare.clinic.candidacy.queries.vocabulary import sheet
from ketacare.clinic.people.models import Patient
from ketacare.medicine.candidacy.rules.clearances import enough
from ketacare.medicine.candidacy.terms import Signatures
from ketacare.medicine.evidence.terms import Effect


@dataclass(frozen=True)
class Under:
    """One clearance's conditions; `key` is of its record: conditions that are amended have another. `binds`: a go waits
    until they are seen to."""

    key: str
    criterion: str
    title: str
    words: str
    by: str
    until: date | None
    binds: bool = True


def whose_words(patient: Patient) -> dict[str, frozenset[str]]:
    """By criterion of the sheets whose word each of its parts asks for."""
    found: dict[str, frozenset[str]] = {}
    for part in sheet(patient).criteria.criteria:
        if part.effect in (Effect.STOP, Effect.CLEAR):
            found[part.id] = found.get(part.id, frozenset()) | {part.override}
    return found


def may_lift(row: ClearanceAnswer, needs: Collection[str]) -> bool:
    """Is it enough for some part of its row, or a part of what is enough together (ADO-01)? What no sheet tells of
    counts as it was given."""
    if not needs or Signatures.WITH_GUARDIAN in needs:
        return True
    return any(enough(override, Signatures(row.signatures)) for override in needs)


def under(patient: Patient, day: date) -> tuple[Under, ...]:
    """By criterion. What has ended for another reason than its day is still told: to know more harms nobody. So is a
    word that lifts nothing by itself, and no go waits for it."""
    rows = sorted((row for row in giving(patient) if row.holds_on(day) and row.conditions), key=lambda r: r.criterion)
    needs = whose_words(patient) if rows else {}
    called = titles(patient) if rows else {}
    return tuple(
        Under(
            key=str(row.pk),
            criterion=row.criterion,
            title=called.get(row.criterion, row.criterion),
            words=row.conditions,
            by=row.given_by,
            until=row.until,
            binds=may_lift(row, needs.get(row.criterion, frozenset())),
        )
        for row in rows
    )


def under_each(patients: Iterable[Patient], day: date) -> dict[UUID, tuple[Under, ...]]:
    """The same of many at once; only those of whom any conditions were ever written are asked about one by one."""
    here = {patient.pk: patient for patient in patients}
    written = ClearanceAnswer.objects.filter(patient__in=here).exclude(conditions="")
    return {pk: under(here[pk], day) for pk in set(written.values_list("patient_id", flat=True))}
