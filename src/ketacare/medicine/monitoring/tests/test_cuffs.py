"""A pressure that is sent again is no second one (H8, T5, A16)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring import reader
from ketacare.medicine.monitoring.rules.cuffs import Coming, Cuff, heard
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


def taken(
    *messages: list[Reading], stamped: bool = False, others_came: bool = False
) -> list[list[tuple[Channel, int, float]]]:
    """Of each message the parts of a pressure that are new, by their seconds."""
    known, found = Cuff(), []
    for one in messages:
        known, new = heard(known, one, TIMES, Coming(() if stamped else (SYS, DIA, MEAN), others_came=others_came))
        found.append(
            sorted(
                (r.channel, int(r.value), (r.taken_at - T0).total_seconds())
                for r in new
                if r.channel is not Channel.SPO2 and r.value is not None
            )
        )
    return found


def fresh(*messages: list[Reading], stamped: bool = False, others_came: bool = False) -> list[bool]:
    return [bool(parts) for parts in taken(*messages, stamped=stamped, others_came=others_came)]


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


# --- a new measurement with the numbers of the last (A16, H8) ---


def test_a16_the_same_numbers_are_a_new_measurement_of_a_cuff_that_sends_each_once() -> None:
    """Other messages came in between without the cuff. Once the second was dropped: nothing was confirmed."""
    both = [[part(SYS, 185, second), part(DIA, 112, second)] for second in (0, 300)]
    assert taken(*both, others_came=True)[1] == [(DIA, 112, 300), (SYS, 185, 300)]
    assert taken(*both)[1] == [], "nothing came between: it may be what was sent before a fault of the line"


def test_a16_the_same_numbers_a_third_time_are_sent_again_and_so_are_all_that_follow() -> None:
    polled = [message(second, systolic, 112) for systolic, begins in ((185, 0), (150, 1200))
              for second in range(begins, begins + 1200, 300)]  # fmt: skip
    assert fresh(*polled, others_came=True) == [True, True, False, False, True, False, False, False]


def test_a16_a_part_of_its_own_in_each_message_is_believed_with_the_others() -> None:
    parts = [[part(channel, number, second)] for second, channel, number in
             ((0, SYS, 185), (1, DIA, 112), (300, SYS, 185), (301, DIA, 112))]  # fmt: skip
    assert fresh(*parts, others_came=True) == [True] * 4


def test_h8_who_was_seen_to_send_a_measurement_again_is_believed_no_second_one() -> None:
    assert fresh(message(0, 150, 80), message(5, 150, 80), message(400, 150, 80), others_came=True) == [
        True, False, False,
    ]  # fmt: skip


def test_a16_numbers_that_may_be_new_and_are_not_believed_are_known_by_their_moment() -> None:
    known, _ = heard(Cuff(), message(0, 150, 80), TIMES)
    known, _ = heard(known, message(300, 150, 80), TIMES)
    assert known.same_at == at(300)
    assert heard(known, message(600, 151, 80), TIMES)[0].same_at is None


def grouped(*lines: tuple[float, float], others_came: bool = False) -> list[bool]:
    """Of each message, sent at one second with the group's time of another, whether it is new."""
    return [is_new for is_new, _ in went_on(*lines, others_came=others_came)]


def went_on(*lines: tuple[float, float], others_came: bool = False) -> list[tuple[bool, Cuff]]:
    """As grouped, with what is known after each."""
    known, found = Cuff(), []
    for sent, stamp in lines:
        coming = Coming((SYS, DIA), (SYS, DIA), at(sent), others_came)
        known, new = heard(known, [part(SYS, 185, sent, stamp), part(DIA, 112, sent, stamp)], TIMES, coming)
        found.append((bool(new), known))
    return found


def test_a16_the_time_of_a_group_is_its_own_where_it_stays_while_messages_go_on() -> None:
    assert grouped((5, 0), (65, 0), (305, 300), (365, 300)) == [True, False, True, False]
    assert grouped((0, 0), (1, 0), (2, 0), (3, 0), (300, 300), (303, 300)) == [True, *[False] * 3, True, False]


def test_h8_the_time_of_a_group_that_moves_on_with_each_message_is_another_clock() -> None:
    """Each repeat would be a new measurement: it would pay what is due, and confirm itself."""
    assert grouped(*((second, second - 7) for second in range(0, 600, 5))) == [True] + [False] * 119


def test_a16_the_time_of_a_group_adds_nothing_to_the_numbers_while_it_was_not_seen_to_stay() -> None:
    """The third case by the rules alone. A16 confirms by two *readings* 5 min apart, and A1 counts in the time at which
    they happened: the same numbers under a time of which nobody knows whether it is the measurement's own are no second
    reading, so they confirm nothing. Nor do they take anything away: A3 lets missing readings reset no crossing, the
    first stands as it is, and the repeat stays owed, which T5 makes late, missed and high. Taken for a reading, it
    would pay that repeat with a value that may be old (H8): the way to silence. Where others came in between (the
    second case) the monitor shows that it sends each measurement once, and it is one."""
    assert grouped((5, 0), (306, 300)) == [True, False]
    assert grouped((5, 0), (306, 300), others_came=True) == [True, True]
    assert grouped((5, 0), (330, 300)) == [True, False], "a gateway that is busy holds a message back as well"


def test_h8_another_clock_makes_no_repeat_a_measurement_whatever_came_in_between() -> None:
    """Once each repeat was new as soon as the oxygen came in between: it confirmed itself and paid what was due."""
    for every in (10, 60):
        repeats = [(second, second - 4) for second in range(0, 601, every)]
        assert grouped(*repeats, others_came=True) == [True] + [False] * (len(repeats) - 1)


def test_h8_a_lag_that_wanders_makes_no_repeat_a_measurement() -> None:
    wandering = [(second, second - 4 - second // 10 % 4) for second in range(0, 601, 10)]
    assert grouped(*wandering) == [True] + [False] * 60


def test_h8_one_message_that_came_twice_makes_no_later_repeat_a_measurement() -> None:
    """An interface sent it again under a new time: the group's stood still that once, and never again."""
    soon = [(second, second - 5) for second in range(20, 600, 10)]
    assert grouped((0, -5), (10, -5), *soon, others_came=True) == [True] + [False] * (len(soon) + 1)
    seldom = [(second, second - 5) for second in range(130, 1400, 120)]
    assert sum(grouped((0, -5), (10, -5), *seldom)) <= 2, "one at most is believed, not each"


def test_h8_nobody_is_asked_to_type_what_is_plainly_sent_again() -> None:
    every_ten = went_on(*((second, second - 7) for second in range(0, 120, 10)))
    assert not [known for _, known in every_ten if known.same_at is not None]
