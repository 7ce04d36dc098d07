"""G17 in small: nothing that lasts is missed, and a monitor that sends every second is heard far less."""

from decimal import Decimal

import pytest

from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.rules import load
from ketacare.medicine.monitoring.rules.recording import Row, read_recording
from tests.alarms.load import fewer, invented, lasting, missed
from tests.reference_data import reference_file

LIMITS = reader.limits()
SMALL = ("charted_spo2_10_a", "nibp_bad_readings_a", "nibp_dense_a", "charted_hypertensive_a")


def rows_of(text: str) -> list[Row]:
    return list(read_recording("t_s,channel,value\n" + text).rows)


@pytest.mark.parametrize("name", SMALL)
def test_h9_no_crossing_that_lasts_is_missed_in_a_real_recording(name):
    rows = list(read_recording(reference_file(f"vitals/{name}.csv").read_text()).rows)
    count, gone = missed(rows, LIMITS, list(rules.replay(rows, LIMITS)))
    assert count > 0
    assert gone == []


def test_h9_every_second_at_least_60_percent_fewer_alarms_and_none_that_lasts_missed():
    rows = invented(1, seconds=900)
    told = list(rules.replay(rows, LIMITS))
    count, gone = missed(rows, LIMITS, told)
    assert count > 3
    assert gone == []
    assert fewer(load.Load(0.25, load.counted(told)), load.load_of(rows, load.bare(LIMITS))) >= 60


def test_control_h9_an_engine_that_is_more_patient_than_its_limits_is_caught():
    rows = rows_of("".join(f"{second},SPO2,{97 if second < 5 or second > 13 else 80}\n" for second in range(30)))
    assert missed(rows, LIMITS, list(rules.replay(rows, LIMITS))) == (1, [])
    deaf = rules.moved(LIMITS, "SPO2.low_high", Decimal(70))
    assert len(missed(rows, LIMITS, list(rules.replay(rows, deaf)))[1]) == 1


def test_the_scan_finds_by_hand_what_lasts():
    text = "".join(f"{60 * minute},NIBP_SYS,{value}\n" for minute, value in enumerate([165, 150, 165, 170, 150, 201]))
    found = [(one.line.id, one.priority.word) for one in lasting(rows_of(text), LIMITS)]
    assert found == [
        ("NIBP_SYS.high_notice", "medium"),
        ("NIBP_SYS.high_medium_first", "medium"),
        ("NIBP_SYS.high_single", "high"),
    ]
    confirmed = "".join(f"{300 * turn},NIBP_SYS,185\n" for turn in range(2))
    assert "NIBP_SYS.high_confirmed" in [one.line.id for one in lasting(rows_of(confirmed), LIMITS)]
    assert not list(lasting(rows_of("0,SPO2,97\n1,SPO2,80\n2,SPO2,80\n"), LIMITS))
