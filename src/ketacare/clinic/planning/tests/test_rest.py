"""An open course that lacks a dose is completed in one click, around what stands; and where a visit is, is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.people.tests.factories import AT, browser, once
from ketacare.clinic.planning import actions, queries
from ketacare.clinic.planning.actions import wished
from ketacare.clinic.planning.queries.phases import Stretch
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import Course, ResourceKind, Visit, VisitKind, VisitState
from ketacare.clinic.scheduling.planner import Held
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.scheduling.terms import Kind

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
WEEKLY = Stretch("once a week", 1, 7, 10, 4)


@pytest.fixture
def site():
    return Site()


def doses(site):
    return list(Visit.objects.filter(patient=site.patient, kind=VisitKind.DOSE, state="booked").order_by("starts_at"))


def without(site, *places):
    """A booked course of which these doses were cancelled, with the work after them."""
    course = site.book()
    for place in places:
        dose = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=place + 1)
        for row in (*dose.followed_by.all(), dose):
            scheduling.give_up_visit(
                visit=row, to=VisitState.CANCELLED, reason="patient", words="", by=site.desk, at=AT + MINUTE
            )
    return course


def rest(site, course, at=AT + 2 * MINUTE):
    asked = wished(course.wishes, local_day(at, site.clinic.zone))
    return queries.rest_of(course, asked, by=site.desk, at=at), asked


@pytest.mark.parametrize("places", [(4,), (2, 5)])
def test_what_an_open_course_lacks_is_proposed_around_what_stands_and_booked(site, places):
    course = without(site, *places)
    stood = {row.pk: row.starts_at for row in doses(site)}
    asking, asked = rest(site, course)
    new = [one for one in asking.needs if one.stands is None]
    assert [one.number for one in new if one.kind is Kind.DOSE] == [place + 1 for place in places]
    made = queries.proposal_of_rest(asking, asked, by=site.desk)
    assert not isinstance(made, Held)
    assert {visit.key for visit in made[0].visits} == {one.key for one in new}
    actions.book_rest(course=course, question=asking, visits=made[0].visits, by=site.desk, at=AT + 3 * MINUTE)
    assert {row.number_in_course for row in doses(site)} == set(range(1, 7))
    assert all(Visit.objects.get(pk=key).starts_at == at for key, at in stood.items())
    assert queries.doses_without_place(site.patient) == 0
    assert site.kept() == []
    days = sorted(local_day(row.starts_at, site.clinic.zone) for row in doses(site))
    assert all((two - one).days >= 2 for one, two in pairwise(days))
    with pytest.raises(Refused, match="Every dose of the plan is given or booked"):
        rest(site, course)


def test_a_dose_whose_hour_is_over_counts_before_anybody_has_said_whether_they_came(site):
    course = without(site, 4)
    first = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=1)
    asking, _ = rest(site, course, at=first.ends_at + MINUTE)
    assert asking.given == (local_day(first.starts_at, site.clinic.zone),)


def test_the_work_that_was_left_of_a_cancelled_dose_goes_with_its_new_time(site):
    course = site.book()
    dose = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=5)
    [work] = dose.followed_by.filter(kind=VisitKind.INTEGRATION)
    scheduling.give_up_visit(visit=dose, to=VisitState.CANCELLED, reason="patient", words="", by=site.desk, at=AT)
    assert Duty.objects.filter(visit_id=work.pk, kind="visit.follows", state="open").exists()
    asking, asked = rest(site, course)
    made = queries.proposal_of_rest(asking, asked, by=site.desk)
    actions.book_rest(course=course, question=asking, visits=made[-1].visits, by=site.desk, at=AT + 3 * MINUTE)
    again = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=5, state=VisitState.BOOKED)
    [work_again] = Visit.objects.filter(kind=VisitKind.INTEGRATION, number_in_course=5)
    assert (work_again.pk, work_again.follows_id, work_again.state) == (work.pk, again.pk, VisitState.BOOKED)
    assert not Duty.objects.filter(visit_id=work.pk, kind="visit.follows", state="open").exists()
    assert site.kept() == []


def test_i4_what_is_left_of_a_dose_and_was_cancelled_in_the_same_moment_is_not_written_over(site):
    course = site.book()
    dose = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=5)
    [work] = dose.followed_by.filter(kind=VisitKind.INTEGRATION)
    cancel = {"to": VisitState.CANCELLED, "reason": "patient", "words": "", "by": site.desk}
    scheduling.give_up_visit(visit=dose, at=AT, **cancel)
    asking, asked = rest(site, course)
    made = queries.proposal_of_rest(asking, asked, by=site.desk)
    scheduling.give_up_visit(visit=work, at=AT + 2 * MINUTE, **cancel)
    with pytest.raises(Refused, match="Somebody has changed this visit"), transaction.atomic():
        actions.book_rest(course=course, question=asking, visits=made[0].visits, by=site.desk, at=AT + 3 * MINUTE)
    work.refresh_from_db()
    assert work.state == VisitState.CANCELLED
    assert not work.holds.filter(is_held=True).exists()


def test_without_reviews_the_review_of_a_cancelled_dose_stays_and_so_does_its_duty(site):
    course = site.book()
    dose = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=4)
    [review] = dose.followed_by.filter(kind=VisitKind.REVIEW)
    scheduling.give_up_visit(visit=dose, to=VisitState.CANCELLED, reason="patient", words="", by=site.desk, at=AT)
    asked = replace(wished(course.wishes, local_day(AT, site.clinic.zone)), reviews=False)
    asking = queries.rest_of(course, asked, by=site.desk, at=AT + 2 * MINUTE)
    assert [row.kind for row in asking.waiting] == [VisitKind.INTEGRATION]
    made = queries.proposal_of_rest(asking, asked, by=site.desk)
    asking = replace(asking, waiting=(*asking.waiting, review))  # as a page that was open before
    actions.book_rest(course=course, question=asking, visits=made[0].visits, by=site.desk, at=AT + 3 * MINUTE)
    assert Visit.objects.filter(kind=VisitKind.DOSE, number_in_course=4, state=VisitState.BOOKED).exists()
    assert Visit.objects.get(pk=review.pk).starts_at == review.starts_at
    owed = Duty.objects.filter(kind="visit.follows", state="open")
    assert [row.visit_id for row in owed] == [review.pk]


def test_the_desk_does_it_from_the_page_of_the_course(site, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + 2 * MINUTE)
    without(site, 4)
    desk, page = browser(site.desk), f"/patients/{site.patient.pk}/course/"
    assert "?rest=on" in desk.get(page).content.decode()
    shown = desk.get(f"{page}?rest=on")
    assert shown.status_code == 200
    assert "Propose what is left" in shown.content.decode()
    assert "1 dose by" in shown.content.decode()
    sealed = shown.content.decode().split('name="alternative" value="', 1)[1].split('"', 1)[0]
    done = desk.post(page, once(rest="on", alternative=sealed, reviews="on"))
    assert done.status_code == 302
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    assert len(doses(site)) == 6
    assert Course.objects.filter(patient=site.patient).count() == 1
    again = desk.post(page, once(rest="on", alternative=sealed, reviews="on"))
    assert "Every dose of the plan is given or booked" in again.content.decode()


def test_what_was_left_of_a_course_that_has_ended_meanwhile_is_no_new_course(site, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + 5 * MINUTE)
    course = without(site, 4)
    desk, page = browser(site.desk), f"/patients/{site.patient.pk}/course/"
    sealed = desk.get(f"{page}?rest=on").content.decode().split('name="alternative" value="', 1)[1].split('"', 1)[0]
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    scheduling.end_course(course=course, reason="patient", by=site.desk, at=AT + 3 * MINUTE)
    done = desk.post(page, once(rest="on", alternative=sealed, reviews="on"))
    assert done.status_code == 422
    assert "The course has ended meanwhile" in done.content.decode()
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    assert doses(site) == []
    assert not Course.objects.filter(patient=site.patient, ended_at=None).exists()


def test_a_course_whose_next_doses_stand_in_another_rhythm_is_ended_first(site, monkeypatch):
    course = without(site, 5)
    monkeypatch.setattr("ketacare.clinic.planning.queries.rest.stretch_of", lambda *_: WEEKLY)
    with pytest.raises(Refused, match="another rhythm of the plan"):
        rest(site, course)


# -- where -------------------------------------------------------------------------------------------------------------


def test_the_room_stands_on_the_course_the_calendar_and_the_chart_and_another_one_is_chosen(site, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + MINUTE)
    garden, north = (
        scheduling.add_resource(kind=ResourceKind.ROOM, name=name, by=site.desk, at=AT)
        for name in ("Garden room", "North room")
    )
    site.book()
    work = Visit.objects.filter(kind=VisitKind.INTEGRATION).order_by("starts_at").first()
    on, desk = local_day(work.starts_at, site.clinic.zone), browser(site.desk)
    for page in (
        f"/patients/{site.patient.pk}/course/", f"/planning/?on={on}", f"/planning/?view=week&on={on}",
        f"/patients/{site.patient.pk}/",
    ):  # fmt: skip
        assert garden.name in desk.get(page).content.decode(), page
    page = f"/visits/{work.pk}/planning/"
    assert north.name in desk.get(page).content.decode()
    starts = f"{work.starts_at.astimezone(ZoneInfo(site.clinic.zone)):%Y-%m-%dT%H:%M}"
    typed = {"act": "move", "version": work.version, "reason": "patient", "room": str(north.pk), "starts_at": starts}
    assert desk.post(page, once(**typed)).status_code == 302
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    [held] = work.holds.filter(is_held=True, resource__kind=ResourceKind.ROOM)
    assert held.resource == north


def test_several_spans_away_are_kept_free_and_a_span_that_ends_before_it_begins_is_named(site, monkeypatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    page, first = f"/patients/{site.patient.pk}/course/", local_day(AT, site.clinic.zone)
    spans = {"away_from": first + 4 * DAY, "away_to": first + 5 * DAY, "away_from-2": first + 8 * DAY}
    shown = browser(site.desk).get(page, {"reviews": "on"} | {key: day.isoformat() for key, day in spans.items()})
    body = shown.content.decode()
    assert 'name="away_from-3"' in body
    wrong = {"away_from-2": spans["away_to"].isoformat(), "away_to-2": spans["away_from"].isoformat()}
    refused = browser(site.desk).get(page, wrong)
    assert refused.status_code == 422
    assert "The last day away is before the first" in refused.content.decode()
    assert 'href="#f-away_to-2"' in refused.content.decode()


def test_on_the_day_that_was_given_up_for_the_patients_sake_none_is_proposed_unless_the_desk_says_so(site):
    without(site, 4)
    dose = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=5)
    day = local_day(dose.starts_at, site.clinic.zone)
    assert queries.days_given_up(site.patient, AT + 2 * MINUTE, site.clinic.zone) == ((day, day),)
    days = tuple((day + n * DAY, day + n * DAY) for n in (0, 40, 41, 42, 43, 44))  # more than the desk ever typed
    given_up = patch("ketacare.clinic.planning.queries.days_given_up", return_value=days)
    with patch("ketacare.web.clock.now", lambda: AT + 2 * MINUTE), given_up:
        page = browser(site.desk).get(f"/patients/{site.patient.pk}/course/", {"rest": "on"}).content.decode()
    for place, (free, _) in zip(("", "-2", "-3", "-4", "-5", "-6"), days, strict=True):
        assert f'name="away_from{place}" value="{free.isoformat()}"' in page
    assert f"<b>{day:%a %d-%b-%Y}" not in page
