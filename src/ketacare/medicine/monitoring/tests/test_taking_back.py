"""An acknowledgement pressed by a slip, taken back within ten seconds: it is as if it had not been pressed (V5)."""

import pytest

from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.rules.acknowledge import RENEWED, to_take_back
from ketacare.medicine.monitoring.terms import Acknowledge, Channel, Observe, Pause, State, TakeBack, Tick
from ketacare.medicine.monitoring.tests.test_step import (
    ABSENT,
    ACKNOWLEDGED,
    HIGH,
    LATCHED,
    LOW,
    MEDIUM,
    OFF,
    ON,
    PRESENT,
    at,
    begun,
    of,
    run,
    value,
)

KEY = "SPO2.low"


def high() -> State:
    """Saturation 80 % from 0 s, a high alarm from 5 s."""
    return run(begun(), value(Channel.SPO2, 80, 0), Tick(at(5)))[0]


def test_v5_taken_back_it_sounds_at_once() -> None:
    state, signals = run(high(), Acknowledge(at(10), KEY, "Bob"), TakeBack(at(14), KEY, "Bob"))
    assert of(signals, KEY) == [(10, PRESENT, ACKNOWLEDGED, HIGH), (14, PRESENT, ON, HIGH)]
    assert signals[-1].sounding
    assert rules.loudest(state) is not None
    assert to_take_back(state) == ()


@pytest.mark.parametrize(("second", "is_back"), [(20, True), (20.5, False), (100, False)])
def test_v5_ten_seconds_long_and_no_longer(second: float, is_back: bool) -> None:
    state, _ = run(high(), Acknowledge(at(10), KEY, "Bob"), TakeBack(at(second), KEY, "Bob"))
    assert (rules.loudest(state) is not None) is is_back


def test_v5_what_was_never_pressed_is_not_taken_back() -> None:
    state = high()
    for key in (KEY, "HR.high"):
        assert run(state, TakeBack(at(6), key, "Bob"))[1] == []


def test_v5_a_latch_let_go_by_a_slip_is_latched_again() -> None:
    over, _ = run(high(), value(Channel.SPO2, 97, 6), Tick(at(16)))
    slip, signals = run(over, Acknowledge(at(20), KEY, "Bob"), TakeBack(at(25), KEY, "Bob"))
    assert of(signals, KEY) == [(20, ABSENT, OFF, HIGH), (25, ABSENT, LATCHED, HIGH)]
    trace = slip.conditions[KEY].trace
    assert trace is not None
    assert (trace.since, trace.ended_at) == (at(0), at(16))
    assert slip.conditions[KEY].latched, "and stays so until somebody sees it"
    assert run(slip, Tick(at(500)))[0].conditions[KEY].latched


def test_v5_what_ended_while_a_slip_held_is_latched_when_that_is_taken_back() -> None:
    slip, _ = run(high(), Acknowledge(at(10), KEY, "Bob"), value(Channel.SPO2, 97, 8, 10.5))
    ended, signals = run(slip, Tick(at(19)))
    assert of(signals, KEY)[-1] == (18, ABSENT, OFF, HIGH)
    _, signals = run(ended, TakeBack(at(20), KEY, "Bob"))
    assert of(signals, KEY) == [(20, ABSENT, LATCHED, HIGH)]


def test_v5_two_latches_of_one_condition_become_one() -> None:
    """Ended once while the slip held, and once after it had sounded again."""
    sign = "sign.chest pain"
    state, _ = run(begun(), Observe(at(0), "chest pain", "Bob"), Acknowledge(at(2), sign, "Bob"))
    for second, present in ((3, False), (5, True), (7, False)):
        state, _ = run(state, Observe(at(second), "chest pain", "Bob", present))
    state, _ = run(state, TakeBack(at(9), sign, "Bob"))
    trace = state.conditions[sign].trace
    assert trace is not None
    assert (trace.since, trace.ended_at) == (at(0), at(7))


def test_v5_a_was_line_stands_behind_the_latch_that_came_back() -> None:
    over, _ = run(high(), value(Channel.SPO2, 97, 6), Tick(at(16)))
    medium, _ = run(over, value(Channel.SPO2, 89, 20), Tick(at(31)))
    state, _ = run(medium, value(Channel.SPO2, 97, 32), Acknowledge(at(38), KEY, "Bob"), Tick(at(43)))
    assert state.conditions[KEY].trace is not None
    state, _ = run(state, TakeBack(at(46), KEY, "Bob"))
    condition = state.conditions[KEY]
    assert condition.latched
    assert condition.was is not None
    assert condition.was.priority is MEDIUM


def test_v5_a_pause_goes_on_though_an_acknowledgement_is_taken_back() -> None:
    """Two buttons, two acts: and the silence is no longer for the slip."""
    quiet, _ = run(high(), Acknowledge(at(10), KEY, "Bob"), Pause(at(12), "Bob"), TakeBack(at(15), KEY, "Bob"))
    assert rules.loudest(quiet) is None
    assert rules.loudest(run(quiet, Tick(at(130)))[0]) is not None


def test_v5_what_a_slip_closed_is_open_again() -> None:
    late = value(Channel.SPO2, 80, 0, 60)
    state, signals = run(begun(), late)
    (review,) = {signal.condition for signal in signals}
    closed, _ = run(state, Acknowledge(at(61), review, "Bob"))
    assert not rules.listed(closed)
    assert [one.key for one in to_take_back(closed)] == [review]
    _, signals = run(closed, TakeBack(at(63), review, "Bob"))
    assert of(signals, review) == [(63, PRESENT, ON, LOW)]
    told_again, _ = run(closed, value(Channel.SPO2, 80, 0, 62))
    assert [one.key for one in rules.listed(told_again)] == [review], "laid before a person once more"


def test_v5_closed_twice_the_second_adds_nothing() -> None:
    state, _ = run(high(), *(Pause(at(10 + 130 * turn), "Bob") for turn in range(4)))
    assert RENEWED in {one.key for one in rules.listed(state)}
    closed, _ = run(state, Acknowledge(at(401), RENEWED, "Bob"))
    assert run(closed, Acknowledge(at(409), RENEWED, "Bob"))[0].conditions[RENEWED].answered == (
        closed.conditions[RENEWED].answered
    )
    assert RENEWED not in run(closed, Tick(at(412)))[0].conditions


def test_v5_the_newest_slip_comes_first() -> None:
    state, _ = run(high(), value(Channel.HR, 121, 0), Tick(at(9)))
    state, _ = run(state, Acknowledge(at(10), KEY, "Bob"), Acknowledge(at(11), "HR.high", "Bob"))
    assert [one.key for one in to_take_back(state)] == ["HR.high", KEY]
