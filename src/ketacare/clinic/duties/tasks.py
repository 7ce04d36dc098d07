"""What the passing of time does to duties."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.duties import actions
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.models import Organisation


def escalate_due(at: datetime) -> int:
    """Escalate every duty that is late, in every organisation; the number escalated."""
    escalated = 0
    for organisation in Organisation.objects.all():
        with tenant(organisation.pk):
            for duty in actions.due_for_escalation(at):
                actions.escalate(duty, at=at)
                escalated += 1
    return escalated
