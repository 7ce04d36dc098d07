"""Sessions whose alarms cannot be judged or passed on: each has a duty to watch it by eye, and says NOT LIVE (D9).

The duty is what was told to people; so a screen goes by it and by nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from ketacare.clinic.duties.models import Consequence, Duty, DutyState

FAILED = "watch.failed"


def since_of(clinic_id: UUID, visit_ids: Iterable[UUID] | None = None) -> dict[UUID, datetime]:
    """By visit, since when it is not judged."""
    rows = Duty.objects.filter(clinic_id=clinic_id, kind=FAILED, state=DutyState.OPEN, consequence=Consequence.LIFE)
    if visit_ids is not None:
        rows = rows.filter(visit_id__in=list(visit_ids))
    return {visit_id: at for visit_id, at in rows.values_list("visit_id", "created_at") if visit_id is not None}
