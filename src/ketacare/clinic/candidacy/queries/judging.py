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
from ketacare.clinic.candidacy.queries.vocabulary import consent_sheet
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Consent, Patient
from ketacare.clinic.people.standing import newest, standing, when
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
    order = ["main", "also", "possible", "unlikely", "excluded"]
    return sorted(standing(ConsideredDiagnosis, patient), key=lambda row: order.index(row.weight))


def capacity(patient: Patient) -> CapacityAssessment | None:
    """The newest assessment."""
    return max(standing(CapacityAssessment, patient), key=when, default=None)


def capacity_fact(patient: Patient, at: datetime, zone: str) -> Iterable[Fact]:
    """Yes where all four abilities are there, no where one is not; not settled establishes nothing."""
    row = capacity(patient)
    if row is not None and row.holds is not None:
        yield Fact("capacity", row.holds, known_at=row.happened_at, source="The four abilities")


def alternatives(patient: Patient) -> list[tuple[Alternative, AlternativeConsidered | None]]:
    """Every other treatment with where it stands, newest word first."""
    found = {row.alternative: row for row in standing(AlternativeConsidered, patient)}
    return [(alternative, found.get(alternative)) for alternative in Alternative]


@dataclass(frozen=True)
class Told:
    """What must be told for the product proposed, and what of it has been."""

    row: InformationGiven | None
    owed: tuple[ConsentElement, ...]
    version: str

    @property
    def is_full(self) -> bool:
        """Told in full by this very list, in the version that counts."""
        return self.row is not None and version_of(self.row) == self.version and not self.left

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
    """What is told before the product of this route is decided on."""
    return told_about(patient, () if route is None else ("esketamine" if route is Route.IN else "racemic",))


def told_about(patient: Patient, kinds: tuple[str, ...]) -> Told:
    sheet = consent_sheet(patient)
    return Told(newest(InformationGiven, patient), sheet.owed(*kinds), f"{sheet.ref.id} {sheet.ref.version}")


TREATMENT = "treatment"


def treatment_consent(patient: Patient) -> Consent | None:
    """The newest word, given or withdrawn."""
    return people.consent(patient, TREATMENT)


def version_of(row: InformationGiven) -> str:
    return f"{row.sheet_id} {row.sheet_version}"


def told_all_since(patient: Patient, kinds: tuple[str, ...]) -> datetime | None:
    """Since when everything has been told by the list as it stands, in its version: the day of an older list, or of one
    that something was taken back from since, is not the day of this one. None while it is not told in full."""
    told = told_about(patient, kinds)
    if not told.is_full:
        return None
    owed, since = {element.id for element in told.owed}, None
    for row in sorted(standing(InformationGiven, patient), key=when, reverse=True):
        if version_of(row) != told.version or not owed <= set(row.elements):
            break
        since = row.happened_at
    return since


def not_thought_through(patient: Patient, route: Route | None) -> tuple[str, ...]:
    """What is owed before anybody is accepted and is not on record: nobody gets this as a first resort, or untold."""
    told = information(patient, route)
    considered = any(row is not None for _, row in alternatives(patient))
    return (
        *(() if considered else ("no other treatment was considered",)),
        *(() if told.is_full else ("what is told before deciding is not told in full",)),
    )
