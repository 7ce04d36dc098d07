"""This person's limits at the chair: moved with a reason, set aside and back, the sound called back (A8, A9, A14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ketacare.clinic.audit.models import Line
from ketacare.clinic.dosing.queries import chairside, limits, note
from ketacare.clinic.dosing.tests import factories as f
from ketacare.clinic.monitoring import actions as monitoring
from ketacare.clinic.monitoring import queries as watch
from ketacare.clinic.monitoring.tests.factories import a_device
from ketacare.clinic.people.models import Role
from ketacare.clinic.people.tests.factories import browser, once, someone
from ketacare.clinic.tenancy.refusals import Refused
from ketacare.medicine.monitoring.terms import Channel, Side
from ketacare.medicine.monitoring.terms import Reading as Value

pytestmark = pytest.mark.django_db


@pytest.fixture
def day(monkeypatch, running_day):
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20))
    return running_day


def url(day, rest="limits/"):
    return f"/sessions/{day.visit.pk}/{rest}"


def post(day, by=None, rest="limits/", **fields):
    return browser(by or day.nurse).post(url(day, rest), once(**fields))


def place(day, name) -> Decimal:
    return next(line.threshold for line in watch.limits_now(day.visit).lines if line.id == name)


def test_a14_a_line_beside_its_value_is_moved_with_a_reason_and_the_pulse_follows(day):
    page = browser(day.nurse).get(url(day)).content.decode()
    assert "70" in page
    assert "/min" in page
    assert "40 over their own: 110" in page, "a line from the baseline of 70 says where it lies"
    assert post(day, act="move", **{"line:HR.high_medium": "110"}).status_code == 422, "no reason"
    assert place(day, "HR.high_medium") == 120
    assert (
        post(
            day, act="move", why="Resting 60", **{"line:HR.high_medium": "110", "line:SPO2.low_high": "85"}
        ).status_code
        == 302
    )
    assert (place(day, "HR.high_medium"), place(day, "PR.high_medium")) == (110, 110)
    page = browser(day.nurse).get(url(day)).content.decode()
    assert "Heart rate high 120 → 110 (medium alarm)" in page
    assert "Resting 60" in page
    assert "Ann Vale" in page
    assert "SpO2 low" not in page, "what did not move is not said to have"
    assert post(day, act="move", why="Same", **{"line:HR.high_medium": "110"}).status_code == 422


def test_a14_wider_than_the_sheet_is_the_prescribers_and_none_passes_its_opposite(day):
    wider = {"act": "move", "why": "Lives at altitude", "line:SPO2.low_high": "80"}
    refused = post(day, **wider)
    assert refused.status_code == 422
    assert "The line under SpO2 would alarm later than the sheet says; only a prescriber" in refused.content.decode()
    assert post(day, by=day.prescriber, **wider).status_code == 302
    assert place(day, "SPO2.low_high") == 80
    crossed = post(day, by=day.prescriber, act="move", why="Slip", **{"line:HR.low_medium": "155"})
    assert crossed.status_code == 422
    assert "pass its opposite" in crossed.content.decode()
    assert post(day, act="move", why="Slip", **{"line:HR.low_medium": "x"}).status_code == 422
    assert post(day, act="move", why="Slip", **{"line:HR.rise_notice": "30"}).status_code == 422, (
        "it follows the baseline"
    )
    assert post(day, by=someone(day.clinic, Role.TH), act="move").status_code == 403
    assert post(day, by=someone(day.clinic, Role.AU), **wider).status_code == 403, "an auditor reads"


def stream(day, second, **values) -> None:
    at = f.later(20) + timedelta(seconds=second)
    readings = tuple(Value(Channel(n), Decimal(v), at, at, device=str(day.device.pk)) for n, v in values.items())
    monitoring.record_readings(
        [monitoring.Arrival(day.device.pk, second, at, at, readings)], clinic_id=day.clinic.pk, at=at
    )


def pair(day, interval_s=1) -> None:
    device, _ = a_device(day.clinic, "BED/3")
    device.interval_s = interval_s
    device.save(update_fields=["interval_s"])
    day.device = device
    monitoring.pair_device(device=device, visit=day.visit, by=day.nurse, at=f.later(20))


def test_a9_not_monitored_stands_in_the_place_of_the_number_whatever_streams_and_ends_by_itself(day, monkeypatch):
    pair(day)
    refused = post(day, act="aside", group="spo2", reason="Nail varnish")
    assert refused.status_code == 422
    assert "only the prescriber" in refused.content.decode()
    assert post(day, by=day.prescriber, act="aside", group="spo2", reason=" ").status_code == 422
    assert post(day, by=day.prescriber, act="aside", group="", reason="x").status_code == 422
    assert post(day, by=day.prescriber, act="aside", group="spo2", reason="Nail varnish").status_code == 302
    stream(day, 5, SPO2=97, HR=70)
    page = browser(day.nurse).get(url(day, "")).content.decode()
    assert "SpO2 NOT MONITORED." in page
    assert "Nail varnish" in page
    assert 'data-state="not monitored"' in page
    wall = browser(day.nurse).get("/wall/").content.decode()
    assert "NOT MONITORED" in wall
    assert "Nail varnish" not in wall
    monitoring.tick(clinic=day.clinic, at=f.later(31))
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(31))
    assert "SpO2 NOT MONITORED." not in browser(day.nurse).get(url(day, "")).content.decode()


def test_a9_watched_again_by_one_press_and_a_rate_may_be_set_aside_by_the_nurse(day):
    assert post(day, act="aside", group="hr", reason="Moves a lot").status_code == 302
    assert [one.label for one in limits.asides(watch.standing(day.visit, at=f.later(21)))] == ["Heart and pulse rate"]
    assert post(day, act="again", group="hr").status_code == 302
    assert limits.asides(watch.standing(day.visit, at=f.later(21))) == []


def test_a9_a_pressure_that_is_not_monitored_shows_none(day):
    assert post(day, by=day.prescriber, act="aside", group="bp", reason="Cuff off").status_code == 302
    shown = chairside.vitals(watch.standing(day.visit, at=f.later(21)), watch.latest(day.visit), f.later(21))
    assert [(one["state"], one["value"]) for one in shown if one["label"] == "Blood pressure"] == [
        ("not monitored", "---")
    ]


def test_v5_a_pause_pressed_by_a_slip_is_taken_back_at_once(day):
    monitoring.observe_sign(visit=day.visit, sign="chest pain", by=day.nurse, at=f.later(20))
    assert post(day, rest="alarms/pause/").status_code == 302
    page = browser(day.nurse).get(url(day, "")).content.decode()
    assert "Sound on again" in page
    assert watch.standing(day.visit, at=f.later(20)).sounding == frozenset()
    assert post(day, rest="alarms/pause/", sound="on").status_code == 302
    assert "sign.chest pain" in watch.standing(day.visit, at=f.later(20)).sounding


def test_v5_an_acknowledgement_pressed_by_a_slip_is_taken_back_for_ten_seconds(day, monkeypatch):
    monitoring.observe_sign(visit=day.visit, sign="chest pain", by=day.nurse, at=f.later(20))
    seen = "alarms/sign.chest pain/seen/"
    assert post(day, rest=seen).status_code == 302
    page = browser(day.nurse).get(url(day, "")).content.decode()
    assert "Not seen: take back" in page
    assert "sign.chest pain" not in watch.standing(day.visit, at=f.later(20)).sounding
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20) + timedelta(seconds=9))
    assert post(day, rest=seen, slip="yes").status_code == 302
    assert "sign.chest pain" in watch.standing(day.visit, at=f.later(20)).sounding
    assert Line.objects.filter(verb="alarm.take_back").count() == 1
    assert post(day, rest=seen, slip="yes").status_code == 422, "there is nothing more to take back"
    assert post(day, rest=seen).status_code == 302
    monkeypatch.setattr("ketacare.web.clock.now", lambda: f.later(20) + timedelta(seconds=20))
    assert "take back" not in browser(day.nurse).get(url(day, "")).content.decode()
    refused = post(day, rest=seen, slip="yes")
    assert refused.status_code == 422
    assert "no longer taken back" in refused.content.decode()


def test_v5_what_an_acknowledgement_took_off_the_page_stands_there_while_it_is_taken_back(day):
    monitoring.observe_sign(visit=day.visit, sign="chest pain", by=day.nurse, at=f.later(20))
    monitoring.observe_sign(visit=day.visit, sign="chest pain", present=False, by=day.nurse, at=f.later(20))
    assert post(day, rest="alarms/sign.chest pain/seen/").status_code == 302
    page = browser(day.nurse).get(url(day, "")).content.decode()
    assert "chest pain closed" in page
    assert post(day, rest="alarms/sign.chest pain/seen/", slip="yes").status_code == 302
    (again,) = [c for c in watch.standing(day.visit, at=f.later(20)).conditions if c.key == "sign.chest pain"]
    assert again.latched


def test_a9_a14_what_was_done_to_the_limits_stands_on_the_timeline_and_in_the_note(day):
    assert post(day, act="move", why="Resting 60", **{"line:HR.high_medium": "110"}).status_code == 302
    assert post(day, by=day.prescriber, act="aside", group="spo2", reason="Nail varnish").status_code == 302
    assert post(day, by=day.prescriber, act="again", group="spo2").status_code == 302
    wanted = [
        "Alarm lines moved: Heart rate high 120 → 110 (medium alarm). Resting 60",
        "SpO2 NOT MONITORED, for 10 min at most: Nail varnish",
        "SpO2 monitored again",
    ]
    page = browser(day.nurse).get(url(day, "")).content.decode()
    assert all(words in page for words in wanted)
    told = note.content(day.session, day.nurse.zone)["events"]
    assert sorted(words for _, words in told) == sorted(wanted)


def test_after_the_patient_has_left_the_page_only_shows(day):
    f.giving.stop(session=day.session, reason="", complete=True, by=day.nurse, at=f.later(50))
    f.make_well(day)
    f.release.let_go(session=day.session, by=day.nurse, at=f.later(105))
    page = browser(day.nurse).get(url(day)).content.decode()
    assert "nothing is watched here any more" in page
    assert "Move these lines" not in page
    assert post(day, act="move", why="Late", **{"line:HR.high_medium": "110"}).status_code == 422


def test_t2_a_slow_stream_is_drawn_by_its_own_interval(day):
    """One value a minute: at 40 s it is live, on the server and in the page that counts on."""
    pair(day, interval_s=60)
    stream(day, 1, SPO2=97, HR=70)
    at = f.later(20) + timedelta(seconds=41)
    shown = chairside.vitals(watch.standing(day.visit, at=at), watch.latest(day.visit), at)
    assert [(one["state"], one["interval_s"]) for one in shown[:2]] == [("live", 60), ("live", 60)]
    assert 'data-interval="60"' in browser(day.nurse).get(url(day, "")).content.decode()


def test_a9_a14_no_line_lies_where_no_value_crosses_it(day):
    sheet = watch.limits_now(day.visit)
    for channel in (Channel.HR, Channel.RR, Channel.NIBP_SYS, Channel.NIBP_DIA, Channel.SPO2):
        for line in [one for one in sheet.of(channel, Side.HIGH) + sheet.of(channel, Side.LOW) if one.threshold]:
            edge = sheet.plausible[channel].high if line.side is Side.HIGH else sheet.plausible[channel].low
            others = [replace(one, threshold=edge) if one.id == line.id else one for one in sheet.lines]
            with pytest.raises(Refused, match="can never be crossed"):
                monitoring.change_limits(
                    visit=day.visit,
                    limits=replace(sheet, lines=tuple(others)),
                    why="x",
                    by=day.prescriber,
                    at=f.later(20),
                )
