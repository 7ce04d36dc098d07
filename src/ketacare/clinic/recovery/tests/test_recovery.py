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
from ketacare.clinic.people import passwords
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Role, User
from ketacare.clinic.people.tests.factories import AT, PASSWORD, a_clinic, browser, just_confirmed, once, someone
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


def test_k6_k7_by_hand_the_second_alone_reads_the_password(staff, monkeypatch):
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
    assert second.post(f"{page}give/", once(**SAID)).status_code == 302
    password = queries.password_of(Recovery.objects.get())
    assert password in second.get(page).content.decode()
    assert password not in first.get(page).content.decode()
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + timedelta(minutes=11))
    assert password not in second.get(page).content.decode()
