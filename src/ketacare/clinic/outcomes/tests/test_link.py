"""K1: what a link shows, to whom, and how much it weighs; the patient's own words; what staff see to."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from ketacare.clinic.audit.models import Line
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.duties.tests.factories import AT, Place, place
from ketacare.clinic.outcomes import access, actions, queries
from ketacare.clinic.outcomes.models import Ask, Told
from ketacare.clinic.outcomes.tests.factories import the_asks
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.safety.models import Concern

pytestmark = pytest.mark.django_db
STATIC = Path(settings.STATICFILES_DIRS[0])
FIRST_LOAD_MOST = 60_000


@pytest.fixture
def here() -> Place:
    return place(telephone="555 0100")


@pytest.fixture
def begun(here: Place, monkeypatch: pytest.MonkeyPatch) -> tuple[Client, Ask, str]:
    """A check-in with its first answer, on the patient's own phone."""
    ask = the_asks(here)["next_day"]
    at = ask.opens_at + timedelta(minutes=1)
    monkeypatch.setattr("ketacare.web.clock.now", lambda: at)
    client, token = Client(), access.token_for(ask)
    assert answer(client, token, 1, answer="42").status_code == 303
    here.enter()
    return client, ask, token


def answer(client: Client, token: str, step: int, **fields: str):
    return client.post(reverse("check-in-step", args=[token, step]), {"once": str(uuid4()), **fields})


def test_k1_a_forwarded_link_shows_no_answer_before_the_birth_year(begun, here: Place) -> None:
    _, ask, token = begun
    stranger = Client()
    for url in [reverse("check-in-step", args=[token, 1]), reverse("check-in-end", args=[token])]:
        page = stranger.get(url).content.decode()
        assert "Year of birth" in page, url
        assert 'value="42"' not in page, url
    assert "Year of birth" in answer(stranger, token, 1, answer="7").content.decode()
    here.enter()
    assert queries.values(ask, "mood-vas") == {"1": 42}, "nor does it change one"
    door = reverse("check-in-step", args=[token, 1])
    assert "four digits" in stranger.post(door, {"once": str(uuid4()), "birth_year": "85"}).content.decode()
    assert "not the year" in stranger.post(door, {"once": str(uuid4()), "birth_year": "1999"}).content.decode()
    assert stranger.post(door, {"once": str(uuid4()), "birth_year": "1985"}).status_code == 302 + 1
    assert 'value="42"' in stranger.get(door).content.decode()


def test_k1_the_link_itself_opens_on_another_device_after_the_birth_year(begun) -> None:
    """The address that a message carries: the year is posted to where it was asked."""
    _, _, token = begun
    client, url = Client(), reverse("check-in", args=[token])
    page = client.get(url).content.decode()
    assert f'action="{url}"' in page
    assert client.post(url, {"once": str(uuid4()), "birth_year": "1985"}).headers["Location"] == url
    assert "2 of 8" in client.get(url).content.decode()
    assert client.post(url, {"once": str(uuid4())}).headers["Location"] == url


def test_k1_too_many_wrong_years_lock_the_link_to_others_and_somebody_calls(begun, here: Place) -> None:
    client, ask, token = begun
    door, thief = reverse("check-in", args=[token]), Client()
    step = reverse("check-in-step", args=[token, 2])
    for _ in range(5):
        thief.post(step, {"once": str(uuid4()), "birth_year": "1999"})
    assert "This link is locked" in thief.get(door).content.decode()
    assert Client().get(door).status_code == 410, "to whatever has not answered yet: it is in somebody's hands"
    assert client.get(door).status_code == 200, "the telephone that has answered goes on"
    assert client.post(step, {"once": str(uuid4()), "answer": "30"}).headers["Location"].endswith("/3/")
    here.enter()
    ask.refresh_from_db()
    assert ask.locked_at is not None
    actions.new_link(ask, by=here.staff(Role.FD), at=ask.opens_at)
    ask.refresh_from_db()
    assert queries.standing(ask, ask.opens_at).opens


def test_what_was_tapped_before_the_year_was_asked_is_carried_along(begun, here: Place) -> None:
    _, ask, token = begun
    url = reverse("check-in-step", args=[token, 2])
    page = Client().post(url, {"once": str(uuid4()), "answer": "30"}).content.decode()
    assert '<input type="hidden" name="answer" value="30">' in page
    assert Client().post(url, {"once": str(uuid4()), "answer": "30", "birth_year": "1985"}).status_code == 303
    here.enter()
    assert queries.values(ask, "anxiety-vas") == {"1": 30}


def test_an_answer_that_had_to_wait_keeps_its_time_and_no_other(begun, here: Place) -> None:
    client, ask, token = begun
    for step, said, kept in (
        (2, ask.opens_at, ask.opens_at),
        (2, ask.opens_at - timedelta(hours=1), ask.opens_at + timedelta(minutes=1)),
        (2, ask.opens_at + timedelta(days=1), ask.opens_at + timedelta(minutes=1)),
    ):
        answer(client, token, step, answer=str(kept.minute + said.day), entered_at=said.isoformat())
        here.enter()
        row = queries.kept(ask, "anxiety-vas")
        assert row is not None
        assert row.happened_at == kept


def test_own_words_are_kept_apart_and_a_person_reads_them(begun, here: Place) -> None:
    client, ask, token = begun
    url = reverse("check-in-words", args=[token])
    assert "In an emergency call 911" in client.get(url).content.decode()
    for words in ("Slept badly", "Slept badly", "Slept badly, and sad"):
        assert client.post(url, {"once": str(uuid4()), "words": words}).status_code == 303
    here.enter()
    assert Told.objects.count() == 2
    told = queries.told(ask)
    assert told is not None
    assert not Concern.objects.exists()
    assert Duty.objects.filter(kind="checkin.words", state="open").count() == 1
    nurse = browser(here.staff(Role.RN))
    page = reverse("visit-check-ins", args=[ask.visit_id])
    assert client.post(url, {"once": str(uuid4()), "words": "All good, thank you"}).status_code == 303
    for left, note in ((1, "Called"), (0, "Nothing needed")):
        shown = nurse.get(page).content.decode()
        assert all(words in shown for words in ("Slept badly, and sad", "All good, thank you")), "what was taken back"
        assert shown.count("Written over by the patient") == 1
        here.enter()
        last = queries.told(ask)
        row = told if left else last
        assert row is not None
        assert nurse.post(reverse("words-read", args=[row.pk]), once(note=note)).status_code == 302
        assert note in nurse.get(page).content.decode()
        here.enter()
        assert Duty.objects.filter(kind="checkin.words", state="open").count() == left
    assert "Slept badly, and sad" in nurse.get(page).content.decode(), "read, it stays in sight"


def test_h19_where_words_are_asked_for_a_sheet_of_danger_words_past_its_review_is_told_of(
    begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _, token = begun
    url, told = reverse("check-in-words", args=[token]), "The rules behind this page were to be read again"
    assert told not in client.get(url).content.decode()
    monkeypatch.setattr("ketacare.medicine.evidence.rules.reviews.expired", lambda header, on: "danger" in header.id)
    assert told in client.get(url).content.decode()


def test_h13_own_words_of_danger_call_somebody_and_show_help_at_once(begun, here: Place) -> None:
    client, ask, token = begun
    sent = client.post(
        reverse("check-in-words", args=[token]), {"once": str(uuid4()), "words": "I do not want to live like this"}
    )
    assert "988" in client.get(sent["Location"]).content.decode()
    here.enter()
    concern = Concern.objects.get(reason_code="words.check_in")
    assert concern.duty.is_open
    told = queries.told(ask)
    assert browser(here.staff(Role.FD)).post(reverse("words-read", args=[told.pk]), once(note="Ok")).status_code == 403
    desk = browser(here.staff(Role.FD)).get(reverse("visit-check-ins", args=[ask.visit_id])).content.decode()
    assert "I do not want to live" not in desk
    assert "For a clinician to read." in desk
    page = browser(here.staff(Role.RX)).get(reverse("concern-said", args=[concern.pk])).content.decode()
    assert "I do not want to live like this" in page
    assert reverse("visit-check-ins", args=[ask.visit_id]) in page


def test_h13_own_words_are_looked_at_whole_and_refused_rather_than_cut(begun, here: Place) -> None:
    client, ask, token = begun
    url = reverse("check-in-words", args=[token])

    def sends(words: str):
        return client.post(url, {"once": str(uuid4()), "words": words})

    lines = "\r\n".join(["Slept"] * 150)  # 899 letters; a browser sends two signs for the end of a line
    assert sends(lines).status_code == 303
    here.enter()
    assert queries.told(ask).words == lines.replace("\r\n", "\n")
    long = "Slept badly. " * 100
    page = sends(long)
    assert page.status_code == 422
    assert "longer than 1000 letters" in page.content.decode()
    assert long in page.content.decode(), "what was typed stays"
    here.enter()
    assert not Concern.objects.exists()
    sent = sends(long + "I want to die")
    assert "988" in client.get(sent["Location"]).content.decode()
    here.enter()
    assert Concern.objects.get().reason_code == "words.check_in"
    assert queries.told(ask).words.endswith("I want to die")


def test_what_staff_rate_has_a_page_that_says_what_is_missing(begun, here: Place) -> None:
    _, ask, _ = begun
    nurse, url = browser(here.staff(Role.RN)), reverse("ask-review", args=[ask.pk])
    assert "MADRS-24h" in nurse.get(url).content.decode()
    assert nurse.post(url, once()).status_code == 422
    assert nurse.post(url, once(**{"found-0": "Asleep"})).status_code == 302
    assert "Everything has been seen to" in nurse.get(url).content.decode()
    assert "Asleep" in nurse.get(reverse("visit-check-ins", args=[ask.visit_id])).content.decode()


def test_larger_letters_are_kept_for_the_form(begun) -> None:
    client, _, token = begun
    url = reverse("check-in", args=[token])
    assert 'data-print="large"' not in client.get(url).content.decode()
    client.post(reverse("check-in-print", args=[token]), {"once": str(uuid4())})
    assert 'data-print="large"' in client.get(url).content.decode()
    assert Line.objects.get(verb="ask.print").reason == "large"
    client.post(reverse("check-in-language", args=[token]), {"once": str(uuid4())})
    assert Line.objects.get(verb="ask.language").reason == "es"


def test_a_sign_of_the_body_brings_the_emergency_number_and_no_crisis_line(begun) -> None:
    client, _, token = begun
    told = client.post(
        reverse("check-in-step", args=[token, 3]), {"once": str(uuid4()), "several": ["chest_pain", "nausea"]}
    )
    assert told.headers["Location"].endswith("/3/help/")
    page = client.get(told.headers["Location"]).content.decode()
    assert "Please get medical help" in page
    assert 'href="tel:911"' in page
    assert "tel:988" not in page


@pytest.mark.parametrize("step", [1, 3, 4])
def test_the_first_load_is_at_most_60_kb(begun, step: int) -> None:
    client, _, token = begun
    page = client.get(reverse("check-in-step", args=[token, step])).content
    names = re.findall(r'(?:href|src)="/static/([^"]+)"', page.decode())
    weight = len(page) + sum(len(following(name)) for name in names)
    assert weight <= FIRST_LOAD_MOST, f"{weight} bytes"
    assert not any("font-face" in (STATIC / name).read_text() and "system-ui" not in page_css(names) for name in names)


def page_css(names: list[str]) -> str:
    return "".join((STATIC / name).read_text() for name in names if name.endswith(".css"))


def following(name: str) -> bytes:
    """A file with the modules it imports."""
    body = (STATIC / name).read_bytes()
    more = re.findall(rb'from "\./([^"]+)"', body)
    return body + b"".join((STATIC / "js" / one.decode()).read_bytes() for one in more)


def test_the_phq_9_takes_one_tap_a_question(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = the_asks(here)["week"]
    monkeypatch.setattr("ketacare.web.clock.now", lambda: ask.opens_at)
    client, url, taps = Client(), reverse("check-in", args=[access.token_for(ask)]), 0
    page = client.get(url)
    while "PHQ-9" in page.content.decode() and taps < 20:
        action = re.search(r'<form method="post" action="([^"]+)" novalidate', page.content.decode())
        assert action is not None
        page = client.post(action[1], {"once": str(uuid4()), "answer": "0"}, follow=True)
        taps += 1
    assert taps == 10, "nine questions and the one on difficulty"
    assert ask.opens_at > AT
