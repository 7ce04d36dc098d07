"""Referrals, enrolments and signed plans for tests of this room and those above."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from ketacare.clinic.enrolment import actions
from ketacare.clinic.enrolment.actions import Person
from ketacare.clinic.enrolment.models import Enrolment, Plan, Referral, Source, Urgency
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role
from ketacare.clinic.people.tests.factories import AT, someone
from ketacare.clinic.protocols import queries as adopted
from ketacare.clinic.protocols.tests.factories import IV, an_adoption
from ketacare.clinic.tenancy.models import Clinic
from ketacare.medicine.protocols import reader

PERSON = Person(family="Reed", given="Jo", born_on=date(1985, 7, 14), sex="female", telephone="555 0142", may_text=True)


def a_referral(by: Actor, **details: Any) -> Referral:
    given = {"source": Source.CLINICIAN, "reason": "Two antidepressants did not help", "urgency": Urgency.ROUTINE}
    return actions.receive_referral(
        person=details.pop("person", PERSON), by=by, at=details.pop("at", AT), **(given | details)
    )


def an_enrolment(patient: Patient, clinic: Clinic, by: Actor | None = None) -> Enrolment:
    """Under the adopted intravenous protocol; the accepting decision is taken as given."""
    if adopted.adoption(clinic.pk, IV) is None:
        an_adoption(clinic)
    by = by or someone(clinic, Role.RX)
    return actions.enrol(patient=patient, sheet_id=IV, judgement_id=uuid.uuid4(), by=by, at=AT)


def a_plan(patient: Patient, clinic: Clinic, by: Actor | None = None, **details: Any) -> Plan:
    """Enrolled and signed: 0.5 mg/kg over 40 min, 6 times, beginning the day after."""
    by = by or someone(clinic, Role.RX)
    enrolment = an_enrolment(patient, clinic, by)
    first_on = details.pop("first_on", AT.date() + timedelta(days=1))
    return actions.sign_plan(
        enrolment=enrolment, protocol=reader.protocol(IV), first_on=first_on, by=by, at=AT, **details
    )
