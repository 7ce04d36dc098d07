"""Writing down what is known of a person."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from ketacare.clinic.audit import actions as audit
from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.actions.amending import amending
from ketacare.clinic.candidacy.models import HistoryAnswer, Source, Vitals
from ketacare.clinic.people import access
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient
from ketacare.clinic.tenancy.refusals import Refusal, Refused


@transaction.atomic
def record_history(
    *,
    patient: Patient,
    name: str,
    answer: str,
    source: Source,
    by: Actor,
    at: datetime,
    settles: bool = False,
    words: str = "",
    happened_at: datetime | None = None,
    amends: HistoryAnswer | None = None,
    amend_reason: str = "",
) -> HistoryAnswer:
    """One answer from one source. Only a prescriber or the director may rule between sources that disagree."""
    access.require(by, "evaluation", "C", patient=patient)
    if settles:
        access.require(by, "evaluation", "S", patient=patient)
    kind = queries.sheet().facts.get(name)
    allowed = set(kind.choices or ("yes", "no")) | {"not_asked", "refused", "unable"} if kind else set()
    if answer not in allowed:
        raise Refused(Refusal(name, "Nothing is chosen that this question allows.", "Choose one of the answers."))
    row = HistoryAnswer.objects.create(
        **about(patient, by, at, happened_at),
        name=name,
        answer=answer,
        source=source,
        settles=settles,
        words=words.strip(),
        **amending(amends, amend_reason),
    )
    audit.note(by=by, at=at, verb="history.record", on=row, patient=patient, because=name)
    return row


@transaction.atomic
def record_vitals(
    *,
    patient: Patient,
    systolic_mmhg: int,
    diastolic_mmhg: int,
    by: Actor,
    at: datetime,
    pulse_per_min: int | None = None,
    spo2_percent: int | None = None,
    amends: Vitals | None = None,
    amend_reason: str = "",
) -> Vitals:
    access.require(by, "evaluation", "C", patient=patient)
    row = Vitals.objects.create(
        **about(patient, by, at, amends.happened_at if amends else None),
        systolic_mmhg=systolic_mmhg,
        diastolic_mmhg=diastolic_mmhg,
        pulse_per_min=pulse_per_min,
        spo2_percent=spo2_percent,
        **amending(amends, amend_reason),
    )
    audit.note(by=by, at=at, verb="vitals.record", on=row, patient=patient)
    return row
