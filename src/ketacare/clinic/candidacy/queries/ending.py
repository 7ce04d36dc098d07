"""Clearances whose end is to be told (H14)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from ketacare.clinic.candidacy.models import Choice, ClearanceAnswer
from ketacare.clinic.candidacy.models.clearance import GIVEN
from ketacare.clinic.candidacy.queries.decision import judgement
from ketacare.clinic.candidacy.queries.vocabulary import following
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.tenancy.days import local_day

A_YEAR = timedelta(days=366)  # nothing is told earlier, whatever a clinic's own sheet says
ENDS_SOON, ENDED = "clearance.ends_soon", "clearance.ended"


def place_of_clearance(row: ClearanceAnswer) -> str:
    """Where it stands on the page of clearances; a duty about its end is known by it."""
    return f"/patients/{row.patient_id}/clearances/#given-{row.pk}"


def ending(at: datetime) -> list[ClearanceAnswer]:
    """Clearances of the entered tenant whose end is near or past and not told yet. What a newer word about the
    same replaced is not told, nor what was given for somebody who was declined since."""
    newer = ClearanceAnswer.objects.current().filter(
        patient=OuterRef("patient"), criterion=OuterRef("criterion"), recorded_at__gt=OuterRef("recorded_at")
    )
    rows = (
        ClearanceAnswer.objects.current()
        .filter(~Exists(newer), withdrawn=False, verdict__in=GIVEN, until__lte=at.date() + A_YEAR)
        .select_related("patient", "clinic")
    )
    return [row for row in rows if is_to_tell(row, at)]


def is_to_tell(row: ClearanceAnswer, at: datetime) -> bool:
    """Near enough by the clinic's own day, still of use, and not told before."""
    today = local_day(at, row.clinic.zone)
    assert row.until is not None  # a clearance that is given has its last day
    if (row.until - today).days > following(row.patient).told_before_end.integer:
        return False
    kind = ENDS_SOON if row.holds_on(today) else ENDED
    if Duty.objects.filter(patient=row.patient, kind=kind, link=place_of_clearance(row)).exists():
        return False
    decided = judgement(row.patient)
    return decided is None or decided.choice != Choice.NO
