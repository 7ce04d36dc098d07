"""What the passing of time does to duties."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.duties import actions
from ketacare.clinic.tenancy.actions import for_each_organisation


def escalate_due(at: datetime) -> int:
    """Escalate every duty that is late, in every organisation; the number escalated."""
    return for_each_organisation(
        lambda: actions.due_for_escalation(at),
        lambda duty: actions.escalate(duty, at=at),
    )
