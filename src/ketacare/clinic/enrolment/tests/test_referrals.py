"""A referral is kept, owned, identified by the desk alone, and amended without losing what was written."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.duties import queries as duties
from ketacare.clinic.duties.models import Consequence, Duty
from ketacare.clinic.enrolment import access, actions, queries
from ketacare.clinic.enrolment.models import Referral, Step, Urgency
from ketacare.clinic.enrolment.tests.factories import PERSON, a_referral
from ketacare.clinic.people import queries as people
from ketacare.clinic.people.access import NotAllowed, NotHere
from ketacare.clinic.people.models import Patient
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, someone
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


def test_the_desk_saves_person_referral_and_duty_together():
    desk = someone(a_clinic(), "FD")
    referral = a_referral(desk, urgency=Urgency.URGENT)
    patient = access.patient_in(referral)
    assert people.demographics(patient).family == "Reed"
    assert people.contact(patient).may_text is True
    assert people.contact(patient).may_email is None, "not asked is not no (I14)"
    duty = duties.open_for(patient, "evaluation").get()
    assert (duty.owner_role, duty.consequence) == ("RX", Consequence.SAFETY)
    assert duty.due_at == AT + timedelta(hours=48)
    assert Line.objects.filter(verb="referral.receive").count() == 1


def test_a_refusal_leaves_nothing_behind():
    desk = someone(a_clinic(), "FD")
    with pytest.raises(Refused, match="future"):
        a_referral(desk, person=replace(PERSON, born_on=AT.date() + timedelta(days=1)))
    assert (Patient.objects.count(), Referral.objects.count(), Duty.objects.count()) == (0, 0, 0)


def test_the_desk_may_say_it_is_somebody_we_know():
    desk = someone(a_clinic(), "FD")
    known = a_patient(desk)
    assert access.patient_in(a_referral(desk, is_known=known)) == known
    assert Patient.objects.count() == 1


def test_a_referrer_sends_one_and_the_desk_says_whom_it_is_about():
    clinic = a_clinic()
    referrer, desk = someone(clinic, "RC"), someone(clinic, "FD")
    referral = a_referral(referrer)
    assert Patient.objects.count() == 0
    assert Duty.objects.get(kind="identify").owner_role == "FD"
    patient = actions.identify(referral=referral, patient=None, by=desk, at=AT)
    assert not Duty.objects.get(kind="identify").is_open
    assert patient.relations.get().user_id == referrer.user_id
    with pytest.raises(Refused, match="already"):
        actions.identify(referral=referral, patient=None, by=desk, at=AT)


def test_p1_a_referrer_reaches_only_their_own():
    clinic = a_clinic()
    one, two = someone(clinic, "RC"), someone(clinic, "RC")
    referral = a_referral(one)
    assert access.referral_of(one, referral.pk, at=AT) == referral
    with pytest.raises(NotAllowed):
        access.referral_of(two, referral.pk, at=AT)
    assert [row.referral for row in queries.listed(one, AT)] == [referral]
    assert queries.listed(two, AT) == []


@pytest.mark.parametrize("role", ["RN", "TH", "PT", "AU", "AD", "RS"])
def test_others_do_not_create(role):
    with pytest.raises(NotAllowed):
        a_referral(someone(a_clinic(), role))


def test_p2_another_clinics_referral_is_not_here():
    north = a_clinic("North")
    referral = a_referral(someone(north, "FD"))
    south = a_clinic("South", organisation=north.organisation)
    with pytest.raises(NotHere):
        access.referral_of(someone(south, "FD"), referral.pk, at=AT)


def test_what_waits_is_listed_by_urgency_then_by_time():
    desk = someone(a_clinic(), "FD")
    routine = a_referral(desk)
    crisis = a_referral(desk, urgency=Urgency.CRISIS, person=replace(PERSON, family="Akande"))
    soon = a_referral(desk, urgency=Urgency.SOON, person=replace(PERSON, family="Moss"))
    assert [row.referral for row in queries.listed(desk, AT)] == [crisis, soon, routine]
    assert queries.listed(desk, AT + timedelta(hours=2))[0].is_late


def test_declining_says_why_and_ends_the_duty():
    clinic = a_clinic()
    desk, prescriber = someone(clinic, "FD"), someone(clinic, "RX")
    referral = a_referral(desk)
    with pytest.raises(NotAllowed):
        actions.follow(referral=referral, step=Step.DECLINED, words="too young", by=desk, at=AT)
    with pytest.raises(Refused, match="reason is empty"):
        actions.follow(referral=referral, step=Step.DECLINED, by=prescriber, at=AT)
    later = AT + timedelta(minutes=5)
    actions.follow(referral=referral, step=Step.DECLINED, words="needs inpatient care", by=prescriber, at=later)
    assert queries.listed(desk, AT) == []
    assert [row.referral for row in queries.listed(desk, AT, closed=True)] == [referral]
    assert not duties.open_for(access.patient_in(referral), "evaluation").exists()


def test_i1_an_amendment_keeps_the_old_words_and_the_steps():
    desk = someone(a_clinic(), "FD")
    referral = a_referral(desk)
    amended = actions.amend_referral(
        referral=referral, changes={"reason": "Three did not help"}, reason="misread the letter", by=desk, at=AT
    )
    assert access.referral_of(desk, referral.pk, at=AT) == amended
    assert access.patient_in(amended) == access.patient_in(referral)
    assert queries.earlier_versions(amended) == [referral]
    assert [row.referral for row in queries.listed(desk, AT)] == [amended]
    with pytest.raises(Refused, match="amended this while"):
        actions.amend_referral(referral=referral, changes={"born_on": date(1980, 1, 1)}, reason="x", by=desk, at=AT)


def test_identifying_an_amended_referral_closes_the_duty_opened_by_the_first_version():
    clinic = a_clinic()
    desk, outside = someone(clinic, "FD"), someone(clinic, "RC")
    referral = a_referral(outside)
    amended = actions.amend_referral(referral=referral, changes={"given": "Joan"}, reason="misheard", by=desk, at=AT)
    actions.identify(referral=amended, patient=None, by=desk, at=AT)
    assert [duty.state for duty in Duty.objects.filter(kind="identify")] == ["closed"]
