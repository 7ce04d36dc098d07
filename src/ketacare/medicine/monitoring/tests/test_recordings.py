"""Real recordings, with their artefacts, through the step."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

import pytest
from tests.reference_data import ketacare_reference_data

from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.rules.replay import Row
from ketacare.medicine.monitoring.terms import CUFF, Channel, Presence, Quality

LIMITS = reader.limits()
RECORDINGS = (
    "charted_alarm_limits_a",
    "charted_hypertensive_a",
    "charted_spo2_10_a",
    "charted_typo_11647_a",
    "monitor_1min_a",
    "nibp_bad_readings_a",
    "nibp_dense_a",
    "nibp_duplicate_times_a",
    "nibp_long_a",
)


def recording(name: str) -> str:
    return (ketacare_reference_data() / "vitals" / f"{name}.csv").read_text()


def printed(text: str) -> str:
    return "\n".join(json.dumps(line) for line in rules.replay_csv(text, LIMITS))


@pytest.mark.parametrize("name", RECORDINGS)
def test_a1_a_replay_is_the_same_to_the_byte(name: str) -> None:
    text = recording(name)
    assert printed(text)
    assert printed(text) == printed(text)


def failed(measurement: list[Row]) -> bool:
    values = {row.channel: row.value or Decimal(0) for row in measurement}
    pair = [values.get(channel) for channel in CUFF[:2]]
    return any(not value for value in values.values()) or (None not in pair and pair[0] <= pair[1])  # type: ignore[operator]


def measurements(text: str) -> Iterator[list[Row]]:
    for _, rows in groupby(rules.read_rows(text), key=lambda row: row.at):
        yield list(rows)


def test_t7_failed_cuff_measurements_raise_nothing_and_clear_nothing() -> None:
    text = recording("nibp_bad_readings_a")
    all_of_them = list(measurements(text))
    good = [row for measurement in all_of_them if not failed(measurement) for row in measurement]
    assert sum(failed(measurement) for measurement in all_of_them) == 12
    everything = list(rules.replay(rules.read_rows(text), LIMITS))
    assert everything == list(rules.replay(good, LIMITS))


def test_t7_a_typing_slip_is_never_used_for_a_limit() -> None:
    text = recording("charted_typo_11647_a")
    assert "11647" in text
    assert not [line for line in rules.replay_csv(text, LIMITS) if line["value"] == 11647]


def test_t7_a_saturation_of_ten_among_normal_values_is_an_artefact() -> None:
    lines = list(rules.replay_csv(recording("charted_spo2_10_a"), LIMITS))
    assert not [line for line in lines if line["value"] == 10 and line["condition"] == "SPO2.low"]


def test_t3_zero_means_the_channel_gave_nothing() -> None:
    signals = list(rules.replay(rules.read_rows(recording("monitor_1min_a")), LIMITS))
    assert not [s for s in signals if s.value == 0]
    lost = [s for s in signals if s.condition == "HR.lost"]
    assert [s.presence for s in lost] == [Presence.PRESENT, Presence.ABSENT] * (len(lost) // 2)


def test_an_arterial_line_that_was_never_there_is_not_lost() -> None:
    rows = [row for row in rules.read_rows(recording("monitor_1min_a")) if row.channel is Channel.ABP_SYS]
    never = [row for row in rows if row.quality is Quality.NONE]
    assert never
    assert list(rules.replay(never, LIMITS)) == []


def test_t8_the_22_minutes_sent_twice_are_as_if_sent_once() -> None:
    rows = list(rules.read_rows(recording("nibp_duplicate_times_a")))
    once = list(dict.fromkeys(rows))
    assert len(rows) - len(once) == 22 * len(CUFF)
    assert list(rules.replay(rows, LIMITS)) == list(rules.replay(once, LIMITS))


def test_rows_in_seconds_and_in_another_order_give_the_same() -> None:
    rows = ["0,HR,121", "3,HR,121", "9,HR,100", "25,HR,100", "26,what is this,1"]
    text = "\n".join(["t_s,channel,value", *rows])
    shuffled = "\n".join(["t_s,channel,value", *reversed(rows)])
    assert printed(text) == printed(shuffled)
    first, second = list(rules.replay_csv(text, LIMITS))[:2]
    assert (first["t_s"], first["state"], first["priority"]) == (0, "pending", None)
    assert (second["t_s"], second["state"], second["priority"], second["limit"]) == (6, "present", "medium", 120)
    assert list(second) == ["t_s", "condition", "priority", "state", "signal", "value", "limit", "rule"]


def test_a_recording_with_quality_and_fahrenheit() -> None:
    text = "t_s,channel,value,quality\n0,HR,200,bad\n0,TEMP_F,104.9,good\n0.5,SpO2,,good\n"
    lines = list(rules.replay_csv(text, LIMITS))
    assert [(line["condition"], line["value"]) for line in lines] == [("TEMP.high", 40.5)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("t_s,channel,value\n1,HR,x", "line 2, value"),
        ("t_s,channel,value\n,HR,1", "line 2, t_s"),
        ("timestamp,channel,value\nnoon,HR,1", "line 2, timestamp"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_line_and_column(row: str, words: str) -> None:
    with pytest.raises(rules.RecordingRefused, match=words):
        list(rules.replay_csv(row, LIMITS))


def test_an_empty_recording_says_nothing() -> None:
    assert list(rules.replay_csv("t_s,channel,value\n", LIMITS)) == []
