"""Entering a tenant, announcing on a live topic, claiming a version, answering once."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction

from ketacare.clinic.tenancy import bulk
from ketacare.clinic.tenancy.models import Clinic, ClinicHead, LiveEvent, OnceKey, Organisation, Work
from ketacare.clinic.tenancy.refusals import Conflict, Refusal
from ketacare.clinic.tenancy.walls import apply_walls as apply_walls

Thing = TypeVar("Thing")


def enter(*, organisation_id: UUID | None = None, user_id: UUID | None = None) -> None:
    """Set the tenant (and the user) for the current transaction; leaving the transaction leaves the tenant."""
    if not connection.in_atomic_block:
        raise RuntimeError("a tenant is entered inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute(
            "select set_config('ketacare.organisation', %s, true), set_config('ketacare.user', %s, true)",
            [str(organisation_id or ""), str(user_id or "")],
        )


@contextmanager
def tenant(organisation_id: UUID, user_id: UUID | None = None) -> Iterator[None]:
    """One transaction inside one organisation, for tasks, receivers and tests."""
    with transaction.atomic():
        enter(organisation_id=organisation_id, user_id=user_id)
        yield


class SomeFailed(Exception):
    """The rest is done; what failed is tried again in the next round. Names kinds of faults, no row's words."""


def for_each_organisation(things: Callable[[], Iterable[Thing]], do: Callable[[Thing], object]) -> int:
    """In each organisation's own transaction, each thing in a savepoint of its own: a fault in one never keeps another
    from being escalated, sent or closed (H13, H23). How many were done."""
    done, faults = 0, []
    for organisation in Organisation.objects.all():
        with tenant(organisation.pk):
            for thing in things():
                try:
                    with transaction.atomic():
                        do(thing)
                    done += 1
                except (OperationalError, InterfaceError):
                    raise
                except Exception as fault:  # noqa: BLE001 - said below, once the others are done
                    faults.append(type(fault).__name__)
    if faults:
        raise SomeFailed(f"{len(faults)} of {done + len(faults)}: {', '.join(sorted(set(faults)))}")
    return done


def found_organisation(*, name: str) -> Organisation:
    return Organisation.objects.create(name=name)


@transaction.atomic
def found_clinic(*, organisation: Organisation, **details: Any) -> Clinic:
    """A new clinic with the head of its chains; its tenant is entered."""
    clinic = Clinic.objects.create(organisation=organisation, **details)
    enter(organisation_id=organisation.pk)
    ClinicHead.objects.create(clinic=clinic, organisation=organisation)
    clinic.refresh_from_db()  # hours given as text come back as times
    return clinic


def announce(*, clinic_id: UUID, organisation_id: UUID, topic: str, kind: str, body: dict[str, Any]) -> None:
    """Tell the live screens of a topic; numbered and notified by the database at commit."""
    notice = {"clinic_id": clinic_id, "organisation_id": organisation_id, "topic": topic, "kind": kind, "body": body}
    announce_all([notice])


def announce_all(notices: Iterable[dict[str, Any]]) -> None:
    """As announce, for many notices at once: they are numbered in this order."""
    bulk.insert([LiveEvent(**notice, number=None) for notice in notices], numbered=False)


def claim_version(row: Work, version: int, *, yours: str = "") -> None:
    """Take the next version of a work row, or refuse because somebody saved first (I4)."""
    claimed = type(row)._default_manager.filter(pk=row.pk, version=version).update(version=version + 1)
    if not claimed:
        now = type(row)._default_manager.get(pk=row.pk)
        raise Conflict(
            Refusal("This page", "was changed by somebody else while you had it open.", "Read both and save again."),
            theirs=str(now),
            yours=yours,
            standing=("version", str(now.version)),
        )
    row.version = version + 1


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class OtherBody(Exception):
    """The key was used before with another body."""


class StillRunning(Exception):
    """The first request with this key has not finished."""


@dataclass(frozen=True)
class Claim:
    """A key taken in this transaction; `earlier` is the answer it already has, if it had one."""

    row_id: int
    earlier: Answer | None


def body_digest(path: str, body: bytes) -> str:
    """Keyed, so that nobody who has the table can try out what was written."""
    return hmac.new(settings.SECRET_KEY.encode(), path.encode() + b"\0" + body, hashlib.sha256).hexdigest()


def claim_once(*, organisation_id: UUID, actor_id: UUID, key: uuid.UUID, digest: str, at: datetime) -> Claim:
    """Take the key, or find the answer it was given. A twin that is still running is waited for by the unique index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into tenancy_oncekey (organisation_id, actor_id, key, body_hash, headers, body, created_at) "
            "values (%s, %s, %s, %s, '{}', '', %s) on conflict do nothing returning id",
            [organisation_id, actor_id, key, digest, at],
        )
        inserted = cursor.fetchone()
    if inserted:
        return Claim(inserted[0], None)
    row = OnceKey.objects.get(organisation_id=organisation_id, actor_id=actor_id, key=key)
    if row.body_hash != digest:
        raise OtherBody
    if row.status is None:
        raise StillRunning
    return Claim(row.pk, Answer(row.status, row.headers, bytes(row.body)))


def remember_answer(claim: Claim, answer: Answer) -> None:
    OnceKey.objects.filter(pk=claim.row_id).update(status=answer.status, headers=answer.headers, body=answer.body)


def forget_keys(*, before: datetime) -> int:
    """One-time keys answered long ago, in every organisation."""
    return sum(forget(OnceKey, organisation, before) for organisation in Organisation.objects.all())


def forget_events(*, before: datetime) -> int:
    """Live events no screen can still ask for; the records they told of stay."""
    return sum(forget(LiveEvent, organisation, before) for organisation in Organisation.objects.all())


def forget(model: type[OnceKey] | type[LiveEvent], organisation: Organisation, before: datetime) -> int:
    with tenant(organisation.pk):
        deleted, _ = model._default_manager.filter(created_at__lt=before).delete()
        return deleted
