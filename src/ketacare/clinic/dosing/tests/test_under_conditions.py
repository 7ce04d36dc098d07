"""A clearance under conditions: they stand where this person is treated, and a go says that they were seen to (H14)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ketacare.clinic.candidacy import actions as candidacy
from ketacare.clinic.candidacy.actions.clearance import keep
from ketacare.clinic.candidacy.models import Verdict
from ketacare.clinic.candidacy.tests.factories import a_clearance
from ketacare.clinic.dosing.actions import checking, giving, preparing
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.dosing.queries import timeline
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.enrolment.models import Enrolment, EnrolmentState
from ketacare.clinic.enrolment.tests.factories import an_enrolment
from ketacare.clinic.people.tests.factories import browser, once
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.candidacy.terms import Signatures

pytestmark = pytest.mark.django_db
WORDS = "12-lead ECG before each dose; stop at 170 systolic"


@pytest.fixture
def day(monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    return f.a_day()


def cleared(day, words=WORDS, minute=1):
    said = candidacy.Opinion(Verdict.CONDITIONS, words, "Stable", f.later(minute).date() + timedelta(days=30))
    return a_clearance(day.visit.patient, day.prescriber, at=f.later(minute), said=said)


def decided(day, seen_to=(), minute=2):
    return preparing.decide(
        session=day.session, go=True, overrides={}, words="", by=day.nurse, at=f.later(minute), seen_to=seen_to
    )


def test_h14_a_go_says_that_the_conditions_of_a_clearance_were_seen_to(day):
    f.make_ready(day)
    row = cleared(day)
    with pytest.raises(Refused, match="cleared only under conditions: 12-lead ECG before each dose"):
        decided(day)
    entry = decided(day, [str(row.pk)])
    assert (entry.name, entry.body["conditions"][0]["words"]) == ("go", WORDS)


def test_a_word_that_lifts_nothing_by_itself_asks_nothing_of_a_go(day):
    """Coronary disease asks for a specialist: what a prescriber alone once wrote of it holds no go, and is told."""
    f.make_ready(day)
    said = candidacy.Opinion(Verdict.CONDITIONS, "Walk slowly", "", f.later(1).date() + timedelta(days=30))
    keep(day.visit.patient, "CI-07", said, Signatures.PRESCRIBER, "Dr Grey", by=day.prescriber, at=f.later(1))
    page = browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()
    assert "Walk slowly" in page
    assert "not enough by itself to clear it" in page
    assert 'id="f-conditions"' not in page
    assert decided(day).name == "go"


def test_h14_a_condition_that_came_after_the_go_is_seen_to_before_the_start(day):
    f.to_checked(day)
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    row = cleared(day, minute=6)
    with pytest.raises(Refused, match="cleared only under conditions"):
        giving.start(session=day.session, by=day.nurse, at=f.later(10))
    decided(day, [str(row.pk)], minute=8)
    giving.start(session=day.session, by=day.nurse, at=f.later(10))
    assert timeline.latest(day.visit, Kind.DECISION).body["conditions"]


@pytest.mark.parametrize("rest", ["", "medicines/", "order/", "limits/", "downtime/"])
def test_the_conditions_stand_on_every_page_of_the_session(day, rest):
    cleared(day)
    page = browser(day.prescriber).get(f"/sessions/{day.visit.pk}/{rest}").content.decode()
    assert WORDS in page


def test_the_conditions_stand_at_the_chair_while_the_dose_runs(day):
    f.to_running(day)
    cleared(day, minute=12)
    assert WORDS in browser(day.nurse).get(f"/sessions/{day.visit.pk}/").content.decode()


def test_without_a_tick_the_page_of_readiness_says_what_is_to_be_seen_to(day):
    f.make_ready(day)
    row = cleared(day)
    nurse = browser(day.nurse)
    there = f"/sessions/{day.visit.pk}/decision/"
    again = nurse.post(there, once(decision="go"))
    assert again.status_code == 422
    assert "is cleared only under conditions" in again.content.decode()
    assert " checked" not in again.content.decode().split('id="f-conditions"')[1].split("</fieldset>")[0]
    done = nurse.post(there, once(decision="go", seen_to=[str(row.pk)]))
    assert done.status_code == 302


def test_h41_the_emergency_card_says_the_conditions_before_anything_is_ordered(day):
    until = f"{f.later(1).date() + timedelta(days=30):%d-%b-%Y}"
    cleared(day)
    card = browser(day.nurse).get(f"/sessions/{day.visit.pk}/card/").content.decode()
    assert WORDS in card.split("Only under")[1].split("</div>")[0]
    assert f"Dr Lee, until {until}" in card


def test_h14_no_dose_of_a_course_that_was_ended_begins(day):
    f.to_checked(day)
    checking.time_out(session=day.session, said=f.SAID, **f.said_by(day), by=day.nurse, at=f.later(9))
    ended = an_enrolment(day.visit.patient, day.clinic)
    Enrolment.objects.filter(pk=ended.pk).update(state=EnrolmentState.ENDED, ended_at=f.later(9))
    with pytest.raises(Refused, match="was ended"):
        giving.start(session=day.session, by=day.nurse, at=f.later(10))
    with pytest.raises(Refused, match="was ended"):
        decided(day, minute=9)
