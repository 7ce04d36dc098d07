"""A watched visit with a monitor on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from ketacare.clinic.monitoring import actions
from ketacare.clinic.monitoring.models import Device
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.scheduling.models import Visit, VisitKind
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.monitoring.terms import Channel, Quality
from ketacare.medicine.monitoring.terms import Reading as Value

ADDRESS = "0011223344556677/CHAIR-3"


def a_visit(clinic: Clinic, by: Actor) -> Visit:
    return Visit.objects.create(
        organisation_id=clinic.organisation_id,
        clinic=clinic,
        created_at=AT,
        patient=a_patient(by),
        kind=VisitKind.DOSE,
        starts_at=AT,
        ends_at=AT + timedelta(hours=2),
    )


def a_device(clinic: Clinic, address: str = ADDRESS) -> tuple[Device, str]:
    return actions.register_device(name="Monitor 3", address=address, by=someone(clinic, "AD"), at=AT)


class Bedside:
    """A clinic, a nurse, a running visit and its paired monitor."""

    def __init__(self, clinic: Clinic | None = None, address: str = ADDRESS, at: datetime = AT) -> None:
        self.clinic = clinic or a_clinic()
        self.nurse = someone(self.clinic, "RN")
        self.visit = a_visit(self.clinic, someone(self.clinic, "FD"))
        self.device, self.token = a_device(self.clinic, address)
        self.watch = actions.begin_watch(visit=self.visit, by=self.nurse, at=at)
        self.pairing = actions.pair_device(device=self.device, visit=self.visit, by=self.nurse, at=at)

    def send(
        self, at: datetime, message: int = 1, sent_at: datetime | None = None, **values: int
    ) -> list[actions.Arrival]:
        sent_at = sent_at or at
        readings = tuple(
            Value(Channel(name), Decimal(value), sent_at, at, device=str(self.device.pk))
            for name, value in values.items()
        )
        arrival = actions.Arrival(self.device.pk, message, sent_at, at, readings)
        return actions.record_readings([arrival], clinic_id=self.clinic.pk, at=at)


def bad(channel: Channel, at: datetime, device: Device) -> Value:
    return Value(channel, None, at, at, Quality.NONE, "lead off", device=str(device.pk))
