"""A pressure that is sent again is no second one (H8, T5)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring import reader
from ketacare.medicine.monitoring.rules.cuffs import Cuff, heard
from ketacare.medicine.monitoring.terms import Channel, Reading

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TIMES = reader.limits().times


def at(second: float) -> datetime:
    return T0 + timedelta(seconds=second)


def message(second: float, systolic: int, diastolic: int) -> list[Reading]:
    parts = ((Channel.NIBP_SYS, systolic), (Channel.NIBP_DIA, diastolic), (Channel.SPO2, 97))
    return [Reading(channel, Decimal(value), at(second), at(second)) for channel, value in parts]


def fresh(*messages: list[Reading]) -> list[bool]:
    known: Cuff | None = None
    found = []
    for one in messages:
        known, again = heard(known, one, TIMES)
        found.append(not again)
    return found


def test_h8_the_same_values_each_second_are_one_measurement_however_long_they_go_on() -> None:
    assert fresh(*(message(second, 150, 80) for second in range(700))) == [True] + [False] * 699


def test_h8_another_value_or_the_same_after_a_cycle_is_another_measurement() -> None:
    assert fresh(message(0, 150, 80), message(1, 150, 81), message(2, 150, 81)) == [True, True, False]
    assert fresh(message(0, 150, 80), message(60, 150, 80), message(121, 150, 80)) == [True, False, True]


def test_h8_what_has_no_pressure_changes_nothing_and_what_comes_out_of_order_is_no_newer() -> None:
    only_oxygen = [one for one in message(30, 150, 80) if one.channel is Channel.SPO2]
    known, again = heard(None, only_oxygen, TIMES)
    assert (known, again) == (None, False)
    known, _ = heard(None, message(40, 150, 80), TIMES)
    known, again = heard(known, message(10, 150, 80), TIMES)
    assert (known.last if known else None, again) == (at(40), True)
