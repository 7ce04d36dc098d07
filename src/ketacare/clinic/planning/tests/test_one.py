"""One visit by the desk's own page, the end of a course, and who waits no longer; and what each is refused with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from ketacare.clinic.duties.models import Duty
from ketacare.clinic.enrolment.tests.factories import a_plan
from ketacare.clinic.people.models import Demographics, Role
from ketacare.clinic.people.tests.factories import AT, a_patient, browser, once, someone
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import (
    Course,
    Happened,
    Hold,
    Resource,
    ResourceKind,
    Visit,
    VisitChange,
    VisitKind,
    VisitState,
    Waiting,
)
from ketacare.clinic.scheduling.views.resources import week_words
from ketacare.clinic.tenancy.refusals import Refused

PATH = "/planning/book/"


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def number_of(patient) -> str:
    return Demographics.objects.current().get(patient=patient).record_number


def monday(site, clock="10:00", weeks=1) -> datetime:
    """A working day to come, by the site's clock."""
    today = AT.astimezone(ZoneInfo(site.clinic.zone))
    day = today.date() + timedelta(days=7 * weeks - today.weekday())
    hour, minute = clock.split(":")
    return datetime(day.year, day.month, day.day, int(hour), int(minute), tzinfo=ZoneInfo(site.clinic.zone))


def typed(site, kind, moment, **more):
    fields = {"record_number": number_of(site.patient), "kind": kind, "starts_at": f"{moment:%Y-%m-%dT%H:%M}"}
    return once(**(fields | more))


@pytest.mark.parametrize(("clock", "status"), [("10:00", 422), ("12:30", 302)])
def test_a_dose_is_booked_by_hand_with_the_notice_that_a_course_gives_or_by_name(site, clock, status):
    """It is noon on a Monday here, and the patient of the next morning has had no time to hear of it."""
    moment = monday(site, clock) + DAY
    fields = typed(site, "dose", moment)
    with patch("ketacare.web.clock.now", lambda: monday(site, "12:00")):
        answer = browser(site.desk).post(PATH, fields)
        assert answer.status_code == status
        if status == 422:
            refused_with(answer, "Too soon to be told: Less than 24 h ahead")
            by_name = typed(site, "dose", moment, override="Agreed on the telephone")
            assert browser(site.prescriber).post(PATH, by_name).status_code == 302
    scheduling_row = Visit.objects.get(kind=VisitKind.DOSE)
    assert VisitChange.objects.filter(visit=scheduling_row, what=Happened.OVERRIDDEN).exists() == (status == 422)


def refused_with(answer, *words):
    assert answer.status_code == 422
    page = answer.content.decode()
    for word in words:
        assert word in page
    assert 'name="starts_at"' in page


@pytest.mark.parametrize("kind", ["evaluation", "preparation", "integration", "review", "laboratory", "dose"])
def test_the_desk_books_one_visit_of_every_kind_with_whoever_is_free(site, kind):
    answer = browser(site.desk).post(PATH, typed(site, kind, monday(site)))
    assert answer.status_code == 302
    visit = Visit.objects.get()
    assert (visit.kind, visit.starts_at) == (kind, monday(site))
    assert (visit.chair is not None) == (kind == "dose")
    assert Hold.objects.filter(visit=visit, user__isnull=False, is_held=True).exists()
    assert visit.number_in_course == (1 if kind == "dose" else None)


def test_what_was_named_is_booked_as_named(site):
    room = scheduling.add_resource(kind=ResourceKind.ROOM, name="Blue room", by=site.desk, at=AT)
    scheduling.add_resource(kind=ResourceKind.ROOM, name="Attic", by=site.desk, at=AT)
    fields = {"person": str(site.therapist.user_id), "room": str(room.pk), "minutes": "90"}
    browser(site.desk).post(PATH, typed(site, "preparation", monday(site), **fields))
    visit = Visit.objects.get()
    assert visit.ends_at - visit.starts_at == timedelta(minutes=90)
    assert {hold.resource.name for hold in visit.holds.filter(resource__isnull=False)} == {"Blue room"}


@pytest.mark.parametrize(
    ("kind", "clock", "more", "words"),
    [
        ("review", "05:00", {}, "Outside the opening hours"),
        ("dose", "16:30", {}, "Outside the opening hours"),
        ("dose", "10:00", {"minutes": "30"}, "is shorter than the 150 min"),
        ("review", "10:00", {"minutes": "900"}, "is not a length of a visit"),
        ("review", "10:00", {"starts_at": "soon"}, "cannot be read as a day and a time"),
        ("nonsense", "10:00", {}, "is not chosen"),
        ("review", "10:00", {"record_number": "none"}, "names nobody here"),
        ("review", "10:00", {"person": "x"}, "is not one of this clinic"),
    ],
)
def test_what_cannot_be_is_refused_with_the_rule_and_keeps_what_was_typed(site, kind, clock, more, words):
    refused_with(browser(site.desk).post(PATH, typed(site, kind, monday(site, clock), **more)), words)
    assert not Visit.objects.exists()


def test_a_person_without_the_skill_is_refused_whoever_asks(site):
    for by in (site.desk, site.prescriber):
        fields = {"person": str(site.therapist.user_id), "override": "She knows him"}
        answer = browser(by).post(PATH, typed(site, "dose", monday(site), **fields))
        refused_with(answer, "Nobody with the skill", "Choose somebody who is planned for it")
    assert not Visit.objects.exists()


def test_a_taken_chair_is_nobodys_whatever_the_reason(site):
    for kind in (ResourceKind.PUMP, ResourceKind.MONITOR):  # so that the chair alone is in the way
        scheduling.add_resource(kind=kind, name="Second", by=site.desk, at=AT)
    chair = str(site.chairs[0].pk)
    browser(site.desk).post(PATH, typed(site, "dose", monday(site), chair=chair))
    other = a_patient(site.desk, "Other")
    a_plan(other, site.clinic, site.prescriber)
    fields = {"record_number": number_of(other), "override": "Now"}
    prescriber = browser(site.prescriber)
    answer = prescriber.post(PATH, typed(site, "dose", monday(site, "10:30"), chair=chair, **fields))
    refused_with(answer, "One place for two visits", "Choose another one that is free")
    assert Visit.objects.count() == 1
    beside = str(site.chairs[1].pk)
    assert prescriber.post(PATH, typed(site, "dose", monday(site, "10:30"), chair=beside, **fields)).status_code == 302


def test_against_the_hours_a_prescriber_goes_on_by_name_and_nobody_else(site):
    moment = monday(site, "05:00")
    refused_with(browser(site.desk).post(PATH, typed(site, "review", moment, override="Asked")), "let a prescriber")
    answer = browser(site.prescriber).post(PATH, typed(site, "review", moment, override="Flies at eight"))
    assert answer.status_code == 302
    row = VisitChange.objects.get(what=Happened.OVERRIDDEN)
    assert "Flies at eight" in row.words
    assert row.recorded_by_id == site.prescriber.user_id


def test_no_reason_lifts_the_hard_floor_after_a_dose(site):
    browser(site.desk).post(PATH, typed(site, "dose", monday(site, "09:00")))
    answer = browser(site.prescriber).post(
        PATH, typed(site, "integration", monday(site, "15:00"), override="She wants it")
    )
    refused_with(answer, "Therapy waits until the morning after", "Choose the next morning or later")


def test_a_single_dose_keeps_the_plans_interval_and_its_number(site):
    desk = browser(site.desk)
    desk.post(PATH, typed(site, "dose", monday(site)))
    refused_with(desk.post(PATH, typed(site, "dose", monday(site) + DAY)), "1 days after the dose before")
    desk.post(PATH, typed(site, "dose", monday(site) + 3 * DAY))
    desk.post(PATH, typed(site, "integration", monday(site) + DAY + timedelta(hours=2)))
    numbers = Visit.objects.filter(kind=VisitKind.DOSE).order_by("starts_at").values_list("number_in_course", flat=True)
    assert list(numbers) == [1, 2]
    work = Visit.objects.get(kind=VisitKind.INTEGRATION)
    assert (work.follows.number_in_course, work.number_in_course) == (1, 1)
    second = desk.post(PATH, typed(site, "integration", monday(site) + 2 * DAY))
    assert second.status_code == 302  # more work after the same dose belongs to no window


def test_a_dose_more_than_the_plan_has_is_refused_and_one_given_up_is_booked_again(site):
    course = site.book()
    answer = browser(site.desk).post(PATH, typed(site, "dose", monday(site, weeks=8)))
    refused_with(answer, "Every dose of the plan is given or booked")
    third = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=3)
    scheduling.give_up_visit(visit=third, to=VisitState.CANCELLED, reason="patient", by=site.desk, at=AT)
    again = browser(site.desk).post(PATH, typed(site, "dose", third.starts_at.astimezone(ZoneInfo(site.clinic.zone))))
    assert again.status_code == 302
    new = Visit.objects.get(kind=VisitKind.DOSE, number_in_course=3, state=VisitState.BOOKED)
    assert new.course == course


def test_ending_a_course_frees_its_places_says_why_and_tells_the_desk(site):
    course = site.book()
    desk, path = browser(site.desk), f"/patients/{site.patient.pk}/course/"
    assert desk.get(path).content.decode().count("<td>Nurse ") == 6  # who is held stands beside each visit
    assert "16 visits that are still booked" in desk.get(path).content.decode().replace("\n", " ")
    refused = desk.post(path, once(act="end", end_reason="other", end_words=""))
    assert refused.status_code == 422
    assert "Say the reason in a few words" in refused.content.decode()
    assert desk.post(path, once(act="end", end_reason="patient", end_words="Moves away")).status_code == 302
    course.refresh_from_db()
    assert (course.ended_at, course.end_reason, course.end_words) == (AT, "patient", "Moves away")
    assert set(Visit.objects.values_list("state", flat=True)) == {VisitState.CANCELLED}
    assert not Hold.objects.filter(is_held=True).exists()
    assert set(VisitChange.objects.values_list("reason", "words")) == {("patient", "Moves away")}
    assert Duty.objects.filter(kind="course.tell", state="open").count() == 1
    assert "Moves away" in desk.get(path).content.decode()
    with pytest.raises(Refused, match="has ended already"):
        scheduling.end_course(course=course, reason="patient", by=site.desk, at=AT)
    site.book()  # a new one may be
    assert Course.objects.filter(ended_at=None).count() == 1


@pytest.mark.parametrize("role", [Role.AU, Role.TH, Role.AD])
def test_who_may_not_book_ends_no_course(site, role):
    site.book()
    answer = browser(someone(site.clinic, role)).post(f"/patients/{site.patient.pk}/course/", once(act="end"))
    assert answer.status_code in (403, 404)
    assert Course.objects.get().ended_at is None


def test_h29_who_may_not_see_the_patient_reads_no_word_of_theirs_on_the_waiting_list(site):
    """P1, P2: the list goes through the same door as the record."""
    words = "After my divorce hearing"
    scheduling.wait_for(patient=site.patient, kind=VisitKind.DOSE, urgency=4, words=words, by=site.desk, at=AT)
    assert words in browser(site.desk).get("/planning/waiting/").content.decode()
    stranger = browser(site.therapist).get("/planning/waiting/")
    assert (stranger.status_code, "Somebody" in stranger.content.decode()) == (200, True)
    assert words not in stranger.content.decode()


def test_who_waits_no_longer_leaves_the_list_with_a_reason(site):
    row = scheduling.wait_for(patient=site.patient, kind=VisitKind.DOSE, urgency=4, by=site.desk, at=AT)
    desk = browser(site.desk)
    assert "Waits no longer" in desk.get("/planning/waiting/").content.decode()
    assert desk.post("/planning/waiting/", once(waiting=str(row.pk), to="gone", reason=" ")).status_code == 422
    assert desk.post("/planning/waiting/", once(waiting=str(row.pk), to="gone", reason="Better")).status_code == 302
    assert (Waiting.objects.get().state, Waiting.objects.get().reason) == ("gone", "Better")


def test_my_calendar_is_found_from_planning_and_from_ones_own_name(site):
    nurse = browser(site.nurses[0])
    for path in ("/planning/", "/sign-ins/"):
        assert 'href="/my-calendar/"' in nurse.get(path).content.decode(), path
    assert Resource.objects.exists()


def test_hours_of_a_week_are_said_once_for_days_that_are_alike():
    early, late = (time(8), time(17)), (time(8), time(13))
    assert week_words({0: early, 1: early, 2: early, 4: late}) == "Mon to Wed 08:00–17:00, Fri 08:00–13:00"
    assert week_words(None) == ""


@pytest.mark.parametrize(("minutes", "rule"), [("5", "shorter than the 45 min"), ("", ""), ("-30", "below zero")])
def test_an_integration_visit_lasts_as_long_as_fills_its_window(site, minutes, rule):
    answer = browser(site.desk).post(PATH, typed(site, "integration", monday(site), minutes=minutes))
    assert (rule in answer.content.decode()) if rule else answer.status_code == 302
    assert Visit.objects.filter(kind=VisitKind.INTEGRATION).exists() == (not rule)


def test_e2_a_wish_that_cannot_be_read_leaves_the_form_as_it_was_typed(site):
    path = f"/patients/{site.patient.pk}/course/"
    wishes = {
        "first_on": "2026-08-03",
        "away_from": "2026-08-20",
        "away_to": "2026-08-18",
        "part": "morning",
        "never": "5",
    }
    page = browser(site.desk).get(path, wishes).content.decode()
    assert "The last day away is before the first." in page
    for typed_in in ('value="2026-08-20"', 'value="2026-08-18"', 'value="2026-08-03"'):
        assert typed_in in page
