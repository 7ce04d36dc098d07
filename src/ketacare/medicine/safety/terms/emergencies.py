"""What is done first in an emergency at the chair."""

from dataclasses import dataclass

from ketacare.medicine.evidence.terms import Figure, Grade, Sheet, Source


@dataclass(frozen=True, slots=True)
class FirstActs:
    """One kind of emergency: how it is recognised, and what is done, in this order. As sure as its weakest part."""

    id: str
    title: str
    recognise: str
    acts: tuple[str, ...]
    note: str
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class EmergencySheet:
    """`call` are the findings that call emergency services, each in words with its figures."""

    sheet: Sheet
    emergencies: tuple[FirstActs, ...]
    call: tuple[str, ...]
    called_within: Figure
