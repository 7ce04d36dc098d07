"""The desk books a course and moves a visit by keyboard; a nurse falls ill, and the new plan is shown, then done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Browser, expect
from tests.browser import Product
from tests.journeys.people import Findings, Someone, Team, at_work

from ketacare.clinic.planning.tests.factories import Site
from ketacare.clinic.scheduling.models import Hold, Visit, VisitChange, VisitKind
from ketacare.clinic.tenancy.actions import tenant
from ketacare.clinic.tenancy.days import local_day
from ketacare.web import clock

pytestmark = pytest.mark.browser
WALL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True)
class Week:
    site: Site
    desk: Someone

    def first(self, kind: VisitKind) -> Visit:
        with tenant(self.site.clinic.organisation_id):
            return Visit.objects.filter(kind=kind).order_by("starts_at")[0]

    def wall(self, moment: object) -> str:
        return moment.astimezone(ZoneInfo(self.site.clinic.zone)).strftime(WALL)


@pytest.fixture
def week(product: Product, browser: Browser) -> Iterator[Week]:
    with transaction.atomic():
        site = Site()
    findings = Findings({"Reed"})
    team = Team(browser, product.address, findings)
    yield Week(site, at_work(team, site.desk, "the desk"))
    team.go_home()
    findings.leaks("the log", product.log.read_text())
    assert findings.found == []


def test_propose_book_move_by_keyboard_and_plan_anew(week: Week) -> None:
    a_course_is_booked(week)
    preparation_moves_by_keyboard(week)
    preparation_goes_to_another_day_of_the_week(week)
    a_nurse_is_ill(week)
    the_new_plan_is_shown_then_done(week)
    for name in ("capacity", "waiting", "my-calendar"):
        week.desk.go(reverse(name))
        week.desk.look(f"planning-{name}")


def a_course_is_booked(week: Week) -> None:
    today = local_day(clock.now(), week.site.clinic.zone)
    monday = today + timedelta(days=7 - today.weekday())
    fields = f"first_on={monday.isoformat()}&part=morning&preparation=on"
    week.desk.go(f"{reverse('course', args=[week.site.patient.pk])}?{fields}")
    week.desk.sees("Soonest")
    week.desk.look("planning-course")
    week.desk.press("Book “Soonest”")
    week.desk.sees("The booked course")
    week.desk.look("planning-course-booked")


def preparation_moves_by_keyboard(week: Week) -> None:
    visit = week.first(VisitKind.PREPARATION)
    day = local_day(visit.starts_at, week.site.clinic.zone)
    week.desk.go(f"{reverse('planning')}?on={day.isoformat()}")
    week.desk.look("planning-day")
    week.desk.page.locator("[data-planner] .slot--preparation a").first.focus()
    week.desk.type("m", "ArrowDown", "Enter")
    week.desk.sees("Keeps to every rule")
    week.desk.page.get_by_label("Why", exact=True).first.select_option("patient")
    week.desk.look("planning-move")
    week.desk.press("Move the visit")
    week.desk.sees("Moved")
    assert week.first(VisitKind.PREPARATION).starts_at > visit.starts_at


def preparation_goes_to_another_day_of_the_week(week: Week) -> None:
    """By keyboard and by drag: it keeps its hour, and what the rules say of the new day comes before anything moves."""
    visit, page = week.first(VisitKind.PREPARATION), week.desk.page
    day = local_day(visit.starts_at, week.site.clinic.zone)
    arrow, there = (
        ("ArrowRight", day + timedelta(days=1)) if day.weekday() < 4 else ("ArrowLeft", day - timedelta(days=1))
    )
    moved = f"{there.isoformat()}T{week.wall(visit.starts_at)[11:]}"
    for by_hand in (False, True):
        week.desk.go(f"{reverse('planning')}?view=week&on={day.isoformat()}")
        if by_hand:
            page.locator(".slot--preparation").first.drag_to(page.locator(f"[data-day='{there.isoformat()}']"))
        else:
            week.desk.look("planning-week")
            page.locator(".slot--preparation a").first.focus()
            for key in ("m", arrow, "Enter"):
                page.keyboard.press(key)
        page.wait_for_url("**/planning/?starts_at=*")
        expect(page.locator("input[name=starts_at]")).to_have_value(moved)
        expect(page.locator("#move")).to_be_visible()
    assert week.first(VisitKind.PREPARATION).starts_at == visit.starts_at


def a_nurse_is_ill(week: Week) -> None:
    dose = week.first(VisitKind.DOSE)
    with tenant(week.site.clinic.organisation_id):
        nurse = Hold.objects.get(visit=dose, lane=0, lane_until=1).user
    desk = week.desk
    desk.go(reverse("resources"))
    desk.page.get_by_text("Somebody is away, or the clinic is closed").click()
    desk.page.locator("select[name=user]").select_option(str(nurse.pk))
    desk.page.locator("select[name=kind]:has(option[value=ill])").select_option("ill")
    desk.page.locator("input[name=starts_at]").fill(week.wall(dose.starts_at - timedelta(hours=1)))
    desk.page.locator("input[name=ends_at]").fill(week.wall(dose.ends_at + timedelta(hours=1)))
    desk.press("Note it")
    expect(desk.page.get_by_text("ill", exact=False).first).to_be_visible()
    desk.look("planning-resources")


def the_new_plan_is_shown_then_done(week: Week) -> None:
    week.desk.go(reverse("replan"))
    week.desk.sees("Nothing, the same time")
    week.desk.look("planning-anew")
    before = week.first(VisitKind.DOSE)
    week.desk.press("Move these visits")
    expect(week.desk.page).to_have_url(f"{week.desk.address}{reverse('planning')}")
    week.desk.go(reverse("replan"))
    week.desk.sees("has its place")
    after = week.first(VisitKind.DOSE)
    with tenant(week.site.clinic.organisation_id):
        told = VisitChange.objects.filter(visit=after, what="given_to").count()
    assert (after.starts_at, told) == (before.starts_at, 1)
