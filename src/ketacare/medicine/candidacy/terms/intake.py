"""The words of the intake: its times, and how what people count becomes what a criterion reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from ketacare.medicine.evidence.terms import Figure, SheetHeader, SheetRef


@dataclass(frozen=True)
class IntakeLines:
    """The figures of the intake. A drink is what people count; a unit is what the criteria read."""

    header: SheetHeader
    lasts: Figure
    wrong_years: Figure
    idle: Figure
    before_visit: Figure
    after_sending: Figure
    unit: Figure
    drink: Figure
    drink_words: str
    drink_words_es: str
    helped: Mapping[str, str]

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)

    def which_drink(self, language: str) -> str:
        return self.drink_words_es if language.startswith("es") else self.drink_words
