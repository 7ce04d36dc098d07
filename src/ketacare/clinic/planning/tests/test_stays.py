"""What a course that is planned keeps to: doses of a course before it, the hour they truly began, and notice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest

from ketacare.clinic.people.tests.factories import AT, browser, once
from ketacare.clinic.planning import actions, queries
from ketacare.clinic.planning.queries.capacity import window_of
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.planning.tests.test_anew import HOUR, doses
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.forms import wall
from ketacare.clinic.scheduling.models import Hold, Visit, VisitKind, VisitState
from ketacare.clinic.scheduling.queries import anew, usual_befores
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.scheduling.terms import Kind


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def a_visit(site, starts, kind, state) -> Visit:
    visit = scheduling.book_visit(
        patient=site.patient, kind=kind, starts_at=starts, ends_at=starts + HOUR, by=site.desk, at=AT
    )
    Visit.objects.filter(pk=visit.pk).update(state=state)
    return visit


def test_a_dose_of_the_course_before_counts_for_the_interval_and_not_for_the_plan(site):
    a_visit(site, AT - DAY, VisitKind.DOSE, VisitState.DISCHARGED)  # before this enrolment
    question = queries.question(site.patient, site.asked, by=site.desk, at=AT)
    assert question.given == (local_day(AT - DAY, site.clinic.zone),)
    assert [one.number for one in question.needs if one.kind is Kind.DOSE] == [1, 2, 3, 4, 5, 6]


def test_a_dose_whose_hour_is_over_and_of_which_nobody_said_anything_counts_for_the_interval(site):
    """Booking counts it: one click that did not would be refused by its own page."""
    a_visit(site, AT + HOUR, VisitKind.DOSE, VisitState.BOOKED)
    at = AT + 3 * HOUR
    asked = replace(site.asked, first_on=local_day(AT, site.clinic.zone), preparation=False)
    question = queries.question(site.patient, asked, by=site.desk, at=at)
    assert question.given == (local_day(AT + HOUR, site.clinic.zone),)
    made = queries.proposal(question, asked, by=site.desk)
    actions.book_proposal(question=question, visits=made[0].visits, asked=asked, by=site.desk, at=at)


def test_no_dose_is_proposed_nearer_than_its_notice(site):
    asked = replace(site.asked, first_on=local_day(AT, site.clinic.zone), preparation=False)
    question = queries.question(site.patient, asked, by=site.desk, at=AT)
    made = queries.proposal(question, asked, by=site.desk)
    assert min(one.span.starts for way in made for one in way.visits if one.kind is Kind.DOSE) >= AT + 24 * HOUR
    assert anew.setting_now(site.desk, AT)[0].notice == 24 * HOUR


@pytest.mark.parametrize(("kind", "words"), [("dose", "days after the dose before"), ("integration", "Therapy waits")])
def test_a_course_is_booked_against_no_rule_of_what_the_patient_has_already(site, kind, words):
    question, made = site.proposal()
    first = min(one.span.starts for one in made[0].visits if one.kind is Kind.DOSE)
    if kind == "dose":
        a_visit(site, first - DAY, VisitKind.DOSE, VisitState.DISCHARGED)
    else:
        a_visit(site, first + 4 * HOUR, VisitKind.INTEGRATION, VisitState.BOOKED)
    with pytest.raises(Refused, match=words):
        actions.book_proposal(question=question, visits=made[0].visits, asked=site.asked, by=site.desk, at=AT)


def test_a_dose_that_began_late_opens_its_window_late_in_the_calendar_too(site):
    site.book()
    dose = doses(site)[0]
    befores = usual_befores([dose.patient_id])
    before = window_of(dose, befores)
    began = dose.starts_at + 3 * HOUR
    Visit.objects.filter(pk=dose.pk).update(state=VisitState.DISCHARGED, dose_began_at=began)
    dose.refresh_from_db()
    opens = began + 24 * HOUR
    assert window_of(dose, befores).starts == opens > before.starts
    setting, _ = anew.setting_now(site.desk, dose.ends_at + timedelta(minutes=5))
    [given] = setting.given
    assert given.span.starts + setting.courses[given.patient].before == began


def test_the_hands_of_a_dose_begin_when_its_route_does(site):
    """A dose that nobody had hands for: where it is moved to they are kept free from the minute of its own route."""
    course = site.book()
    course.rules |= {"before_min": 40}
    course.save()
    dose = doses(site)[0]
    Hold.objects.filter(visit=dose).update(is_held=False)
    starts = wall(dose.starts_at + timedelta(minutes=30), site.desk)
    fields = once(act="move", version=dose.version, starts_at=starts, reason="patient", override="Agreed")
    answer = browser(site.prescriber).post(f"/visits/{dose.pk}/planning/", fields)
    assert answer.status_code == 302
    hands = Hold.objects.get(visit=dose, is_held=True, lane=0, lane_until=1)
    assert hands.starts_at == dose.starts_at + timedelta(minutes=70)
