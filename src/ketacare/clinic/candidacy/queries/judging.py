"""What was thought through before deciding, as it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from ketacare.clinic.candidacy.models import (
    Alternative,
    AlternativeConsidered,
    CapacityAssessment,
    ConsideredDiagnosis,
    InformationGiven,
)
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.looks import looked_up
from ketacare.medicine.candidacy.reader.consent import consent
from ketacare.medicine.candidacy.terms import Route
from ketacare.medicine.candidacy.terms.consent import ConsentElement
from ketacare.medicine.evidence.terms import Fact

ABILITIES = (
    ("understands", "Understands what the treatment is", "says in own words what will be done and why"),
    ("appreciates", "Sees what it means for them", "speaks of own illness and own chances and risks"),
    ("reasons", "Weighs the options", "compares them, no treatment included"),
    ("chooses", "States a choice that holds", "says the same when asked again"),
)


def differential(patient: Patient) -> list[ConsideredDiagnosis]:
    rows = ConsideredDiagnosis.objects.current().filter(patient=patient).select_related("recorded_by", "amends")
    order = ["main", "also", "possible", "unlikely", "excluded"]
    return sorted(rows.order_by("recorded_at"), key=lambda row: order.index(row.weight))


@looked_up
def capacity(patient: Patient) -> CapacityAssessment | None:
    """The newest assessment."""
    row: CapacityAssessment | None = (
        CapacityAssessment.objects.current()
        .filter(patient=patient)
        .select_related("recorded_by")
        .order_by("happened_at", "recorded_at")
        .last()
    )
    return row


def capacity_fact(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    """Yes where all four abilities are there, no where one is not; not settled establishes nothing."""
    row = capacity(patient)
    if row is not None and row.holds is not None:
        yield Fact("capacity", row.holds, known_at=row.happened_at, source="The four abilities")


def alternatives(patient: Patient) -> list[tuple[Alternative, AlternativeConsidered | None]]:
    """Every other treatment with where it stands, newest word first."""
    rows = AlternativeConsidered.objects.current().filter(patient=patient).order_by("recorded_at")
    newest = {row.alternative: row for row in rows.select_related("recorded_by")}
    return [(alternative, newest.get(alternative)) for alternative in Alternative]


@dataclass(frozen=True)
class Told:
    """What must be told for the product proposed, and what of it has been."""

    row: InformationGiven | None
    owed: tuple[ConsentElement, ...]

    @property
    def done(self) -> frozenset[str]:
        return frozenset(self.row.elements) if self.row else frozenset()

    @property
    def left(self) -> tuple[ConsentElement, ...]:
        return tuple(element for element in self.owed if element.id not in self.done)

    @property
    def count(self) -> int:
        return len(self.owed) - len(self.left)


def information(patient: Patient, route: Route | None) -> Told:
    row: InformationGiven | None = (
        InformationGiven.objects.current()
        .filter(patient=patient)
        .select_related("recorded_by")
        .order_by("recorded_at")
        .last()
    )
    product = "" if route is None else "esketamine" if route is Route.IN else "racemic"
    return Told(row, consent().owed(product))
