"""What the passing of time does to concerns: whoever must be called is, and a gap in the roster is told."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.channels import Gateways
from ketacare.clinic.channels import actions as channels
from ketacare.clinic.safety import actions
from ketacare.clinic.safety.models import Concern, ConcernCall, ConcernState, Tier
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic, ClinicHead, Organisation

AT_ONCE = 200


def climb_due(at: datetime) -> int:
    """Every concern that nobody has acknowledged, everywhere; one that another process holds is left to it."""

    def unanswered() -> list[Concern]:
        rows = Concern.objects.select_for_update(of=("self",), skip_locked=True).select_related(
            "clinic", "duty__clinic"
        )
        rows = rows.filter(state=ConcernState.OPEN, tier__lt=Tier.BEFORE_NEXT_DOSE)
        return list(rows.order_by("tier", "raised_at")[:AT_ONCE])

    return tenancy.for_each_organisation(unanswered, lambda concern: actions.climb(concern, at=at))


def send_due(at: datetime, through: Gateways) -> int:
    """Every call about a concern that waits, in every organisation."""
    sent = 0
    for organisation in Organisation.objects.all():
        with tenancy.tenant(organisation.pk):
            sent += channels.send(ConcernCall, through, at=at)
    return sent


def see_to_rosters(at: datetime) -> int:
    """A duty for each clinic whose next days have an hour without an owner."""

    def here() -> list[Clinic]:
        return [head.clinic for head in ClinicHead.objects.select_related("clinic").order_by("clinic_id")]

    return tenancy.for_each_organisation(here, lambda clinic: actions.see_to_gap(clinic, at=at))
