"""Processes of ours that say nothing any more, and a server whose clock leapt, are told (D9, G13, I11)."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest

from ketacare.clinic.dosing.queries import proving
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import agents, processes
from ketacare.clinic.monitoring.models import AlarmSignal, Device, DeviceClock, DeviceLease, Way
from ketacare.clinic.monitoring.tests.factories import Bedside, a_device
from ketacare.clinic.people.tests.factories import a_clinic, browser
from ketacare.clinic.scheduling.models import Chair
from ketacare.web import server_clock
from ketacare.web.commands import processes as processes_command
from ketacare.web.commands import watch, worker
from ketacare.web.runtime.faults import BadInput
from ketacare.web.server_clock import ServerClock

pytestmark = pytest.mark.django_db
AT = f.later(20)


def s(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


@pytest.mark.parametrize(("process", "most"), [("gateway here:2575", 10), ("mqtt here", 10), ("worker", 180)])
def test_d9_what_was_heard_and_says_nothing_any_more_is_missed(process: str, most: int):
    assert processes.silent(AT) == []  # never started here, it is missed by nobody
    monitoring.beat(process=process, at=AT - s(most))
    assert processes.silent(AT) == []
    (one,) = processes.silent(AT + s(1))
    assert one.since == AT - s(most)
    monitoring.beat(process=f"{process} too", at=AT)  # another of its kind does what it did
    assert processes.silent(AT + s(1)) == []


def test_d9_what_was_stopped_on_purpose_or_a_day_ago_is_missed_by_nobody():
    monitoring.beat(process="mqtt here", at=AT - s(60))
    processes.stopped("mqtt here")
    monitoring.beat(process="gateway elsewhere:2575", at=AT - timedelta(hours=24))
    assert processes.silent(AT) == []


def test_d9_h9_what_is_used_no_more_is_taken_back_by_whoever_runs_the_system(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("ketacare.web.runtime.application.set_up", lambda: None)
    clinic = a_clinic()
    chair = Chair.objects.create(organisation=clinic.organisation, clinic=clinic, created_at=AT, name="Chair 3")
    agents.agents_heard({chair.pk: AT - s(60)})
    for process in ("mqtt tried once", "watch"):
        monitoring.beat(process=process, at=AT - timedelta(days=20))
    for name in ("mqtt tried once", f"agent {clinic.name} Chair 3"):
        assert processes_command.run(Namespace(not_used=name)) == 0
    assert capsys.readouterr().out.count("used no more") == 3
    assert agents.agents_silent(clinic.pk, AT) == processes.silent(AT, used_within=processes.SENT_TO) == []
    with pytest.raises(BadInput, match="is none of: agent"):
        processes_command.run(Namespace(not_used="watch"))


def test_d9_a_round_of_background_work_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    assert worker.round_of([worker.alive()])
    assert processes.silent(AT + s(180)) == []
    assert [one.words for one in processes.silent(AT + s(181))] == [processes.KINDS[2].words]


def test_i11_h21_a_server_whose_clock_leaps_is_told():
    of_the_server = ServerClock()
    passes = [(0, 100.0), (1, 101.0), (2.9, 102.0), (3.9, 103.0), (316, 104.0), (14, 105.0)]
    leaps = [of_the_server.leap(AT + s(wall), monotonic) for wall, monotonic in passes]
    assert [leap and round(leap.seconds) for leap in leaps] == [None, None, None, None, 311, 303]
    of_the_server = ServerClock(AT.timestamp())
    watch.look_at_the_clock(of_the_server, lambda: AT)
    leap = processes.last_leap(AT)
    assert leap is not None
    assert leap.grave
    assert processes.last_leap(AT + timedelta(hours=1)) is None


def test_i11_d10_the_station_says_so_and_no_dose_begins_as_if_nothing_were(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    day = f.a_day()
    sent_by_the_gateway(a_device(day.clinic)[0])
    before = proving.missing(day.session, day.nurse, at=AT)
    processes.leapt(processes.Leap(AT - s(60), 312.0))
    monitoring.beat(process="gateway here:2575", at=AT - s(11))
    page = browser(day.nurse).get("/station/").content.decode()
    assert "clock leapt by 312 s" in page
    assert processes.KINDS[0].words in page
    new = [one.words for one in proving.missing(day.session, day.nurse, at=AT) if one not in before]
    assert new == [f"{processes.KINDS[0].words}.", "The server's clock leapt by 312 s within the last hour."]
    processes.leapt(processes.Leap(AT, 2.0))  # as a time service sets it: once far, and then a little
    assert [one.words for one in proving.missing(day.session, day.nurse, at=AT) if one not in before] == new


def sent_by_the_gateway(device: Device) -> None:
    DeviceLease.objects.create(device=device, organisation=device.organisation, holder="here", until=AT - s(60))


def test_d9_h9_a_listener_that_nobody_here_sends_to_holds_up_no_dose():
    day = f.a_day()
    (by_gateway, _), (by_mqtt, _) = a_device(day.clinic), a_device(day.clinic, address="by mqtt")
    for process in ("gateway here:2575", "mqtt here"):
        monitoring.beat(process=process, at=AT - s(11))
    assert processes.silent_to(day.clinic.pk, AT) == []
    DeviceClock.objects.create(device=by_mqtt, organisation=by_mqtt.organisation, last_received_at=AT - s(60))
    assert [one.kind for one in processes.silent_to(day.clinic.pk, AT)] == [processes.MQTT]
    sent_by_the_gateway(by_gateway)
    assert [one.kind for one in processes.silent_to(day.clinic.pk, AT)] == [processes.GATEWAY, processes.MQTT]


@pytest.mark.parametrize("dead_h", [0.5, 40])
def test_d9_d10_what_a_monitor_sent_to_before_the_weekend_is_missed_on_its_first_morning(dead_h):
    day = f.a_day()
    device, weekend = a_device(day.clinic)[0], timedelta(hours=62)
    kept = {"device": device, "organisation": device.organisation}
    DeviceLease.objects.create(**kept, holder="here", until=AT - weekend + s(20))
    DeviceClock.objects.create(**kept, last_received_at=AT - weekend)
    for process in ("gateway here:2575", "mqtt here"):
        monitoring.beat(process=process, at=AT - timedelta(hours=dead_h))
    assert [one.kind for one in processes.silent_to(day.clinic.pk, AT)] == [processes.GATEWAY]
    DeviceClock.objects.update(last_received_at=AT - s(60))  # another way since, that nobody noted
    assert [one.kind for one in processes.silent_to(day.clinic.pk, AT)] == [processes.GATEWAY, processes.MQTT]
    for way, missed in ((Way.MQTT, [processes.MQTT]), (Way.JSON, [])):  # H9: nor what was tried before another way
        DeviceClock.objects.update(way=way)
        assert [one.kind for one in processes.silent_to(day.clinic.pk, AT)] == missed
    DeviceClock.objects.update(way=Way.HL7)
    assert [one.kind for one in processes.silent_to(day.clinic.pk, AT)] == [processes.GATEWAY]
    Device.objects.update(retired_at=AT)
    assert processes.silent_to(day.clinic.pk, AT) == []


def test_i11_a_small_leap_is_told_and_no_more():
    day = f.a_day()
    before = proving.missing(day.session, day.nurse, at=AT)
    processes.leapt(processes.Leap(AT, 2.0))
    assert processes.last_leap(AT) == processes.Leap(AT, 2.0)
    assert proving.missing(day.session, day.nurse, at=AT) == before


def test_i11_the_gravest_leap_of_an_hour_is_told_for_its_hour_and_no_longer():
    processes.leapt(processes.Leap(AT, 312.0))
    processes.leapt(processes.Leap(AT + s(120), 2.0))
    assert processes.last_leap(AT + s(3599)) == processes.Leap(AT, 312.0)
    assert processes.last_leap(AT + s(3600)) is None
    processes.leapt(processes.Leap(AT + timedelta(hours=10), 36000.0))
    processes.leapt(processes.Leap(AT + s(60), 35999.5))  # and back: it is not told until ten hours later
    assert processes.last_leap(AT + s(61)) == processes.Leap(AT + s(60), 36000.0)
    assert processes.last_leap(AT + s(3660)) is None


def test_i11_a_grave_leap_after_a_graver_one_is_told_for_an_hour_of_its_own():
    """As one goes back that somebody had set wrong."""
    processes.leapt(processes.Leap(AT, 312.0))
    processes.leapt(processes.Leap(AT + timedelta(minutes=55), 311.0))
    assert processes.last_leap(AT + timedelta(minutes=114)) == processes.Leap(AT + timedelta(minutes=55), 312.0)
    assert processes.last_leap(AT + timedelta(minutes=115)) is None


def test_i11_h9_a_server_that_slept_has_not_leapt(monkeypatch: pytest.MonkeyPatch):
    """Its wall clock and that of what passed go on together; the monotonic one of Linux stands still."""
    passed, boottime = [100.0], 7

    def clock_gettime(which: int) -> float:
        assert which == boottime
        return passed[0]

    told = SimpleNamespace(CLOCK_BOOTTIME=boottime, clock_gettime=clock_gettime, monotonic=lambda: 100.0)
    monkeypatch.setattr(server_clock, "time", told)
    of_the_server = ServerClock()
    watch.look_at_the_clock(of_the_server, lambda: AT)
    passed[0] += 36_000
    watch.look_at_the_clock(of_the_server, lambda: AT + timedelta(hours=10))
    assert processes.last_leap(AT + timedelta(hours=10)) is None
    del told.CLOCK_BOOTTIME  # elsewhere there is no such clock
    assert server_clock.passed_s() == 100.0


def test_i11_h9_a_process_that_was_held_up_between_two_clocks_has_seen_no_leap(monkeypatch: pytest.MonkeyPatch):
    passes = iter([100.0, 100.0, 101.0, 107.0, 108.0, 108.0])  # before and after the wall clock is read
    monkeypatch.setattr(server_clock, "passed_s", lambda: next(passes))
    of_the_server = ServerClock()
    for second in (0, 1, 8):  # in the second look it stood still for six seconds
        watch.look_at_the_clock(of_the_server, lambda second=second: AT + s(second))  # type: ignore[misc]
    assert processes.last_leap(AT + s(8)) is None


def test_d9_each_chore_of_a_long_round_is_a_sign_of_life(monkeypatch: pytest.MonkeyPatch):
    """Before, a round that took longer than three minutes was told as work that had stopped."""
    moment = [AT]
    monkeypatch.setattr("ketacare.web.clock.now", lambda: moment[0])

    def a_long_one(at: datetime) -> int:
        moment[0] = at + s(170)
        return 1

    assert worker.round_of([worker.Chore("long", a_long_one), worker.Chore("longer", a_long_one)], worker.alive())
    assert processes.silent(AT + s(340 + 180)) == []
    assert len(processes.silent(AT + s(340 + 181))) == 1


@pytest.mark.parametrize(("each_s", "late_s"), [(0.3, 0.3), (0.8, 1.4)])
def test_g20_how_late_a_round_is_is_its_slowest_clinic_or_what_it_outlasts_its_second_by(
    each_s: float, late_s: float, monkeypatch: pytest.MonkeyPatch
):
    for name in ("North", "South", "West"):
        a_clinic(name)
    passed, beats = [100.0], list[float]()

    def slowly(clinic: object, at: object) -> None:
        passed[0] += each_s

    monkeypatch.setattr(watch, "ticked", slowly)
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: passed[0]))
    monkeypatch.setattr(
        "ketacare.clinic.monitoring.actions.beat", lambda *, late_s, **_: beats.append(round(late_s, 1))
    )
    watch.round_of_all(lambda: AT)
    assert beats == [late_s]


def test_g20_a_round_that_began_late_says_so_whatever_held_it_back(monkeypatch: pytest.MonkeyPatch):
    """Such as a tick between two rounds that took two seconds."""
    beats = list[float]()
    monkeypatch.setattr("ketacare.clinic.monitoring.actions.beat", lambda *, late_s, **_: beats.append(late_s))
    watch.round_of_all(lambda: AT, behind_s=2.0)
    assert beats == [2.0]


def test_g13_t2_a_lost_signal_is_told_in_its_own_moment_between_two_rounds(monkeypatch: pytest.MonkeyPatch):
    """The last value came at 0 s, this round began at 9.3 s, the next one begins at 10.3 s."""
    bedside, waited = Bedside(at=AT), list[float]()
    bedside.send(AT, HR=70)
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: 9.4 + sum(waited)))

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return False

    watch.until_the_next(wait, lambda: AT + s(9.4 + sum(waited)), 10.3)
    lost = AlarmSignal.objects.get(condition="HR.lost")
    assert (lost.at, lost.priority) == (AT + s(10), "medium")
    assert waited == [pytest.approx(0.6)]


def test_d9_a_round_that_is_not_over_is_no_sign_of_life(monkeypatch: pytest.MonkeyPatch):
    """However long it takes: the last clinic has been looked at by nobody meanwhile."""
    for name in ("North", "South"):
        a_clinic(name)
    beats, seen = list[object](), list[int]()
    passed = iter(range(100, 10_000, 10))
    monkeypatch.setattr(watch, "time", SimpleNamespace(monotonic=lambda: next(passed)))
    monkeypatch.setattr("ketacare.clinic.monitoring.actions.beat", lambda **given: beats.append(given))
    monkeypatch.setattr(watch, "looked", lambda clinic, at: seen.append(len(beats)))
    for _ in range(2):
        watch.round_of_all(lambda: AT)
    assert seen == [0, 0, 1, 1]
    assert len(beats) == 2


def test_i11_what_the_time_service_says_of_the_clock_is_told_and_over_five_seconds_holds_a_dose(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT)
    day = f.a_day()
    before = proving.missing(day.session, day.nurse, at=AT)
    for seconds, told, more in ((0.4, None, 0), (2.0, 2.0, 0), (6.2, 6.2, 1)):
        monkeypatch.setattr(server_clock, "off_s", lambda seconds=seconds: seconds)
        watch.look_at_the_clock(ServerClock(), lambda: AT)
        assert processes.off_by(AT) == told
        assert len(proving.missing(day.session, day.nurse, at=AT)) == len(before) + more
    assert "clock is off by 6 s" in browser(day.nurse).get("/station/").content.decode()
    assert processes.off_by(AT + s(30)) is None, "nobody says so any more"


def test_i11_what_the_kernel_says_of_the_clock():
    assert server_clock.said(server_clock.UNSYNCHRONISED, 5_000_000, 0) is None, "nobody knows"
    assert server_clock.said(0, -1_500_000, 250_000) == 1.75
    assert server_clock.said(server_clock.IN_NANOSECONDS, 1_500_000_000, 0) == 1.5
    assert (found := server_clock.off_s()) is None or found >= 0


def test_d9_t2_a_monitor_that_is_on_somebody_and_sends_nothing_any_more_is_named_at_the_station(
    monkeypatch: pytest.MonkeyPatch,
):
    """Whichever way it sends: the agent beside it or its own key has no other sign of life."""
    bedside = Bedside(at=AT - s(60))
    assert [one.words for one in processes.senders_silent(bedside.clinic.pk, AT)] == [
        "Nothing comes from Monitor 3, no chair"
    ]
    clock = DeviceClock.objects.create(
        device=bedside.device, organisation=bedside.device.organisation, last_received_at=AT - s(10)
    )
    assert processes.senders_silent(bedside.clinic.pk, AT) == []
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + s(1))
    page = browser(bedside.nurse).get("/station/").content.decode()
    assert "Nothing comes from Monitor 3" in page
    assert page.index("Nothing comes from") < page.index('class="station"'), "above the chairs"
    monitoring.beat(process="gateway here:2575", at=AT - s(60))
    page = browser(bedside.nurse).get("/station/").content.decode()
    assert processes.KINDS[0].words in page
    assert "Nothing comes from" not in page, "of one fault one line"
    Device.objects.filter(pk=bedside.device.pk).update(interval_s=60)
    assert processes.senders_silent(bedside.clinic.pk, AT + s(139)) == []
    assert [one.since for one in processes.senders_silent(bedside.clinic.pk, AT + s(141))] == [clock.last_received_at]


def test_d9_an_agent_at_a_chair_that_says_nothing_any_more_is_named_there_though_no_monitor_is_on_anybody(
    monkeypatch: pytest.MonkeyPatch,
):
    day = f.a_day()
    chair = Chair.objects.get(clinic=day.clinic, name="Chair 3")
    agents.agents_heard({chair.pk: AT, uuid4(): AT})  # that of another clinic lives
    assert agents.agents_silent(day.clinic.pk, AT + s(15)) == []
    (told,) = agents.agents_silent(day.clinic.pk, AT + s(16))
    assert (told.words, told.since) == ("Nothing is heard of the agent at Chair 3", AT)
    assert agents.agents_silent(day.clinic.pk, AT + timedelta(hours=62)) == [told], "from Friday to Monday"
    monkeypatch.setattr("ketacare.web.clock.now", lambda: AT + s(16))
    assert told.words in browser(day.nurse).get("/station/").content.decode()
    monitoring.beat(process="gateway here:2575", at=AT - s(60))
    assert told.words not in browser(day.nurse).get("/station/").content.decode(), "of one fault one line"
    agents.agents_heard({chair.pk: processes.STOPPED})
    assert agents.agents_silent(day.clinic.pk, AT + s(60)) == [], "on purpose"
    agents.agents_heard({chair.pk: AT})
    Chair.objects.update(retired_at=AT)
    assert agents.agents_silent(day.clinic.pk, AT + s(16)) == []
