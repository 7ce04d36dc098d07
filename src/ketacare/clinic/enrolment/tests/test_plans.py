"""Enrolment under an adopted sheet, and the plan that a prescriber signs."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.enrolment import actions, pausing, queries
from ketacare.clinic.enrolment.models import Enrolment, EnrolmentState
from ketacare.clinic.enrolment.tests.factories import a_plan, an_enrolment
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.protocols.tests.factories import IV, an_adoption
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.protocols import reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic():
    return a_clinic()


@pytest.fixture
def patient(clinic):
    return a_patient(someone(clinic, "FD"))


def test_h19_no_enrolment_under_a_sheet_that_is_not_adopted(clinic, patient):
    with pytest.raises(Refused, match="not adopted"):
        actions.enrol(patient=patient, sheet_id=IV, judgement_id=uuid.uuid4(), by=someone(clinic, "RX"), at=AT)


def test_no_enrolment_under_a_regimen_that_is_only_read_and_the_refusal_says_why(clinic, patient):
    for sheet_id, words in (("p-arket", "Trials only.*P-ARKET"), ("p-iv-96h", "Research, in hospital.*P-IV-96H")):
        with pytest.raises(Refused, match=words):
            actions.enrol(
                patient=patient, sheet_id=sheet_id, judgement_id=uuid.uuid4(), by=someone(clinic, "RX"), at=AT
            )


def test_a_course_that_ended_while_it_stood_still_holds_up_none_that_comes_after_it(clinic, patient):
    desk, row = someone(clinic, "FD"), an_enrolment(patient, clinic)
    pausing.pause(enrolment=row, reason="Away", by=desk, at=AT)
    ended_at = AT + timedelta(days=1)
    Enrolment.objects.filter(pk=row.pk).update(state=EnrolmentState.ENDED, ended_at=ended_at)
    an_enrolment(patient, clinic)
    days = (0, 1, 90)
    assert [pausing.stood_still(patient, AT + timedelta(days=day, hours=-1)) for day in days] == [False, True, False]


def test_the_signed_plan_carries_dose_time_number_and_sheet(clinic, patient):
    plan = a_plan(patient, clinic)
    assert (plan.dose_mg_per_kg, plan.infusion_min, plan.sessions) == (Decimal("0.5"), Decimal(40), 6)
    assert (plan.sheet_id, plan.sheet_version) == (IV, reader.protocol(IV).version)
    assert queries.current_enrolment(patient).state == EnrolmentState.ACTIVE
    assert queries.plan_for(patient) == plan


def test_a_plan_of_devices_has_milligrams_and_no_minutes(clinic, patient):
    """Esketamine is dosed alike for every weight, and given at once."""
    an_adoption(clinic, "p-esk-trd")
    by = someone(clinic, "RX")
    enrolment = actions.enrol(patient=patient, sheet_id="p-esk-trd", judgement_id=uuid.uuid4(), by=by, at=AT)
    plan = actions.sign_plan(
        enrolment=enrolment, protocol=reader.protocol("p-esk-trd"), first_on=AT.date(), by=by, at=AT
    )
    assert (plan.dose_mg, plan.dose_mg_per_kg, plan.infusion_min, plan.route) == (56, None, None, "IN")
    assert plan.dose_words == "56 mg"


def test_one_open_enrolment_per_person(clinic, patient):
    an_enrolment(patient, clinic)
    with pytest.raises(Refused, match="already enrolled"):
        an_enrolment(patient, clinic)


@pytest.mark.parametrize("role", ["FD", "RN", "TH", "AU"])
def test_only_a_prescriber_or_director_signs(clinic, patient, role):
    enrolment = an_enrolment(patient, clinic)
    with pytest.raises(NotAllowed):
        actions.sign_plan(
            enrolment=enrolment, protocol=reader.protocol(IV), first_on=AT.date(), by=someone(clinic, role), at=AT
        )


@pytest.mark.parametrize("dose", ["0.05", "5"])
def test_h2_a_tenfold_dose_is_outside_the_sheet(clinic, patient, dose):
    with pytest.raises(Refused, match="outside"):
        a_plan(patient, clinic, dose_mg_per_kg=Decimal(dose))


def test_a_first_day_in_the_past_is_refused(clinic, patient):
    with pytest.raises(Refused, match="is past"):
        a_plan(patient, clinic, first_on=AT.date() - timedelta(days=1))


def test_i1_a_changed_plan_says_why_and_replaces_the_first(clinic, patient):
    first = a_plan(patient, clinic)
    again = {
        "enrolment": first.enrolment, "protocol": reader.protocol(IV), "first_on": first.first_on,
        "dose_mg_per_kg": Decimal("0.4"), "by": someone(clinic, "RX"), "at": AT + timedelta(minutes=5),
    }  # fmt: skip
    with pytest.raises(Refused, match="already signed"):
        actions.sign_plan(**again)
    second = actions.sign_plan(**again, amend_reason="older than 65")
    assert queries.plan_for(patient) == second
    assert second.amends == first
