"""A safety question that was refused or left in the intake: nobody knows, so somebody asks."""

from __future__ import annotations

from datetime import datetime

from ketacare.clinic.candidacy.actions.found_since import own_what_was_found
from ketacare.clinic.candidacy.models import Intake, Said
from ketacare.clinic.candidacy.queries.risk import RISK_UNSAID
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties import queries as owed
from ketacare.clinic.duties.models import Consequence
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Role
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety import queries as watch
from ketacare.clinic.safety.models import Tier


def keep_why(intake: Intake, instrument: str, item: str, why: str, *, by: Actor, at: datetime) -> None:
    """Why a question of a form has no answer, beside the answers, which know only that there is none."""
    earlier = Said.objects.current().filter(intake=intake, screen=instrument).first()
    before = dict(earlier.values) if earlier else {}
    values = {name: value for name, value in before.items() if name != item} | ({item: {"answer": why}} if why else {})
    if values != before:
        Said.objects.create(
            **about(intake.patient, by, at),
            intake=intake,
            screen=instrument,
            values=values,
            became={},
            amends=earlier,
            amend_reason="answered again" if earlier else "",
        )


def ask_in_person(intake: Intake, *, by: Actor, at: datetime) -> None:
    """The same day while somebody is here, else when they next are: silence is no all-clear (H13). A person's screener
    alone ends it, and not another answer by link."""
    patient = intake.patient
    if owed.open_for(patient, RISK_UNSAID):
        return
    here = watch.staffed(intake.clinic, at)
    duties.open_duty(
        kind=RISK_UNSAID,
        title="Did not answer the safety questions: ask before the visit",
        patient=patient,
        owner_role=Role.RX,
        due_at=here,
        late_at=safety.limits(intake.clinic, Tier.SAME_DAY, here)[0],
        why="Refused or left in the intake: the risk is not known until a person has asked",
        link=f"/patients/{patient.pk}/evaluation/#risk",
        consequence=Consequence.SAFETY,
        by=by,
        at=at,
    )
    own_what_was_found(patient, by=by, at=at)
