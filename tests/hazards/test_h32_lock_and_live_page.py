"""H31, H32: an idle lock that neither blanks a watched screen nor is kept open by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import a_clinic, browser, someone
from ketacare.web import clock

pytestmark = pytest.mark.django_db
UNATTENDED = {"X-Unattended": "yes", "Sec-Fetch-Mode": "cors"}


@pytest.fixture
def nurse():
    client = browser(someone(a_clinic(), Role.RN))
    client.get("/")
    session = client.session
    session["account_authentication_methods"] = []
    session.save()
    return client


def later(monkeypatch, minutes: int) -> None:
    moment = clock.now() + timedelta(minutes=minutes)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: moment)


def test_h31_a_screen_that_refreshes_itself_keeps_nobody_signed_in(nurse, monkeypatch):
    for _ in range(3):
        later(monkeypatch, 7)
        assert nurse.get("/", headers=UNATTENDED).status_code == 200
    assert nurse.get("/")["Location"].startswith("/account/reauthenticate/")


def test_h22_typing_keeps_a_session_awake_as_long_as_somebody_types(nurse, monkeypatch):
    for _ in range(3):
        later(monkeypatch, 14)
        assert nurse.post("/sign-ins/awake/").status_code == 204
    later(monkeypatch, 14)
    assert nurse.get("/").status_code == 200
    later(monkeypatch, 16)
    assert nurse.get("/")["Location"].startswith("/account/reauthenticate/"), "nobody typed"


def test_h22_a_word_typed_too_late_wakes_nothing_and_is_told_where_to_sign_in(nurse, monkeypatch):
    later(monkeypatch, 16)
    script = {"Sec-Fetch-Mode": "cors", "Referer": "http://testserver/somewhere/?kept=1"}
    for _ in range(2):
        answer = nurse.post("/sign-ins/awake/", headers=script)
        assert answer.status_code == 401
        assert answer["HX-Redirect"] == "/account/reauthenticate/?next=%2Fsomewhere%2F"
    nurse.logout()
    assert nurse.post("/sign-ins/awake/", headers=script)["HX-Redirect"].startswith("/account/login/")


def test_h32_the_lock_does_not_blank_a_screen_that_is_being_watched(nurse, monkeypatch):
    later(monkeypatch, 60)
    assert nurse.get("/", headers=UNATTENDED).status_code == 200


def test_h31_an_unattended_page_changes_nothing(nurse, monkeypatch):
    later(monkeypatch, 60)
    assert nurse.post("/post/", {}, headers=UNATTENDED).status_code == 401
