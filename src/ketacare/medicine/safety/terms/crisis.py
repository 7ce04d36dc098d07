"""The words of help at once, in each country."""

from dataclasses import dataclass

from ketacare.medicine.evidence.terms import Grade, Source
from ketacare.medicine.safety.telephone import dialled, is_number


@dataclass(frozen=True, slots=True)
class CrisisLine:
    """Help at once in one country: the line to talk to, and the emergency number. `text`: its number for text messages,
    or nothing. Without sources it is what a clinic itself has written down."""

    country: str
    name: str
    call: str
    text: str
    emergency: str
    hours: str
    where: str = ""
    sources: tuple[Source, ...] = ()
    grade: Grade = Grade.D

    @property
    def dial(self) -> str:
        """As a telephone takes it."""
        return dialled(self.call)

    @property
    def dial_emergency(self) -> str:
        return dialled(self.emergency)

    @property
    def is_doubtful(self) -> bool:
        """A number was written down as it may not be dialled: by the rule of today it would be refused."""
        return not (is_number(self.call) and is_number(self.emergency))
