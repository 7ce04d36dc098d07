"""H22: the page works, saving does not, and the screen says that it did."""

from __future__ import annotations

from pathlib import Path

import pytest

from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import a_clinic, browser, once, someone
from ketacare.web import account

pytestmark = pytest.mark.django_db


def locked(client):
    session = client.session
    session["seen"] = "2020-01-01T00:00:00+00:00"
    session["account_authentication_methods"] = []
    session.save()
    return client


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"Sec-Fetch-Mode": "cors"}])
def test_h22_a_script_never_takes_the_sign_in_page_for_saved(client, headers):
    answer = client.post("/post/", once(), headers=headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/account/login/")


@pytest.mark.parametrize("headers", [{"HX-Request": "true"}, {"Sec-Fetch-Mode": "cors"}])
def test_h22_a_script_never_takes_the_idle_lock_for_saved(headers):
    client = locked(browser(someone(a_clinic(), Role.RN)))
    answer = client.post("/post/", once(), headers=headers)
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith("/account/reauthenticate/")


def test_h22_after_the_lock_the_way_leads_back_to_the_page_the_form_stood_on():
    client = locked(browser(someone(a_clinic(), Role.RN)))
    answer = client.post("/post/", once(), headers={"Referer": "http://testserver/sessions/7/note/"})
    assert answer["Location"].endswith("?next=%2Fsessions%2F7%2Fnote%2F")


def test_h22_another_site_is_no_way_back():
    client = locked(browser(someone(a_clinic(), Role.RN)))
    answer = client.post("/post/", once(), headers={"Referer": "https://elsewhere.example/trap/"})
    assert answer["Location"].endswith("?next=%2Fpost%2F")


def test_h22_a_sign_in_page_in_place_of_an_answer_leaves_typed_text_kept(client):
    """forgetAnswered() takes the next page for "saved" unless the page between says that it was not."""
    assert "js/unsaved.js" in client.get("/account/login/").content.decode()
    assert (Path(account.__file__).parent / "static/js/unsaved.js").is_file()


def test_h22_a_broken_transaction_still_answers_that_nothing_was_saved(monkeypatch):
    """E6: the page for a fault of ours must not need the database that failed."""
    from django.db import connection

    from ketacare.web import home

    client = browser(someone(a_clinic(), Role.RN))
    client.raise_request_exception = False

    def fail(*_: object, **__: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select 1 / 0")

    monkeypatch.setattr(home, "render", fail)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Not saved" in answer.content.decode()
