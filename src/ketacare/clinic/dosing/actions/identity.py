"""Who the patient is, said again at every act that could reach the wrong person (H4)."""

from __future__ import annotations

from ketacare.clinic.people import queries as people
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused


def spoken_identity(patient: Patient) -> str:
    """Birth year and initials, as the patient says them."""
    person = people.demographics(patient)
    return f"{person.born_on.year} {person.given[:1]}{person.family[:1]}".casefold()


def as_said(birth_year: str, initials: str) -> str:
    letters = "".join(character for character in initials if character.isalpha())
    return f"{birth_year.strip()} {letters}"


def same_person(patient: Patient, birth_year: str, initials: str) -> bool:
    return as_said(birth_year, initials).casefold() == spoken_identity(patient)


NOT_THE_SAME = Refusal(
    "birth_year",
    "Birth year and initials are not those of this patient.",
    "Ask the patient again. If they differ, stop: this may be the wrong page or the wrong chair.",
)


def require_same_person(patient: Patient, birth_year: str, initials: str) -> None:
    if not same_person(patient, birth_year, initials):
        raise Refused(NOT_THE_SAME)
