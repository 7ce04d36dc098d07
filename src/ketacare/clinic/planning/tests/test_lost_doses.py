"""A dose of the plan that does not take place: somebody looks for another time, and its place is offered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch

import pytest

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment import actions as enrolment
from ketacare.clinic.enrolment import queries as enrolled
from ketacare.clinic.people.tests.factories import AT, a_patient, browser
from ketacare.clinic.planning import queries
from ketacare.clinic.planning.queries.phases import rules_in, stretch_of
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.planning.tests.test_anew import doses
from ketacare.clinic.planning.tests.test_course import as_value
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling import queries as calendar
from ketacare.clinic.scheduling.actions import courses
from ketacare.clinic.scheduling.models import Course, Visit, VisitKind, VisitState
from ketacare.clinic.scheduling.planner import Held
from ketacare.clinic.scheduling.views.waiting import free_again
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.protocols import reader as protocols
from ketacare.medicine.scheduling.reader import lengths
from ketacare.medicine.scheduling.terms import Kind, Window

MINUTE = timedelta(minutes=1)


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def looked_for(dose):
    return Duty.objects.filter(visit_id=dose.pk, kind="visit.tell", state="open")


def give_up(site, dose, reason):
    scheduling.give_up_visit(visit=dose, to=VisitState.CANCELLED, reason=reason, by=site.desk, at=AT + MINUTE)


def without_a_place(site, visit):
    """As *Plan anew* leaves it."""
    courses.give_up(visit, "staff", "", by=site.desk, at=AT + MINUTE)


def test_a_cancelled_dose_is_looked_for_until_it_has_another_time_and_its_place_is_offered(site):
    site.book()
    dose = doses(site)[4]
    one = as_value(dose)
    scheduling.wait_for(patient=a_patient(site.desk), kind=VisitKind.DOSE, urgency=3, by=site.desk, at=AT)
    desk = browser(site.desk)
    course, waiting = f"/patients/{site.patient.pk}/course/", "/planning/waiting/"
    assert "no place" not in desk.get(course).content.decode()
    assert "Fell free" not in desk.get(waiting).content.decode()
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    Visit.objects.filter(pk=dose.pk).update(starts_at=AT + 3 * DAY, ends_at=AT + 3 * DAY + timedelta(hours=2))
    dose.refresh_from_db()
    give_up(site, dose, "patient")
    duty = looked_for(dose).get()
    assert duty.title == "Find another time for a dose that does not take place"
    assert duty.why.endswith(". The patient asked.")
    assert "1 dose of the plan has no place." in desk.get(course).content.decode()
    page = desk.get(waiting).content.decode()
    assert page.index("Lost their place") < page.index("Fell free") < page.index(dose.chair.name)
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    again = replace(one, key="new", lane=1)
    scheduling.place_visit(visit=None, one=again, reason="", override="Agreed", by=site.prescriber, at=AT + 2 * MINUTE)
    assert not looked_for(dose).exists()


def test_a_dose_that_a_clinician_called_off_is_looked_for_by_nobody(site):
    site.book()
    dose = doses(site)[4]
    give_up(site, dose, "clinical")
    assert not looked_for(dose).exists()
    assert queries.doses_without_place(site.patient) == 0
    assert "no place" not in browser(site.desk).get(f"/patients/{site.patient.pk}/course/").content.decode()


def test_a_dose_that_is_booked_with_the_whole_course_anew_is_looked_for_no_further(site):
    course, dose = site.book(), doses(site)[4]
    one = replace(as_value(dose), key="again", lane=1)
    give_up(site, dose, "patient")
    Course.objects.update(ended_at=AT + MINUTE)
    assert looked_for(dose).exists()
    scheduling.book_course(
        patient=site.patient, sheet_id=course.sheet_id, sheet_version=course.sheet_version, visits=[one],
        rules=calendar.course_rules_of(course), reason="Agreed", by=site.prescriber, at=AT + 2 * MINUTE,
    )  # fmt: skip
    assert not looked_for(dose).exists()


def a_dose(site, starts_at, patient=None, **fields):
    return scheduling.book_visit(
        patient=patient or site.patient, kind=VisitKind.DOSE, starts_at=starts_at, ends_at=starts_at + 120 * MINUTE,
        by=site.desk, at=AT, **fields,
    )  # fmt: skip


@pytest.mark.parametrize("is_paused", [False, True])
def test_with_the_course_ends_the_search_for_a_dose_without_a_place_and_the_patient_hears_of_it(site, is_paused):
    dose = a_dose(site, AT + 3 * DAY, number_in_course=1)
    course = Course.objects.create(
        organisation_id=site.clinic.organisation_id, clinic=site.clinic, created_at=AT, patient=site.patient, rules={}
    )
    give_up(site, dose, "patient")
    assert looked_for(dose).exists()
    at = AT + 2 * MINUTE
    if is_paused:
        scheduling.clear_ahead(patient=site.patient, words="She travels", by=site.desk, at=at)
    else:
        scheduling.end_course(course=course, reason="patient", by=site.desk, at=at)
    assert not looked_for(dose).exists()
    told = Duty.objects.get(patient=site.patient, kind="course.tell", state="open")
    assert told.why == "A visit that has no place is looked for no further."


def test_with_the_course_ends_the_search_for_a_preparation_too_and_the_patient_hears_of_both(site):
    course = Course.objects.create(
        organisation_id=site.clinic.organisation_id, clinic=site.clinic, created_at=AT, patient=site.patient, rules={}
    )
    lost = scheduling.book_visit(
        patient=site.patient, kind=VisitKind.PREPARATION, starts_at=AT + 2 * DAY, ends_at=AT + 2 * DAY + 60 * MINUTE,
        by=site.desk, at=AT,
    )  # fmt: skip
    dose = a_dose(site, AT + 3 * DAY, number_in_course=1)
    Visit.objects.filter(pk=dose.pk).update(course=course)
    without_a_place(site, lost)
    assert looked_for(lost).exists()
    scheduling.end_course(course=course, reason="patient", by=site.desk, at=AT + 2 * MINUTE)
    assert not looked_for(lost).exists()
    told = Duty.objects.get(patient=site.patient, kind="course.tell", state="open")
    assert told.why == "One visit was cancelled with it. A visit that has no place is looked for no further."


def test_a_preparation_without_a_place_that_is_booked_anew_is_looked_for_no_further(site):
    def prepared(after):
        return scheduling.book_visit(
            patient=site.patient, kind=VisitKind.PREPARATION, starts_at=AT + after, ends_at=AT + after + 60 * MINUTE,
            by=site.desk, at=AT,
        )  # fmt: skip

    for days in (2, 3):
        without_a_place(site, prepared(days * DAY))
    open_ones = Duty.objects.filter(kind="visit.tell", state="open", patient=site.patient)
    assert open_ones.count() == 2
    courses.found_again(prepared(4 * DAY), by=site.desk, at=AT + 3 * MINUTE)
    assert [one.why[:11] for one in open_ones] == ["Preparation"]


def test_a_place_that_nobody_can_give_is_not_offered_and_each_other_once(site):
    """Tuesday is today; on Saturday the site is closed."""

    def cancelled(chair, after, reason):
        dose = a_dose(site, AT + after, a_patient(site.desk), chair=chair)
        give_up(site, dose, reason)
        return dose

    first, second = site.chairs
    offered = cancelled(first, DAY, "patient")
    cancelled(first, DAY + 30 * MINUTE, "patient")
    cancelled(first, 2 * DAY, "staff")
    cancelled(second, 3 * DAY, "patient")
    cancelled(first, 4 * DAY, "patient")
    scheduling.put_out_of_order(chair=second, starts_at=AT + 2 * DAY, ends_at=None, words="Broken", by=site.desk, at=AT)
    assert [row for row, _ in free_again(site.desk, AT + 2 * MINUTE)] == [offered]


def test_a_plan_that_is_signed_after_the_last_dose_counts_its_own_doses(site):
    site.book()
    rows = doses(site)
    Visit.objects.filter(kind=VisitKind.DOSE).update(state=VisitState.CLOSED)
    Course.objects.update(ended_at=AT + 30 * DAY)
    at = rows[-1].starts_at + 3 * DAY
    asked = replace(site.asked, first_on=at.date() + DAY)
    with pytest.raises(Refused, match="A prescriber signs a new plan"):
        queries.question(site.patient, asked, by=site.desk, at=at)
    now = enrolled.current_enrolment(site.patient)
    enrolment.sign_plan(
        enrolment=now, protocol=enrolled.protocol_for(now), first_on=at.date() + DAY, amend_reason="Goes on",
        by=site.prescriber, at=at,
    )  # fmt: skip
    asking = queries.question(site.patient, asked, by=site.desk, at=at + MINUTE)
    numbers = [one.number for one in asking.needs if one.kind is Kind.DOSE]
    assert numbers == [7, 8, 9, 10], "TP-1: weekly four times, then every two weeks"
    assert [one.number for one in asking.needs if one.kind is Kind.INTEGRATION] == [8, 10], "every second dose by now"
    assert (asking.rules.min_days, asking.rules.most_days, asking.rules.per_week) == (7, 10, 1)
    assert queries.doses_without_place(site.patient) == len(rows)
    made = queries.proposal(asking, asked, by=site.desk)
    assert not isinstance(made, Held)


@pytest.mark.parametrize("which", ["p-esk-trd", "p-esk-65"])
@pytest.mark.parametrize(
    ("given", "per_week", "days", "left"),
    [(0, 2, None, None), (7, 2, None, None), (8, 1, None, 4), (11, 1, None, 1), (12, 1, (7, 14), None)],
)
def test_esketamine_goes_on_weekly_and_then_every_one_or_two_weeks(which, given, per_week, days, left):
    """P-ESK-TRD and P-ESK-65: twice a week for four weeks, weekly for four, then weekly or every two weeks."""
    protocol = protocols.protocol(which)
    now = stretch_of(protocol, given)
    assert (now.per_week, now.left) == (per_week, left)
    rules = rules_in(now, protocol, Window(24, 72), lengths())
    assert (rules.min_days, rules.most_days) == (days or (2, 10 if per_week == 1 else 7))


@pytest.mark.parametrize("which", ["p-iv-05-2w", "p-iv-05-60"])
@pytest.mark.parametrize(
    ("given", "days", "left"),
    [(5, (2, 7), None), (6, (7, 10), 4), (9, (7, 10), 1), (10, (14, 17), 4), (13, (14, 17), 1), (14, (21, 24), 1),
     (15, (28, 31), None), (40, (28, 31), None)],
)  # fmt: skip
def test_the_racemic_course_goes_on_weekly_every_two_weeks_and_then_monthly(which, given, days, left):
    """TP-1; no step is longer than the one before by more than seven days."""
    protocol = protocols.protocol(which)
    now = stretch_of(protocol, given)
    rules = rules_in(now, protocol, Window(24, 72), lengths())
    assert (now.left, (rules.min_days, rules.most_days)) == (left, days)


def test_three_a_week_go_on_weekly_four_times_and_are_stretched_by_a_week():
    protocol = protocols.protocol("p-iv-05-3w")
    weekly, later = stretch_of(protocol, 6), stretch_of(protocol, 10)
    assert (weekly.least_days, weekly.left, later.least_days, later.most_days) == (7, 4, 7, 14)
