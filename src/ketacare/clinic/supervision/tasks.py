"""What the passing of time does to calls and screens."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from ketacare.clinic.channels import Gateways
from ketacare.clinic.supervision import actions
from ketacare.clinic.supervision.actions import calling
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic, Organisation

AT_ONCE = 8


def send_due(at: datetime, through: Gateways) -> int:
    """Every call that waits, in every organisation; a gateway that hangs for one holds up no other."""
    sent = 0
    for organisation in Organisation.objects.all():
        with tenancy.tenant(organisation.pk):
            rows = calling.waiting(at)
            if not rows:
                continue
            with ThreadPoolExecutor(AT_ONCE) as lines:  # only the network: no line touches the database
                faults = list(lines.map(lambda row: calling.hand_over(row, through), rows))
            for row, fault in zip(rows, faults, strict=True):
                calling.note_sent(row, fault, at=at)
            sent += len(rows)
    return sent


def forget_old_screens(at: datetime) -> int:
    """Signs of life of yesterday's pages, in every organisation."""
    return tenancy.for_each_organisation(
        lambda: Clinic.objects.order_by("id"), lambda clinic: actions.forget_screens(clinic_id=clinic.pk, at=at)
    )
