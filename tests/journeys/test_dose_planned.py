"""A dose planned beside another with an inhibitor on board, checked blind, run, slowed; and the course that follows."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections, transaction
from playwright.sync_api import Browser, expect
from tests.browser import Product
from tests.journeys.people import PHONE, Findings, Someone, Team, at_work

from ketacare.clinic.candidacy.tests.factories import accepted_before, everything_known, some_medicines
from ketacare.clinic.dosing.actions import preparing, sessions
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import PASSWORD, a_clinic, a_patient, someone
from ketacare.clinic.scheduling import actions as scheduling
from ketacare.clinic.scheduling.models import VisitKind
from ketacare.web import clock

pytestmark = pytest.mark.browser
FAMILY = "Ottercanary"
BIRTH_YEAR, INITIALS = "1985", "JO"
SLOWER = "If slowed to"
# What is written into a chart is no text of the page: here it is kept with its place, and how wide the chart is.
WRITTEN = """
window.written = [];
const write = CanvasRenderingContext2D.prototype.fillText;
CanvasRenderingContext2D.prototype.fillText = function (words, x, y, most) {
  const wide = Math.min(this.measureText(words).width, most ?? Infinity);
  const left = x - wide * ({ right: 1, end: 1, center: 0.5 }[this.textAlign] ?? 0);
  const turned = this.getTransform().b !== 0;
  if (!turned) window.written.push([words, Math.ceil(left + 0.5), Math.floor(left + wide - 0.5), this.canvas.width]);
  return most === undefined ? write.call(this, words, x, y) : write.call(this, words, x, y, most);
};
"""


@dataclass(frozen=True)
class Here:
    """A clinic with somebody ready for a dose, who takes ticlopidine."""

    team: Team
    nurse: Actor
    second: Actor
    prescriber: Actor
    visit: str


@pytest.fixture
def here(product: Product, browser: Browser) -> Iterator[Here]:
    with transaction.atomic():
        clinic = a_clinic()
        desk, nurse, prescriber = (someone(clinic, role) for role in (Role.FD, Role.RN, Role.RX))
        second = someone(clinic, Role.RN, "Ben Moss")
        visit = ready_for_a_dose(desk, nurse, prescriber)
    findings = Findings({FAMILY})
    team = Team(browser, product.address, findings)
    with a_watch():
        yield Here(team, nurse, second, prescriber, f"/sessions/{visit}/")
        team.go_home()
    assert findings.found == []


@contextmanager
def a_watch() -> Iterator[None]:
    """Its sign of life, each second: without one the pages say NOT LIVE and take the predicted course away (T6)."""
    over = threading.Event()

    def beats() -> None:
        while not over.wait(1):
            monitoring.beat(process="watch", at=clock.now())
        connections.close_all()

    thread = threading.Thread(target=beats, daemon=True)
    thread.start()
    yield
    over.set()
    thread.join(10)


def ready_for_a_dose(desk: Actor, nurse: Actor, prescriber: Actor) -> str:
    """80 kg, gone through the readiness list a quarter of an hour ago."""
    at = clock.now() - timedelta(minutes=30)
    patient = a_patient(desk, family=FAMILY)
    everything_known(patient, prescriber, at=at, diagnosis="depression")
    accepted_before(patient, prescriber, at=at)
    some_medicines(patient, nurse, "ticlopidine", at=at + timedelta(minutes=1))
    people.record_measure(patient=patient, weight_kg=Decimal(80), height_cm=Decimal(170), by=nurse, at=at)
    people.record_consent(
        patient=patient, kind="treatment", text_version="1", given=True, words="racemic ketamine into a vein; told",
        by=prescriber, at=at,
    )  # fmt: skip
    seat, vial = f.furniture("Chair 5", desk, nurse)
    visit = scheduling.book_visit(
        patient=patient, kind=VisitKind.DOSE, starts_at=at, ends_at=at + timedelta(hours=3), by=desk, at=at,
        number_in_course=1,
    )  # fmt: skip
    session = sessions.check_in(
        visit=visit, protocol_id="p-iv-05-2w", protocol_version="1.0.0", chair=seat, by=nurse, at=at
    )
    day = f.Day(desk=desk, nurse=nurse, second=nurse, prescriber=prescriber, clinic=patient.clinic, patient=patient,
                chair=seat, vial=vial, session=session)  # fmt: skip
    f.make_ready(day, at + timedelta(minutes=15))
    preparing.decide(session=session, go=True, overrides={}, words="", by=nurse, at=at + timedelta(minutes=16))
    return str(visit.pk)


def test_a_dose_is_planned_run_slowed_and_the_course_follows(here: Here) -> None:
    prescriber = at_work(here.team, here.prescriber, "the prescriber")
    nurse = at_work(here.team, here.nurse, "the nurse")
    second = at_work(here.team, here.second, "the second nurse")
    two_regimens_are_compared(prescriber, here.visit)
    the_order_is_signed(prescriber)
    the_syringe_is_checked_blind(nurse, second, here.visit)
    the_infusion_runs_beside_its_course(nurse)
    the_rate_is_slowed_and_the_course_follows(nurse, second, here.visit)
    the_course_on_a_phone(here)


def two_regimens_are_compared(prescriber: Someone, visit: str) -> None:
    prescriber.go(f"{visit}order/")
    prescriber.follow("Plan the dose")
    prescriber.sees("Predicted, not measured")
    prescriber.sees("Changes the curve.")
    prescriber.sees("Ticlopidine (inhibits CYP2B6)")
    bands = prescriber.page.locator("polygon.predicted__band")
    expect(bands).to_have_count(1)
    with prescriber.inside("fieldset:has-text('Regimen B')"):
        prescriber.fill("Dose", "0.5")
        prescriber.fill("Over", "60")
    prescriber.press("Draw them side by side")
    expect(bands).to_have_count(2)
    prescriber.sees("0.5 mg/kg over 60 min")
    the_courses_are_read_off(prescriber)
    prescriber.look("dose-planning")
    assert FAMILY not in prescriber.page.url


def the_courses_are_read_off(prescriber: Someone) -> None:
    """By the keyboard: each regimen's value at a minute, with its unit, and what a screen reader says of them."""
    ruler = prescriber.page.get_by_role("slider")
    ruler.press("End")
    for _ in range(3):
        ruler.press("ArrowLeft")
    rows = prescriber.page.locator("[data-curve-read] tr")
    expect(prescriber.page.locator("[data-curve-minute]")).to_have_text("234")
    expect(rows.nth(0)).to_contain_text(re.compile(r"A 0\.5 mg/kg over 40 min\s*\d+ ng/mL\s*[\d.]+ to [\d.]+ ng/mL"))
    expect(rows.nth(1)).to_contain_text(re.compile(r"B 0\.5 mg/kg over 60 min\s*\d+ ng/mL"))
    said = ruler.get_attribute("aria-valuetext") or ""
    assert re.fullmatch(r"234 min: A \d+, [\d.]+ to [\d.]+ ng/mL; B \d+, [\d.]+ to [\d.]+ ng/mL", said), said


def the_order_is_signed(prescriber: Someone) -> None:
    prescriber.follow("To the order")
    expect(prescriber.page.get_by_label("Dose").first).to_have_value("")
    prescriber.fill("Dose", "0.5")
    prescriber.choose("Vial strength at hand", "10 mg/mL")
    prescriber.press("Work it out")
    prescriber.fill("Your password, to sign", PASSWORD)
    prescriber.press("Sign the order: 40 mg in 40 min")
    prescriber.sees("Signed by")


def the_syringe_is_checked_blind(nurse: Someone, second: Someone, visit: str) -> None:
    nurse.go(visit)
    with nurse.inside("#dose"):
        nurse.choose("Vial of 10 mg/mL", "VChair 5")
        nurse.fill("Volume in the syringe", "4")
        nurse.press("I have drawn 4 mL (40 mg)")
    nurse.sees("A second person checks")
    second.go(visit)
    second.follow("Enter the double check")
    entered(second, dose="50")
    second.sees("Stop: it does not match")
    told = second.page.get_by_role("alert").inner_text()
    assert "Different: dose." in told, told
    assert not re.search(r"\d", told), told  # neither what was drawn nor what was read
    second.look("double-check-differs")
    entered(second, dose="40")
    second.sees("double check agrees")
    nurse.page.reload()
    for box in nurse.page.get_by_role("checkbox").all():
        box.check()
    nurse.fill("Birth year", BIRTH_YEAR)
    nurse.fill("Initials", INITIALS)
    nurse.fill("Your password", PASSWORD)
    nurse.press("All said")


def entered(second: Someone, dose: str) -> None:
    second.page.get_by_label("Patient's birth year").focus()
    for value in (BIRTH_YEAR, INITIALS, "ketamine (racemic)"):
        second.type("Control+A", value, "Tab")
    second.type("Space", "Tab")  # the first of the routes: into a vein
    for value in (dose, "10", "4", "100", "150"):
        second.type("Control+A", value, "Tab")
    second.type("Enter")
    second.page.wait_for_load_state()


def the_infusion_runs_beside_its_course(nurse: Someone) -> None:
    nurse.fill("Why you start without", "The monitor stands apart")
    nurse.press("Start infusion")
    with nurse.inside("#predicted"):
        nurse.sees("Predicted, not measured")
        nurse.sees(f"{SLOWER} 100 mL/h")
    stopped, slowed, as_set = (highest_to_come(nurse, column) for column in (1, 2, 0))
    assert stopped < slowed < as_set
    nurse.look("chairside-predicted")
    nurse.fill("Look at a slower rate", "60")
    nurse.press("Show")
    with nurse.inside("#predicted"):
        nurse.sees(f"{SLOWER} 60 mL/h")


def the_rate_is_slowed_and_the_course_follows(nurse: Someone, second: Someone, visit: str) -> None:
    """150 to 75 mL/h; from there the factor of the sheet, 1.5, makes 50. Who reads the pump does not see it before."""
    nurse.fill("Look at a slower rate", "")
    before, drawn_before = highest_to_come(nurse), course(nurse)
    with nurse.inside("#dose"):
        nurse.choose("Why", "Distress")
        nurse.fill("New rate", "75")
        nurse.press("New rate")
    with nurse.inside("#predicted"):
        nurse.sees(f"{SLOWER} 50 mL/h")
    after, drawn_after = highest_to_come(nurse), course(nurse)
    assert after < 0.85 * before, (before, after)  # 40 mg in 80 min and not in 40
    assert drawn_after["points"] != drawn_before["points"]
    assert max(drawn_after["lane"]["middle"]) < 0.85 * max(drawn_before["lane"]["middle"])
    second.go(visit)
    with second.inside("#predicted"):
        second.sees("The course is shown once they agree.")
    second.follow("Read the pump")
    second.fill("Pump rate now", "75")
    second.press("Compare")
    second.go(visit)
    with second.inside("#predicted"):
        second.sees(f"{SLOWER} 50 mL/h")
    assert abs(highest_to_come(second) - after) <= 2


def highest_to_come(who: Someone, column: int = 0) -> float:
    """Of the course as set, if stopped now, or if slowed: the middle, in ng/mL."""
    row = who.page.locator("#predicted tr", has_text="highest to come")
    found = re.match(r"[\d.]+", row.locator("td").nth(column).inner_text())
    assert found is not None
    return float(found.group())


def course(who: Someone) -> dict[str, Any]:
    """The band as it is drawn beneath, and what the dose lane among the vital signs draws."""
    band = who.page.locator("#predicted polygon.predicted__band").first.get_attribute("points")
    lane = who.page.locator("#predicted script[data-dose-band]").inner_text()
    return {"points": band, "lane": json.loads(lane)}


def the_course_on_a_phone(here: Here) -> None:
    prescriber = at_work(here.team, here.prescriber, "the prescriber on a phone", PHONE)
    prescriber.go(f"{here.visit}prediction/")
    prescriber.sees("Predicted, not measured")
    prescriber.look("prediction-phone")
    prescriber.page.add_init_script(WRITTEN)
    prescriber.go(here.visit)
    expect(prescriber.page.locator("#predicted polygon.predicted__band").first).to_be_visible()
    prescriber.page.wait_for_function("window.written.some(([words]) => words.includes('not measured'))")
    for words, left, right, width in prescriber.page.evaluate("window.written"):
        assert left >= 0, words  # nothing of the words is cut off, least of all that it is predicted
        assert right <= width, words
    prescriber.go(f"{here.visit}planning/")
    prescriber.look("dose-planning-phone")
