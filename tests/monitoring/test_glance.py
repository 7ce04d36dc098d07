"""What a screen of many chairs shows at a glance is what it would show had every step been gone through (T1, A18)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.terms import (
    Arrived,
    Channel,
    Condition,
    Given,
    Kind,
    Pair,
    Presence,
    Priority,
    Reading,
    Side,
    State,
    Trace,
)
from tests.monitoring.simulation import BEGUN, session

Glance = Callable[[State, Sequence[Given]], State | None]
SEEDS = range(60)
LATER = (timedelta(), timedelta(seconds=4), timedelta(seconds=11), timedelta(seconds=70))


def shown(state: State, after: timedelta) -> dict[str, Any]:
    listed = rules.listed(state)
    return {
        "values": rules.visible(state, state.at + after),
        "listed": listed,
        "loudest": rules.loudest(state),
        "sounding": [one.key for one in listed if rules.sounding(state, one)],
        "pause": state.pause,
        "aside": state.unwatched,
        "every": {channel: stream.interval_s for channel, stream in state.streams.items()},
    }


def glances(seed: int, glance: Glance) -> Iterator[tuple[State, State]]:
    """As a screen asks: from the last whole state over all that came since, and from the last glance on."""
    whole = session(seed)
    state = base = led = rules.begin(whole.limits, BEGUN)
    since: list[Given] = []
    for given in whole.given:
        state, signals = rules.step(state, given)
        if signals:
            base, led, since = state, state, []
            continue
        since.append(given)
        step_on = glance(led, [given])
        at_once = glance(base, since)
        if step_on is None:
            base, led, since = state, state, []
        else:
            yield step_on, state
            led = step_on
        if at_once is not None:
            yield at_once, state


def differing(glance: Glance, seeds: Sequence[int]) -> tuple[int, list[str]]:
    looked, found = 0, []
    for seed in seeds:
        for led, whole in glances(seed, glance):
            looked += isinstance(led, State)
            for after in LATER:
                one, other = shown(led, after), shown(whole, after)
                found += [f"{seed} at {whole.at} {name}" for name in one if one[name] != other[name]]
    return looked, found


def test_t1_a_glance_shows_what_all_steps_show() -> None:
    looked, found = differing(rules.glanced, SEEDS)
    assert not found, found[:5]
    assert looked > 500


def without_present(state: State, given: Sequence[Given]) -> State | None:
    """The control: what alarms is glanced at too, so that its number in the words of the alarm stays an old one."""
    silent = {key: replace(one, presence=Presence.ABSENT) for key, one in state.conditions.items()}
    found = rules.glanced(replace(state, conditions=silent), given)
    return None if found is None else replace(found, conditions=state.conditions)


def every_value_taken(state: State, given: Sequence[Given]) -> State | None:
    """The control: whatever comes is the newest value."""
    latest = dict(state.latest)
    for one in given:
        latest |= {value.channel: value for value in one.readings} if isinstance(one, Arrived) else {}
    return replace(state, at=max(state.at, *(one.at for one in given)), latest=latest)


def test_t1_a_glance_that_looks_at_less_is_found() -> None:
    for broken in (without_present, every_value_taken):
        assert differing(broken, range(8))[1]


def spo2(*values: int, at: datetime) -> Arrived:
    """One a second, the last of them now."""
    times = [at - timedelta(seconds=len(values) - 1 - place) for place in range(len(values))]
    given = zip(values, times, strict=True)
    return Arrived(at, tuple(Reading(Channel.SPO2, Decimal(value), then, at, device="one") for value, then in given))


def test_t1_a_dip_within_one_message_is_gone_through() -> None:
    """It tells nothing, and leaves its mark on the line of the alarm that was (A6)."""
    state, _ = rules.step(rules.begin(reader.limits(), BEGUN), Pair(BEGUN, "one", (Channel.SPO2,), 1))
    state, _ = rules.step(state, spo2(94, at=BEGUN + timedelta(seconds=1)))
    line = Trace(Priority.MEDIUM, BEGUN, BEGUN, Decimal(89))
    was = Condition("SPO2.low", Kind.PHYSIOLOGICAL, Channel.SPO2, Side.LOW, trace=line, value=Decimal(94), rule="x")
    state = replace(state, conditions={was.key: was})
    dip = spo2(89, 94, at=BEGUN + timedelta(seconds=3))
    after, signals = rules.step(state, dip)
    assert not signals
    assert rules.listed(after) != rules.listed(state)
    assert rules.glanced(state, [dip]) is None
