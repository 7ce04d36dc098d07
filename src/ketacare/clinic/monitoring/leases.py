"""From where a monitor was heard last, as the leases of the gateways keep it (H4)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from ketacare.clinic.monitoring.models import DeviceLease


def last_heard(*, clinic_id: UUID, addresses: Collection[str], holder: str) -> dict[str, tuple[str, datetime]]:
    """From where, and when, each monitor was heard last, by whichever gateway. Not of those that another has now: what
    comes of them waits for that one."""
    rows = DeviceLease.objects.filter(
        Q(holder=holder) | Q(until__lt=Now()),
        device__clinic_id=clinic_id,
        device__address__in=addresses,
        device__retired_at__isnull=True,
        heard_at__isnull=False,
    )
    found = rows.values_list("device__address", "peer", "heard_at")
    return {address: (peer, heard_at) for address, peer, heard_at in found if heard_at is not None}
