"""H13: a sign of danger that no clinician has decided holds the dose back, and stands where it is prepared."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from ketacare.clinic.dosing.actions import preparing
from ketacare.clinic.dosing.queries import readiness
from ketacare.clinic.dosing.tests.factories import a_day, later, make_ready
from ketacare.clinic.people.tests.factories import browser
from ketacare.clinic.safety import actions as concerns
from ketacare.clinic.scheduling.actions import book_visit
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.clinic.tenancy.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def day():
    day = a_day()
    make_ready(day)
    return day


def raised(day, tier, code, minutes=1):
    return concerns.raise_concern(
        patient=day.visit.patient, tier=tier, reason_code=code, source=day.visit, by=day.nurse, at=later(minutes)
    )


def decided(day, concern, minutes):
    concerns.decide(concern, finding="Spoke with her", action="None", by=day.prescriber, at=later(minutes))


def go(day, minutes, **lift):
    by = day.prescriber if lift else day.nurse
    preparing.decide(session=day.session, go=True, overrides=lift, words="", by=by, at=later(minutes))


def held(day, minutes):
    decision = readiness.decision(day.session, at=later(minutes), zone=day.clinic.zone)
    return next(reason for reason in decision.reasons if reason.criterion == "CON-01").holds_back


def test_h13_undecided_it_stops_the_dose_whatever_it_was_raised_for_and_no_reason_lifts_it(day):
    rows = [(1, "s1.3"), (1, "s3.2"), (1, "chest_pain"), (1, "asrm.mania"), (1, "silent.high_risk"), (2, "s2.1"),
            (2, "missed"), (2, "call.worried"), (2, "urinary"), (2, "cgi-i.worse")]  # fmt: skip
    waiting = [raised(day, tier, code) for tier, code in rows]
    for concern in waiting:
        with pytest.raises(Refused, match="CON-01") as refused:
            go(day, 2)
        assert "A clinician decides the concern on its page." in str(refused.value)
        with pytest.raises(Refused, match="CON-01"):
            go(day, 2, **{"CON-01": "Seen before"})
        concerns.acknowledge(concern, by=day.nurse, at=later(3))
        assert held(day, 3)
        decided(day, concern, 4)
    assert not held(day, 5)
    go(day, 5)


def test_h13_what_waits_for_the_next_dose_is_the_prescribers_and_what_comes_after_their_word_is_asked_anew(day):
    raised(day, 3, "s1.1")
    with pytest.raises(Refused, match="CON-01"):
        go(day, 2)
    go(day, 2, **{"CON-01": "Passed, spoken about"})
    preparing.require_still_go(day.session, at=later(3), zone=day.clinic.zone)
    raised(day, 3, "missed", minutes=4)
    with pytest.raises(Refused, match="CON-01"):
        preparing.require_still_go(day.session, at=later(5), zone=day.clinic.zone)


def test_h13_a_booked_visit_says_that_its_dose_is_on_hold(day):
    concern = raised(day, 1, "s1.3")
    next_week = later(7 * 24 * 60)
    visit = book_visit(
        patient=day.patient, kind=VisitKind.DOSE, starts_at=next_week, ends_at=next_week + timedelta(hours=3),
        by=day.desk, at=later(2), number_in_course=2,
    )  # fmt: skip
    page = browser(day.nurse).get(reverse("session", args=[visit.pk])).content.decode()
    assert "The dose is on hold." in page
    assert reverse("concern", args=[concern.pk]) in page


def test_h13_the_list_of_the_day_names_it_and_leads_to_it(day):
    concern = raised(day, 1, "s1.3")
    url = reverse("session", args=[day.visit.pk])
    page = browser(day.nurse).get(url).content.decode()
    assert reverse("concern", args=[concern.pk]) in page
    assert "and I may act on them" in page
    assert "is not decided: no dose until it is" in page
