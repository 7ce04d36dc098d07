"""Writing a line of audit, and sealing the head of each chain outside the database."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.db.models import Model

from ketacare.clinic.audit.models import Line, Stranger
from ketacare.clinic.tenancy.models import ClinicHead


class Actor(Protocol):
    """What a line needs to know of whoever acts."""

    @property
    def user_id(self) -> UUID | None: ...
    @property
    def role(self) -> str: ...
    @property
    def clinic_id(self) -> UUID: ...
    @property
    def organisation_id(self) -> UUID: ...
    @property
    def request_id(self) -> UUID | None: ...
    @property
    def address(self) -> str: ...


def note(
    *,
    by: Actor,
    at: datetime,
    verb: str,
    on: Model | None = None,
    patient: Model | UUID | None = None,
    because: str = "",
    outcome: str = "done",
    purpose: str = "",
    kind: str = "",
) -> Line:
    """One line in the current transaction, chained by the database at commit. `because` is a code, never words."""
    line = Line(
        organisation_id=by.organisation_id,
        clinic_id=by.clinic_id,
        at=at,
        actor_id=by.user_id,
        role=by.role,
        purpose=purpose,
        verb=verb,
        object_kind=kind or (on._meta.label_lower if on is not None else ""),
        object_id=str(on.pk) if on is not None else "",
        patient_id=patient.pk if isinstance(patient, Model) else patient,
        outcome=outcome,
        reason=because[:120],
        request_id=by.request_id,
        address=by.address,
    )
    line.mac = authentication_code(line)
    line.save(force_insert=True)
    return line


def count_stranger(*, at: datetime, address: str) -> None:
    """A failed sign-in that names nobody. What was typed is not kept: it may be a password in the wrong field."""
    Stranger.objects.create(at=at, address=address)


def field(value: object) -> str:
    """Length before text, so that no two different lines read the same."""
    return "-" if value is None else f"{len(str(value))}:{value}"


def content(line: Line) -> str:
    """What a line says, in the order the database digests it."""
    at = line.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
    parts = [
        line.pk, line.clinic_id, at, line.actor_id, line.role, line.purpose, line.verb, line.object_kind,
        line.object_id, line.patient_id, line.outcome, line.reason, line.request_id, line.address,
    ]  # fmt: skip
    return "".join(field(part) for part in parts)


def authentication_code(line: Line) -> str:
    """Only a holder of the key outside the database can write a line that verifies."""
    return hmac.new(settings.AUDIT_KEY, content(line).encode(), hashlib.sha256).hexdigest()


def seal_signature(key: bytes, entry: dict[str, object]) -> str:
    text = json.dumps(entry, sort_keys=True)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def seal_heads(*, path: Path, key: bytes, at: datetime) -> int:
    """Append the signed head of every chain in the entered tenant to a file outside the database."""
    heads = list(ClinicHead.objects.exclude(audit_number=0))
    with path.open("a") as file:
        for head in heads:
            entry: dict[str, object] = {
                "clinic": str(head.clinic_id),
                "number": head.audit_number,
                "hash": head.audit_hash,
                "at": at.isoformat(),
            }
            file.write(json.dumps({**entry, "signature": seal_signature(key, entry)}) + "\n")
    return len(heads)
