"""Real recordings, with their artefacts, through the step."""

import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby

import pytest
from tests.reference_data import reference_file

from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.rules import load
from ketacare.medicine.monitoring.rules.recording import Row
from ketacare.medicine.monitoring.terms import CUFF, Channel, Kind, Presence, Priority, Quality

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
    return reference_file(f"vitals/{name}.csv").read_text()


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


def test_a1_a_saturation_of_ten_is_never_quieter_than_one_of_75_and_ends_with_the_next_value() -> None:
    """It may be an artefact, as here, where normal values stand an hour before and after. Nobody can know that at the
    chair: a number on the monitor that is taken for none would be told as a lost signal, and end the alarm of whoever
    had fallen to 75 before."""
    lines = list(rules.replay_csv(recording("charted_spo2_10_a"), LIMITS))
    begun = [line["t_s"] for line in lines if line["value"] == 10 and line["state"] == "present"]
    assert begun == [106205]
    after = [line for line in lines if line["condition"] == "SPO2.low" and line["t_s"] > 106205]
    assert [(line["t_s"], line["state"]) for line in after[:2]] == [(109800, "clearing"), (109810, "absent")]


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
    assert list(second) == ["t_s", "condition", "priority", "state", "value", "limit", "rule"]


def test_a_recording_with_quality_and_fahrenheit() -> None:
    text = "t_s,channel,value,quality\n0,HR,200,bad\n0,TEMP_F,104.9,good\n0.5,SpO2,,good\n"
    lines = list(rules.replay_csv(text, LIMITS))
    assert [(line["condition"], line["value"]) for line in lines] == [("TEMP.high", 40.5)]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("t_s,channel,value\n1,HR,x", "line 2, value: 'x' is not a number"),
        ("t_s,channel,value\n,HR,1", "line 2, t_s"),
        ("t_s,channel,value\nNaN,HR,1", "line 2, t_s"),
        ("t_s,channel,value\n1e30,HR,1", "line 2, t_s: every row has its second, within ten years"),
        ("timestamp,channel,value\nnoon,HR,1", "line 2, timestamp: not a time"),
        ("timestamp,channel,value\n9999-12-31,HR,1", "line 2, timestamp: year 9999"),
        ("", "line 1, header: without channel, value, t_s or timestamp"),
        ("t_s,channel\n1,HR", "line 1, header: without value"),
        ("channel,value\nHR,1", "line 1, header: without t_s or timestamp"),
        ("t_s,channel,value\n\n1,HR", "line 3: 2 cells under 3 columns"),
        ("t_s,channel,value\n1,HR,71,5", "line 2: 4 cells under 3 columns"),
        ("t_s,channel,value\n1,HR," + "9" * 200_000, "line 2: not readable as CSV"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_by_line_and_column(row: str, words: str) -> None:
    with pytest.raises(rules.RecordingRefused, match=words):
        list(rules.replay_csv(row, LIMITS))


def test_an_empty_recording_says_nothing() -> None:
    assert list(rules.replay_csv("t_s,channel,value\n", LIMITS)) == []
    assert load.load_of([], LIMITS).hours == 0


@pytest.mark.parametrize(
    "text",
    [
        "\ufefft_s,channel,value\r\n0,HR,121\r\n9,HR,121\r\n",
        "T_S;Channel;Value;note\n0;HR;121;\n\n9;HR;121;a note\n",
        "t_s\tvalue\tchannel\n0\t121\theart rate\n9\t121\theart rate\n",
        '"t_s","channel","value"\n"0","HR","121"\n"9","HR"," 121 "\n',
        "timestamp,channel,value\n2001-01-01T01:00:00+01:00,HR,121\n2001-01-01 00:00:09,HR,121\n",
    ],
)
def test_a_recording_may_come_from_any_spreadsheet(text: str) -> None:
    assert [(line["t_s"], line["state"]) for line in rules.replay_csv(text, LIMITS)] == [(0, "pending"), (6, "present")]


def test_h24_what_has_no_channel_here_is_passed_over_and_counted() -> None:
    found = rules.read_recording("t_s,channel,value\n0,HR_ALARM_HIGH,120\n1,HR_ALARM_HIGH,120\n2,,1\n3,HR,70\n")
    assert (found.passed_over, len(found.rows)) == ({"": 1, "HR_ALARM_HIGH": 2}, 1)


def test_words_for_quality_and_a_score_of_nothing() -> None:
    text = "t_s,channel,value,quality\n0,HR,70,none\n0,HR,70,poor\n0,MOAAS,0,\n0,HR,70,OK\n"
    assert [row.quality for row in rules.read_rows(text)] == [Quality.NONE, Quality.BAD, Quality.GOOD, Quality.GOOD]


def test_only_the_sound_of_a_mean_changing_prints_no_second_line() -> None:
    rows = "0,NIBP_SYS,75\n0,NIBP_DIA,40\n0,NIBP_MEAN,50\n300,NIBP_SYS,110\n300,NIBP_DIA,70\n300,NIBP_MEAN,50\n"
    lines = list(rules.replay_csv("t_s,channel,value\n" + rows, LIMITS))
    assert [line["t_s"] for line in lines if line["condition"] == "NIBP_MEAN.low"] == [0]


# --- load ---


def minutes(channel: str, *values: int) -> str:
    return "".join(f"{60 * minute},{channel},{value}\n" for minute, value in enumerate(values))


def test_h9_the_bare_lines_alarm_at_every_crossing_and_the_adopted_ones_at_what_lasts() -> None:
    seconds = [97] * 20 + [89] * 3 + [97] * 20 + [84] * 30 + [88] * 20 + [85, 84] * 5
    text = "t_s,channel,value\n" + "".join(f"{second},SPO2,{value}\n" for second, value in enumerate(seconds))
    rows = rules.read_recording(text).rows
    adopted, bare = load.load_of(rows, LIMITS), load.load_of(rows, load.bare(LIMITS))

    assert adopted.count(Kind.PHYSIOLOGICAL, Priority.HIGH) == 1
    assert adopted.audible == 1
    assert bare.audible > 5


def test_h9_a_first_raised_pressure_is_a_notice_and_no_alarm_of_the_kind_that_repeats() -> None:
    text = "t_s,channel,value\n" + minutes("NIBP_SYS", 165, 140, 140, 185, 140) + minutes("NIBP_DIA", *[80] * 5)
    rows = rules.read_recording(text).rows
    adopted, bare = load.load_of(rows, LIMITS), load.load_of(rows, load.bare(LIMITS))
    assert (adopted.audible, bare.audible) == (1, 2)
    both = load.together([adopted, bare])
    assert (both.audible, both.hours) == (3, adopted.hours + bare.hours)
