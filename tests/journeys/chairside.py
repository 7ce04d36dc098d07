"""The monitor speaks, the nurse watches, the wall shows the chair."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect
from tests.journeys.journey import BIRTH_YEAR, FAMILY, INITIALS, Journey
from tests.journeys.people import Someone

# -- 6. The monitor speaks ---------------------------------------------------------------------------------------------


def the_monitor_is_paired_and_the_infusion_starts(journey: Journey) -> None:
    nurse = journey["nurse"]
    nurse.follow("Pair the bedside monitor")
    nurse.choose("Monitor at this chair", "Monitor 2")
    nurse.fill("Birth year", BIRTH_YEAR)
    nurse.fill("Initials", INITIALS)
    nurse.look("monitor-to-pair")
    nurse.press("Pair this monitor")
    nurse.sees("Monitor 2 is on this patient")
    journey.monitor.speak()
    # The monitor is a process of its own: how long a busy machine takes to start it is nothing of the page.
    expect(value(nurse, "HR")).to_have_text(re.compile(r"^\d{2,3}$"), timeout=60_000)
    nurse.look("monitor-paired")
    nurse.follow("It is theirs: back to the session")
    the_screen_is_proven(nurse)
    nurse.sees("Nobody supervises this session.")
    nurse.fill("Why you start without", "The prescriber is on the way up and takes it")
    nurse.press("Start infusion")
    nurse.fill("You watch as many chairs as one person may", "The others are in recovery; Kit Alvarez stays beside me")
    nurse.press("Start infusion")
    expect(nurse.page.locator("#people")).to_be_visible()


def value(someone: Someone, channel: str) -> Locator:
    return someone.page.locator(f"[data-channel~='{channel}'] [data-value]").first


# -- 7. Chairside ------------------------------------------------------------------------------------------------------


def the_session_is_watched(journey: Journey) -> None:
    nurse = journey["nurse"]
    expect(nurse.page.locator("#people")).to_contain_text("a screen answers and can be heard")
    expect(nurse.page.locator("#alarms")).not_to_contain_text("No alarm of this chair can be heard")
    expect(value(nurse, "SPO2")).to_have_text(re.compile(r"^\d{2,3}$"))
    expect(nurse.page.locator("[data-channel~='SPO2'] [data-age]")).to_have_text(re.compile(r"^\d+ s ago$"))
    a_refused_column_stays_as_typed(nurse)
    type_vital_signs(nurse)
    tap_an_event(nurse)
    nurse.look("chairside")
    lose_the_stream_and_come_back(nurse)
    the_wall_shows_the_chair(journey)
    the_monitor_falls_silent(journey)


def the_screen_is_proven(nurse: Someone) -> None:
    """Three lamps and three sounds, tried by the nurse before the dose: until then it does not begin (D10)."""
    nurse.press("Start infusion")
    nurse.sees("No screen has passed its alarm self-test for this session.")
    nurse.press("Begin the self-test")
    nurse.sees("Three colours above, and three sounds, high first.")
    lamp = nurse.page.locator(".selftest__lamp .alarm__mark").first
    expect(lamp).to_have_css("animation-name", "flash-high")
    nurse.look("self-test")
    nurse.press("I saw and heard all three")
    nurse.sees("Self-test passed")
    nurse.look("self-test-passed")


def the_pump_is_slowed_and_read_by_a_second_person(journey: Journey) -> None:
    """Charted as it is done; the second person sees no figure, reads it wrong once, then right."""
    nurse, second = journey["nurse"], journey["nurse.two"]
    with nurse.inside("#dose"):
        nurse.choose("Why", "Distress")
        nurse.fill("New rate", "100")
        nurse.tick("This is")  # other sessions run beside it (H4)
        nurse.press("New rate")
        nurse.sees("Ask somebody to sign in and read the pump")
    nurse.look("rate-changed")
    second.go(f"/sessions/{journey.visit}/")
    expect(second.page.locator("main")).not_to_contain_text("100 mL/h")
    second.look("rate-to-be-read")
    second.follow("Read the pump")
    second.fill("Pump rate now", "150")
    second.press("Compare")
    second.sees("Stop: it does not match")
    second.look("rate-mismatch")
    second.fill("Pump rate now", "100")
    second.press("Compare")
    second.sees("100 mL/h")
    nurse.page.reload()
    expect(nurse.page.locator("#timeline")).to_contain_text("Check of the rate: Noor Haddad and Kit Alvarez agree")


def a_refused_column_stays_as_typed(nurse: Someone) -> None:
    """Diastolic above systolic cannot be: nothing typed is lost, and the page stays live."""
    pressure = nurse.page.locator("#grid input[name='bp']")
    pressure.fill("80/120")
    nurse.press("Save this column")
    nurse.sees("Not saved. Your entry is kept on this screen.")
    expect(pressure).to_have_value("80/120")
    nurse.look("chairside-refused")
    nurse.page.wait_for_timeout(LONGER_THAN_SILENCE_MS)
    expect(nurse.page.locator("[data-not-live]").first).to_be_hidden()
    expect(pressure).to_have_value("80/120")
    pressure.fill("")
    pressure.blur()


LONGER_THAN_SILENCE_MS = 7000

# Between two fields a person pauses, and readings arrive meanwhile: what is typed must not be drawn over.
PAUSE_MS = 1200


def type_vital_signs(nurse: Someone) -> None:
    """By keyboard alone: `v` goes to the field that is due, Enter to the next one, the last Enter saves the column."""
    nurse.type("v")
    expect(nurse.page.locator("#grid input:focus")).to_have_attribute("name", "bp")
    for entry in ("120/80", "72", "97", "14", "5", "0", "0", "0"):
        nurse.type(entry)
        nurse.page.wait_for_timeout(PAUSE_MS)
        nurse.type("Enter")
    expect(nurse.page.locator("#grid .cell__value", has_text="120/80")).to_be_visible()
    expect(nurse.page.locator("#grid input[name='bp']")).to_have_value("")


def tap_an_event(nurse: Someone) -> None:
    nurse.page.locator("body").press("w")
    expect(nurse.page.locator("#timeline")).to_contain_text("Water")


def lose_the_stream_and_come_back(nurse: Someone) -> None:
    """Five seconds without a heartbeat and the numbers are covered; then they go on from where they were."""
    with nurse.cut_off():
        # The browser leaves a stream that is open alone; the next ticket, within 45 s, is what it does not get.
        expect(nurse.page.locator("[data-not-live]").first).to_be_visible(timeout=75_000)
        nurse.look("chairside-not-live")
    expect(nurse.page.locator("[data-not-live]").first).to_be_hidden()
    expect(value(nurse, "HR")).to_have_text(re.compile(r"^\d{2,3}$"))


def the_wall_shows_the_chair(journey: Journey) -> None:
    desk = journey["front.desk"]
    desk.go("/wall/")
    tile = desk.page.locator("[data-visit]").filter(has_text="Chair 2")
    expect(tile).to_contain_text(INITIALS)
    expect(tile).not_to_contain_text(FAMILY)
    desk.look("wall")


def the_monitor_falls_silent(journey: Journey) -> None:
    """No reading for ten seconds is an alarm of its own; somebody says that they have seen it."""
    nurse = journey["nurse"]
    journey.monitor.fall_silent()
    alarms = nurse.page.locator("#alarms")
    expect(alarms).not_to_contain_text("No alarm.", timeout=20_000)
    nurse.look("chairside-alarm")
    with nurse.inside("#alarms"):
        nurse.press("I have seen it")
        # Another that nobody has seen stands in its place; it is told in the fold under it (A11).
        expect(alarms.get_by_text("seen by").first).to_be_attached()
    nurse.look("chairside-alarm-seen")
