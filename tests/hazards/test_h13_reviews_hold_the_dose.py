"""H13: an overdue review of the course, and safety questions before the dose without an answer, hold it back until they
are seen to or a prescriber overrides them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.queries import readiness
from ketacare.clinic.dosing.tests.factories import a_day, later, make_ready
from ketacare.clinic.outcomes import actions as outcomes
from ketacare.clinic.outcomes.actions.asking import make_ask
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.people.tests.factories import AT, browser
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.outcomes import terms as words

pytestmark = pytest.mark.django_db
CALM = {f"s{number}": 0 for number in range(1, 6)}


@pytest.fixture
def day():
    day = a_day()
    make_ready(day)
    return day


def an_ask(day, key: str, closes_h: int) -> Ask:
    opens = AT - timedelta(hours=20)
    closes = AT + timedelta(hours=closes_h)
    checks = ("Blood pressure and weight",) if key.startswith("m") else ()
    moment = words.Ask(key, "Review", ("safety-items",), opens, min(closes, AT), closes, checks=checks)
    return make_ask(day.visit, opens, moment, by=day.nurse, at=AT)


def go(day, **lift):
    by = day.prescriber if lift else day.nurse
    preparing.decide(session=day.session, go=True, overrides=lift, words="", by=by, at=later(2))


def held(day) -> set[str]:
    decision = readiness.decision(day.session, at=later(2), zone=day.clinic.zone)
    return {reason.criterion for reason in decision.reasons if reason.holds_back}


def test_h13_an_overdue_month_holds_the_dose_until_it_is_seen_to(day):
    ask = an_ask(day, "monthly-1", -1)
    assert held(day) == {"FUP-01"}
    with pytest.raises(Refused, match="FUP-01"):
        go(day)
    outcomes.record_call(ask=ask, result="well", words="", answers=CALM, by=day.nurse, at=later(1))
    assert held(day) == {"FUP-01"}  # the patient was reached, and nobody has seen to the rest
    outcomes.review(ask=ask, found={"Blood pressure and weight": "128/78, 80 kg"}, by=day.nurse, at=later(1))
    assert held(day) == set()
    go(day)


def test_h13_a_prescriber_may_override_it_with_a_reason(day):
    an_ask(day, "quarterly-1", -1)
    go(day, **{"FUP-01": "Seen at the ward yesterday"})


def test_h13_a_month_whose_window_is_open_holds_nothing(day):
    an_ask(day, "monthly-1", 100)
    assert held(day) == set()


def test_h13_safety_questions_before_this_dose_hold_it_until_they_are_asked(day):
    ask = an_ask(day, "before_dose", 3)
    assert held(day) == {"FUP-02"}
    page = browser(day.nurse).get(reverse("session", args=[day.visit.pk])).content.decode()
    assert reverse("check-in-call", args=[ask.pk]) in page
    outcomes.record_call(ask=ask, result="well", words="", answers=CALM, by=day.nurse, at=later(1))
    assert held(day) == set()


def test_h13_where_nothing_was_asked_before_it_nothing_is_held(day):
    assert held(day) == set()
