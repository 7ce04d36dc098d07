"""What the passing of time does to concerns: whoever must be called is, and a gap in the roster is told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from django.db.models import Q

from ketacare.clinic.channels import Gateways
from ketacare.clinic.channels import actions as channels
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.safety import actions, queries
from ketacare.clinic.safety.models import Concern, ConcernCall, ConcernState, Tier
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic, ClinicHead, Organisation
from ketacare.medicine.supervision import reader as supervision

AT_ONCE = 200


def climb_due(at: datetime) -> int:
    """Every concern that nobody has acknowledged, or decided in time, everywhere and however many there are; one that
    another process holds is left to it."""

    def unanswered() -> Iterator[Concern]:
        is_called = Q(tier__lt=Tier.BEFORE_NEXT_DOSE) | Q(reason_code__in=supervision.concern_ladder().suicidality)
        is_late = Q(state=ConcernState.OPEN) | Q(state=ConcernState.SEEN, decide_by__lte=at)
        due = Concern.objects.filter(is_called & is_late).order_by("tier", "raised_at")
        waiting = list(due.values_list("pk", flat=True))
        held = Concern.objects.select_for_update(of=("self",), skip_locked=True)
        held = held.select_related("clinic", "duty__clinic", "owner")
        for first in range(0, len(waiting), AT_ONCE):
            batch = held.filter(is_late, pk__in=waiting[first : first + AT_ONCE])
            yield from batch.order_by("tier", "raised_at")

    def unread() -> Iterator[Duty]:
        """Words of danger from a number that nobody has."""
        clinics = list(ClinicHead.objects.values_list("clinic_id", flat=True))
        of_danger = queries.words_of_unknown().filter(clinic__in=clinics)
        yield from of_danger.select_for_update(of=("self",), skip_locked=True).select_related("clinic", "owner")

    try:
        called = tenancy.for_each_organisation(unanswered, lambda concern: actions.climb(concern, at=at))
    finally:  # a concern that faults keeps nobody from being called about the words of an unknown number
        read = tenancy.for_each_organisation(unread, lambda duty: actions.climb_about(duty, at=at))
    return called + read


def send_due(at: datetime, through: Gateways) -> int:
    """Every call about a concern that waits, in every organisation."""
    return channels.send_due(ConcernCall, through, at=at, retry=supervision.concern_ladder().retry)


def send_help(at: datetime, through: Gateways) -> int:
    """Every text that says where help is, in every organisation; one that hangs holds up no other."""
    sent = 0
    for organisation in Organisation.objects.all():
        with tenancy.tenant(organisation.pk):
            rows = actions.take_help(at)
        if not rows:
            continue
        with ThreadPoolExecutor(len(rows)) as lines:  # only the network: no line touches the database
            faults = list(lines.map(lambda row: channels.hand_over(row, through, row.clinic), rows))
        with tenancy.tenant(organisation.pk):
            for row, fault in zip(rows, faults, strict=True):
                actions.note_help_sent(row, fault, at=at)
        sent += len(rows)
    return sent


def see_to_rosters(at: datetime) -> int:
    """A duty for each clinic whose next days have an hour without an owner."""

    def here() -> list[Clinic]:
        return [head.clinic for head in ClinicHead.objects.select_related("clinic").order_by("clinic_id")]

    return tenancy.for_each_organisation(here, lambda clinic: actions.see_to_gap(clinic, at=at))
