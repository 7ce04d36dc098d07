"""What would change if a version were adopted: entry by entry, and in the stored cases judged by it.

The digest names exactly what was shown. Whoever signs hands it back, so that nobody signs for changes that were not
on the page.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from django.conf import settings

from ketacare.clinic.protocols.above import Retried, Tried
from ketacare.clinic.protocols.queries.cases import tried
from ketacare.clinic.protocols.queries.in_force import sheets_in_force
from ketacare.clinic.protocols.queries.versions import JUDGED_BY_VERSION, fingerprint_of, judged_by_version, on_shelf
from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.rules import Difference, Kind
from ketacare.medicine.evidence.terms import Sheet
from ketacare.medicine.protocols.reader import PROTOCOLS, REGIMENS


@dataclass(frozen=True)
class Review:
    """The version that counts now beside the one that would."""

    clinic_id: UUID
    room: str
    old: Sheet
    new: Sheet
    versions: dict[str, str]

    @cached_property
    def differences(self) -> tuple[Difference, ...]:
        return () if self.old is self.new else rules.differences(self.old, self.new)

    @property
    def must_be_seen(self) -> bool:
        """Is anything different that could change how somebody is treated?"""
        return bool(self.differences)

    @property
    def figures(self) -> int:
        return sum(difference.kind is not Kind.WORDS for difference in self.differences)

    @cached_property
    def tried(self) -> Tried:
        """The stored cases, judged by what counts now and by what would."""
        if self.room not in JUDGED_BY_VERSION:
            return Tried(0, 0)
        new = self.versions | {self.new.header.id: self.new.header.version}
        sides = (tuple(versions.items()) for versions in (self.versions, new))
        return tried(self.clinic_id, self.room, self.new.header.id, *sides, settings.VIGNETTES)

    @property
    def cases(self) -> int:
        return self.tried.judged

    @property
    def changed(self) -> tuple[Retried, ...]:
        """The stored cases that would be judged otherwise."""
        return self.tried.changed

    @property
    def why_not(self) -> str:
        """Why no stored case is judged by this sheet; empty where one is, and where none are installed."""
        if self.tried.judged or (self.room in JUDGED_BY_VERSION and not self.tried.stored):
            return ""
        if self.new.header.id in REGIMENS and self.new.header.id not in PROTOCOLS:
            return "nothing is ordered by it"
        if not judged_by_version(on_shelf(self.new.header.id)):
            return "it is used as it ships"
        return "it says what is told and asked, and answers nobody"

    @property
    def treated_otherwise(self) -> list[Retried]:
        return [one for one in self.changed if one.outcome_changes]

    @cached_property
    def digest(self) -> str:
        """One number for all that the pages showed."""
        sides = [
            fingerprint_of(self.clinic_id, sheet.header.id, sheet.header.version) for sheet in (self.old, self.new)
        ]
        told = [f"{one.name} {one.old.words} {one.new.words} {len(one.lines)}" for one in self.changed]
        return hashlib.sha256("\n".join([*sides, str(self.cases), *told]).encode()).hexdigest()


def review(clinic_id: UUID, new: Sheet) -> Review:
    """This version held against what counts in the clinic today."""
    current = sheets_in_force(clinic_id)
    versions = {sheet_id: sheet.header.version for sheet_id, sheet in current.items()}
    on_file = on_shelf(new.header.id)
    old = current.get(new.header.id, on_file.newest)
    return Review(clinic_id, on_file.room, old, new, versions)
