"""A clinic whose medical director has adopted the intravenous protocol, and shelves with other versions on them."""

from __future__ import annotations

import shutil
from pathlib import Path

from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import AT, someone
from ketacare.clinic.protocols import actions, queries
from ketacare.clinic.protocols.models import Adoption, OwnSheet
from ketacare.clinic.protocols.queries import cases, in_force, versions
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.evidence.rules import Amendment
from ketacare.medicine.protocols import reader

IV = "p-iv-05-2w"
LIMITS = "tx-1"
TRIALS = "trials-1"


def an_adoption(clinic: Clinic, sheet_id: str = IV) -> Adoption:
    version = reader.protocol(sheet_id).version
    return actions.adopt(sheet_id=sheet_id, version=version, by=someone(clinic, Role.MD), at=AT)


def signed(clinic: Clinic, sheet_id: str, version: str, **details: object) -> Adoption:
    """Adopted by a director who has read what it changes."""
    new = queries.version_of(clinic.pk, sheet_id, version)
    assert new is not None
    seen = queries.review(clinic.pk, new).digest
    given = {"by": someone(clinic, Role.MD), "at": AT, "seen": seen, "read": True} | details
    return actions.adopt(sheet_id=sheet_id, version=version, **given)


def an_own_copy(
    clinic: Clinic,
    sheet_id: str,
    place: str,
    value: str,
    unit: str,
    *,
    reason: str = "Our patients are older",
    is_meant: bool = False,
) -> OwnSheet:
    base = queries.on_shelf(sheet_id).newest.header.version
    change = Amendment(place, value, unit, reason, is_meant)
    return actions.amend(sheet_id=sheet_id, version=base, amendments=[change], by=someone(clinic, Role.MD), at=AT)


def lay_out(monkeypatch, folder: Path, *changes: tuple[str, str, str]) -> Path:
    """A shelf like the shipped one, with files changed: each (path under the wing, old text, new text).

    Write `room/knowledge/ID.toml` to `room/knowledge/earlier/ID-VERSION.toml` first where a version shall stay.
    """
    wing = folder / "medicine"
    if not wing.exists():
        for source in versions.WING.glob("*/knowledge"):
            shutil.copytree(source, wing / source.parent.name / "knowledge")
    for place, old, new in changes:
        text = (wing / place).read_text()
        assert old in text
        (wing / place).write_text(text.replace(old, new, 1))
    for knowledge in wing.glob("*/knowledge"):
        (knowledge / "index.csv").unlink(missing_ok=True)  # a shelf without lists is held against none
    monkeypatch.setattr(versions, "WING", wing)
    forget()
    return wing


def forget() -> None:
    """What was read once is read again."""
    for kept in (
        versions.shelf,
        versions.fingerprint_on_file,
        versions.own_sheet,
        in_force._knowledge,
        in_force._protocol,
        in_force._rules,
        cases.tried,
    ):
        kept.cache_clear()
