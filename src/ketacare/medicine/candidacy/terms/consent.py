"""The words of consent: what a person must have been told, and asked back, before they decide."""

from dataclasses import dataclass

from ketacare.medicine.evidence.terms import Figure, Grade, SheetHeader, SheetRef, Source


@dataclass(frozen=True, slots=True)
class ConsentElement:
    """One thing that is told. `told_for` says for which product: all, racemic, esketamine, or a dose at home."""

    id: str
    title: str
    told_for: str
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class ConsentSheet:
    header: SheetHeader
    elements: tuple[ConsentElement, ...]
    time_to_think: Figure
    after_dose: Figure
    anew_after: Figure

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)

    def owed(self, *products: str) -> tuple[ConsentElement, ...]:
        """What is told for these: "racemic", "esketamine", "home"; while it is open, only what holds for all."""
        return tuple(element for element in self.elements if element.told_for in ("all", *products))
