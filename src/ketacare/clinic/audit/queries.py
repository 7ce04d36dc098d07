"""Proving the chain: every link recomputed here, independently of the function that made it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from ketacare.clinic.audit.actions import authentication_code, content, field, seal_signature
from ketacare.clinic.audit.models import Line, Link, Stranger
from ketacare.clinic.tenancy.models import Clinic, ClinicHead


@dataclass(frozen=True)
class Break:
    """Where a chain does not hold, and in what way."""

    clinic_id: UUID
    number: int
    what: str


def is_noted(verb: str, on: Model) -> bool:
    """Whether this was ever done with this record."""
    return Line.objects.filter(verb=verb, object_id=str(on.pk), outcome="done").exists()


def digest(line: Line, number: int, previous: str) -> str:
    """The same digest as the database's, written a second time."""
    text = field(previous) + field(number) + content(line) + field(line.mac)
    return hashlib.sha256(text.encode()).hexdigest()


def verify_clinic(clinic: Clinic, seals: dict[int, str]) -> Iterator[Break]:
    """Every way in which a clinic's chain fails; nothing if it holds. The tenant must be entered."""
    previous, number = "", 0
    links = Link.objects.filter(clinic=clinic).order_by("number").iterator(chunk_size=2000)
    for chunk in batched(links, 2000):
        lines = Line.objects.in_bulk([link.line_id for link in chunk])
        for link in chunk:
            yield from broken_link(link, lines.get(link.line_id), number + 1, previous, seals)
            previous, number = link.hash, link.number
    yield from broken_head(clinic, number, previous)
    for sealed in sorted(seal for seal in seals if seal > number):
        yield Break(clinic.pk, sealed, "sealed line is gone (tail cut)")
    for line_id in Line.objects.filter(clinic=clinic, link__isnull=True).values_list("pk", flat=True):
        yield Break(clinic.pk, 0, f"line {line_id} was inserted outside the chain")


def batched(links: Iterator[Link], size: int) -> Iterator[list[Link]]:
    while chunk := list(islice(links, size)):
        yield chunk


def broken_link(link: Link, line: Line | None, number: int, previous: str, seals: dict[int, str]) -> Iterator[Break]:
    if link.number != number:
        yield Break(link.clinic_id, number, f"line {number} is missing (next is {link.number})")
    if link.previous_hash != previous:
        yield Break(link.clinic_id, link.number, "does not follow the line before it")
    if line is None:
        yield Break(link.clinic_id, link.number, "its line was deleted")
    elif link.hash != digest(line, link.number, link.previous_hash):
        yield Break(link.clinic_id, link.number, "its line was changed")
    elif line.mac != authentication_code(line):
        yield Break(link.clinic_id, link.number, "its line was not written by Ketacare")
    if link.number in seals and seals[link.number] != link.hash:
        yield Break(link.clinic_id, link.number, "differs from the seal kept outside the database")


def broken_head(clinic: Clinic, number: int, last_hash: str) -> Iterator[Break]:
    head = ClinicHead.objects.filter(clinic=clinic).first()
    if head is None:
        yield Break(clinic.pk, 0, "the chain has no head")
    elif (head.audit_number, head.audit_hash) != (number, last_hash):
        yield Break(clinic.pk, number, f"the head stands at {head.audit_number}: lines after {number} are missing")


def seals_of(path: Path, key: bytes) -> dict[UUID, dict[int, str]]:
    """Sealed heads by clinic; a line whose signature fails counts as a seal that nothing can match."""
    seals: dict[UUID, dict[int, str]] = {}
    for text in path.read_text().splitlines() if path.exists() else ():
        entry = json.loads(text)
        signature = entry.pop("signature")
        good = signature == seal_signature(key, entry)
        seals.setdefault(UUID(entry["clinic"]), {})[entry["number"]] = entry["hash"] if good else "forged seal"
    return seals


def opened_by(patient_id: UUID) -> QuerySet[Line]:
    """Who opened a patient's record, newest first."""
    return Line.objects.filter(patient_id=patient_id).order_by("-at")


def has_opened(actor_id: UUID | None, patient_id: UUID, kind: str, purpose: str, since: datetime) -> bool:
    """Whether this person opened this part of the record since then, for the same purpose."""
    lines = Line.objects.filter(patient_id=patient_id, at__gte=since, verb="chart.open", object_kind=kind)
    return lines.filter(actor_id=actor_id, purpose=purpose).exists()


@dataclass(frozen=True)
class Looking:
    """What a reader of the log looks for in a clinic. What is left empty is not asked; the period is half-open."""

    clinic_id: UUID
    begins: datetime | None = None
    ends: datetime | None = None
    actor_id: UUID | None = None
    verb: str = ""
    patient_id: UUID | None = None
    outcome: str = ""


def done_to(*, actor_id: UUID | None, clinic_id: UUID, verb: str, since: datetime) -> set[str]:
    """The ids of what this person has done this to since then."""
    rows = Line.objects.filter(clinic_id=clinic_id, actor_id=actor_id, verb=verb, at__gte=since)
    return set(rows.values_list("object_id", flat=True))


def lines(asked: Looking) -> QuerySet[Line]:
    """Newest first."""
    rows = Line.objects.filter(clinic_id=asked.clinic_id)
    exactly = {"actor_id": asked.actor_id, "patient_id": asked.patient_id, "outcome": asked.outcome}
    rows = rows.filter(**{name: value for name, value in exactly.items() if value})
    if asked.begins is not None:
        rows = rows.filter(at__gte=asked.begins)
    if asked.ends is not None:
        rows = rows.filter(at__lt=asked.ends)
    return rows.filter(verb__istartswith=asked.verb).order_by("-at", "-id")


def older_than(rows: QuerySet[Line], at: datetime, line_id: UUID) -> QuerySet[Line]:
    """The lines below this one; the database finds them without counting those above."""
    return rows.filter(Q(at__lt=at) | Q(at=at, id__lt=line_id))


def strangers_since(at: datetime) -> int:
    """Failed sign-ins that named no account, in the whole installation."""
    return Stranger.objects.filter(at__gte=at).count()
