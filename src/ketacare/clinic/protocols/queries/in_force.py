"""What is judged by: the adopted versions, and where nothing is adopted what ships, which is then said on the page.

A course keeps the versions it began with (H19): `versions_in_force` is what it keeps, and `knowledge_under` and
`protocol_under` are what it is judged by from then on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from ketacare.clinic.protocols.queries.standing import signed_sheets
from ketacare.clinic.protocols.queries.versions import JUDGED_BY_VERSION, shelf, version_of
from ketacare.medicine.candidacy import reader as candidacy
from ketacare.medicine.candidacy.terms import Knowledge
from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.terms import Sheet, SheetHeader
from ketacare.medicine.protocols import reader
from ketacare.medicine.protocols.terms import DosingRule, Protocol

Chosen = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class InForce:
    """What a case is judged by today, and which of it nobody here has adopted yet."""

    knowledge: Knowledge
    not_adopted: tuple[SheetHeader, ...]


def sheets_in_force(clinic_id: UUID) -> dict[str, Sheet]:
    """The version that counts here today, for each sheet that is judged by version."""
    signed = signed_sheets(clinic_id)
    return {
        sheet_id: signed.get(sheet_id, versions.newest)
        for sheet_id, versions in shelf().items()
        if versions.room in JUDGED_BY_VERSION
    }


def versions_in_force(clinic_id: UUID) -> dict[str, str]:
    return {sheet_id: sheet.header.version for sheet_id, sheet in sheets_in_force(clinic_id).items()}


def knowledge_in_force(clinic_id: UUID) -> InForce:
    """What candidacy judges by in this clinic: its adopted versions, its own amended copies among them."""
    signed = signed_sheets(clinic_id)
    knowledge = knowledge_under(clinic_id, {sheet_id: sheet.header.version for sheet_id, sheet in signed.items()})
    return InForce(knowledge, not_adopted(clinic_id, knowledge.headers))


def not_adopted(clinic_id: UUID, headers: Iterable[SheetHeader]) -> tuple[SheetHeader, ...]:
    """Which of these sheets nobody in the clinic has signed."""
    signed = signed_sheets(clinic_id)
    return tuple(header for header in headers if header.id not in signed)


def knowledge_under(clinic_id: UUID, versions: Mapping[str, str]) -> Knowledge:
    """The same for the versions named; a sheet that is not named is taken as it ships."""
    chosen = _not_as_shipped(versions, "candidacy")
    return _knowledge(clinic_id if chosen else None, chosen)


def sheet_under(clinic_id: UUID, sheet_id: str, versions: Mapping[str, str]) -> Sheet:
    """One sheet of candidacy in the version named; one that is not named is taken as it ships."""
    chosen = _not_as_shipped({sheet_id: versions[sheet_id]} if sheet_id in versions else {}, "candidacy")
    return _finder(clinic_id, chosen)(sheet_id)


@lru_cache(maxsize=64)
def _knowledge(clinic_id: UUID | None, chosen: Chosen) -> Knowledge:
    return candidacy.knowledge_from(_finder(clinic_id, chosen))


def protocol_under(clinic_id: UUID, sheet_id: str, versions: Mapping[str, str]) -> Protocol:
    """A protocol put together from the versions named; a part that is not named is taken as it ships."""
    chosen = _not_as_shipped(versions, "protocols")
    return _protocol(clinic_id if chosen else None, sheet_id, chosen)


@lru_cache(maxsize=256)
def _protocol(clinic_id: UUID | None, sheet_id: str, chosen: Chosen) -> Protocol:
    find = _finder(clinic_id, chosen)
    return reader.protocol_from(find(sheet_id), find)


def rules_under(clinic_id: UUID, sheet_id: str, versions: Mapping[str, str]) -> Mapping[str, DosingRule]:
    """The rules of a sheet by their ids, in the version named; as they ship where none is."""
    chosen = _not_as_shipped({sheet_id: versions[sheet_id]} if sheet_id in versions else {}, "protocols")
    return _rules(clinic_id if chosen else None, sheet_id, chosen)


@lru_cache(maxsize=64)
def _rules(clinic_id: UUID | None, sheet_id: str, chosen: Chosen) -> Mapping[str, DosingRule]:
    return reader.rules_in(_finder(clinic_id, chosen)(sheet_id))


def finder(clinic_id: UUID, versions: Mapping[str, str]) -> Callable[[str], Sheet]:
    """Finds a sheet of the protocols in the version named; one that is not named is taken as it ships."""
    return _finder(clinic_id, _not_as_shipped(versions, "protocols"))


def protocols_in_force(clinic_id: UUID) -> list[Protocol]:
    """The protocols a patient may be enrolled under today: those adopted, each with the parts in force."""
    signed = signed_sheets(clinic_id)
    versions = {sheet_id: sheet.header.version for sheet_id, sheet in signed.items()}
    return [protocol_under(clinic_id, sheet_id, versions) for sheet_id in reader.PROTOCOLS if sheet_id in signed]


def _not_as_shipped(versions: Mapping[str, str], room: str) -> Chosen:
    on_file = shelf()
    return tuple(
        (sheet_id, version)
        for sheet_id, version in sorted(versions.items())
        if sheet_id in on_file and on_file[sheet_id].room == room and on_file[sheet_id].newest.header.version != version
    )


def _finder(clinic_id: UUID | None, chosen: Chosen) -> Callable[[str], Sheet]:
    versions = dict(chosen)

    def find(sheet_id: str) -> Sheet:
        if sheet_id not in versions:
            return shelf()[sheet_id].newest
        assert clinic_id is not None  # only what ships is chosen without a clinic
        sheet = version_of(clinic_id, sheet_id, versions[sheet_id])
        if sheet is None:
            fault = f"version {versions[sheet_id]} is no longer on file. Put its file back under knowledge/earlier."
            raise SheetRefused(sheet_id, [fault])
        return sheet

    return find
