"""Sealing and proving every chain of the installation."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.conf import settings

from ketacare.clinic.audit import actions, queries
from ketacare.clinic.audit.queries import Break
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.models import Clinic, Organisation


def seal_file() -> Path:
    return Path(settings.SEAL_FILE)


def seal_all(at: datetime) -> int:
    """Write the signed head of every chain outside the database; how many were written."""
    written = 0
    for organisation in Organisation.objects.all():
        with tenant(organisation.pk):
            written += actions.seal_heads(path=seal_file(), key=settings.AUDIT_KEY, at=at)
    return written


def verify_one(clinic: Clinic) -> list[Break]:
    """What does not hold in this clinic's chain, compared with the seals kept outside the database. Its tenant is
    entered by the caller."""
    seals = queries.seals_of(seal_file(), settings.AUDIT_KEY)
    return list(queries.verify_clinic(clinic, seals.get(clinic.pk, {})))


def verify_all() -> Iterator[tuple[Clinic, list[Break]]]:
    """Every clinic with what does not hold in its chain."""
    seals = queries.seals_of(seal_file(), settings.AUDIT_KEY)
    for clinic in Clinic.objects.select_related("organisation").order_by("name"):
        with tenant(clinic.organisation_id):
            yield clinic, list(queries.verify_clinic(clinic, seals.get(clinic.pk, {})))
