"""The mail to the owner goes out by itself; where it cannot, somebody tells them."""

from __future__ import annotations

from datetime import datetime, timedelta

from ketacare.clinic.channels import Gateways
from ketacare.clinic.channels import actions as channels
from ketacare.clinic.recovery import actions
from ketacare.clinic.recovery.models import AddressMail, RecoveryMail
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.medicine.supervision.terms import Retry

# A relay that puts it off is asked again for an hour (design choice).
RETRY = Retry(12, timedelta(minutes=5))


def send_due(at: datetime, through: Gateways) -> int:
    """Every mail to an owner that waits, in every organisation; and a duty for each that did not go."""
    sent = sum(channels.send_due(kind, through, at=at, retry=RETRY) for kind in (RecoveryMail, AddressMail))
    tenancy.for_each_organisation(lambda: actions.untold(at), lambda mail: actions.owe(mail, at=at))
    return sent
