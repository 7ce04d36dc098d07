"""What has happened in the demo clinic so far, told through the same actions that its people use."""

from __future__ import annotations

from datetime import date, datetime

from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, User
from ketacare.clinic.tenancy.models import Clinic


def tell(clinic: Clinic, staff: dict[str, Actor], *, at: datetime) -> None:
    jo(clinic, staff, at)


def jo(clinic: Clinic, staff: dict[str, Actor], at: datetime) -> Patient:
    """Jo Reed, who has an account of her own."""
    patient = people.register_patient(
        family="Reed",
        given="Joanna",
        preferred="Jo",
        born_on=date(1985, 7, 14),
        sex="female",
        by=staff["FD"],
        at=at,
        contact={"telephone": "+1 207 555 0182", "email": "jo.reed@demo.example", "may_text": True, "may_email": True},
    )
    Patient.objects.filter(pk=patient.pk).update(user=User.objects.get(pk=staff["PT"].user_id))
    return patient
