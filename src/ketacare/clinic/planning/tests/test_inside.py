"""Booking the visit that a window lacks: the window stands beside the form, with hours in it that are free."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from unittest.mock import patch

import pytest
from django.db import transaction

from ketacare.clinic.people.models import User
from ketacare.clinic.people.tests.factories import AT, browser, once
from ketacare.clinic.planning import queries
from ketacare.clinic.planning.tests.factories import DAY, Site
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.forms import wall
from ketacare.clinic.scheduling.models import AbsenceKind, Happened, Hold, Visit, VisitChange, VisitKind, VisitState
from ketacare.clinic.scheduling.queries import anew
from ketacare.clinic.tenancy import actions as tenancy
from ketacare.clinic.tenancy.days import local_day


@pytest.fixture
def site(db) -> Iterator[Site]:
    with patch("ketacare.web.clock.now", lambda: AT):
        yield Site()


def a_dose(site: Site, at) -> Visit:
    return Visit.objects.create(
        organisation_id=site.patient.organisation_id, clinic=site.clinic, created_at=at, patient=site.patient,
        kind=VisitKind.DOSE, starts_at=at, ends_at=at + timedelta(hours=2),
    )  # fmt: skip


def test_the_hours_shown_lie_in_the_window_and_the_first_can_be_booked_as_it_stands(site: Site) -> None:
    dose = a_dose(site, AT - DAY)
    found = queries.inside(site.patient, by=site.desk, at=AT)
    assert found is not None
    assert found.dose == dose
    assert 1 <= len(found.free) <= 3
    assert all(found.window.starts <= one.starts_at < found.window.ends and one.starts_at >= AT for one in found.free)
    desk = browser(site.desk)
    page = desk.get("/planning/book/", {"patient": site.patient.pk, "kind": "integration"}).content.decode()
    assert "The window after dose" in page
    assert page.count("&amp;starts_at=") == len(found.free)
    fields = {
        name: page.partition(f'name="{name}"')[2].partition('value="')[2].partition('"')[0]
        for name in ("record_number", "starts_at")
    }
    assert desk.post("/planning/book/", once(kind="integration", **fields)).status_code == 302
    visit = Visit.objects.get(kind=VisitKind.INTEGRATION)
    assert visit.starts_at == found.free[0].starts_at
    assert queries.inside(site.patient, by=site.desk, at=AT) is None, "the window has its visit"


def test_without_a_window_there_is_nothing_beside_the_form_and_the_desk_is_asked_for_no_override(site: Site) -> None:
    desk = browser(site.desk)
    page = desk.get("/planning/book/", {"patient": site.patient.pk, "kind": "integration"}).content.decode()
    assert "The window after dose" not in page
    assert 'name="override"' not in desk.get("/planning/book/").content.decode()


def test_a_window_whose_therapist_is_gone_is_at_risk_and_the_site_is_told_at_once(site: Site) -> None:
    site.book()
    before = queries.capacity(by=site.desk, at=AT)
    assert (before.lost, before.at_risk) == (0, ())
    desk = browser(site.desk)
    assert "lost their place" not in desk.get("/planning/resources/").content.decode()
    scheduling.add_absence(
        kind=AbsenceKind.LEAVE, user=User.objects.get(pk=site.therapist.user_id), starts_at=AT,
        ends_at=AT + 60 * DAY, words="", by=site.desk, at=AT,
    )  # fmt: skip
    after = queries.capacity(by=site.desk, at=AT)
    assert after.lost >= 6
    assert len(after.at_risk) == after.windows
    day = local_day(Visit.objects.filter(kind=VisitKind.INTEGRATION).earliest("starts_at").starts_at, site.clinic.zone)
    for view in ("day", "week"):
        shown = desk.get("/planning/", {"view": view, "on": day.isoformat()}).content.decode()
        assert "Lost its person" in shown
        assert 'href="/planning/replan/">Plan' in shown
    assert "Lost its" not in desk.get("/planning/", {"on": (day + 90 * DAY).isoformat()}).content.decode()
    for page in ("/planning/resources/", "/planning/capacity/"):
        assert f"{after.lost} visits have lost their place." in desk.get(page).content.decode()


def test_what_a_prescriber_allowed_by_name_has_lost_nothing_until_it_moves_again(site: Site) -> None:
    site.book()
    visit = Visit.objects.get(kind=VisitKind.REVIEW, number_in_course=4)
    late = visit.starts_at.replace(hour=23, minute=30)  # 19:30 by the clinic's wall
    typed = {"act": "move", "version": visit.version, "starts_at": wall(late, site.desk), "reason": "patient"}
    address = f"/visits/{visit.pk}/planning/"
    answer = browser(site.prescriber).post(address, once(**typed, override="She works until six"))
    assert answer.status_code == 302
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    assert anew.lost_their_place(site.clinic, AT) == set()
    assert anew.setting_now(site.desk, AT)[1] == []
    gone = scheduling.add_absence(
        kind=AbsenceKind.LEAVE, user=Hold.objects.get(visit=visit, is_held=True, user__isnull=False).user,
        starts_at=late - DAY, ends_at=late + DAY, words="", by=site.desk, at=AT + timedelta(seconds=1),
    )  # fmt: skip
    assert str(visit.pk) in anew.lost_their_place(site.clinic, AT), "a leave noted since is no part of that word"
    scheduling.withdraw_absence(absence=gone, by=site.desk, at=AT + timedelta(seconds=2))
    assert anew.lost_their_place(site.clinic, AT) == set()
    closed = scheduling.add_absence(
        kind=AbsenceKind.HOLIDAY, user=None, starts_at=late - timedelta(hours=1), ends_at=late + timedelta(hours=2),
        words="", by=site.desk, at=AT + timedelta(seconds=3),
    )  # fmt: skip
    assert str(visit.pk) in anew.lost_their_place(site.clinic, AT), "nor is a day on which the site is closed since"
    scheduling.withdraw_absence(absence=closed, by=site.desk, at=AT + timedelta(seconds=4))
    holder = Hold.objects.get(visit=visit, is_held=True, user__isnull=False).user
    week = {day: (time(9), time(12)) for day in range(5) if day != local_day(late, site.clinic.zone).weekday()}
    with transaction.atomic():
        scheduling.set_week(week=week, user=holder, reason="Less", by=site.desk, at=AT + timedelta(seconds=5))
        assert str(visit.pk) in anew.lost_their_place(site.clinic, AT), "nor other hours of whoever holds it"
        transaction.set_rollback(True)
    tenancy.enter(organisation_id=site.clinic.organisation_id)
    assert anew.lost_their_place(site.clinic, AT) == set()
    VisitChange.objects.create(
        organisation_id=site.clinic.organisation_id, clinic=site.clinic, patient=site.patient, visit=visit,
        what=Happened.MOVED, reason="patient", from_at=late, to_at=late + timedelta(minutes=15),
        happened_at=AT + timedelta(minutes=1), recorded_at=AT + timedelta(minutes=1),
        recorded_by_id=site.desk.user_id,
    )  # fmt: skip
    assert anew.lost_their_place(site.clinic, AT) == {str(visit.pk)}


def test_a_course_that_lost_the_work_after_a_dose_says_so_until_it_has_another_visit(site: Site) -> None:
    site.book()
    work = Visit.objects.get(kind=VisitKind.INTEGRATION, number_in_course=2)
    desk, page = browser(site.desk), f"/patients/{site.patient.pk}/course/"
    assert "lost its integration visit" not in desk.get(page).content.decode()
    scheduling.give_up_visit(visit=work, to=VisitState.CANCELLED, reason="patient", words="", by=site.desk, at=AT)
    told = desk.get(page).content.decode()
    assert "Dose 2 has lost its integration visit." in " ".join(told.split())
    assert f"/planning/book/?patient={site.patient.pk}&amp;kind=integration" in told
