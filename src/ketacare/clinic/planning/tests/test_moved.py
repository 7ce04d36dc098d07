"""A dose that moves, a course that stands still or ends: what was said, owed and sent for the old time ends with it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from ketacare.clinic.dosing.actions.reviewing import end_course as stop_clinically
from ketacare.clinic.duties import actions as duties
from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.enrolment.models import Review, ReviewChoice
from ketacare.clinic.outcomes.models import MessageOut
from ketacare.clinic.people.actions import about
from ketacare.clinic.people.tests.factories import AT
from ketacare.clinic.planning import access, actions
from ketacare.clinic.planning.queries.capacity import at_risk, window_of
from ketacare.clinic.planning.queries.reminding import since_it_moved
from ketacare.clinic.planning.tasks import remind_due
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.planning.tests.test_anew import HOUR, doses, given
from ketacare.clinic.planning.tests.test_course import as_value, moved
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.actions.courses import give_up, write_visit
from ketacare.clinic.scheduling.models import Happened, Visit, VisitChange, VisitKind, VisitState
from ketacare.clinic.scheduling.queries import WorkOwed
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.therapy.queries.windows import Known, one_window, placement_of, planned_start
from ketacare.medicine.scheduling.terms import PlaceKind
from ketacare.medicine.therapy.terms import WindowState

MINUTE = timedelta(minutes=1)
REPLIED = ("Thank you", "We expect you", "call you to find another time", "do not set out")


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def move(site, dose, by, at):
    """By whoever may lift a rule: what matters here is what the move leaves behind."""
    dose.refresh_from_db()
    where = moved(as_value(dose), by)
    scheduling.place_visit(visit=dose, one=where, reason="patient", override="Agreed", by=site.prescriber, at=at)
    dose.refresh_from_db()
    return dose


def open_of(dose, kind):
    return Duty.objects.filter(visit_id=dose.pk, kind=kind, state="open")


@pytest.mark.parametrize("reply", ["ate", "cannot", "yes"])
def test_h05_what_was_answered_about_the_old_time_is_not_said_of_the_new_one(site, reply):
    site.book()
    dose = doses(site)[0]
    at = dose.starts_at - 30 * HOUR
    remind_due(at)
    escort = {"escort_name": "Kim", "escort_phone": "555 0123"}
    actions.record_reply(reminder=dose.reminder, reply=reply, by=site.desk, at=at + MINUTE, **escort)
    move(site, dose, timedelta(minutes=30), at + 2 * MINUTE)
    assert remind_due(at + 3 * MINUTE) == 1
    dose = Visit.objects.get(pk=dose.pk)
    with patch("ketacare.web.clock.now", lambda: at + 4 * MINUTE):
        page = Client().get(f"/r/{access.token_for(dose.reminder)}/").content.decode()
        assert 'value="Kim"' in page  # who takes them home may stay; that they come is asked anew
        assert not any(words in page for words in REPLIED)
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    actions.record_reply(reminder=dose.reminder, reply="cannot", by=site.desk, at=at + 5 * MINUTE)
    with patch("ketacare.web.clock.now", lambda: at + 6 * MINUTE):
        page = Client().get(f"/r/{access.token_for(dose.reminder)}/").content.decode()
    assert "call you to find another time" in page


def test_h05_whoever_ate_has_not_fasted_when_the_dose_moves_on_its_own_day(site):
    site.book()
    dose = doses(site)[0]
    at = dose.starts_at - 3 * HOUR
    remind_due(at)
    actions.record_reply(reminder=dose.reminder, reply="ate", by=site.desk, at=at)
    dose = move(site, dose, timedelta(minutes=15), at + 5 * MINUTE)
    remind_due(at + 6 * MINUTE)
    move(site, dose, timedelta(minutes=15), at + 10 * MINUTE)
    assert open_of(dose, "visit.ate").count() == 1


def test_a_dose_moved_twice_leaves_one_new_time_to_tell(site):
    site.book()
    dose = doses(site)[-1]
    move(site, dose, timedelta(minutes=30), AT)
    move(site, dose, timedelta(minutes=30), AT + MINUTE)
    hour = dose.starts_at.astimezone(ZoneInfo(site.clinic.zone))
    assert f"{hour:%d-%b-%Y %H:%M}" in open_of(dose, "visit.tell").get().why


def test_what_has_moved_since_the_last_call_is_told_in_one_and_without_what_was_given_up(site):
    site.book()
    zone = ZoneInfo(site.clinic.zone)

    def owed():
        return Duty.objects.filter(kind="visit.tell", state="open", patient=site.patient).exclude(title__startswith="F")

    first, second = doses(site)[-2:]
    move(site, first, timedelta(minutes=15), AT)
    move(site, second, timedelta(minutes=15), AT + MINUTE)
    one = owed().get()
    assert one.due_at == AT + 2 * HOUR, "a later move buys no time"
    assert all(f"{row.starts_at.astimezone(zone):%a %d-%b %H:%M}" in one.why for row in (first, second))
    give_up(second, "staff", "", by=site.desk, at=AT + 2 * MINUTE)
    one = owed().get()
    assert (one.visit_id, one.title) == (first.pk, "Tell the patient the new time of a visit")
    duties.close_duty(one, evidence=site.patient, by=site.desk, at=AT + 3 * MINUTE)
    third = doses(site)[0]
    move(site, third, timedelta(minutes=15), AT + 4 * MINUTE)
    assert owed().get().visit_id == third.pk, "the others were told"
    VisitChange.objects.create(
        organisation_id=site.clinic.organisation_id, clinic=site.clinic, patient=site.patient, visit=first,
        what=Happened.CANCELLED, reason="course", from_at=first.starts_at, happened_at=AT + 5 * MINUTE,
        recorded_at=AT + 5 * MINUTE, recorded_by_id=site.desk.user_id,
    )  # fmt: skip
    give_up(third, "staff", "", by=site.desk, at=AT + 6 * MINUTE)
    assert "is no more" in owed().get().why, "what is told still outlives the visit that it stood at"


def test_a_therapy_visit_moved_from_a_dose_given_up_counts_for_the_dose_it_comes_after(site):
    site.book()
    first, second = doses(site)[:2]
    work, its_own = (dose.followed_by.get(kind=VisitKind.INTEGRATION) for dose in (first, second))
    give_up(first, "patient", "", by=site.desk, at=AT)
    give_up(its_own, "patient", "", by=site.desk, at=AT)
    move(site, work, its_own.starts_at - work.starts_at, AT)
    assert second.pk not in {one.dose.pk for one in at_risk(site.desk, window_of(second, {}))[1]}
    began = planned_start(second, {})
    known = Known({}, {second.pk: began}, set(), {}, {}, {}, WorkOwed({}))
    one = one_window(second, known, [work], placement_of(site.patient), began)
    assert one.state is WindowState.BOOKED


def test_a_dose_at_its_own_hour_in_another_chair_has_not_moved(site):
    site.book()
    dose = doses(site)[0]
    remind_due(dose.starts_at - 30 * HOUR)
    at = dose.starts_at - 20 * HOUR
    actions.record_reply(reminder=dose.reminder, reply="cannot", by=site.desk, at=at)
    here = as_value(dose)
    other = next(chair for chair in site.chairs if chair.pk != dose.chair_id)
    there = replace(here, places={**here.places, PlaceKind.CHAIR: str(other.pk)})
    write_visit(there, dose.course, None, dose, by=site.desk, at=at + MINUTE)
    assert VisitChange.objects.get(visit=dose).to_chair_id == other.pk
    assert since_it_moved(dose.reminder, dose.reminder.replies.all()).exists()


def test_a_dose_that_moves_far_is_not_reminded_of_at_its_old_hour(site):
    site.book()
    dose = doses(site)[-1]
    at = dose.starts_at - 30 * HOUR
    for left in dose.followed_by.all():  # nothing that belongs to it would stand before it
        scheduling.give_up_visit(visit=left, to=VisitState.CANCELLED, reason="patient", by=site.desk, at=at)
    remind_due(at)
    actions.record_reply(reminder=dose.reminder, reply="ate", by=site.desk, at=at + MINUTE)
    old = access.token_for(dose.reminder)
    move(site, dose, 7 * DAY, at + 2 * MINUTE)
    assert not MessageOut.objects.filter(form_id=dose.reminder.pk, state="waiting").exists()
    assert not Duty.objects.filter(visit_id=dose.pk, kind__in=("visit.escort", "visit.ate"), state="open").exists()
    assert Client().get(f"/r/{old}/").status_code == 404
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    assert remind_due(at + 3 * MINUTE) == 0
    back = move(site, dose, -7 * DAY, at + 4 * MINUTE)  # the old hour again, and asked for anew
    assert remind_due(at + 5 * MINUTE) == 1
    assert MessageOut.objects.filter(form_id=back.reminder.pk, state="waiting").count() == 1
    assert remind_due(at + 6 * MINUTE) == 0


def test_a_dose_that_moves_nearer_has_its_escort_asked_for_in_time(site):
    site.book()
    dose = doses(site)[1]
    at = dose.starts_at - 47 * HOUR
    remind_due(at)
    before = open_of(dose, "visit.escort").get().due_at
    dose = move(site, dose, -22 * HOUR - 30 * MINUTE, at + MINUTE)
    remind_due(at + 2 * MINUTE)
    due = open_of(dose, "visit.escort").get().due_at
    assert due < before
    assert due <= max(at + 2 * MINUTE, dose.starts_at - 24 * HOUR)


def test_while_the_course_is_paused_the_reminder_tells_nobody_to_fast(site):
    site.book()
    dose = doses(site)[0]
    at = dose.starts_at - 30 * HOUR
    remind_due(at)
    address = f"/r/{access.token_for(dose.reminder)}/"
    course = enrolment.current_enrolment(site.patient)
    actions.pause_course(enrolment=course, reason="Away", booked="keep", by=site.desk, at=at + MINUTE)
    with patch("ketacare.web.clock.now", lambda: at + 2 * MINUTE):
        page = Client().get(address).content.decode()
    assert "Your course is paused." in page
    assert "Nothing to eat after" not in page
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    actions.resume_course(enrolment=course, reason="Back", by=site.desk, at=at + 3 * MINUTE)
    with patch("ketacare.web.clock.now", lambda: at + 4 * MINUTE):
        assert "Nothing to eat after" in Client().get(address).content.decode()


@pytest.mark.parametrize("how", ["desk", "stop"])
def test_the_work_after_a_dose_that_was_given_outlives_the_course(site, how):
    course = site.book()
    first, *later = doses(site)
    at = given(first)
    work = first.followed_by.get(kind=VisitKind.INTEGRATION)
    if how == "desk":
        scheduling.end_course(course=course, reason="patient", by=site.desk, at=at)
    else:
        row = Review.objects.create(
            **about(site.patient, site.prescriber, at), enrolment=enrolment.current_enrolment(site.patient),
            after_doses=1, choice=ReviewChoice.STOP, reason="It does not help", facts=[],
        )  # fmt: skip
        stop_clinically(row, by=site.prescriber, at=at)
    course.refresh_from_db()
    assert course.ended_at == at
    booked = set(Visit.objects.filter(state=VisitState.BOOKED, starts_at__gt=at).values_list("pk", flat=True))
    assert booked == {work.pk}
    assert set(Visit.objects.filter(pk__in=[one.pk for one in later]).values_list("state", flat=True)) == {"cancelled"}
