"""P6: what ends with a post, what goes on, and whom a clinic is never without."""

from __future__ import annotations

import pytest
from django.urls import reverse

from ketacare.clinic.duties import access as duty_access
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor, NotAllowed, NotHere
from ketacare.clinic.people.models import Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, a_clinic, a_patient, browser, just_confirmed, someone
from ketacare.clinic.posts import access, actions
from ketacare.clinic.posts.tests.test_posts import SEEN, asked, clinic_of
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> dict[str, Actor]:
    clinic = a_clinic()
    return {role: someone(clinic, role) for role in ("MD", "AD", "RN", "FD", "TH")}


@pytest.mark.parametrize(("role", "assigned", "kept"), [
    ("TH", True, True), ("TH", False, False), ("RX", False, True), ("AU", False, False), ("RS", False, False),
])  # fmt: skip
def test_p6_a_duty_stays_with_whoever_can_still_open_it_by_the_post_they_keep(staff, role, assigned, kept):
    nurse, patient = staff["RN"], a_patient(staff["FD"])
    user = User.objects.get(pk=nurse.user_id)
    actions.give(asked(staff, name=user.name, address=user.email, role=role), words=SEEN, by=staff["MD"], at=AT)
    if assigned:
        people.relate(patient=patient, user=user, kind="therapist", by=staff["FD"], at=AT)
    about = {"title": "Call them", "why": "", "link": "/", "owner_role": "RN", "owner": user, "due_at": AT}
    duty = duties.open_duty(kind="x.y", patient=patient, by=nurse, at=AT, **about)
    anybodys = duties.open_duty(kind="x.z", patient=None, by=nurse, at=AT, **about)
    actions.end(Staff.objects.get(user=user, role="RN"), words="Other work", by=staff["AD"], at=AT)
    assert Duty.objects.get(pk=duty.pk).owner == (user if kept else None)
    assert Duty.objects.get(pk=anybodys.pk).owner == (user if role in ("TH", "RX") else None)
    actor = Actor(**{**nurse.__dict__, "role": role})
    if kept:
        assert duty_access.duty_of(actor, duty.pk, "U", at=AT) == duty
    elif role == "TH":
        with pytest.raises(NotAllowed):
            duty_access.duty_of(actor, duty.pk, "U", at=AT)


def test_p6_where_nobody_gives_posts_anyway_a_director_who_left_is_put_out_and_the_page_says_what_to_do(staff):
    other = someone(clinic_of(staff["MD"]), Role.MD, "Old Director")
    page = just_confirmed(browser(staff["MD"])).get(reverse("posts")).content.decode()
    assert "No post can be given" not in page
    tenancy.enter(organisation_id=staff["MD"].organisation_id, user_id=staff["MD"].user_id)
    User.objects.filter(pk=staff["AD"].user_id).update(is_active=False)
    assert actions.end(Staff.objects.get(user_id=other.user_id), words="Left", by=staff["MD"], at=AT).ended_at == AT
    page = just_confirmed(browser(staff["MD"])).get(reverse("posts")).content.decode()
    assert "No post can be given" in page


def test_whose_account_is_shut_is_none_of_the_two_that_a_clinic_is_never_without(staff):
    other = someone(clinic_of(staff["MD"]), Role.MD, "Shut Director")
    User.objects.filter(pk=other.user_id).update(is_active=False)
    with pytest.raises(Refused, match="Nobody would be left"):
        actions.end(Staff.objects.get(user_id=staff["MD"].user_id), words="Left", by=staff["AD"], at=AT)


@pytest.mark.parametrize("role", ["PT", "IC"])
def test_p4_the_post_of_a_patient_or_a_machine_is_on_no_page(staff, role):
    theirs = someone(clinic_of(staff["MD"]), role)
    with pytest.raises(NotHere):
        access.post_of(staff["MD"], Staff.objects.get(user_id=theirs.user_id).pk)
