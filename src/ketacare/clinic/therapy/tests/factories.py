"""A dose that was given, its therapist and its patient with an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ketacare.clinic.dosing.models import Session, SessionState
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.scheduling.models import Visit
from ketacare.clinic.tenancy.actions import enter

FIVE = {
    "level-2": "In bed",
    "level-1": "Up by noon",
    "level0": "Up by nine",
    "level1": "By eight",
    "level2": "By seven",
}


@dataclass
class Couch:
    """One therapist with one patient in one clinic."""

    here: Place
    patient: Patient
    therapist: Actor
    own: Actor

    def as_(self, actor: Actor) -> Actor:
        """The database asks who is there: as a request would say it."""
        enter(organisation_id=actor.organisation_id, user_id=actor.user_id)
        return actor

    def dose(self, at: datetime = AT) -> Visit:
        return the_asks(self.here, self.patient, at)["week"].visit

    def session(self, visit: Visit, left_after: timedelta | None = timedelta(hours=2)) -> Session:
        return a_running_session(visit, left_after)


def a_running_session(visit: Visit, left_after: timedelta | None = None) -> Session:
    """A dose that acts, or whose patient has left."""
    left = visit.starts_at + left_after if left_after is not None else None
    return Session.objects.create(
        organisation_id=visit.organisation_id, clinic_id=visit.clinic_id, created_at=visit.starts_at, visit=visit,
        protocol_id="P", protocol_version="1", state=SessionState.LEFT if left else SessionState.RUNNING,
        started_at=visit.starts_at, left_at=left,
    )  # fmt: skip


def a_couch() -> Couch:
    here = place()
    patient, therapist = here.patient(), here.staff(Role.TH)
    here.assign(patient, therapist)
    return Couch(here, patient, therapist, here.the_patient(patient))


def a_goal(**changes: str) -> dict[str, str]:
    return {
        "title": "Get up",
        "domain": "sleep",
        "importance": "2",
        "difficulty": "1",
        "start": "-1",
        "by_on": "2026-12-31",
        "measure": "Mornings of seven",
        "confidence": "8",
        "first_step": "Set the alarm",
        **FIVE,
        **changes,
    }
