from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.monitoring.rules.clocks import NOT_TRUSTED, Clock, corrected, heard
from ketacare.medicine.monitoring.terms import Channel, Quality, Reading

NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def s(seconds):
    return timedelta(seconds=seconds)


def reading(taken_at, received_at=NOW, **more):
    return Reading(Channel.HR, Decimal(70), taken_at, received_at, **more)


def believed(clock, taken_at, sent_at=None, received_at=NOW):
    sent_at = sent_at or taken_at
    return corrected(reading(taken_at, received_at), heard(clock, sent_at, received_at), sent_at)


def test_i9_a_good_clock_keeps_its_times():
    assert believed(Clock(), NOW - s(1)).taken_at == NOW - s(1)
    assert believed(Clock(s(0), NOW), NOW - s(1)).taken_at == NOW - s(1)
    assert believed(Clock(s(0), NOW), NOW - s(1)).reason == ""


def test_a13_a_message_held_up_on_the_way_is_late_and_not_skewed():
    late = believed(Clock(s(0), NOW - s(20)), NOW - s(50))
    assert (late.taken_at, late.reason, late.quality) == (NOW - s(50), "", Quality.GOOD)


def test_i9_a_difference_that_lasts_a_minute_is_the_clock_s():
    clock = heard(Clock(s(0), NOW - s(1)), NOW - s(50), NOW)
    assert clock.skew == s(0)
    assert heard(clock, NOW + s(10), NOW + s(60)).skew == s(0)
    assert heard(clock, NOW + s(11), NOW + s(61)) == Clock(s(50), NOW + s(61))


def test_h21_a_backlog_after_hours_of_silence_is_late_and_not_skewed():
    """It comes in with less and less of a difference, however long the silence was."""
    clock = Clock(s(0), NOW - s(14400))
    for minute in range(240):
        sent_at = NOW - s(14400 - 60 * minute)
        clock = heard(clock, sent_at, NOW + s(minute / 4))
        found = corrected(reading(sent_at, NOW + s(minute / 4)), clock, sent_at)
        assert (found.taken_at, found.reason) == (sent_at, "")
    assert heard(clock, NOW + s(60), NOW + s(61)) == Clock(s(0), NOW + s(61))


def test_t8_what_is_sent_again_gets_the_time_it_had():
    clock = Clock()
    for later in (0.3, 0.1, 1.7, 0.9):
        clock = heard(clock, NOW - s(25), NOW + s(later))
        assert corrected(reading(NOW - s(600), NOW + s(later)), clock, NOW - s(25)).taken_at == NOW - s(575)


def test_i9_over_thirty_seconds_warns_and_is_corrected():
    found = believed(Clock(), NOW - s(40))
    assert found.taken_at == NOW
    assert found.reason == "device clock 40 s off"


@pytest.mark.parametrize("wrong", [EPOCH, NOW + timedelta(days=400), NOW + s(61), NOW - s(61)])
def test_i9_over_sixty_seconds_the_device_time_is_not_trusted_and_said_so(wrong):
    found = believed(Clock(), wrong)
    assert (found.taken_at, found.reason, found.quality) == (NOW, NOT_TRUSTED, Quality.GOOD)


def test_i9_a_wrong_clock_still_tells_how_old_a_cuff_reading_is():
    assert believed(Clock(), EPOCH, sent_at=EPOCH + s(600)).taken_at == NOW - s(600)


def test_i9_one_impossible_time_in_a_good_message_makes_the_value_doubtful():
    for wrong in (EPOCH, NOW + timedelta(days=1)):
        found = believed(Clock(), wrong, sent_at=NOW)
        assert (found.taken_at, found.quality, found.reason) == (NOW, Quality.BAD, NOT_TRUSTED)
    none = reading(EPOCH, quality=Quality.NONE)
    assert corrected(none, Clock(s(0), NOW), NOW).quality is Quality.NONE


def test_a_small_lead_is_never_in_the_future():
    assert corrected(reading(NOW + s(1)), Clock(s(0), NOW), NOW).taken_at == NOW


def test_a_jump_ahead_is_seen_at_once():
    assert not heard(Clock(s(0), NOW), NOW + s(3600), NOW).trusted
    assert heard(Clock(s(1), NOW - s(5)), NOW - s(2), NOW) == Clock(s(1), NOW)


def test_i9_what_waits_before_a_busy_server_after_an_agent_held_it_says_nothing_of_the_clock():
    """Ten seconds in the queue of a drain, for minutes on end, are no clock that is ten seconds behind."""
    clock, control = Clock(), Clock(s(0), NOW)
    for second in range(200):
        sent_at, received_at = NOW + s(second), NOW + s(second + 10)
        clock = heard(clock, sent_at, received_at, held=True)
        control = heard(control, sent_at, received_at)
        assert clock.shift == s(0)
    assert control.shift == s(10)


def test_i9_a_known_clock_stays_known_when_a_message_was_held():
    """Ten seconds behind, and the next values are of now: cut to two they would be eight seconds old, and lost."""
    clock = Clock(s(10), NOW)
    for second in (1, 2):
        clock = heard(clock, NOW + s(second - 10), NOW + s(second), held=True)
    assert clock == Clock(s(10), NOW + s(2))
    assert heard(clock, NOW + s(3 - 12), NOW + s(3), held=True).skew == s(10), "two more were the queue's"
    now = reading(NOW + s(3 - 10), NOW + s(3))
    assert corrected(now, heard(clock, now.taken_at, now.received_at), now.taken_at).taken_at == NOW + s(3)


def test_i9_a_clock_set_back_by_more_than_the_queue_is_believed_from_held_messages_too():
    clock = Clock(s(0), NOW)
    for second in range(70):
        clock = heard(clock, NOW + s(second - 40), NOW + s(second), held=True)
    assert clock.skew == s(40)
    assert heard(clock, NOW + s(90), NOW + s(91), held=True).skew == s(1)


def test_h26_what_was_held_keeps_its_time_to_the_digit_though_its_wait_was_told_rounded():
    """Heard by a thousandth before it was taken it would be of another moment, and a twin of nothing."""
    almost = NOW + timedelta(microseconds=400)
    assert believed(Clock(s(0), NOW), almost).taken_at == almost
    assert believed(Clock(s(0), NOW), NOW + s(1)).taken_at == NOW
