"""Until when somebody may act: noted by two roles, told 30 days before, and a limit of every plan."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.duties.models import Duty, DutyState
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Role, Staff
from ketacare.clinic.people.tests.factories import AT, a_clinic, browser, just_confirmed, once, someone
from ketacare.clinic.posts import actions, queries, tasks
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
NUMBER = {"number": "RN 20417", "issuer": "Board of Nursing"}


@pytest.fixture
def staff() -> dict[str, Actor]:
    clinic = a_clinic()
    return {role: someone(clinic, role) for role in ("MD", "AD", "RN", "RX", "FD", "TH", "AU")}


def post_of(actor: Actor) -> Staff:
    return Staff.objects.get(user_id=actor.user_id)


def today(actor: Actor) -> date:
    return local_day(AT, actor.zone)


def noted(staff, days, *, at=AT, by="AD"):
    until = (today(staff["RN"]) + timedelta(days=days)).isoformat()
    return actions.note_licence(post_of(staff["RN"]), **NUMBER, until=until, by=staff[by], at=at)


@pytest.mark.parametrize("role", ["RN", "RX", "FD", "TH", "AU"])
def test_the_administrator_and_the_director_note_it_and_nobody_else(staff, role):
    noted(staff, 90)
    assert noted(staff, 400, by="MD", at=AT + timedelta(hours=1)) == queries.licence_of(post_of(staff["RN"]))
    with pytest.raises(NotAllowed):
        noted(staff, 90, by=role)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"number": " "}, "number"),
        ({"issuer": "x" * 121}, "issuer"),
        ({"until": "soon"}, "until"),
        ({"until": "2126-07-01"}, "until"),
        ({"until": ""}, "until"),
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_field(staff, changed, field):
    typed = NUMBER | {"until": "2027-07-01"} | changed
    with pytest.raises(Refused) as refused:
        actions.note_licence(post_of(staff["RN"]), **typed, by=staff["AD"], at=AT)
    assert [one.field for one in refused.value.refusals] == [field]
    assert all(one.remedy for one in refused.value.refusals)
    desk = NUMBER | {"until": "2027-07-01"}
    with pytest.raises(Refused, match="Nobody acts by a licence"):
        actions.note_licence(post_of(staff["FD"]), **desk, by=staff["AD"], at=AT)


def test_the_director_is_told_thirty_days_before_once_and_no_more_once_it_is_renewed(staff):
    noted(staff, 31)
    tasks.tell_licences(AT)
    assert not Duty.objects.filter(kind=actions.LICENCE_ENDS).exists()
    for hours in (24, 25, 24 * 40):  # and not again once it has ended
        tasks.tell_licences(AT + timedelta(hours=hours))
    duty = Duty.objects.get(kind=actions.LICENCE_ENDS)
    assert (duty.owner_role, duty.link) == (Role.MD, reverse("post", args=[post_of(staff["RN"]).pk]))
    assert "is its last day" in duty.why
    assert local_day(duty.late_at, staff["RN"].zone) == today(staff["RN"]) + timedelta(days=32)
    noted(staff, 400, at=AT + timedelta(days=2))
    assert Duty.objects.get(pk=duty.pk).state == DutyState.CLOSED
    tasks.tell_licences(AT + timedelta(days=3))
    assert Duty.objects.filter(kind=actions.LICENCE_ENDS, state=DutyState.OPEN).count() == 0
    noted(staff, 31, at=AT + timedelta(days=4))  # the year was wrong
    for days in (5, 6):
        tasks.tell_licences(AT + timedelta(days=days))
    assert Duty.objects.get(kind=actions.LICENCE_ENDS, state=DutyState.OPEN).why == duty.why


def test_the_list_says_whose_ends_soon_whose_has_ended_and_of_whom_nothing_is_noted(staff):
    for days, words in ((-1, "Licence ended"), (12, "Licence ends"), (400, "")):
        noted(staff, days, at=AT + timedelta(minutes=days + 2))
        [one] = [
            one
            for one in queries.at_work(staff["RN"].clinic_id, today(staff["RN"]))
            if one.post == post_of(staff["RN"])
        ]
        assert one.licence_ends.startswith(words)
        assert bool(one.licence_ends) == bool(words)
    page = browser(staff["MD"]).get(reverse("posts")).content.decode()
    assert page.count("No licence noted") == 3, "a prescriber, a therapist and the director; the desk needs none"


def test_it_is_noted_on_the_page_of_the_post_and_a_refusal_keeps_what_was_typed(staff):
    boss, post = just_confirmed(browser(staff["MD"])), post_of(staff["RX"])
    path = reverse("post-licence", args=[post.pk])
    refused = boss.post(path, once(**NUMBER, until=""))
    assert refused.status_code == 422
    assert "Board of Nursing" in refused.content.decode()
    assert boss.post(path, once(**NUMBER, until="2027-05-01")).status_code == 302
    page = boss.get(reverse("post", args=[post.pk])).content.decode()
    assert "RN 20417" in page
    assert "01-May-2027" in page
