"""A clinic begins with two people, whom nobody in it could have asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.people.models import Staff, User
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.posts import founding
from ketacare.clinic.tenancy.models import Clinic, ClinicHead, Organisation
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
CLINIC = {
    "organisation": "Harbour", "name": "Harbour Street", "zone": "America/New_York", "country": "US",
    "address": "1 Harbour Street", "telephone": "555 0100",
    "director": founding.Person("Amara Osei", "amara@example.org"),
    "administrator": founding.Person("Sam Ito", "sam@example.org"),
}  # fmt: skip


def test_two_people_each_with_a_password_for_once():
    clinic, firsts = founding.found(**CLINIC, at=AT)
    assert [(one.user.name, one.role) for one in firsts] == [("Amara Osei", "MD"), ("Sam Ito", "AD")]
    for one in firsts:
        user = User.objects.get(pk=one.user.pk)
        assert user.check_password(one.password)
        assert user.temporary_until == AT + timedelta(hours=24)
        assert len(one.password) >= 15
    assert firsts[0].password != firsts[1].password
    assert ClinicHead.objects.filter(clinic=clinic).exists()
    assert not clinic.is_training
    verbs = Line.objects.filter(clinic_id=clinic.pk).values_list("verb", flat=True)
    assert sorted(verbs) == ["clinic.found", "post.begin", "post.begin"]


def test_a_second_site_joins_its_organisation_and_leaves_passwords_alone():
    first, _ = founding.found(**CLINIC, at=AT)
    second, firsts = founding.found(**CLINIC | {"name": "Hill Road"}, joins=True, at=AT)
    assert second.organisation == first.organisation
    assert [one.password for one in firsts] == ["", ""]
    assert Staff.objects.filter(user__email="amara@example.org").count() == 2


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        *(("name", "N" * 201), ("telephone", "5" * 41), ("organisation", "O" * 201)),
        ("zone", "Boston"),
        ("zone", "../etc/passwd"),
        ("country", "usa"),
        ("director", founding.Person("", "amara@example.org")),
        ("director", founding.Person("Amara Osei", "amara")),
        ("administrator", founding.Person("Amara Osei", "AMARA@example.org")),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_half_made(field, value):
    with pytest.raises(Refused) as told:
        founding.found(**CLINIC | {field: value}, at=AT)
    assert [one.field for one in told.value.refusals] == [field]
    assert not Organisation.objects.filter(name="Harbour").exists()


def test_a_clinic_in_which_nobody_gives_a_post_any_more_gets_its_two_anew():
    clinic, (director, administrator) = founding.found(**CLINIC, at=AT)
    User.objects.filter(pk=administrator.user.pk).update(is_active=False)
    kim = CLINIC | {"administrator": founding.Person("Kim Doe", "kim@example.org")}
    again, firsts = founding.found(**kim, joins=True, at=AT + timedelta(days=1))
    assert (again, Clinic.objects.count()) == (clinic, 1)
    assert [(one.user.name, bool(one.password)) for one in firsts] == [("Amara Osei", False), ("Kim Doe", True)]
    assert Staff.objects.filter(clinic=clinic, user=director.user).count() == 1
    with pytest.raises(Refused, match="has a clinic of this name"):
        founding.found(**kim, joins=True, at=AT + timedelta(days=2))


def test_a_letter_wrong_founds_no_second_organisation():
    founding.found(**CLINIC, at=AT)
    with pytest.raises(Refused, match="None of this name is here"):
        founding.found(**CLINIC | {"organisation": "Harbur", "name": "Hill Road"}, joins=True, at=AT)
    assert not Organisation.objects.filter(name="Harbur").exists()


def test_a_name_that_is_taken_and_an_address_of_somebody_else_are_refused_whole():
    founding.found(**CLINIC, at=AT)
    with pytest.raises(Refused, match="has a clinic of this name"):
        founding.found(**CLINIC, joins=True, at=AT)
    with pytest.raises(Refused, match="Harbour is here already"):
        founding.found(**CLINIC | {"name": "Hill Road"}, at=AT)
    other = CLINIC | {"name": "Hill Road", "administrator": founding.Person("Kim Doe", "sam@example.org")}
    with pytest.raises(Refused, match="under another name"):
        founding.found(**other, joins=True, at=AT)
    User.objects.filter(email="sam@example.org").update(is_active=False)
    with pytest.raises(Refused, match="This account is shut"):
        founding.found(**CLINIC | {"name": "Hill Road"}, joins=True, at=AT)
    assert not Clinic.objects.filter(name="Hill Road").exists()
