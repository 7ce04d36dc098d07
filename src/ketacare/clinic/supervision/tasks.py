"""What the passing of time does to calls and screens."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.channels import Gateways
from ketacare.clinic.channels import actions as channels
from ketacare.clinic.supervision import actions
from ketacare.clinic.supervision.models import Call
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic


def send_due(at: datetime, through: Gateways) -> int:
    """Every call of an alarm that waits, in every organisation."""
    return channels.send_due(Call, through, at=at)


def forget_old_screens(at: datetime) -> int:
    """Signs of life of yesterday's pages, in every organisation."""
    return tenancy.for_each_organisation(
        lambda: Clinic.objects.order_by("id"), lambda clinic: actions.forget_screens(clinic_id=clinic.pk, at=at)
    )
