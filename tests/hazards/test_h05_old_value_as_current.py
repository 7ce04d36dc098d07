"""H5: an old value is read as the current one. Each link from the sensor to the pixel is cut; the links behind the
server (stream, page, clock of the page) are cut in a browser, in web/styleguide/tests/test_live_page.py."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.template.loader import get_template

from ketacare.clinic.dosing.queries import chairside
from ketacare.clinic.monitoring import actions, queries
from ketacare.clinic.monitoring.tests.factories import Bedside, bad
from ketacare.clinic.people.tests.factories import AT
from ketacare.medicine.monitoring.terms import Channel

pytestmark = pytest.mark.django_db
ALARM_WITHIN_S, OLD_AFTER_S = 10, 5
CUT_AT_S = 5


def at(second: float) -> datetime:
    return AT + timedelta(seconds=second)


def sensor_off(bedside: Bedside, second: int) -> None:
    """The probe is off the finger: the monitor goes on sending, and says that it has nothing."""
    nothing = bad(Channel.SPO2, at(second), bedside.device)
    arrival = actions.Arrival(bedside.device.pk, second, at(second), at(second), (nothing,))
    actions.record_readings([arrival], clinic_id=bedside.clinic.pk, at=at(second))
    bedside.send(at(second), message=1000 + second, HR=72)


def monitor_leaves_it_out(bedside: Bedside, second: int) -> None:
    bedside.send(at(second), message=second, HR=72)


def nothing_arrives(bedside: Bedside, second: int) -> None:
    """The monitor is off, the wire is out, or no gateway runs: at the server these are one silence."""


def old_news(bedside: Bedside, second: int) -> None:
    """The network holds everything back for minutes: what comes was true once."""
    bedside.send(at(second), message=second, sent_at=at(CUT_AT_S - 120 + second), SPO2=97, HR=72)


CUTS = [sensor_off, monitor_leaves_it_out, nothing_arrives, old_news]


def seen(bedside: Bedside, second: float) -> dict[str, Any]:
    """What the chair shows of the saturation at this second, and its alarms."""
    standing = queries.standing(bedside.visit, at=at(second))
    value = chairside.vitals(standing, queries.latest(bedside.visit), at(second))[1]
    return {**value, "alarms": chairside.alarms(standing, at(second), lambda _: "", "")}


def cut(
    bedside: Bedside, link: Callable[[Bedside, int], None], until: int, *, ticking: bool = True
) -> list[dict[str, Any]]:
    for second in range(1, CUT_AT_S + 1):
        bedside.send(at(second), message=second, SPO2=97, HR=72)
    found = []
    for second in range(CUT_AT_S + 1, until + 1):
        link(bedside, second)
        if ticking:
            actions.tick(clinic=bedside.clinic, at=at(second))
        found.append({"second": second - CUT_AT_S, **seen(bedside, second)})
    return found


def lost(shown: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in shown["alarms"] if one["technical"] and one["condition"] == "SPO2.lost"]


@pytest.mark.parametrize("link", CUTS, ids=lambda link: link.__name__)
def test_h05_each_link_before_the_server_cut_is_named_within_ten_seconds_and_nothing_old_looks_live(link):
    told = cut(Bedside(), link, CUT_AT_S + 14)
    first = next(one for one in told if lost(one))
    assert first["second"] <= ALARM_WITHIN_S
    assert lost(first)[0]["sounding"]
    # No standing time in the words: the clock beside them runs.
    assert lost(first)[0]["words"] == "SpO2 signal lost - last 97 %"
    for shown in told:
        if shown["second"] > OLD_AFTER_S:
            assert shown["state"] != "live", shown
        if shown["second"] > ALARM_WITHIN_S:
            assert (shown["value"], shown["last"]) == ("---", "97"), shown


@pytest.mark.parametrize("link", [monitor_leaves_it_out, nothing_arrives], ids=lambda link: link.__name__)
def test_h05_without_the_passing_of_time_no_alarm_would_be_told(link):
    """The control arm: with the watch's ticks taken out nothing is told, so the test above can fail; the page then says
    by itself that alarms are not being judged (D9)."""
    told = cut(Bedside(), nothing_arrives, CUT_AT_S + 14, ticking=False)
    assert not any(lost(one) for one in told)


def test_h05_a_value_is_never_drawn_without_its_age_and_state():
    """T1: the one way to draw a number at the chair and on the wall has both, whatever the state. A bad signal has no
    number, as a lost one has none (T3)."""
    macro = get_template("components/chairside.jinja", using="jinja").template.module.vital
    for state in ("live", "stale", "lost", "bad quality", "not monitored", "intermittent"):
        value = {"channel": "SPO2", "label": "SpO2", "value": "97", "unit": "%", "state": state, "age_seconds": 7}
        for size in ("big", "tile"):
            drawn = str(macro(value, size=size))
            assert f'data-state="{state}"' in drawn
            assert "data-age" in drawn
            has_number = "97" in drawn.split("data-value>")[1].split("<")[0]
            assert has_number == (state not in ("lost", "bad quality", "not monitored"))


def test_h05_t5_a_pressure_always_carries_its_time():
    bedside = Bedside()
    bedside.send(at(1), NIBP_SYS=131, NIBP_DIA=84)
    pressure = chairside.vitals(queries.standing(bedside.visit, at=at(700)), queries.latest(bedside.visit), at(700))[2]
    assert (pressure["value"], pressure["taken_at"], pressure["age_seconds"]) == ("131/84", at(1), 699)
    assert pressure["state"] == "intermittent"
