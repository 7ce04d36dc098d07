"""A clinic's first session: one person through the whole programme, each step by whoever does it in a clinic.

Everything runs as `ketacare up --demo` runs it. Two things can't be hurried, so what the demo's people did earlier is
told first: a session that has recovered for an hour, and a dose given yesterday.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.journeys import after, arrival, before, chairside, preparation
from tests.journeys.journey import FAMILY, GIVEN, Journey
from tests.journeys.monitor import Monitor
from tests.journeys.people import Findings, Team
from tests.journeys.running import Running

from ketacare.web import clock

pytestmark = pytest.mark.browser


@pytest.fixture
def journey(running: Running, browser: Browser, tmp_path: Path) -> Iterator[Journey]:
    findings = Findings({FAMILY, GIVEN, *before.NAMES})
    team = Team(browser, running.address, findings)
    told = before.tell(clock.now())
    monitor = Monitor(before.MONITOR, running.door, tmp_path)
    try:
        yield Journey(team, told, monitor)
    finally:
        monitor.fall_silent()
        team.go_home()
    findings.leaks("the log", running.log.read_text())
    assert findings.found == [], "\n".join(findings.found)


def test_one_person_through_the_whole_programme(journey: Journey) -> None:
    arrival.a_referral_is_recorded_once(journey)
    arrival.the_answer_goes_from_unknown_to_permit(journey)
    arrival.the_plan_is_signed(journey)
    preparation.the_nurse_makes_ready_and_says_go(journey)
    preparation.the_dose_is_ordered_drawn_and_checked_by_two(journey)
    chairside.the_monitor_is_paired_and_the_infusion_starts(journey)
    chairside.the_session_is_watched(journey)
    chairside.the_pump_is_slowed_and_read_by_a_second_person(journey)
    after.the_dose_is_stopped_and_the_patient_goes_home(journey)
    after.another_goes_home_once_nothing_is_unknown(journey)
    after.the_note_is_signed(journey)
    after.the_check_in_is_answered_on_a_phone(journey)
    after.the_concern_is_seen(journey)
    after.the_therapist_writes_a_short_note(journey)
    after.the_curve_shows_that_it_helps(journey)
