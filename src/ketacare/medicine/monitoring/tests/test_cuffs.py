"""A pressure that is sent again is no second one (H8, T5, A16)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring import reader
from ketacare.medicine.monitoring.rules.cuffs import Cuff, heard
from ketacare.medicine.monitoring.terms import Channel, Quality, Reading

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
TIMES = reader.limits().times
SYS, DIA, MEAN = Channel.NIBP_SYS, Channel.NIBP_DIA, Channel.NIBP_MEAN


def at(second: float) -> datetime:
    return T0 + timedelta(seconds=second)


def part(channel: Channel, number: int | None, second: float, stamp: float | None = None) -> Reading:
    value, quality = (None, "none") if number is None else (Decimal(number), "good")
    taken = second if stamp is None else stamp
    return Reading(channel, value, at(taken), at(second), Quality(quality))


def message(second: float, systolic: int, diastolic: int) -> list[Reading]:
    return [part(SYS, systolic, second), part(DIA, diastolic, second), part(Channel.SPO2, 97, second)]


def taken(*messages: list[Reading], stamped: bool = False) -> list[list[tuple[Channel, int, float]]]:
    """Of each message the parts of a pressure that are new, by their seconds."""
    known, found = Cuff(), []
    for one in messages:
        known, new = heard(known, one, TIMES, () if stamped else (SYS, DIA, MEAN))
        found.append(
            sorted(
                (r.channel, int(r.value), (r.taken_at - T0).total_seconds())
                for r in new
                if r.channel is not Channel.SPO2 and r.value is not None
            )
        )
    return found


def fresh(*messages: list[Reading], stamped: bool = False) -> list[bool]:
    return [bool(parts) for parts in taken(*messages, stamped=stamped)]


def test_h8_the_same_values_each_second_are_one_measurement_however_long_they_go_on() -> None:
    assert fresh(*(message(second, 150, 80) for second in range(700))) == [True] + [False] * 699


def test_h8_another_value_is_another_measurement_with_all_its_parts() -> None:
    assert taken(message(0, 150, 80), message(1, 150, 81), message(2, 150, 81)) == [
        [(DIA, 80, 0), (SYS, 150, 0)],
        [(DIA, 81, 1), (SYS, 150, 1)],
        [],
    ]


def test_a16_the_same_values_again_are_the_same_measurement_however_long_after() -> None:
    assert fresh(message(0, 185, 80), message(61, 185, 80), message(300, 185, 80)) == [True, False, False]


def test_a16_parts_that_come_in_messages_of_their_own_are_one_measurement_and_sent_again_none() -> None:
    round_trip = [[part(channel, number, second)] for second, channel, number in
                  ((0, SYS, 185), (1, DIA, 80), (2, MEAN, 115))]  # fmt: skip
    again = [[part(channel, number, second)] for second, channel, number in
             ((5, SYS, 185), (6, DIA, 80), (90, MEAN, 115), (300, SYS, 185), (301, DIA, 80))]  # fmt: skip
    assert fresh(*round_trip, *again) == [True] * 3 + [False] * 5


def test_h8_a_new_measurement_in_parts_keeps_the_part_that_is_what_it_was() -> None:
    """Sent once: what was held is let in by the part that differs. Sent on and on: it is let in when it comes again."""
    first = [[part(SYS, 185, 0)], [part(DIA, 80, 1)]]
    assert taken(*first, [part(SYS, 185, 300)], [part(DIA, 84, 301)]) == [
        [(SYS, 185, 0)], [(DIA, 80, 1)], [], [(DIA, 84, 301), (SYS, 185, 300)],
    ]  # fmt: skip
    repeated = [[part(channel, number, second)] for second in range(10, 300, 10)
                for channel, number in ((SYS, 185), (DIA, 80))]  # fmt: skip
    then = taken(*first, *repeated, [part(SYS, 185, 300)], [part(DIA, 84, 301)], [part(SYS, 185, 310)])
    assert then[2:-3] == [[]] * len(repeated)
    assert then[-3:] == [[], [(DIA, 84, 301)], [(SYS, 185, 310)]]


def test_h8_what_was_held_too_long_belongs_to_no_later_measurement() -> None:
    first = [[part(SYS, 185, 0)], [part(DIA, 80, 1)]]
    assert taken(*first, [part(SYS, 185, 300)], [part(DIA, 84, 400)])[-1] == [(DIA, 84, 400)]


def test_h8_a_measurement_is_known_by_its_own_time_whatever_was_sent_between() -> None:
    def stamped(second: float, stamp: float) -> list[Reading]:
        return [part(SYS, 150, second, stamp), part(DIA, 80, second, stamp)]

    assert fresh(stamped(1, 0), stamped(9, 0), stamped(200, 0), stamped(301, 300), stamped(400, 300), stamped=True) == [
        True, False, False, True, False,
    ]  # fmt: skip


def test_h8_what_has_no_pressure_changes_nothing_and_what_comes_out_of_order_is_no_newer() -> None:
    only_oxygen = [one for one in message(30, 150, 80) if one.channel is Channel.SPO2]
    known, new = heard(Cuff(), only_oxygen, TIMES)
    assert (known, list(new)) == (Cuff(), only_oxygen)
    known, _ = heard(Cuff(), message(40, 150, 80), TIMES)
    known, new = heard(known, message(10, 150, 80), TIMES)
    assert (known.parts[SYS].last, [one.channel for one in new]) == (at(40), [Channel.SPO2])


def test_h8_a_measurement_that_failed_makes_the_last_one_no_newer() -> None:
    failed = [part(SYS, None, 5), part(DIA, None, 5)]
    assert fresh(message(0, 150, 80), failed, message(10, 150, 80)) == [True, False, False]
