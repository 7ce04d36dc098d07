import contextlib
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacare.exchange.devices.translate import read
from ketacare.exchange.mailroom.translate import OwnAlarms, Unreadable

UNITS = {"SPO2": "%", "HR": "/min", "NIBP_SYS": "mm[Hg]"}
GOOD = {"channel": "SPO2", "value": 97, "unit": "%", "taken_at": "2026-07-14T12:00:00Z"}


def message(*readings, **more):
    return json.dumps({"readings": list(readings), **more}).encode()


def test_readings_become_observations():
    absent = {"channel": "HR", "value": None, "unit": "/min", "quality": "none", "reason": "lead off"}
    found = read(message(GOOD, absent, sent_at="2026-07-14T12:00:01+00:00"), units=UNITS)
    assert not found.faults
    first, second = found.observations
    assert (first.channel, first.value, first.usable) == ("SPO2", Decimal(97), True)
    assert first.taken_at == datetime(2026, 7, 14, 12, tzinfo=UTC)
    assert (second.value, second.absent, second.device_words) == (None, True, "lead off")


def test_h21_what_waited_says_for_how_long():
    assert read(message(GOOD, held_s=3600.5), units=UNITS).envelope.held == timedelta(seconds=3600.5)
    assert read(message(GOOD), units=UNITS).envelope.held == timedelta()
    for wrong in (-1, "3600", 604_801, True, None):
        (fault,) = read(message(GOOD, held_s=wrong), units=UNITS).faults
        assert fault.where == "/held_s"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"unit": "kPa"}, "unit"),
        ({"value": "97"}, "value"),
        ({"value": True}, "value"),
        ({"value": None}, "value"),
        ({"value": 1e30}, "value"),
        ({"quality": "fine"}, "quality"),
        ({"taken_at": "2026-07-14T12:00:00"}, "taken_at"),
        ({"taken_at": 17}, "taken_at"),
        ({"reason": 3}, "reason"),
        ({"channel": 3}, "channel"),
        ({"patient": "x"}, "patient"),
    ],
)
def test_e5_each_fault_names_its_field(change, where):
    found = read(message(GOOD, GOOD | change), units=UNITS)
    assert [fault.where for fault in found.faults] == [f"/readings/1/{where}"]
    assert len(found.observations) == 1


def test_t3_a_device_says_how_its_own_alarms_are_and_may_say_nothing_else():
    assert read(message(own_alarms="on"), units=UNITS).own_alarms == OwnAlarms(True)
    paused = read(message(GOOD, own_alarms="paused"), units=UNITS)
    assert paused.own_alarms == OwnAlarms(False, "Monitor's alarms are paused")
    assert len(paused.observations) == 1
    assert read(message(GOOD), units=UNITS).own_alarms is None


def test_h24_an_unknown_channel_is_reported_raw():
    assert read(message(GOOD | {"channel": "BIS"}), units=UNITS).unmapped[0].code == "BIS"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"readings": {}}',
        b'{"readings": []}',
        b"[" * 100000,
        b'{"readings":[NaN]}',
        message(GOOD, a=1),
        message(GOOD, own_alarms="loud"),
        message(GOOD, own_alarms=True),
    ],
)
def test_e5_a_body_of_another_form_is_refused(raw):
    with pytest.raises(Unreadable):
        read(raw, units=UNITS)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["channel", "value", "unit", "taken_at", "quality", "reason"]), inner)
        ),
    )
)
def test_any_json_is_read_or_refused(value):
    with contextlib.suppress(Unreadable):
        read(json.dumps({"readings": [value, GOOD | {"value": value}]}).encode(), units=UNITS)
