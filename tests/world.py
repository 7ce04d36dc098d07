"""A small world in which every route can be tried: two clinics, every role, and patients whose names are canaries.

`ARGUMENTS` answers each URL parameter by name; a route with a parameter that is not answered here fails the harness,
so a new kind of record is put into this world on the day its first route appears.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ketacare.clinic.candidacy.actions import asking
from ketacare.clinic.candidacy.models import ExceptionOpening
from ketacare.clinic.candidacy.tests.factories import (
    a_clearance,
    a_course,
    a_request,
    a_screener,
    a_trial,
    an_answer,
    an_assessment,
    some_medicines,
    some_vitals,
)
from ketacare.clinic.caregivers import actions as caregivers
from ketacare.clinic.dosing.tests.factories import a_dosing_day
from ketacare.clinic.enrolment.actions import Person
from ketacare.clinic.enrolment.tests.factories import a_referral
from ketacare.clinic.monitoring.models import Device, StrayStream
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.posts import actions as posts
from ketacare.clinic.protocols.tests.factories import IV
from ketacare.clinic.recovery import actions as recovery
from ketacare.clinic.safety import actions as safety
from ketacare.clinic.safety.models import OnCall
from ketacare.clinic.scheduling.models import Chair, Visit, VisitKind
from ketacare.clinic.tenancy.models import Clinic
from ketacare.exchange.mailroom.models import Message, Refusal, UnknownParameter

CANARY_FAMILY = "Zyzzyvacanary"
CANARY_GIVEN = "Quillcanary"
CANARY_WORDS = (CANARY_FAMILY, CANARY_GIVEN)
ABOUT = Person(family=CANARY_FAMILY, given=CANARY_GIVEN, born_on=date(1985, 7, 14))


@dataclass
class World:
    clinic: Clinic
    staff: dict[str, Actor]
    patient: Patient
    visit: Visit
    more: dict[str, Any] = field(default_factory=dict)


def a_world(name: str = "North", organisation: Any = None) -> World:
    """A clinic with one person in every role and one patient, assigned to nobody."""
    clinic = a_clinic(name, organisation=organisation)
    staff = {str(role): someone(clinic, role) for role in Role}
    patient = a_patient(
        staff["FD"],
        family=CANARY_FAMILY,
        given=CANARY_GIVEN,
        contact={"telephone": "555 0199", "email": "zyzzyvacanary@example.org"},
    )
    patient.user = User.objects.get(pk=staff["PT"].user_id)
    patient.save()
    consented = "racemic ketamine into a vein; told"
    people.record_consent(
        patient=patient, kind="treatment", text_version="1", given=True, words=consented, by=staff["RN"], at=AT
    )
    common = {"organisation_id": clinic.organisation_id, "clinic": clinic, "created_at": AT}
    chair = Chair.objects.create(**common, name="Chair 1")
    visit = Visit.objects.create(
        **common,
        patient=patient,
        kind=VisitKind.DOSE,
        starts_at=AT,
        ends_at=AT + timedelta(hours=2),
        chair=chair,
        number_in_course=1,
    )
    ask = outcomes.schedule_asks(visit=visit, dose_at=AT, by=staff["RN"], at=AT)[0]
    world = World(clinic, staff, patient, visit)
    told = outcomes.tell(ask=ask, words="Slept well", by=staff["RN"], at=AT)
    world.more |= {"ask": ask, "message": ask.messages.first(), "told": told}
    world.more["referral"] = a_referral(staff["FD"], person=ABOUT, is_known=patient)
    world.more["intake"] = asking.send_intake(patient=patient, way="hand", by=staff["FD"], at=AT)
    world.more["history"] = an_answer(patient, staff["RN"])
    world.more["medicines"] = some_medicines(patient, staff["RN"], "sertraline")
    world.more["screening"] = a_screener(patient, staff["RN"])
    world.more["assessment"] = an_assessment(patient, staff["RX"])
    world.more["opening"] = ExceptionOpening.objects.create(
        **about(patient, staff["RX"], AT),
        path="EXC-05",
        reason="ECT failed",
        needs_director=False,
        sheet="exceptions-1",
    )
    world.more["caregiver"] = caregivers.name_caregiver(
        patient=patient, name="Kim", relation="", agreed=(), days=30, language="en", by=staff["RN"], at=AT
    )
    world.more["trial"] = a_trial(patient, staff["RN"])
    world.more["course"] = a_course(patient, staff["RN"])
    world.more["measure"] = people.record_measure(patient=patient, weight_kg=Decimal(80), by=staff["RN"], at=AT)
    world.more["vitals"] = some_vitals(patient, staff["RN"])
    world.more["clearance_request"] = a_request(patient, staff["RX"])
    world.more["clearance"] = a_clearance(patient, staff["RX"])
    world.more |= a_dosing_day(clinic, staff, visit)
    world.more["concern"] = safety.raise_concern(  # it would have held the dose back
        patient=patient, tier=1, reason_code="s1.3", source=ask, by=staff["RN"], at=AT
    )
    world.more["shift"] = OnCall.objects.create(
        **common, user_id=staff["RX"].user_id, role=Role.RX, starts_at=AT, ends_at=AT + timedelta(hours=8)
    )
    world.more |= what_waits_in_the_mailroom(common)
    world.more["recovery"] = recovery.ask(
        address=User.objects.get(pk=staff["RS"].user_id).email, saw="known", words="Lost it", by=staff["RN"], at=AT
    )
    world.more["asked"] = posts.ask(
        name="Kit Alvarez", address="kit@example.org", role="RN", words="Begins on Monday", by=staff["AD"], at=AT
    )
    world.more["post"] = Staff.objects.get(user_id=staff["RS"].user_id)
    world.more["glass"] = safety.open_in_emergency(
        patient, reason_class="harm_now", words="Said goodbye", by=someone(clinic, Role.TH), at=AT
    )
    somebody = User.objects.get(pk=someone(clinic, Role.TH).user_id)
    world.more["relation"] = people.relate(patient=patient, user=somebody, kind="therapist", by=staff["RN"], at=AT)
    return world


def what_waits_in_the_mailroom(common: dict[str, Any]) -> dict[str, Any]:
    """A message that was refused and a monitor that nobody paired."""
    place = {key: common[key] for key in ("organisation_id", "clinic")}
    message = Message.objects.create(
        **place, standard="hl7v2", sender="X", control_id="1", received_at=AT, body=b"", body_hash="", answer="AE",
        answer_body=b"",
    )  # fmt: skip
    times = {"first_at": AT, "last_at": AT, "messages": 1}
    refusal = Refusal.objects.create(**common, **times, sender="X", standard="hl7v2", code="207", last_message=message)
    unmapped = UnknownParameter.objects.create(**common, **times, sender="X", code="Z", last_message=message)
    device = Device.objects.create(**common, name="Monitor 9", address="Y")
    return {
        "device": device,
        "refusal": refusal,
        "parameter": unmapped,
        "stray": StrayStream.objects.create(**common, **times, address="Y"),
    }


ARGUMENTS: dict[str, Callable[[World], Any]] = {
    "patient_id": lambda world: world.patient.pk,
    "visit_id": lambda world: world.visit.pk,
    "step": lambda world: 1,
    "ask_id": lambda world: world.more["ask"].pk,
    "shift_id": lambda world: world.more["shift"].pk,
    "concern_id": lambda world: world.more["concern"].pk,
    "duty_id": lambda world: world.more["concern"].duty_id,
    "words_id": lambda world: world.more["told"].pk,
    "message_id": lambda world: world.more["message"].pk,
    "session_id": lambda world: world.visit.pk,
    "referral_id": lambda world: world.more["referral"].pk,
    "sheet_id": lambda world: IV,
    "figure": lambda world: "response",
    "medicine_id": lambda world: world.more["medicines"].medicines[0].key,
    "screening_id": lambda world: world.more["screening"].pk,
    "assessment_id": lambda world: world.more["assessment"].pk,
    "opening_id": lambda world: world.more["opening"].pk,
    "fact_id": lambda world: world.more["history"].pk,
    "trial_id": lambda world: world.more["trial"].pk,
    "course_id": lambda world: world.more["course"].pk,
    "measure_id": lambda world: world.more["measure"].pk,
    "vitals_id": lambda world: world.more["vitals"].pk,
    "clearance_request_id": lambda world: world.more["clearance_request"].pk,
    "clearance_id": lambda world: world.more["clearance"].pk,
    "item": lambda world: "risk",
    "condition": lambda world: "SPO2:low",
    "entry_id": lambda world: world.more["entry"].pk,
    "reading_id": lambda world: world.more["reading"].pk,
    "container_id": lambda world: world.more["container"].pk,
    "relation_id": lambda world: world.more["relation"].pk,
    "refusal_id": lambda world: world.more["refusal"].pk,
    "recovery_id": lambda world: world.more["recovery"].pk,
    "asked_id": lambda world: world.more["asked"].pk,
    "post_id": lambda world: world.more["post"].pk,
    "glass_id": lambda world: world.more["glass"].pk,
    "parameter_id": lambda world: world.more["parameter"].pk,
    "device_id": lambda world: world.more["device"].pk,
    "chair_id": lambda world: world.visit.chair_id,
    "case_id": lambda world: world.more["adverse_event"].case,
    "scale": lambda world: "madrs",
    "stray_id": lambda world: world.more["stray"].pk,
    "caregiver_id": lambda world: world.more["caregiver"].pk,
    "version_number": lambda world: 1,
    "addressee": lambda world: "referrer",
}


def absent(parameter: str) -> Any:
    """A well-formed argument that names nothing."""
    words = dict.fromkeys(("token", "name", "sheet_id", "item", "condition", "scale", "addressee"), "nothing")
    return (words | {"step": 1, "version_number": 9, "reading_id": 2**40}).get(parameter) or uuid.uuid4()
