"""The step on invented readings. Alarm rules are cited by their number."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.terms import (
    Acknowledge,
    Arrived,
    Channel,
    Given,
    Pair,
    Presence,
    Priority,
    Reading,
    Signal,
    SignalState,
    State,
    Tick,
)

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def at(second: float) -> datetime:
    return T0 + timedelta(seconds=second)


def begun(*channels: Channel) -> State:
    state = rules.begin(reader.limits(), T0)
    return rules.step(state, Pair(T0, "monitor", channels))[0] if channels else state


def value(channel: Channel, number: str | int, second: float) -> Arrived:
    return Arrived(at(second), (Reading(channel, Decimal(number), at(second), at(second)),))


def run(state: State, *given: Given) -> tuple[State, list[Signal]]:
    signals: list[Signal] = []
    for one in given:
        state, new = rules.step(state, one)
        signals += new
    return state, signals


def told(signals: list[Signal]) -> list[tuple[int, str, Presence, SignalState, Priority | None]]:
    return [(int((s.at - T0).total_seconds()), s.condition, s.presence, s.state, s.priority) for s in signals]


def test_a2_on_the_line_is_inside() -> None:
    _, signals = run(begun(), value(Channel.HR, 120, 0), Tick(at(60)))
    assert signals == []


def test_a3_pending_becomes_present_when_the_delay_is_over() -> None:
    state, signals = run(begun(), value(Channel.HR, 121, 0), Tick(at(60)))
    assert told(signals) == [
        (0, "HR.high", Presence.PENDING, SignalState.OFF, None),
        (6, "HR.high", Presence.PRESENT, SignalState.ON, Priority.MEDIUM),
    ]
    assert rules.sounding(state, state.conditions["HR.high"])


def test_a3_a_reading_inside_resets_it() -> None:
    _, signals = run(begun(), value(Channel.HR, 121, 0), value(Channel.HR, 120, 6), Tick(at(60)))
    assert [s.presence for s in signals] == [Presence.PENDING, Presence.ABSENT]


def test_a7_acknowledged_sounds_again_after_120_s() -> None:
    crossed, _ = run(begun(), value(Channel.HR, 121, 0), Tick(at(6)))
    state, signals = run(crossed, Acknowledge(at(10), "HR.high", "Bob"), Tick(at(200)))
    assert told(signals) == [
        (10, "HR.high", Presence.PRESENT, SignalState.ACKNOWLEDGED, Priority.MEDIUM),
        (130, "HR.high", Presence.PRESENT, SignalState.ON, Priority.MEDIUM),
    ]
    assert rules.loudest(state) is not None


def test_a12_a_kept_state_is_equal_to_the_one_kept() -> None:
    state, _ = run(begun(Channel.HR, Channel.SPO2), value(Channel.HR, 160, 0), Tick(at(30)))
    assert rules.from_json(rules.to_json(state)) == state
