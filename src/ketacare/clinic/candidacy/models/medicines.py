"""What somebody takes now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q

from ketacare.clinic.people.models import PatientFact


class ListState(models.TextChoices):
    LISTED = "listed", "Medicines listed"
    NONE = "none", "Takes none"
    NOT_ASKED = "not_asked", "Not yet asked"


class MedicineList(PatientFact):
    """What somebody takes, as a whole list; asked again or put right, it replaces the one before.

    `entries` are read as `MedicineEntry`: each keeps the name as told beside what it was matched to, and in which
    version of the formulary.
    """

    state = models.CharField(max_length=10, choices=ListState)
    entries = models.JSONField(default=list, help_text='[{"name": "...", "dose": "..."}]')

    class Meta(PatientFact.Meta):
        constraints = [
            *PatientFact.Meta.constraints,
            models.CheckConstraint(
                condition=Q(state="listed") & ~Q(entries=[]) | ~Q(state="listed") & Q(entries=[]),
                name="medicines_listed_has_entries",
            ),
        ]

    @cached_property
    def medicines(self) -> tuple[MedicineEntry, ...]:
        """Read once: a list that is kept never changes, a newer one takes its place."""
        return tuple(MedicineEntry.of(entry, place) for place, entry in enumerate(self.entries))


@dataclass(frozen=True)
class PatientSays:
    """What the patient told of a medicine that the list has otherwise: how it is taken, as far as that was said, or not
    `taken` at all; and why a prescriber kept the list all the same, and who. Until then the two disagree."""

    on: datetime
    taken: bool = True
    dose: str = ""
    amount: bool = False
    form: str = ""
    daily_mg: Decimal | None = None
    as_needed: bool | None = None
    kept_because: str = ""
    kept_by: str = ""

    @property
    def how(self) -> str:
        """In the patient's words, which say how often as well."""
        return f"{self.form} {self.dose}".strip() if self.taken else "not taken"

    @property
    def told(self) -> tuple[object, ...]:
        """The word itself, whenever it was said and whatever became of it."""
        return self.taken, self.dose.casefold(), self.form.casefold(), self.daily_mg, self.as_needed

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> PatientSays:
        mg = None if kept["daily_mg"] is None else Decimal(kept["daily_mg"])
        return cls(**{**kept, "on": datetime.fromisoformat(kept["on"]), "daily_mg": mg})

    def kept(self) -> dict[str, Any]:
        mg = self.daily_mg
        return {**asdict(self), "on": self.on.isoformat(), "daily_mg": None if mg is None else str(mg)}


@dataclass(frozen=True)
class MedicineEntry:
    """One medicine of a list. None and empty are not known, never no.

    `drug` is what the name was matched to, by the formulary or (`mapped`) by a person; `accepted` is the prescriber's
    reason to go on with a name that nobody could match; `says` is the patient's word that it is taken otherwise.
    """

    key: UUID
    name: str
    dose: str = ""
    form: str = ""
    daily_mg: Decimal | None = None
    as_needed: bool | None = None
    last_taken_at: datetime | None = None
    since: date | None = None
    told_by: str = ""
    drug: str = ""
    rxcui: str = ""
    formulary: str = ""
    mapped: bool = False
    accepted: str = ""
    accepted_by: str = ""
    says: PatientSays | None = None

    @property
    def disputed(self) -> bool:
        """Does the patient say otherwise, and nobody has settled it?"""
        return self.says is not None and not self.says.kept_because

    @property
    def called(self) -> str:
        """The name it is judged by: what a person said it is, else as told."""
        return self.drug if self.mapped else self.name

    @property
    def how(self) -> str:
        """Dose and use in words."""
        use = {True: "as needed", False: "every day", None: ""}[self.as_needed]
        said = use if use and use not in self.dose else ""
        return ", ".join(part for part in (f"{self.form} {self.dose}".strip(), said) if part)

    @classmethod
    def of(cls, told: Mapping[str, Any], place: int = 0) -> MedicineEntry:
        """From its kept form; a list from before entries were typed has only names and doses in words."""
        return cls(
            key=UUID(told["key"]) if told.get("key") else UUID(int=place),
            name=told["name"],
            dose=told.get("dose", ""),
            form=told.get("form", ""),
            daily_mg=None if told.get("daily_mg") is None else Decimal(told["daily_mg"]),
            as_needed=told.get("as_needed"),
            last_taken_at=datetime.fromisoformat(told["last_taken_at"]) if told.get("last_taken_at") else None,
            since=date.fromisoformat(told["since"]) if told.get("since") else None,
            told_by=told.get("told_by", ""),
            drug=told.get("drug", ""),
            rxcui=told.get("rxcui", ""),
            formulary=told.get("formulary", ""),
            mapped=told.get("mapped", False),
            accepted=told.get("accepted", ""),
            accepted_by=told.get("accepted_by", ""),
            says=PatientSays.of(told["says"]) if told.get("says") else None,
        )

    def kept(self) -> dict[str, Any]:
        """Its kept form: exact numbers as text, moments with their zone."""
        return {
            "key": str(self.key),
            "name": self.name,
            "dose": self.dose,
            "form": self.form,
            "daily_mg": None if self.daily_mg is None else str(self.daily_mg),
            "as_needed": self.as_needed,
            "last_taken_at": self.last_taken_at.isoformat() if self.last_taken_at else None,
            "since": self.since.isoformat() if self.since else None,
            "told_by": self.told_by,
            "drug": self.drug,
            "rxcui": self.rxcui,
            "formulary": self.formulary,
            "mapped": self.mapped,
            "accepted": self.accepted,
            "accepted_by": self.accepted_by,
            **({"says": self.says.kept()} if self.says else {}),
        }
