"""A clinic, its people and a patient, made anew for each test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import CareRelation, Demographics, Patient, Role, Staff, User
from ketacare.clinic.tenancy.actions import enter, found_clinic, found_organisation
from ketacare.clinic.tenancy.models import Clinic

AT = datetime(2026, 7, 14, 14, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Place:
    """One clinic and whoever a test needs in it. Its tenant is entered for the rest of the test's transaction."""

    clinic: Clinic

    def enter(self) -> None:
        enter(organisation_id=self.clinic.organisation_id)

    def staff(self, role: Role, name: str = "Alice Example") -> Actor:
        user = User.objects.create_user(email=f"{uuid4().hex[:12]}@example.test", name=name)
        Staff.objects.create(
            user=user, role=role, created_at=AT, clinic=self.clinic, organisation_id=self.clinic.organisation_id
        )
        return self.actor(role, user)

    def actor(self, role: Role, user: User, patient: Patient | None = None) -> Actor:
        return Actor(
            user_id=user.pk,
            name=user.name,
            role=role,
            clinic_id=self.clinic.pk,
            organisation_id=self.clinic.organisation_id,
            zone=self.clinic.zone,
            patient_id=patient.pk if patient else None,
        )

    def patient(self, family: str = "Fernández-Quill", given: str = "Marisol", **details: Any) -> Patient:
        patient = Patient.objects.create(clinic=self.clinic, organisation_id=self.clinic.organisation_id, created_at=AT)
        Demographics.objects.create(
            patient=patient,
            clinic=self.clinic,
            organisation_id=self.clinic.organisation_id,
            happened_at=AT,
            recorded_at=AT,
            family=family,
            given=given,
            born_on=details.pop("born_on", date(1985, 7, 14)),
            record_number=details.pop("record_number", f"K{uuid4().int % 100000}"),
            **details,
        )
        return patient

    def the_patient(self, patient: Patient) -> Actor:
        """The patient's own account."""
        user = User.objects.create_user(email=f"{uuid4().hex[:12]}@example.test", name="A patient")
        Staff.objects.create(
            user=user, role=Role.PT, created_at=AT, clinic=self.clinic, organisation_id=self.clinic.organisation_id
        )
        patient.user = user
        patient.save(update_fields=["user"])
        return self.actor(Role.PT, user, patient)

    def assign(self, patient: Patient, therapist: Actor) -> CareRelation:
        return CareRelation.objects.create(
            patient=patient,
            user_id=therapist.user_id,
            kind="therapist",
            created_at=AT,
            clinic=self.clinic,
            organisation_id=self.clinic.organisation_id,
        )


def place(zone: str = "America/New_York", **details: Any) -> Place:
    organisation = found_organisation(name="Example organisation")
    clinic = found_clinic(organisation=organisation, name="Example clinic", zone=zone, **details)
    enter(organisation_id=organisation.pk)
    return Place(clinic)
