"""What a patient writes while a concern of theirs is open, or while they are at high risk: no list of words knows what
it means, so whoever answers for them is told at once, whatever it says (H13)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Model

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.actions import calling
from ketacare.clinic.safety.actions.concerns import limits, raise_concern, write
from ketacare.clinic.safety.models import Concern, ConcernState, Tier


@transaction.atomic
def more_words(*, patient: Patient, source: Model, by: Actor, at: datetime) -> Concern | None:
    """Words in which no danger is heard are of the gravest concern that stands: seen already, it is to be seen anew,
    and its ladder begins again. While nobody has seen it, its ladder goes on as it does: many messages are one call.
    With the flag, and no concern that calls anybody, they are a concern of the same day; without either, nothing."""
    found = queries.standing(patient).first()
    is_called = found is not None and calling.stage_of(found) is not None
    if found is None or not is_called:
        if queries.flag(patient) is None:
            return found
        code = queries.SAID_AT_RISK
        return raise_concern(patient=patient, tier=Tier.SAME_DAY, reason_code=code, source=source, by=by, at=at)
    rows = Concern.objects.select_for_update(of=("self",)).select_related("patient", "clinic", "duty", "owner")
    concern = rows.get(pk=found.pk)
    if concern.state == ConcernState.CLOSED:  # decided while we waited for it
        return more_words(patient=patient, source=source, by=by, at=at)
    write(concern, "raised", by=by, at=at)
    if concern.state == ConcernState.SEEN:
        concern.state, concern.see_by = ConcernState.OPEN, limits(concern.clinic, Tier(concern.tier), at)[0]
        concern.version += 1
        concern.save(update_fields=["state", "see_by", "version"])
        duties.retime(concern.duty, due_at=at, by=by, at=at)
        calling.call_at_once(concern, at=at)
    return concern
