"""Visits of therapy are reminded of too, by the same rule and the same ways, and no message says what kind they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment import queries as enrolment
from ketacare.clinic.outcomes import letters, tasks
from ketacare.clinic.outcomes.models import MessageOut, MessageState
from ketacare.clinic.people.access import system
from ketacare.clinic.people.tests.factories import AT, once
from ketacare.clinic.planning import access, actions
from ketacare.clinic.planning.actions.reminding import CANNOT, NO_ESCORT
from ketacare.clinic.planning.tasks import remind_due
from ketacare.clinic.planning.tests.factories import Site
from ketacare.clinic.safety.models import Concern
from ketacare.clinic.scheduling.models import Visit, VisitKind, VisitState
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.refusals import Refused

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SAYS_WHAT = ("integration", "therap", "preparation", "ketamine", "dose", "psych", "eat", "drive", "medicine")


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def first(kind):
    return Visit.objects.filter(kind=kind).select_related("follows").order_by("starts_at")[0]


def begun(dose):
    began = dose.starts_at + 25 * MINUTE
    Visit.objects.filter(pk=dose.pk).update(state=VisitState.DISCHARGED, dose_began_at=began)
    return began


def written(visit):
    return MessageOut.objects.get(form_id=Visit.objects.get(pk=visit.pk).reminder.pk)


@pytest.mark.parametrize(
    ("later", "clock"),
    [
        (0, "20:00"),  # it begins at eight: in the morning it would be too late, and at night nobody is written to
        (8, "04:00"),  # at four in the afternoon: what waits for the end of the quiet hours goes at eight
        (28, "12:00"),  # the day after: the day before it, as for any visit
    ],
)
def test_the_visit_after_a_dose_is_reminded_of_once_the_dose_was_given(site, later, clock):
    site.book()
    dose, work = first(VisitKind.DOSE), first(VisitKind.INTEGRATION)
    span = {"starts_at": work.starts_at + later * HOUR, "ends_at": work.ends_at + later * HOUR}
    Visit.objects.filter(pk=work.pk).update(**span)
    work.refresh_from_db()
    before = dose.starts_at - MINUTE
    remind_due(before)
    assert not hasattr(Visit.objects.get(pk=work.pk), "reminder")  # nobody knows yet whether the dose is given
    began = begun(dose)
    remind_due(began + 8 * HOUR)
    assert remind_due(began + 8 * HOUR) == 0
    row, zone = written(work), ZoneInfo(site.clinic.zone)
    assert f"{row.send_after.astimezone(zone):%H:%M}" == clock
    assert began + 8 * HOUR < row.send_after < work.starts_at
    words = letters.words_of(row, "text").lower()
    assert not any(word in words for word in SAYS_WHAT)
    assert not Duty.objects.filter(visit_id=work.pk).exists()  # nobody is owed who takes them home


def test_its_page_asks_only_whether_they_come_and_no_becomes_a_duty_of_the_desk(site):
    site.book()
    begun(first(VisitKind.DOSE))
    work = first(VisitKind.INTEGRATION)
    remind_due(work.starts_at - 20 * HOUR)
    reminder = Visit.objects.get(pk=work.pk).reminder
    address, client = f"/r/{access.token_for(reminder)}/", Client()
    with patch("ketacare.web.clock.now", lambda: work.starts_at - 3 * HOUR):
        page = client.get(address).content.decode()
        main = page.partition("<main")[2].partition("</main>")[0].lower()
        assert "your visit on" in main
        assert not any(word in main for word in (*SAYS_WHAT, "escort", "takes you home"))
        assert client.post(address, once(reply="ate")).status_code == 422
        assert client.post(address, once(reply="cannot")).status_code == 303
        assert "call you to find another time" in client.get(address).content.decode()
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    duty = Duty.objects.get(visit_id=work.pk, kind="visit.cannot")
    assert (duty.owner_role, duty.why) == ("FD", "From the reminder before a visit")
    with pytest.raises(Refused, match="Nothing is chosen"):
        actions.record_reply(reminder=reminder, reply="ate", by=site.desk, at=work.starts_at - 2 * HOUR)


def test_k1_a_reminder_that_reached_somebody_else_is_closed(site):
    site.book()
    begun(first(VisitKind.DOSE))
    work = first(VisitKind.INTEGRATION)
    remind_due(work.starts_at - 20 * HOUR)
    reminder, client = Visit.objects.get(pk=work.pk).reminder, Client()
    address = f"/r/{access.token_for(reminder)}/"
    with patch("ketacare.web.clock.now", lambda: work.starts_at - 3 * HOUR):
        assert "Not for me" in client.get(address).content.decode()
        assert client.post(f"{address}not-mine/", once()).status_code == 200
        assert client.get(address).status_code == 410
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    assert Duty.objects.filter(kind="message.misdirected", state="open").count() == 1


def test_preparation_is_reminded_of_the_day_before_and_not_while_the_course_is_paused(site):
    site.book()
    visit = first(VisitKind.PREPARATION)
    at = visit.starts_at - 47 * HOUR
    course = enrolment.current_enrolment(site.patient)
    actions.pause_course(enrolment=course, reason="Away", booked="keep", by=site.desk, at=at)
    assert remind_due(at + MINUTE) == 0
    actions.resume_course(enrolment=course, reason="Back", by=site.desk, at=at + 2 * MINUTE)
    assert remind_due(at + 3 * MINUTE) == 1
    assert written(visit).send_after == visit.starts_at - 24 * HOUR


def test_the_message_before_a_preparation_that_was_written_before_a_pause_waits_until_the_course_goes_on(site):
    site.book()
    visit = first(VisitKind.PREPARATION)
    course, goes_at = enrolment.current_enrolment(site.patient), visit.starts_at - 23 * HOUR  # in no quiet hour
    remind_due(visit.starts_at - 47 * HOUR)
    row = written(visit)
    actions.pause_course(enrolment=course, reason="Away", booked="keep", by=site.desk, at=goes_at - HOUR)
    tasks.deliver_due(goes_at, caught=True)
    row.refresh_from_db()
    assert row.state == MessageState.WAITING
    actions.resume_course(enrolment=course, reason="Back", by=site.desk, at=goes_at + MINUTE)
    tasks.deliver_due(goes_at + 2 * MINUTE, caught=True)
    row.refresh_from_db()
    assert row.state == MessageState.CAUGHT


def test_the_visit_after_a_dose_that_was_given_is_reminded_of_also_while_the_course_stands_still(site):
    site.book()
    dose, work = first(VisitKind.DOSE), first(VisitKind.INTEGRATION)
    at = begun(dose) + 4 * HOUR
    course = enrolment.current_enrolment(site.patient)
    actions.pause_course(enrolment=course, reason="Away", booked="keep", by=site.desk, at=at)
    assert remind_due(at + MINUTE) == 1
    row = written(work)
    tasks.deliver_due(row.send_after, caught=True)
    row.refresh_from_db()
    assert row.state == MessageState.CAUGHT
    with patch("ketacare.web.clock.now", lambda: work.starts_at - HOUR):
        page = Client().get(f"/r/{access.token_for(Visit.objects.get(pk=work.pk).reminder)}/").content.decode()
    starts = work.starts_at.astimezone(ZoneInfo(site.clinic.zone))
    assert f"Your visit on {starts:%A} {starts.day} {starts:%B} at {starts:%H:%M}" in page


def test_a_visit_of_therapy_that_moves_or_ends_takes_its_message_with_it(site):
    site.book()
    begun(first(VisitKind.DOSE))
    work = first(VisitKind.INTEGRATION)
    at = work.starts_at - 20 * HOUR
    remind_due(at)
    Visit.objects.filter(pk=work.pk).update(starts_at=work.starts_at + HOUR, ends_at=work.ends_at + HOUR)
    assert remind_due(at + MINUTE) == 1
    rows = MessageOut.objects.filter(form_id=Visit.objects.get(pk=work.pk).reminder.pk)
    assert sorted(rows.values_list("state", flat=True)) == ["needless", "waiting"]


def test_a_review_is_reminded_of_too(site):
    site.book()
    visit = first(VisitKind.REVIEW)
    remind_due(visit.starts_at - 20 * HOUR)
    assert written(visit).kind == "reminder"


@pytest.mark.parametrize(
    ("name", "phone", "open_"), [("?", "none", 1), ("Kim", "12", 1), ("555", "555 0143", 1), ("Kim", "555 0143", 0)]
)
def test_rd_03_an_escort_is_named_once_somebody_can_call_them(site, name, phone, open_):
    site.book()
    dose = first(VisitKind.DOSE)
    row = actions.remind(dose, by=system(site.clinic), at=dose.starts_at - 30 * HOUR)
    actions.record_reply(
        reminder=row, reply="yes", escort_name=name, escort_phone=phone, by=site.desk, at=dose.starts_at - 29 * HOUR
    )
    assert Duty.objects.filter(kind=NO_ESCORT, state="open").count() == open_


@pytest.mark.parametrize("field", ["escort_name", "escort_phone"])
@pytest.mark.parametrize("is_over", [False, True])
def test_h13_danger_in_an_answer_to_a_reminder_is_heard_also_when_it_is_over(site, field, is_over):
    site.book()
    dose = first(VisitKind.DOSE)
    at = dose.starts_at - 29 * HOUR
    row = actions.remind(dose, by=system(site.clinic), at=at - HOUR)
    url = f"/r/{access.token_for(row)}/"
    typed = {"reply": "yes", field: "I want to die. Nobody"}
    with patch("ketacare.web.clock.now", lambda: row.link_until + HOUR if is_over else at):
        for _ in range(2):
            page = Client().post(url, once(**typed))
            assert (page.status_code, 'href="tel:988"' in page.content.decode()) == (200, True)
        calm = Client().post(url, once(reply="yes", **{field: "Kim"}))
        assert calm.status_code == (410 if is_over else 303)
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    assert [row.reason_code for row in Concern.objects.all()] == ["words.reminder"]


def test_whoever_says_no_and_then_yes_comes(site):
    site.book()
    dose = first(VisitKind.DOSE)
    row = actions.remind(dose, by=system(site.clinic), at=dose.starts_at - 30 * HOUR)
    for hours, reply, waiting in ((29, "cannot", 1), (28, "yes", 0)):
        actions.record_reply(reminder=row, reply=reply, by=site.desk, at=dose.starts_at - hours * HOUR)
        assert Duty.objects.filter(kind=CANNOT, state="open").count() == waiting
