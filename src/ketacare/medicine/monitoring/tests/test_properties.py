"""Laws of the step, tried on random courses: what people press and what arrives, in any order."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Acknowledge,
    Arrived,
    Ask,
    Channel,
    DoseActing,
    Given,
    Observe,
    Pair,
    Pause,
    Quality,
    Reading,
    Rewatch,
    Schedule,
    SetBaseline,
    Signal,
    State,
    Tick,
    Unpause,
    Unwatch,
)
from ketacare.medicine.monitoring.tests.test_step import LIMITS, T0, at, run

CHANNELS = (Channel.HR, Channel.SPO2, Channel.NIBP_SYS, Channel.RR)
QUIETEST_S = 120

values = st.one_of(st.none(), st.integers(0, 250).map(Decimal), st.sampled_from([Decimal(v) for v in (85, 90, 165)]))


@st.composite
def courses(draw: st.DrawFn) -> list[Given]:
    """A session of up to 25 inputs at whole seconds, some at the same second, some readings late."""
    second, course = 0, [Pair(T0, "monitor", CHANNELS), SetBaseline(T0, {Channel.HR: Decimal(60)})]
    for _ in range(draw(st.integers(1, 25))):
        second += draw(st.sampled_from([0, 1, 1, 2, 5, 10, 30, 120]))
        course.append(draw(inputs(at(second))))
    return course


def inputs(now: datetime) -> st.SearchStrategy[Given]:
    readings = st.builds(reading, st.sampled_from(CHANNELS), values, st.sampled_from([0, 0, 0, 1, 40]), st.just(now))
    keys = st.sampled_from([f"{c}.{side}" for c in CHANNELS for side in ("low", "high", "lost", "conflict")])
    return st.one_of(
        st.lists(readings, min_size=1, max_size=3).map(lambda found: Arrived(now, tuple(found))),
        st.lists(readings, min_size=1, max_size=3).map(lambda found: Arrived(now, tuple(found))),
        keys.map(lambda key: Acknowledge(now, key, "Bob")),
        st.sampled_from(
            [
                Tick(now),
                Pause(now, "Bob"),
                Unpause(now),
                DoseActing(now, True),
                DoseActing(now, False),
                Observe(now, "vomiting", "Bob"),
                Observe(now, "chest pain", "Bob", present=False),
                Unwatch(now, Channel.SPO2, "Bob", "probe moved"),
                Rewatch(now, Channel.SPO2),
                Schedule(now, (Ask("bp", "Blood pressure", now + timedelta(seconds=60), CUFF),)),
            ]
        ),
    )


def reading(channel: Channel, value: Decimal | None, late_s: int, now: datetime) -> Reading:
    quality = Quality.GOOD if value is not None else Quality.NONE
    return Reading(channel, value, now - timedelta(seconds=late_s), now, quality, device="monitor")


def begun() -> State:
    return rules.begin(LIMITS, T0)


@given(courses())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a12_kept_and_restored_at_any_point_it_goes_on_as_if_unbroken(course: list[Given]) -> None:
    whole, state, signals = run(begun(), *course), begun(), []
    for one in course:
        kept = rules.from_json(rules.to_json(state))
        assert kept == state
        state, new = rules.step(kept, one)
        signals += new
    assert (state, signals) == whole


@given(courses())
@settings(max_examples=20, deadline=None)
def test_a1_ticks_in_between_change_nothing(course: list[Given]) -> None:
    ticked: list[Given] = []
    for one, following in pairwise(course):
        seconds = range(1, int((following.at - one.at).total_seconds()))
        ticked += [one, *(Tick(one.at + timedelta(seconds=s)) for s in seconds)]
    assert run(begun(), *ticked, course[-1]) == run(begun(), *course)


@given(courses())
@settings(max_examples=20, deadline=None)
def test_t8_everything_sent_twice_is_as_if_sent_once(course: list[Given]) -> None:
    arrived = [one for one in course if isinstance(one, Arrived)]
    once, signals = run(begun(), *arrived)
    doubled = [again for one in arrived for again in (one, one)]
    twice, repeated = run(begun(), *doubled)
    assert (twice.latest, twice.conditions, repeated) == (once.latest, once.conditions, signals)


@given(courses())
@settings(max_examples=10, deadline=None)
def test_a7_a8_a9_no_act_silences_a_present_condition_beyond_120_s(course: list[Given]) -> None:
    state, quiet_since = begun(), {}
    for second in range(int((course[-1].at - T0).total_seconds()) + 300):
        due = [one for one in course if one.at == at(second)]
        for one in [*due, Tick(at(second))]:
            state, _ = rules.step(state, one)
        quiet_since = still_quiet(state, quiet_since)
        for key, since in quiet_since.items():
            assert (state.at - since).total_seconds() <= QUIETEST_S, key


def still_quiet(state: State, before: dict[str, datetime]) -> dict[str, datetime]:
    silent = [c for c in state.conditions.values() if c.present and c.priority and not rules.sounding(state, c)]
    return {c.key: before.get(c.key, state.at) for c in silent}


@given(courses())
@settings(max_examples=20, deadline=None)
def test_a5_a_present_condition_is_never_lowered(course: list[Given]) -> None:
    _, signals = run(begun(), *course)
    last: dict[str, Signal] = {}
    for signal in signals:
        known = last.get(signal.condition)
        if known and known.presence in ("present", "clearing") and signal.presence in ("present", "clearing"):
            assert (signal.priority or 0) >= (known.priority or 0)
        last[signal.condition] = signal
