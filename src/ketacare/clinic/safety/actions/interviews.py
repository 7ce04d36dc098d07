"""What a person asks or rates after a flag: owed from when the concern is raised, and ended by the interview alone."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Model

from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.safety import queries
from ketacare.clinic.safety.models import Concern, OnCall
from ketacare.medicine.safety import reader


def owe_interview(concern: Concern, watch: OnCall | None, *, by: Actor, at: datetime) -> None:
    """In the transaction that raises the concern (H13). One is owed at a time, by the time of the gravest."""
    interview = reader.triage_sheet().interview(concern.reason_code)
    if interview is None:
        return
    owed = queries.interview_owed(concern.patient, interview.asked)
    if owed is not None:
        if concern.decide_by < owed.due_at:
            duties.retime(owed, due_at=concern.decide_by, by=by, at=at)
        return
    duties.open_duty(
        kind=queries.interview_kind(interview.asked),
        title=interview.title,
        patient=concern.patient,
        owner_role=watch.role if watch else Role.RX,
        owner=watch.user if watch else None,
        due_at=concern.decide_by,
        why=interview.why,
        link=queries.interview_page(concern.patient, interview.asked),
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )


def interview_held(
    patient: Patient, asked: Collection[str], *, evidence: Model, happened_at: datetime, by: Actor, at: datetime
) -> None:
    """Asked or rated (`asked`, as the cadence calls it) after it was owed: done, and here is the record."""
    for name in asked:
        owed = queries.interview_owed(patient, name)
        if owed is not None and owed.created_at <= happened_at:
            duties.close_duty(owed, evidence=evidence, by=by, at=at)
