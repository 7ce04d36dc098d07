"""What is known of a person, gathered into the facts that the sheets read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.candidacy.models import MISSING, HistoryAnswer, Vitals
from ketacare.clinic.people.models import Allergies, AllergyState, Patient
from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy.terms import FactKind, Knowledge
from ketacare.medicine.evidence.rules import FactsDisagree, current
from ketacare.medicine.evidence.terms import Fact, Facts, FactValue

KETAMINE = "ketamine"


@dataclass(frozen=True)
class Asked:
    """A question of the sheet with everything that was answered to it, newest first."""

    kind: FactKind
    answers: tuple[HistoryAnswer, ...]
    disagree: bool

    @property
    def newest(self) -> HistoryAnswer | None:
        return self.answers[0] if self.answers else None

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What may be answered: never only yes and no."""
        known = [(choice, choice.capitalize()) for choice in self.kind.choices] or [("yes", "Yes"), ("no", "No")]
        return [*known, ("refused", "Did not want to say"), ("unable", "Could not say")]


def sheet() -> Knowledge:
    return reader.shipped()


def asked(patient: Patient, at: datetime) -> list[Asked]:
    """Every question of the sheet in its order, with its answers."""
    rows: dict[str, list[HistoryAnswer]] = {}
    for row in history(patient):
        rows.setdefault(row.name, []).append(row)
    facts = facts_of(patient)
    kinds = [kind for name, kind in sheet().facts.items() if name in sheet().criteria.reads]
    return [Asked(kind, tuple(rows.get(kind.name, ())), disagrees(facts, kind.name, at)) for kind in kinds]


def disagrees(facts: Facts, name: str, at: datetime) -> bool:
    try:
        current(facts, name, None, at)
    except FactsDisagree:
        return True
    except LookupError:
        return False
    return False


def history(patient: Patient) -> list[HistoryAnswer]:
    rows = HistoryAnswer.objects.current().filter(patient=patient).select_related("recorded_by", "amends")
    return list(rows.order_by("-happened_at", "-recorded_at"))


def facts_of(patient: Patient) -> Facts:
    """Answers and the allergy list as facts. What was not answered is left out: absent is unknown, never no."""
    known = [fact for row in history(patient) if (fact := fact_from(row)) is not None]
    return Facts([*known, *allergy_fact(patient)])


def fact_from(row: HistoryAnswer) -> Fact | None:
    if row.answer in MISSING:
        return None
    value: FactValue = {"yes": True, "no": False}.get(row.answer, row.answer)
    return Fact(row.name, value, known_at=row.happened_at, source=row.get_source_display(), settles=row.settles)


def allergy_fact(patient: Patient) -> Iterable[Fact]:
    """CI-04 is established by the allergy list; a list nobody has asked for establishes nothing."""
    row = Allergies.objects.current().filter(patient=patient).order_by("recorded_at").last()
    if row is not None and row.state != AllergyState.NOT_ASKED:
        named = any(KETAMINE in entry["substance"].casefold() for entry in row.entries)
        yield Fact("ketamine_hypersensitivity", named, known_at=row.happened_at, source="allergy list")


def latest_vitals(patient: Patient) -> Vitals | None:
    row: Vitals | None = (
        Vitals.objects.current()
        .filter(patient=patient)
        .select_related("recorded_by", "amends")
        .order_by("happened_at", "recorded_at")
        .last()
    )
    return row
