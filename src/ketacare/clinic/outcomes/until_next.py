"""What is asked of a dose until the next one, and what waits for it: what is asked before that, and who sits in the
chair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import OuterRef, QuerySet

from ketacare.clinic.outcomes.models import Ask, AskState
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.medicine.outcomes import reader
from ketacare.medicine.outcomes import terms as words

A_DOSE_AGO = timedelta(days=2)  # longer than a day's check stands open


def asked_until_next(patients: Iterable[UUID], at: datetime) -> dict[UUID, list[words.Ask]]:
    """By patient, of their last doses; one read for all."""
    keys = [rule.key for rule in reader.cadence() if rule.until_next_dose]
    rows = Ask.objects.filter(patient__in=patients, key__in=keys, closes_at__gt=at - A_DOSE_AGO)
    found: dict[UUID, list[words.Ask]] = defaultdict(list)
    for ask in rows.exclude(state=AskState.STOPPED):
        moment = words.Ask(ask.key, ask.title, tuple(ask.instruments), ask.opens_at, ask.due_at, ask.closes_at)
        found[ask.patient_id].append(moment)
    return found


def in_the_chair(at: datetime) -> QuerySet[Visit]:
    """The patient of a message, after the dose began; a visit that nobody closed holds none for longer than a day."""
    here = Visit.objects.filter(patient=OuterRef("patient"), kind=VisitKind.DOSE, starts_at__gt=at - timedelta(days=1))
    return here.filter(state__in=[VisitState.RUNNING, VisitState.RECOVERY])
