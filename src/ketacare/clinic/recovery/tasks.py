"""The mail to the owner goes out by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.channels import Gateways
from ketacare.clinic.channels import actions as channels
from ketacare.clinic.recovery.models import RecoveryMail
from ketacare.medicine.supervision.terms import Retry

# A relay that puts it off is asked again for an hour (design choice).
RETRY = Retry(12, timedelta(minutes=5))


def send_due(at: datetime, through: Gateways) -> int:
    """Every mail to an owner that waits, in every organisation."""
    return channels.send_due(RecoveryMail, through, at=at, retry=RETRY)
