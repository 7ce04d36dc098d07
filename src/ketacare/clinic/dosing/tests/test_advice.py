"""H40: advice from afar is a closed loop: written, read back, and confirmed by whoever gave it."""

from __future__ import annotations

import pytest

from ketacare.clinic.dosing.actions import supervising
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import heard, timeline, timeline_words
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.people.access import NotAllowed
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = f.a_day()
    f.to_running(day)
    return day


def test_h40_advice_stays_open_until_the_adviser_says_that_what_was_read_back_was_meant(day):
    act = {"session": day.session}
    advice = supervising.advise(**act, words="Pause; repeat in 5 min", by=day.prescriber, at=f.later(20))
    (one,) = heard.still_open(day.session)
    assert (one.entry, one.read) == (advice, None)
    with pytest.raises(Refused, match="Nothing is read back"):
        supervising.confirm(**act, advice=advice, is_so=True, by=day.prescriber, at=f.later(20))
    supervising.read_back(**act, advice=advice, words="Pause pump", by=day.nurse, at=f.later(21))
    assert heard.still_open(day.session)[0].read.words == "Pause pump"
    with pytest.raises(Refused, match="read back already"):
        supervising.read_back(**act, advice=advice, words="Pause", by=day.second, at=f.later(21))
    with pytest.raises(NotAllowed):
        supervising.confirm(**act, advice=advice, is_so=True, by=day.nurse, at=f.later(21))
    supervising.confirm(**act, advice=advice, is_so=False, by=day.prescriber, at=f.later(22))
    assert (heard.still_open(day.session)[0].read, heard.still_open(day.session)[0].denied) == (None, 1)
    supervising.read_back(**act, advice=advice, words="Pause, again in 5 min", by=day.nurse, at=f.later(23))
    last = supervising.confirm(**act, advice=advice, is_so=True, by=day.prescriber, at=f.later(24))
    assert heard.still_open(day.session) == []
    assert timeline_words.words_of(last) == "The adviser: that is what was meant"


def test_h40_the_page_asks_the_adviser_and_tells_the_chair_that_it_waits(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(22))
    advice = supervising.advise(session=day.session, words="Pause", by=day.prescriber, at=f.later(20))
    chair, address = browser(day.nurse), f"/sessions/{day.visit.pk}/"
    back = f"{address}advice/{advice.pk}/read-back/"
    assert chair.post(back, once(read_back="I pause")).status_code == 302
    assert "Waits for the adviser" in chair.get(address).content.decode()
    adviser = browser(day.prescriber)
    assert "Is that what you meant?" in adviser.get(address).content.decode()
    assert adviser.post(f"{address}advice/{advice.pk}/answer/", once(answer="yes")).status_code == 302
    assert "people__advice" not in adviser.get(address).content.decode()


def test_h40_another_prescribers_word_stands_as_theirs_and_not_as_the_advisers(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(22))
    advice = supervising.advise(session=day.session, words="Pause", by=day.prescriber, at=f.later(20))
    supervising.read_back(session=day.session, advice=advice, words="I pause", by=day.nurse, at=f.later(21))
    another, address = someone(day.clinic, Role.RX, "Dr Lund"), f"/sessions/{day.visit.pk}/"
    page = browser(another).get(address).content.decode()
    assert "Is that what you meant?" not in page
    assert "Waits for Dr Cho" in page
    assert browser(another).post(f"{address}advice/{advice.pk}/answer/", once(answer="yes")).status_code == 302
    (last,) = [row for row in timeline.standing(day.visit, Kind.READ_BACK) if row.name]
    assert timeline_words.words_of(last) == "Another prescriber, not the adviser: that is what was meant"


@pytest.mark.parametrize("words", ["OK", "Ok.", "understood", "Got it!", "…"])
def test_h40_a_word_that_it_was_heard_reads_nothing_back(day, words):
    act = {"session": day.session}
    advice = supervising.advise(**act, words="Pause; repeat in 5 min", by=day.prescriber, at=f.later(20))
    with pytest.raises(Refused, match=r"says nothing of what was advised|is empty"):
        supervising.read_back(**act, advice=advice, words=words, by=day.nurse, at=f.later(21))
    assert heard.still_open(day.session)[0].read is None


def test_h40_a_director_who_advised_answers_what_was_read_back(day, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(22))
    director, address = someone(day.clinic, Role.MD), f"/sessions/{day.visit.pk}/"
    advice = supervising.advise(session=day.session, words="Pause", by=director, at=f.later(20))
    supervising.read_back(session=day.session, advice=advice, words="I pause", by=day.nurse, at=f.later(21))
    assert browser(director).post(f"{address}advice/{advice.pk}/answer/", once(answer="no")).status_code == 302
    (one,) = heard.still_open(day.session)
    assert (one.read, one.denied) == (None, 1)
