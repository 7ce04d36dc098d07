"""What would change if a version were adopted: entry by entry, and in the stored cases judged by it.

The digest names exactly what was shown. Whoever signs hands it back, so that nobody signs for changes that were not
on the page.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from uuid import UUID

from django.conf import settings

from ketacare.clinic.protocols.queries.cases import cases
from ketacare.clinic.protocols.queries.in_force import Chosen, knowledge_under, sheets_in_force
from ketacare.clinic.protocols.queries.versions import fingerprint_of, on_shelf
from ketacare.medicine.candidacy import reader
from ketacare.medicine.candidacy import rules as candidacy
from ketacare.medicine.candidacy.terms import Rejudged
from ketacare.medicine.evidence import rules
from ketacare.medicine.evidence.rules import Difference, Kind
from ketacare.medicine.evidence.terms import Sheet


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

    @property
    def judges_cases(self) -> bool:
        """Only what candidacy judges by can be tried on the stored cases."""
        return self.room == "candidacy"

    @property
    def cases(self) -> int:
        return len(cases()) if self.judges_cases else 0

    @cached_property
    def changed(self) -> tuple[Rejudged, ...]:
        """The stored cases that would be judged otherwise."""
        if not self.judges_cases or not self.differences:
            return ()
        then = self.versions | {self.new.header.id: self.new.header.version}
        return tried(self.clinic_id, tuple(self.versions.items()), tuple(then.items()), settings.VIGNETTES)

    @property
    def treated_otherwise(self) -> list[Rejudged]:
        return [one for one in self.changed if one.outcome_changes]

    @cached_property
    def digest(self) -> str:
        """One number for all that the pages showed."""
        sides = [
            fingerprint_of(self.clinic_id, sheet.header.id, sheet.header.version) for sheet in (self.old, self.new)
        ]
        told = [f"{one.stored.name} {one.old.outcome} {one.new.outcome} {len(one.reasons)}" for one in self.changed]
        return hashlib.sha256("\n".join([*sides, str(self.cases), *told]).encode()).hexdigest()


@lru_cache(maxsize=8)
def tried(clinic_id: UUID, old: Chosen, new: Chosen, folder: Path) -> tuple[Rejudged, ...]:
    """Judging all of them takes seconds, and the pages and the signature ask for the same."""
    sides = (knowledge_under(clinic_id, dict(versions)) for versions in (old, new))
    return candidacy.rejudged(reader.stored_cases(folder), *sides)


def review(clinic_id: UUID, new: Sheet) -> Review:
    """This version held against what counts in the clinic today."""
    current = sheets_in_force(clinic_id)
    versions = {sheet_id: sheet.header.version for sheet_id, sheet in current.items()}
    on_file = on_shelf(new.header.id)
    old = current.get(new.header.id, on_file.newest)
    return Review(clinic_id, on_file.room, old, new, versions)
