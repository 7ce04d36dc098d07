"""K7, H28: whose an account is, and what opens the pages of a patient, when posts and addresses change."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.channels.gateways import Gateways
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.clinic.people.tests.factories import AT, PASSWORD, a_clinic, browser, just_confirmed, once, someone
from ketacare.clinic.posts import actions, queries
from ketacare.clinic.posts.tests.test_posts import LATER, SEEN, asked, clinic_of, own_pages
from ketacare.clinic.recovery import actions as recovery
from ketacare.clinic.recovery import queries as recoveries
from ketacare.clinic.recovery import tasks
from ketacare.clinic.recovery.models import ANEW, FIRST, AddressMail, RecoveryMail
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
SAID = {"saw": "known", "words": "Lost it"}
OWN, HOUR = "her-own-long-passphrase", timedelta(hours=1)
SHUT = {"words": "Lost the telephone"}


@pytest.fixture
def staff() -> dict[str, Actor]:
    clinic = a_clinic()
    return {role: someone(clinic, role) for role in ("MD", "AD", "RN", "RX", "FD")}


@pytest.fixture
def south(staff) -> dict[str, Actor]:
    clinic = a_clinic("South")
    there = {role: someone(clinic, role) for role in ("MD", "AD", "RX")}
    at(staff)
    return there


def at(people: dict[str, Actor]) -> dict[str, Actor]:
    tenancy.enter(organisation_id=people["MD"].organisation_id, user_id=people["MD"].user_id)
    return people


def given(people, user: User, role: str, when) -> Staff:
    at(people)
    return actions.give(
        asked(people, name=user.name, address=user.email, role=role), words=SEEN, by=people["MD"], at=when
    )


def set_anew(people, user: User, when, first: str = "RX", second: str = "MD") -> bool:
    """Whether the two opened the account."""
    at(people)
    row = recovery.ask(address=user.email, **SAID, by=people[first], at=when)
    recovery.give(row, **SAID, by=people[second], at=when)
    return User.objects.get(pk=user.pk).check_password(recoveries.password_of(row))


def anew(staff, patient: Patient, when, address: str = "jo@example.org") -> User:
    """Shut, and opened again."""
    at(staff)
    actions.shut_own_pages(patient=patient, **SHUT, by=staff["FD"], at=when)
    patient = Patient.objects.get(pk=patient.pk)
    return actions.open_own_pages(patient=patient, address=address, by=staff["FD"], at=when + HOUR).user


# --- where an account is at home --------------------------------------------------------------------------------------


def test_k7_pages_shut_and_opened_anew_move_no_account_to_where_a_post_was_given_meanwhile(staff, south):
    patient, user = own_pages(staff, OWN)
    given(south, user, "RS", LATER)
    anew(staff, patient, LATER + HOUR)
    with pytest.raises(Refused, match="first password elsewhere"):
        set_anew(south, user, LATER + 3 * HOUR)
    assert User.objects.get(pk=user.pk).check_password(OWN)
    assert set_anew(staff, user, LATER + 3 * HOUR)


def test_k7_a_promotion_at_home_makes_no_other_clinic_master_of_the_directors_account(staff, south):
    vera = someone(clinic_of(staff["MD"]), Role.RX, "Vera Victim")
    user = User.objects.get(pk=vera.user_id)
    given(south, user, "RS", LATER)
    given(staff, user, "MD", LATER + HOUR)
    actions.end(Staff.objects.get(user=user, role="RX"), words="Director now", by=staff["AD"], at=LATER + 2 * HOUR)
    with pytest.raises(Refused, match="first password elsewhere"):
        set_anew(south, user, LATER + 3 * HOUR)
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


def moved(staff, south) -> User:
    """Somebody who left for another clinic, with the account that they were given here."""
    user = User.objects.get(pk=someone(clinic_of(staff["MD"]), Role.RN, "Mo Moved").user_id)
    given(south, user, "RN", LATER)
    at(staff)
    actions.end(Staff.objects.get(user=user, ended_at=None, clinic_id=staff["MD"].clinic_id), words="Moved",
                by=staff["AD"], at=LATER)  # fmt: skip
    return user


def test_k7_whoever_left_home_is_let_in_elsewhere_by_both_directors_and_nobody_less(staff, south):
    user = moved(staff, south)
    with pytest.raises(Refused, match="first password elsewhere"):
        set_anew(south, user, LATER + HOUR, "AD", "MD")
    at(staff)
    with pytest.raises(Refused, match="Nobody signs in here"):
        recovery.ask(address=user.email, **SAID, by=staff["RX"], at=LATER + HOUR)
    word = recovery.ask(address=user.email, **SAID, by=staff["MD"], at=LATER + HOUR)
    page = just_confirmed(browser(staff["MD"])).get(reverse("recovery", args=[word.pk])).content.decode()
    assert "Your word is written down" in page
    at(staff)
    with pytest.raises(Refused, match="wait any more"):
        recovery.give(word, **SAID, by=staff["AD"], at=LATER + HOUR)  # here nobody opens it any more
    at(south)
    waiting = recovery.ask(address=user.email, **SAID, by=south["RX"], at=LATER + 3 * HOUR)
    with pytest.raises(Refused, match="first password elsewhere"):
        recovery.give(waiting, **SAID, by=south["AD"], at=LATER + 3 * HOUR)  # no director among the two
    recovery.give(waiting, **SAID, by=south["MD"], at=LATER + 3 * HOUR)
    at(staff)
    assert Line.objects.filter(verb="recovery.elsewhere", object_id=str(user.pk)).count() == 1


@pytest.mark.parametrize("why", ["a day is over", "director no more"])
def test_k7_a_word_of_home_lasts_a_day_and_while_a_director_says_it(staff, south, why):
    user = moved(staff, south)
    at(staff)
    recovery.ask(address=user.email, **SAID, by=staff["MD"], at=LATER)
    if why == "director no more":
        someone(clinic_of(staff["MD"]), Role.MD)
        Staff.objects.filter(user_id=staff["MD"].user_id).update(ended_at=LATER)
    with pytest.raises(Refused, match="first password elsewhere"):
        set_anew(south, user, LATER + (timedelta(days=1) if why == "a day is over" else HOUR))


def test_k7_a_home_without_a_director_gives_way_to_director_and_administrator_alone(staff, south):
    user = moved(staff, south)
    User.objects.filter(pk=staff["MD"].user_id).update(is_active=False)
    with pytest.raises(Refused, match="first password elsewhere"):
        set_anew(south, user, LATER + HOUR)
    at(south)
    assert set_anew(south, user, LATER + 3 * HOUR, "AD", "MD")


# --- another address --------------------------------------------------------------------------------------------------


def test_h28_another_address_is_told_to_the_one_before_with_each_password_given_later(staff):
    patient, user = own_pages(staff, OWN)
    assert anew(staff, patient, LATER, "insider@example.org") == user
    mail = AddressMail.objects.get()
    assert (mail.address, "555 0100" in mail.body) == ("jo@example.org", True)
    assert "insider" not in mail.body + mail.subject
    lines = Line.objects.filter(verb__startswith="account.", patient_id=patient.pk).values_list("verb", "actor_id")
    assert sorted(lines) == [(verb, staff["FD"].user_id) for verb in ("account.address", "account.shut")]
    assert set_anew(staff, User.objects.get(pk=user.pk), LATER + 2 * HOUR)
    told = RecoveryMail.objects.filter(words=FIRST).values_list("address", flat=True)
    assert sorted(told) == ["insider@example.org", "jo@example.org"]
    assert recoveries.addresses_before(User.objects.get(pk=user.pk), LATER + timedelta(days=31)) == []
    tasks.send_due(LATER + 3 * HOUR, Gateways({}))
    at(staff)
    links = Duty.objects.filter(kind=recovery.TELL).values_list("link", flat=True)
    assert sorted(links) == sorted([mail.page, RecoveryMail.objects.all()[0].page]), "one each, whatever failed"


def test_h28_of_two_changes_of_which_nobody_was_told_the_newer_is_owed_though_the_older_is(staff):
    patient, _ = own_pages(staff, OWN)
    anew(staff, patient, LATER, "one@example.org")
    anew(staff, patient, LATER + 3 * HOUR, "two@example.org")
    at(staff)
    older, newer = AddressMail.objects.order_by("created_at")
    for mail in (newer, older):  # the older is written last, and read last where nothing else is said
        AddressMail.objects.filter(pk=mail.pk).update(state="failed", failure="No such box")
    recovery.owe(older, at=older.created_at + HOUR)
    assert recovery.untold(newer.created_at + HOUR) == [newer]


def test_h28_the_journal_stays_shut_for_a_week_after_another_address(staff):
    patient, user = own_pages(staff, OWN)
    own = replace(staff["FD"], role="PT", user_id=user.pk, patient_id=patient.pk, today=LATER.date())
    assert recoveries.journal_opens(own) is None
    anew(staff, patient, LATER, "insider@example.org")
    opens = LATER.date() + timedelta(days=7)
    assert recoveries.journal_opens(own) == opens
    assert recoveries.journal_opens(replace(own, today=None)) == opens
    assert recoveries.journal_opens(replace(own, today=opens)) is None


def test_p4_an_account_that_is_needed_elsewhere_keeps_its_address_and_nobody_is_told_why(staff, south):
    patient, user = own_pages(staff, OWN)
    actions.shut_own_pages(patient=patient, **SHUT, by=staff["FD"], at=LATER)
    patient, colleagues = Patient.objects.get(pk=patient.pk), User.objects.get(pk=staff["RX"].user_id).email
    with pytest.raises(Refused) as taken:
        actions.open_own_pages(patient=patient, address=colleagues, by=staff["FD"], at=LATER + HOUR)
    given(south, user, "RS", LATER + 2 * HOUR)
    at(staff)
    for address in ("new@example.org", colleagues):
        with pytest.raises(Refused) as needed:
            actions.open_own_pages(patient=patient, address=address, by=staff["FD"], at=LATER + 3 * HOUR)
        assert needed.value.refusals == taken.value.refusals


# --- a lost telephone -------------------------------------------------------------------------------------------------


def test_k7_a_telephone_lost_while_they_worked_here_opens_no_pages_opened_after(staff):
    patient, user = own_pages(staff, OWN)
    post = given(staff, user, "RN", AT)
    actions.shut_own_pages(patient=patient, **SHUT, by=staff["FD"], at=AT + HOUR)
    assert User.objects.get(pk=user.pk).check_password(OWN)
    actions.end(post, words="Left", by=staff["AD"], at=AT + 2 * HOUR)
    patient = Patient.objects.get(pk=patient.pk)
    again = actions.open_own_pages(patient=patient, address=user.email, by=staff["FD"], at=AT + 3 * HOUR).user
    assert not again.check_password(OWN)
    assert not Authenticator.objects.filter(user=again).exists()
    assert queries.signs_in(again) == queries.NEVER


def test_k7_the_page_says_where_shutting_alone_does_not_end_a_lost_telephone(staff):
    patient, user = own_pages(staff, OWN)
    desk = just_confirmed(browser(staff["FD"]))
    where = reverse("own-pages", args=[patient.pk])
    assert "used for work here" not in desk.get(where).content.decode()
    given(staff, user, "RN", AT)
    assert "used for work here" in desk.get(where).content.decode()
    at(staff)
    assert desk.post(reverse("own-pages-shut", args=[patient.pk]), once(**SHUT)).status_code == 302


@pytest.mark.parametrize(("before", "subject", "says"), [(None, FIRST, "first password"), (AT, ANEW, "set anew")])
def test_k7_the_mail_of_a_first_password_says_so_also_once_they_have_signed_in(staff, before, subject, says):
    _, user = own_pages(staff)
    User.objects.filter(pk=user.pk).update(last_login=before)
    assert set_anew(staff, user, AT)
    User.objects.filter(pk=user.pk).update(last_login=AT + HOUR)
    mail = RecoveryMail.objects.get()
    assert (mail.subject, says in mail.body) == (subject, True)
