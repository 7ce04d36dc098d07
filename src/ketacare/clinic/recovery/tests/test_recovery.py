"""K7: a lost password is recovered in person, by two others, with everything else of the account over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.channels.gateways import Gateways
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people import passwords
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Patient, Role, Staff, User
from ketacare.clinic.people.tests.factories import (
    AT,
    PASSWORD,
    a_clinic,
    a_patient,
    browser,
    just_confirmed,
    once,
    someone,
)
from ketacare.clinic.recovery import actions, queries, tasks
from ketacare.clinic.recovery.models import Recovery, RecoveryMail
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.models import Clinic
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db
SAID = {"saw": "known", "words": "Lost it on holiday"}
OWN = "an-owner-chose-this-one"


@pytest.fixture
def staff() -> dict[str, Actor]:
    clinic = a_clinic()
    return {role: someone(clinic, role) for role in ("MD", "AD", "RN", "RX", "TH", "PT")}


def user(actor: Actor) -> User:
    return User.objects.get(pk=actor.user_id)


def asked(whose: Actor, by: Actor, at=AT) -> Recovery:
    return actions.ask(address=user(whose).email, **SAID, by=by, at=at)


def given(whose: Actor, first: Actor, second: Actor, at=AT) -> Recovery:
    return actions.give(asked(whose, first, at), **SAID, by=second, at=at)


def test_k7_nobody_for_themselves_nobody_alone_and_staff_with_the_director(staff):
    with pytest.raises(Refused, match="your own account"):
        asked(staff["MD"], staff["MD"])
    row = asked(staff["RN"], staff["RX"])
    for second, why in (("RX", "somebody else"), ("RN", "somebody else")):
        with pytest.raises(Refused, match=why):
            actions.give(row, **SAID, by=staff[second], at=AT)
    another = someone(Clinic.objects.get(pk=staff["RN"].clinic_id), Role.RX)
    with pytest.raises(Refused, match="not enough for an account of staff"):
        actions.give(row, **SAID, by=another, at=AT)
    with pytest.raises(NotAllowed):
        actions.give(row, **SAID, by=staff["TH"], at=AT)
    assert user(staff["RN"]).check_password(PASSWORD), "nothing has changed yet"
    actions.give(row, **SAID, by=staff["AD"], at=AT)
    assert not user(staff["RN"]).check_password(PASSWORD)


def test_k7_the_database_refuses_one_person_twice(staff):
    row = asked(staff["PT"], staff["RN"])
    for second in ("RN", "PT"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Recovery.objects.filter(pk=row.pk).update(second_id=staff[second].user_id, done_at=AT)


def test_k7_a_patient_needs_two_who_may_and_whoever_runs_the_system_sees_none(staff):
    with pytest.raises(Refused, match="Nobody signs in here"):
        asked(staff["PT"], staff["AD"])
    elsewhere = someone(a_clinic("South"), Role.PT)
    tenancy.enter(organisation_id=staff["RN"].organisation_id)
    with pytest.raises(Refused, match="Nobody signs in here"):
        asked(elsewhere, staff["RN"])
    row = given(staff["PT"], staff["RN"], staff["RX"])
    assert row.done_at == AT
    page = just_confirmed(browser(staff["AD"])).get(reverse("recoveries")).content.decode()
    assert "They stand before you" in page
    assert user(staff["PT"]).name not in page.partition("<main")[2]
    assert browser(staff["AD"]).get(reverse("recovery", args=[row.pk])).status_code == 404


def test_k7_both_words_come_within_the_hour_and_say_why(staff):
    row = asked(staff["PT"], staff["RN"])
    with pytest.raises(Refused, match="asked for already"):
        asked(staff["PT"], staff["RX"], AT + timedelta(minutes=59))
    with pytest.raises(Refused, match="reason is empty"):
        actions.give(row, saw="known", words=" ", by=staff["RX"], at=AT)
    with pytest.raises(Refused, match="not said"):
        actions.give(row, saw="", words="Here", by=staff["RX"], at=AT)
    late = AT + timedelta(minutes=61)
    with pytest.raises(Refused, match="wait any more"):
        actions.give(row, **SAID, by=staff["RX"], at=late)
    assert asked(staff["PT"], staff["RX"], late).pk != row.pk


def test_k7_everything_of_the_account_is_over_it_is_audited_and_the_owner_is_told(staff):
    before = browser(staff["RN"])
    assert before.get("/").status_code == 200
    given(staff["RN"], staff["RX"], staff["MD"])
    assert before.get("/").status_code == 302, "every sign-in has ended"
    assert not Authenticator.objects.filter(user=user(staff["RN"])).exists()
    tenancy.enter(organisation_id=staff["RN"].organisation_id)
    lines = Line.objects.filter(verb__startswith="recovery").order_by("pk")
    assert sorted((line.verb, line.actor_id) for line in lines) == [
        ("recovery.ask", staff["RX"].user_id), ("recovery.give", staff["MD"].user_id),
    ]  # fmt: skip
    assert {line.object_id for line in lines} == {str(staff["RN"].user_id)}
    mail = RecoveryMail.objects.get()
    assert mail.address == user(staff["RN"]).email
    assert "555 0100" in mail.body
    assert user(staff["RN"]).name not in mail.body + mail.subject


def test_k7_the_mail_goes_out_and_what_hinders_it_is_shown(staff):
    row = given(staff["RN"], staff["RX"], staff["MD"])
    tasks.send_due(AT, Gateways({}))
    tenancy.enter(organisation_id=staff["RN"].organisation_id)
    page = just_confirmed(browser(staff["MD"])).get(reverse("recovery", args=[row.pk])).content.decode()
    assert "no gateway is configured" in page
    tenancy.enter(organisation_id=staff["RN"].organisation_id)
    tasks.send_due(AT + timedelta(seconds=1), Gateways({}))
    tenancy.enter(organisation_id=staff["RN"].organisation_id)
    duty = Duty.objects.get(kind="account.tell")
    assert (duty.owner_role, duty.link) == ("MD", reverse("recovery", args=[row.pk]))


def test_k7_the_owner_reads_on_their_own_page_by_whom_the_password_was_set_anew(staff, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    given(staff["RN"], staff["RX"], staff["MD"])
    User.objects.filter(pk=staff["RN"].user_id).update(temporary_until=None)
    page = browser(staff["RN"]).get(reverse("sign-ins")).content.decode()
    assert f"By {user(staff['RX']).name} and {user(staff['MD']).name}" in page


def also(who: Actor, clinic: Clinic, role: str) -> None:
    tenancy.enter(organisation_id=clinic.organisation_id)
    Staff.objects.create(
        organisation_id=clinic.organisation_id, clinic=clinic, created_at=AT, user_id=who.user_id, role=role
    )


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_k7_an_account_of_staff_stays_one_where_its_owner_is_a_patient_too(staff, where):
    desk, here = someone(Clinic.objects.get(), "FD"), staff["RN"].organisation_id
    clinic = Clinic.objects.get() if where == "here" else a_clinic("South")
    also(staff["PT"], clinic, "MD")
    tenancy.enter(organisation_id=here)
    row = asked(staff["PT"], desk)
    with pytest.raises(Refused, match="not enough for an account of staff"):
        actions.give(row, **SAID, by=staff["RN"], at=AT)
    actions.give(row, **SAID, by=staff["MD"], at=AT)
    tenancy.enter(organisation_id=clinic.organisation_id)
    told = Line.objects.filter(verb="recovery.elsewhere", object_id=str(staff["PT"].user_id)).count()
    owed = Duty.objects.filter(kind="account.elsewhere", clinic=clinic, owner_role="MD").count()
    assert (told, owed) == ((0, 0) if where == "here" else (1, 1))


def test_k7_a_request_that_lapsed_in_one_organisation_hinders_none_in_another(staff):
    there = a_clinic("South")
    also(staff["TH"], there, "TH")
    colleague = someone(there, "FD")
    tenancy.enter(organisation_id=staff["RN"].organisation_id)
    asked(staff["TH"], staff["RN"])
    tenancy.enter(organisation_id=there.organisation_id)
    assert asked(staff["TH"], colleague, AT + timedelta(days=30)).done_at is None


def test_k7_of_two_who_ask_in_the_same_moment_the_later_is_told_so(staff, monkeypatch):
    asked(staff["TH"], staff["RN"])
    monkeypatch.setattr(Recovery.objects, "select_for_update", Recovery.objects.none)  # not committed yet
    with pytest.raises(Refused, match="asked for already"):
        asked(staff["TH"], staff["RX"])


def test_k7_whoever_asked_and_left_the_post_stands_for_nobody(staff):
    row = asked(staff["RN"], staff["MD"])
    Staff.objects.filter(user_id=staff["MD"].user_id).update(ended_at=AT)
    with pytest.raises(Refused, match="has this post no more"):
        actions.give(row, **SAID, by=staff["RX"], at=AT + timedelta(minutes=30))


def test_p4_whoever_runs_the_system_reads_no_name_of_a_former_patient(staff, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    given(staff["PT"], staff["RN"], staff["RX"])
    tenancy.enter(organisation_id=staff["RN"].organisation_id)
    Staff.objects.filter(user_id=staff["PT"].user_id).update(ended_at=AT)
    page = just_confirmed(browser(staff["AD"])).get(reverse("recoveries")).content.decode()
    assert user(staff["PT"]).name not in page.partition("<main")[2]


def test_k7_whoever_lost_the_second_factor_signs_in_where_they_tried_before(staff, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    browser(staff["RN"])  # who has a second factor
    client, address = Client(), user(staff["RN"]).email
    tried = client.post("/account/login/", {"login": address, "password": PASSWORD})
    assert tried["Location"] == "/account/2fa/authenticate/"
    assert client.get("/account/2fa/authenticate/").status_code == 200
    tenancy.enter(organisation_id=staff["RN"].organisation_id)
    row = given(staff["RN"], staff["RX"], staff["MD"])
    assert client.get("/account/login/", follow=True).status_code == 200
    client.post("/account/login/", {"login": address, "password": queries.password_of(row)})
    assert client.get("/")["Location"] == "/account/password/set/"


def test_k3_k7_an_account_that_was_locked_opens_with_the_password_of_two(staff, monkeypatch, settings):
    settings.AXES_FAILURE_LIMIT = 2
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    typed = {"login": user(staff["RN"]).email, "password": "wrong"}
    answers = [Client().post("/account/login/", typed).status_code for _ in range(3)]
    assert answers[-1] == 429
    tenancy.enter(organisation_id=staff["RN"].organisation_id)
    row = given(staff["RN"], staff["RX"], staff["MD"])
    assert Client().post("/account/login/", typed | {"password": queries.password_of(row)}).status_code == 302


def test_h11_whoever_has_a_password_for_once_calls_for_help_before_choosing_another(staff, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    patient = a_patient(someone(Clinic.objects.get(), "FD"))
    Patient.objects.filter(pk=patient.pk).update(user=staff["PT"].user_id)
    client = browser(staff["PT"])
    User.objects.filter(pk=staff["PT"].user_id).update(temporary_until=AT)
    assert client.post(reverse("me-help"), once()).status_code == 200
    assert client.get(reverse("me"))["Location"] == "/account/password/set/", "nothing else is shown"


def test_k7_a_password_for_once_opens_once_and_only_the_choice_of_another(staff, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    row = given(staff["RN"], staff["RX"], staff["MD"])
    typed = {"login": user(staff["RN"]).email, "password": queries.password_of(row)}
    assert not passwords.proved(user(staff["RN"]), typed["login"], typed["password"]), "it signs nothing"
    client = Client()
    assert client.post("/account/login/", typed).status_code == 302
    assert client.get("/")["Location"] == "/account/password/set/"
    assert Client().post("/account/login/", typed).status_code == 200, "once"
    assert client.get("/account/password/set/").status_code == 200
    assert client.post("/account/password/set/", {"password1": OWN, "password2": OWN}).status_code == 302
    assert user(staff["RN"]).check_password(OWN)
    assert client.get("/")["Location"] == "/account/2fa/", "then the second factor"


def test_k7_after_its_day_the_password_opens_nothing(staff, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(hours=25))
    row = given(staff["RN"], staff["RX"], staff["MD"])
    client = Client()
    typed = {"login": user(staff["RN"]).email, "password": queries.password_of(row)}
    assert client.post("/account/login/", typed)["Location"] == "/account/password/reset/"
    assert client.get("/")["Location"].startswith("/account/login/")


def test_k6_k7_by_hand_each_of_the_two_reads_half_of_the_password(staff, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    first, second = just_confirmed(browser(staff["RX"])), just_confirmed(browser(staff["MD"]))
    wrong = first.post(reverse("recovery-ask"), once(address="nobody@example.org", **SAID))
    assert wrong.status_code == 422
    assert "Lost it on holiday" in wrong.content.decode(), "what was typed stays"
    answer = first.post(reverse("recovery-ask"), once(address=user(staff["RN"]).email, **SAID))
    page = answer["Location"]
    assert 'name="saw"' not in first.get(page).content.decode()
    assert browser(staff["AD"]).post(f"{page}give/", once(**SAID)).status_code == 302, "who sits there is asked first"
    assert Recovery.objects.get().done_at is None
    unsigned = second.post(f"{page}give/", once(**SAID, password="of-somebody-else"))
    assert unsigned.status_code == 422, "at a screen that was left open nobody gives"
    assert Recovery.objects.get().done_at is None
    assert second.post(f"{page}give/", once(**SAID, password=PASSWORD)).status_code == 302
    password = queries.password_of(Recovery.objects.get())
    halves = password[:10], password[10:]
    for client, own, others in ((first, *halves), (second, *reversed(halves))):
        shown = client.get(page).content.decode()
        assert f"<code>{own}</code>" in shown
        assert others not in shown
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(minutes=11))
    assert not any(half in client.get(page).content.decode() for client in (first, second) for half in halves)
