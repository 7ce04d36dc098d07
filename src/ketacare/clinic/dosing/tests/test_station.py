"""The station and the wall for whoever may hear only of some chairs, or of none."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ketacare.clinic.dosing.actions import helping
from ketacare.clinic.dosing.queries import chairside, rems, wall
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import access as monitoring
from ketacare.clinic.monitoring import actions as watched
from ketacare.clinic.people import actions as people
from ketacare.clinic.people.access import Actor, NotAllowed
from ketacare.clinic.people.models import Demographics, Role
from ketacare.clinic.people.tests.factories import browser, someone, without_chance
from ketacare.clinic.supervision import actions as supervision
from ketacare.medicine.monitoring.terms import Channel, Condition, Kind, Presence

pytestmark = pytest.mark.django_db
AT = f.later(20)
COUNTS = "This page counts as a watcher"


@pytest.fixture
def day(monkeypatch: pytest.MonkeyPatch) -> f.Day:
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    day = f.a_day()
    f.to_running(day)
    return day


def page(actor: Actor, address: str = "/station/") -> str:
    return browser(actor).get(address).content.decode()


def topics(page: str) -> frozenset[str]:
    found = re.search(r'data-live="[^"]*ticket=([^"]+)"', page)
    assert found
    return monitoring.opened(unquote(found[1]), at=AT).topics


def test_a_therapist_s_station_is_live_for_their_own_patients_and_no_watcher(day: f.Day):
    another = f.a_day("Chair 4", day.clinic, family="Rowe")
    f.to_running(another)
    therapist = someone(day.clinic, Role.TH)
    people.relate(patient=day.patient, user=day.user(therapist), kind="therapist", by=day.nurse, at=AT)
    shown = page(therapist)
    assert topics(shown) == {f"visit:{day.visit.pk}"}
    assert topics(page(therapist, "/wall/")) == {f"visit:{day.visit.pk}"}
    assert "data-live-presence" not in shown
    assert COUNTS not in shown
    assert "data-not-live" in shown
    assert "Not live" not in shown
    with pytest.raises(NotAllowed):
        monitoring.visits_ticket(therapist, [day.visit, another.visit], at=AT)


def test_v4_no_name_stands_on_the_wall_and_the_patients_own_page_has_no_alarm_and_no_number(day: f.Day):
    """A high alarm stands, values were typed: the wall has chair and initials, the patient's own page neither of it."""
    f.vitals(day, "187/99", hr=133, spo2=84, at=f.later(19))
    watched.observe_sign(visit=day.visit, sign="chest pain", by=day.nurse, at=f.later(19))
    shown = page(day.nurse, "/wall/")
    assert "187/99" in shown
    assert "chest pain" in shown
    named = {"Reed", Demographics.objects.current().get(patient=day.patient).record_number}
    main = shown[shown.index("<main") : shown.index("</main>")]
    assert [name for name in named if re.search(rf"\b{re.escape(name)}\b", main)] == []
    own = someone(day.clinic, Role.PT)
    day.patient.user_id = own.user_id
    day.patient.save(update_fields=["user"])
    mine = without_chance(page(own, "/me/"))
    for word in ("187", "133", "chest pain", "data-alarms", "data-channel"):
        assert word not in mine, word


def test_d5_the_wall_and_the_form_name_who_holds_the_watch_once_the_handover_is_accepted(day: f.Day):
    def named() -> tuple[str, str]:
        return wall.tiles(day.nurse, at=AT)[0]["nurse"], rems.monitor(day.session)

    assert named() == ("Ann Vale", "Ann Vale")
    supervision.offer(visit=day.visit, task="watches", to=day.user(day.second), by=day.nurse, at=f.later(15))
    assert named() == ("Ann Vale", "Ann Vale"), "until accepted the old watcher has it"
    supervision.accept(visit=day.visit, task="watches", place="room", by=day.second, at=f.later(16))
    assert named() == ("Ben Moss", "Ben Moss (before: Ann Vale)")


def test_a_nurse_s_station_hears_every_chair_and_says_that_it_watches(day: f.Day):
    shown = page(day.nurse)
    assert "visit:*" in topics(shown)
    assert COUNTS in shown
    assert "Not live" not in shown


@pytest.mark.parametrize(("role", "address"), [(Role.TH, "/station/"), (Role.TH, "/wall/"), (Role.FD, "/wall/")])
def test_a_page_that_no_stream_keeps_true_says_of_when_it_is(day: f.Day, role: Role, address: str):
    shown = page(someone(day.clinic, role), address)
    assert "data-live=" not in shown
    assert re.search(r"Not live: as of <span[^>]*>10:25:00</span>", shown)
    assert COUNTS not in shown


def test_g18_what_is_old_greys_the_chairs_of_each_page_that_no_stream_keeps_true(day: f.Day):
    css = Path(finders.find("css/chairside.css")).read_text()
    (greyed,) = re.findall(r"\[data-old\] :is\(([^)]*)\) \{", css)
    desk = someone(day.clinic, Role.FD)
    for actor, address, of_it in ((day.nurse, "/station/", "station__chair"), (desk, "/wall/", "tile")):
        assert f'class="{of_it}' in page(actor, address)
        assert f".{of_it}" in greyed.split(", ")


def test_home_shows_each_running_chair_with_its_alarms_and_is_not_calm_beside_them(day: f.Day):
    calm = page(day.nurse, "/")
    assert re.search(r'id="running".*?<strong>Chair \d+</strong>.*?No alarm\.', calm, re.DOTALL)
    helping.call_help(session=day.session, place="patient", by=day.nurse, at=AT)
    shown = page(day.nurse, "/")
    running = re.search(r'id="running".*?</ul>', shown, re.DOTALL)
    assert running
    assert "alarm--high" in running[0]
    assert "No alarm" not in running[0]
    assert "Nothing waits for you" not in shown
    assert "visit:*" in topics(shown)


def test_home_of_a_therapist_shows_no_chair_of_somebody_else(day: f.Day):
    assert 'id="running"' not in page(someone(day.clinic, Role.TH), "/")


def test_a_chair_more_asks_the_home_page_for_nothing_that_grows_with_chairs(day: f.Day):
    """Home stands open all day at every desk: two chairs more may cost their alarms, not their people one by one."""
    with CaptureQueriesContext(connection) as one_chair:
        page(day.nurse, "/")
    for name, family in (("Chair 4", "Rowe"), ("Chair 5", "Vale")):
        f.to_running(f.a_day(name, day.clinic, family=family))
    with CaptureQueriesContext(connection) as three_chairs:
        shown = page(day.nurse, "/")
    assert "Chair 5" in shown
    assert len(three_chairs) - len(one_chair) <= 2 * 3


def test_a_chair_more_asks_the_station_and_the_wall_for_nothing(day: f.Day):
    """Both stand open all day, and are drawn anew at every alarm."""
    addresses = ("/station/", "/wall/")
    f.to_running(f.a_day("Chair 6", day.clinic, family="Gray"))
    [page(day.nurse, address) for address in addresses]
    asked = [statements(day, address) for address in addresses]
    for name, family in (("Chair 4", "Rowe"), ("Chair 5", "Vale")):
        f.to_running(f.a_day(name, day.clinic, family=family))
    assert [statements(day, address) for address in addresses] == asked


def statements(day: f.Day, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        page(day.nurse, address)
    return len(captured)


def test_h38_that_nobody_supervises_sounds_where_somebody_can_end_it_and_not_beside_the_patient(day: f.Day):
    """Safety 3.5: a medium alarm has its sound; what is silent is the chair alone."""
    supervision.end_posts(visit=day.visit, by=day.prescriber, at=f.later(11))
    for minute in (11.1, 12):
        supervision.look(clinic=day.clinic, at=f.later(minute))
    drawn = re.compile(r'<div class="alarm[^>]*data-alarm="watch\.unsupervised"[^>]*>')
    for address, is_silent in ((f"/sessions/{day.visit.pk}/", True), ("/station/", False)):
        found = drawn.search(page(day.nurse, address))
        assert found, address
        assert "alarm--medium" in found[0]
        assert ("data-silent" in found[0]) is is_silent, address
    (tile,) = wall.tiles(day.nurse, at=AT)
    (one,) = [one for one in (tile["alarm"], *tile["others"]) if one["id"] == "watch.unsupervised"]
    assert one["sounding"]


def test_a8_a9_station_and_wall_say_why_a_chair_is_silent(day: f.Day):
    at = f.later(19)
    watched.observe_sign(visit=day.visit, sign="vomiting", by=day.nurse, at=at)
    for address in ("/station/", "/wall/"):
        shown = page(day.nurse, address)
        assert "Sound paused" not in shown
        assert "NOT MONITORED" not in shown
    watched.pause_audio(visit=day.visit, by=day.nurse, at=AT)
    watched.stop_monitoring(visit=day.visit, channel=Channel.RR, reason="artefacts", by=day.nurse, at=AT)
    for address in ("/station/", "/wall/"):
        shown = page(day.nurse, address)
        assert "Sound paused" in shown
        assert "NOT MONITORED" in shown
    assert day.nurse.name not in page(day.nurse, "/wall/").split("NOT MONITORED")[1].split("</p>")[0]


def test_h9_a11_checks_missed_again_and_again_are_one_line_and_hide_no_other_alarm():
    def row(key: str, minute: float, words: str, **more: object) -> dict[str, object]:
        told = {"priority": "medium", "state": "present", "sounding": True, "acknowledged_by": ""}
        return {"id": key, "condition": key, "words": words, "since": f.later(minute)} | told | more

    def missed(minute: int, check: str = "Blood pressure", **more: object) -> dict[str, object]:
        label = f"{check} at T+{minute}"  # as the schedule asks it
        owed = Condition(
            key=f"due.{check}@{minute}", kind=Kind.DUE, label=label, rule="supervisor", since=f.later(minute)
        )
        return row(owed.key, minute, chairside.alarm_words(replace(owed, presence=Presence.PRESENT), AT), **more)

    pressures = [missed(m) for m in (30, 15, 45)]
    graver = missed(60, priority="high")
    seen = missed(75, state="acknowledged", acknowledged_by="Bo")
    sedation = missed(30, "Sedation MOAA/S")
    low, other = row("SPO2.low", 20, "SpO2 84 %"), row("HR.low", 20, "SpO2 84 %")
    shown = chairside.gathered([low, graver, *pressures, seen, sedation, other])
    words = "Blood pressure (3), Sedation MOAA/S: missed, prescriber told, 4 checks, the oldest"
    assert shown == [low, graver, pressures[1] | {"words": words}, seen, other], "one column, one line; each by name"
    (here,) = chairside.gathered([missed(m, acknowledge="/seen/") for m in (15, 30)])
    assert here["words"].endswith("2 checks, one press each, the oldest"), "a press answers one of them (A11)"


def test_d2_over_a_list_of_chairs_the_words_of_the_cover_begin_at_its_top_and_stay_in_sight(day: f.Day):
    """They stood in the middle of a cover some screens tall: a black page without a word."""
    css = Path(finders.find("css/chairside.css")).read_text()
    assert re.search(r"\.live:has\(> :is\(\.station, \.wall\)\) \.live__not > span \{[^}]*position: sticky", css)
    for address, of_it in (("/station/", "station"), ("/wall/", "wall")):
        assert re.search(rf'data-live-cover>\s*<div class="{of_it}"', page(day.nurse, address))
