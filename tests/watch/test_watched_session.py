"""Four people and one chair: supervised from another place, handed over, helped, and an alarm that nobody answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator, expect

from ketacare.clinic.dosing.actions import timeline
from ketacare.clinic.dosing.models import Kind
from ketacare.clinic.people.access import Actor
from ketacare.clinic.supervision import actions as supervision
from ketacare.clinic.supervision.models import RungTaken
from ketacare.web.live.application import live
from tests.journeys.people import PHONE, TABLET, Findings, Someone, Team, at_work
from tests.watch.house import House

pytestmark = pytest.mark.browser
HELPS = "The lamp on, and her sister's name."


@dataclass
class Journey:
    house: House
    team: Team
    staff: dict[str, Someone] = field(default_factory=dict)

    @property
    def chair(self) -> str:
        return f"/sessions/{self.house.day.visit.pk}/"

    def at_screen(self, who: str, actor: Actor, viewport: dict[str, int] = TABLET) -> Someone:
        if who not in self.staff:
            self.staff[who] = at_work(self.team, actor, who, viewport)
        return self.staff[who]

    @property
    def nurse(self) -> Someone:
        return self.at_screen("nurse", self.house.day.nurse)

    @property
    def second(self) -> Someone:
        return self.at_screen("second nurse", self.house.day.second)

    @property
    def prescriber(self) -> Someone:
        return self.at_screen("prescriber", self.house.day.prescriber, PHONE)


@pytest.fixture
def journey(house: House, browser: Browser) -> Iterator[Journey]:
    findings = Findings()
    team = Team(browser, house.address, findings)
    with house.inside():
        supervision.write_plan(
            patient=house.day.patient, said={"helps": HELPS, "touch": "no"}, by=house.day.nurse, at=house.clock.now()
        )
    yield Journey(house, team)
    team.go_home()
    assert findings.found == []


def test_one_session_and_everybody_who_answers_for_it(journey: Journey) -> None:
    journey.house.stay(journey.house.day.nurse)
    journey.nurse.go(journey.chair)
    supervised_from_another_place(journey)
    advice_is_read_back(journey)
    handed_over_when_accepted(journey)
    help_from_the_room_and_from_the_patient(journey)
    nobody_has_looked_in(journey)
    the_station_listens(journey)
    an_alarm_that_nobody_answers(journey)


# -- supervision (D4) --------------------------------------------------------------------------------------------------


def post(someone: Someone, title: str) -> Locator:
    return someone.page.locator(".people__post").filter(has_text=title)


def supervised_from_another_place(journey: Journey) -> None:
    """D4: a remote supervisor counts while their page answers, and each second without is counted and shown."""
    nurse, prescriber = journey.nurse, journey.prescriber
    expect(post(nurse, "Supervisor")).to_contain_text("Not supervised")
    prescriber.go(journey.chair)
    post(prescriber, "Supervisor").get_by_text("Take it").click()
    post(prescriber, "Supervisor").get_by_label("Remote").check()
    prescriber.press("I supervise")
    expect(post(nurse, "Supervisor")).to_contain_text("Dr Cho, remote")
    prescriber.look("watch-supervises-remote")
    prescriber.go("about:blank")
    journey.house.pass_time(90)
    nurse.page.reload()
    expect(post(nurse, "Supervisor")).to_contain_text("Not supervised: Dr Cho (remote) does not answer")
    expect(post(nurse, "Supervisor")).to_contain_text(
        re.compile(r"took it at \d\d:\d\d, not heard since \d\d:\d\d:\d\d")
    )
    expect(post(nurse, "Supervisor")).to_contain_text(re.compile(r"without supervision so far: \d min \d\d s"))
    nurse.look("watch-unsupervised")
    nurse.go("/station/")
    expect(nurse.page.locator("[data-visit]")).to_contain_text("Not supervised: Dr Cho")
    nurse.look("watch-station")
    nurse.go(journey.chair)
    prescriber.go(journey.chair)
    expect(post(nurse, "Supervisor").get_by_text("Dr Cho, remote", exact=True)).to_be_visible()


def advice_is_read_back(journey: Journey) -> None:
    """Remote advice stands open until the chair has said it again and the adviser has said that this was meant (H40);
    all are lines of the timeline."""
    nurse, prescriber = journey.nurse, journey.prescriber
    prescriber.fill("Advice to the chair", "Repeat pressure in 5 min; above 180 pause.")
    prescriber.press("Send; the chair reads it back")
    expect(nurse.page.locator(".people__advice")).to_contain_text("Advice of Dr Cho")
    nurse.fill("Read it back in your words", "Again in 5 min, over 180 I pause.")
    nurse.press("Read back")
    expect(nurse.page.locator(".people__advice")).to_contain_text("Waits for the adviser's yes")
    prescriber.press("Yes, that is it")
    expect(nurse.page.locator(".people__advice")).to_have_count(0)
    timeline = prescriber.page.locator("#timeline")
    expect(timeline).to_contain_text("Advice: Repeat pressure in 5 min; above 180 pause.")
    expect(timeline).to_contain_text("Read back: Again in 5 min, over 180 I pause.")


# -- handover (D5) -----------------------------------------------------------------------------------------------------


def handed_over_when_accepted(journey: Journey) -> None:
    """D5: offered is not handed over; until “I have it” the old watcher stays responsible."""
    nurse, second = journey.nurse, journey.second
    post(nurse, "At the chair").get_by_text("Hand over, or change where you are").click()
    chosen = post(nurse, "At the chair").get_by_label("Offer to")
    chosen.select_option(label="Ben Moss")
    something_happens(journey)
    expect(chosen).not_to_have_value("")
    nurse.press("Offer")
    expect(post(nurse, "At the chair")).to_contain_text("until accepted, Ann Vale has it")
    second.go(journey.chair)
    expect(post(second, "At the chair").locator("b").first).to_have_text("Ann Vale, in the room")
    second.look("watch-offered")
    post(second, "At the chair").get_by_label("In the room").check()
    second.press("I have it")
    expect(post(nurse, "At the chair").locator("b").first).to_have_text("Ben Moss, in the room")
    expect(nurse.page.locator("#timeline")).to_contain_text("handed over by Ann Vale")
    second.go("/station/")
    expect(second.page.locator("[data-visit]")).to_contain_text("Ben Moss")


def something_happens(journey: Journey) -> None:
    """Somebody else charts, and the page of the chair draws itself anew: what was chosen on it stays chosen."""
    house = journey.house
    with house.inside():
        timeline.record(
            session=house.day.session, kind=Kind.EVENT, name="water", by=house.day.second, at=house.clock.now()
        )
    expect(journey.nurse.page.locator("#timeline")).to_contain_text("Water")


# -- help (H11) --------------------------------------------------------------------------------------------------------


def help_from_the_room_and_from_the_patient(journey: Journey) -> None:
    """H11: pressed in the room or by the patient it is a high alarm at the chair, with what helps this patient."""
    nurse, tablet = journey.nurse, journey.team.at_a_screen("tablet", viewport=TABLET)
    tablet.go(journey.second.page.locator("#rooms a").first.get_attribute("href") or "")
    tablet.look("watch-room-help")
    door = journey.team.at_a_screen("door", viewport=TABLET)
    door.go(journey.second.page.get_by_role("link", name="Door of").get_attribute("href") or "")
    door.sees("In session. Quiet, please.")
    tablet.press("Help")
    tablet.sees("Help was called at")
    alarms, card = nurse.page.locator("#alarms"), nurse.page.locator("#distress")
    expect(alarms).to_contain_text(re.compile("help button", re.IGNORECASE))
    expect(card).to_contain_text("needed now")
    expect(card).to_contain_text(HELPS)
    door.sees("High alarm")
    door.look("watch-door")
    door.go("about:blank")  # while the clock leaps, the watch is late, and the door refuses to be calm
    nurse.look("watch-help-called")
    seen(nurse, HELP_BUTTON)
    tablet.sees("Somebody has seen it and is coming.")
    nurse.page.keyboard.press("a")
    expect(nurse.page.locator("#presence")).to_contain_text("Ann Vale")
    expect(alarms).not_to_contain_text("Help button")
    patient = at_work(journey.team, journey.house.patient, "patient", PHONE)
    patient.go("/me/")
    patient.look("watch-patient-help")
    patient.press("Help")
    expect(alarms).to_contain_text(re.compile("help button", re.IGNORECASE))
    expect(nurse.page.locator("#timeline")).to_contain_text("Help")
    seen(nurse, HELP_BUTTON)
    nurse.page.keyboard.press("a")
    expect(alarms).not_to_contain_text("Help button")


def nobody_has_looked_in(journey: Journey) -> None:
    """T6: somebody is with the patient every fifteen minutes, or the chair says that nobody was."""
    journey.house.pass_time(18 * 60, step=60)
    expect(journey.nurse.page.locator("#alarms")).to_contain_text("With the patient")
    journey.nurse.look("watch-nobody-looked-in")
    journey.nurse.page.keyboard.press("a")
    expect(journey.nurse.page.locator("#alarms")).not_to_contain_text("With the patient")


# -- the station (D8, D10, H41) ----------------------------------------------------------------------------------------

# Counts what is sounded, and hands out a wake lock that the test can take away.
LISTEN = """
  window.tones = 0;
  const make = AudioContext.prototype.createOscillator;
  AudioContext.prototype.createOscillator = function () { window.tones += 1; return make.call(this); };
  window.locks = [];
  const request = async () => window.locks[window.locks.push(new EventTarget()) - 1];
  Object.defineProperty(navigator, "wakeLock", { value: { request } });
"""


def the_station_listens(journey: Journey) -> None:
    """D10: a screen that may fall asleep alarms, and sounds; H41: the card opens with the network gone."""
    station = journey.second
    station.page.add_init_script(LISTEN)
    station.go("/station/")
    station.press("Begin the self-test")
    station.press("I saw and heard all three")
    station.sees("Self-test passed")
    asleep = station.page.get_by_text("This screen may fall asleep")
    expect(asleep).to_have_count(0)
    before = tones(station)
    station.page.evaluate("window.locks[0].dispatchEvent(new Event('release'))")
    expect(asleep).to_be_visible()
    station.page.wait_for_function("before => window.tones > before", arg=before)
    station.look("watch-screen-may-sleep")
    station.page.get_by_role("heading", name="Calls").click()
    expect(asleep).to_have_count(0)
    expect(station.page.locator("#cards dialog")).to_have_count(1)
    with station.cut_off(), journey.nurse.cut_off():
        a_step_in_the_first_seconds_of_a_cut(journey.nurse, journey.chair)
        streams_end()
        cover = station.page.locator("[data-not-live]")
        expect(cover).to_contain_text("NOT LIVE – connection lost", timeout=COVERED_WITHIN_MS)
        expect(cover).to_be_visible()
        station.page.locator("[data-card-open]").click()
        expect(station.page.get_by_role("dialog")).to_contain_text("1 Example Street")
        station.look("watch-card-offline")
        station.press("Close the card")
        an_emergency_without_a_line(journey.nurse)
    emergency_is_charted(journey.nurse)
    what_was_not_sent_stays_until_it_is_written_down(journey.nurse)
    station.go("/station/")
    # A browser lets a page that was loaded anew sound once somebody has touched it; until then it is no listener.
    station.page.get_by_role("heading", name="Calls").click()


NOT_SENT = "1 step NOT SENT and not saved"


def a_step_in_the_first_seconds_of_a_cut(nurse: Someone, chair: str) -> None:
    """D2, H22: before anybody knows of the cut, a press takes no page away; H16, H17: that it is not kept is seen."""
    nurse.press("I have stopped the pump")
    waits = nurse.page.locator(".waiting")
    expect(waits).to_contain_text(NOT_SENT)
    expect(waits.get_by_text("I have stopped the pump")).to_be_in_viewport()
    assert chair in nurse.page.url


def what_was_not_sent_stays_until_it_is_written_down(nurse: Someone) -> None:
    """H16: a step of the dose is never sent later by itself, and never forgotten."""
    waits = nurse.page.locator(".waiting")
    expect(nurse.page.locator("[data-not-live]")).to_be_hidden()
    expect(waits).to_contain_text(NOT_SENT)
    nurse.page.reload()
    expect(waits).to_contain_text(NOT_SENT)
    nurse.press("It is written down")
    expect(waits).to_be_hidden()
    expect(nurse.page.locator("#timeline")).to_contain_text("Not sent, no connection: “I have stopped the pump”")


def an_emergency_without_a_line(nurse: Someone) -> None:
    """H22, H41: the press that begins it waits with its own time, and its acts behind it."""
    expect(nurse.page.locator("[data-not-live]")).to_be_visible(timeout=COVERED_WITHIN_MS)
    expect(nurse.page.get_by_role("button", name="Airway opened")).to_be_visible()
    nurse.press("Emergency: start the clock")
    nurse.press("Airway opened")
    expect(nurse.page.locator(".waiting")).to_contain_text("2 entries kept on this device")
    nurse.look("watch-emergency-offline")


def emergency_is_charted(nurse: Someone) -> None:
    events = nurse.page.locator("#timeline")
    expect(events).to_contain_text("Airway opened", timeout=COVERED_WITHIN_MS)
    expect(nurse.page.locator(".emergency--on")).to_be_visible()
    nurse.fill("How it ended", "A test of the line")
    nurse.press("The emergency is over")
    expect(nurse.page.locator(".emergency--on")).to_have_count(0)


COVERED_WITHIN_MS = 15_000  # five seconds of silence and a tick, on a machine that is busy


def streams_end() -> None:
    """At the server: a stream that is open outlives the network that the browser is told to have lost."""
    for task in list(live.streams):
        task.get_loop().call_soon_threadsafe(task.cancel)


def tones(someone: Someone) -> int:
    return int(someone.page.evaluate("window.tones"))


# -- the ladder (D6) ---------------------------------------------------------------------------------------------------


def an_alarm_that_nobody_answers(journey: Journey) -> None:
    """D6, G16: it sounds at the station; the second person is told after 30 s, the prescriber after 60, and the card is
    before everybody after 120."""
    house, nurse = journey.house, journey.nurse
    before = tones(journey.second)
    nurse.press("Chest pain")
    journey.second.page.wait_for_function("before => window.tones >= before + 10", arg=before)
    expect(nurse.page.locator("#alarms")).to_contain_text(re.compile("chest pain", re.IGNORECASE))
    house.pass_time(20)
    assert rungs(house) == {}
    house.pass_time(15)
    called(journey, "Ann Vale")
    house.pass_time(30)
    called(journey, "Dr Cho")
    house.pass_time(60)
    called(journey, "Dr Feldt")
    found = rungs(house)
    assert list(found) == ["second", "prescriber", "director"]
    assert all(within <= found[rung] < within + 10 for rung, within in LADDER.items()), found
    expect(nurse.page.locator("#emergency")).to_contain_text("Nobody has answered. Go there, and call emergency")
    nurse.look("watch-card-laid")
    assert all("Reed" not in call["words"] for call in house.caught.calls), "D7: no call names a patient"
    seen(nurse, CHEST_PAIN)
    expect(nurse.page.locator("#emergency")).not_to_contain_text("Nobody has answered")
    assert rungs(house, standing=True) == {}


LADDER = {"second": 30, "prescriber": 60, "director": 120}
CHEST_PAIN, HELP_BUTTON = "sign.chest pain", "sign.help button"


def seen(nurse: Someone, condition: str) -> None:
    """This alarm, wherever it stands among the others."""
    alarm = nurse.page.locator(f"#alarms [data-alarm='{condition}']")
    expect(alarm).to_have_count(1)
    if not alarm.is_visible():
        nurse.page.locator("#alarms summary").click()
    alarm.get_by_role("button", name="I have seen it").click()


def rungs(house: House, *, standing: bool = False) -> dict[str, float]:
    """After how many seconds of this alarm each was told."""
    with house.inside():
        rows = RungTaken.objects.filter(condition=CHEST_PAIN).order_by("begun_at")
        rows = rows.filter(ended_at__isnull=True) if standing else rows
        return {row.rung: (row.begun_at - row.since).total_seconds() for row in rows}


def called(journey: Journey, name: str) -> None:
    """By text, with a receipt, on the page of the calls."""
    journey.second.page.reload()
    row = journey.second.page.locator("#calls tr").filter(has_text=name).filter(has_text="High alarm")
    expect(row.filter(has_text="Text message").first).to_contain_text("Delivered")
