"""G15 on random sequences of acts, with three engines whose bound was taken away and that must be caught."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ketacare.medicine.monitoring.rules import acknowledge
from tests.alarms.sessions import ACTS, GAPS_S, OFTEN, Act, Session, courses_from
from tests.alarms.silence import LONGEST_ASIDE_S, LONGEST_S, Ears, heard

SEEDS = 8
acts = st.tuples(st.sampled_from(GAPS_S), st.sampled_from([*ACTS, *OFTEN]), st.integers(0, 7))


@given(st.lists(acts, max_size=40))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a7_a8_a9_h6_no_sequence_of_acts_silences_what_is_present_for_more_than_120_s(course: list[Act]):
    ears = heard(course)
    assert ears.longest_s <= LONGEST_S, ears.longest_of
    assert ears.longest_aside_s <= LONGEST_ASIDE_S


def test_a7_a8_a9_h6_nor_do_any_of_the_kept_seeds_and_they_do_silence_much():
    ears = [heard(course) for _, course in courses_from(0, SEEDS)]
    assert max(one.longest_s for one in ears) == LONGEST_S
    assert max(one.longest_aside_s for one in ears) <= LONGEST_ASIDE_S
    assert sum(one.silences for one in ears) > 10 * SEEDS


def pressed(gap_s: int, minutes: int) -> list[Act]:
    """Saturation stays at 80, and somebody presses everything there is, again and again."""
    keys = [(0, "acknowledge", n) for n in range(4)]
    return [(0, "value", 6), *[one for _ in range(60 * minutes // gap_s) for one in ((gap_s, "pause", 0), *keys)]]


@pytest.mark.parametrize("gap_s", [7, 60, 119, 120])
def test_a7_a8_h6_pressing_everything_at_every_pace_leaves_a_sound_every_two_minutes(gap_s):
    ears = Ears()
    session = Session(seen=ears.hear)
    session.play(pressed(gap_s, 20))
    assert 0 < ears.longest_s <= LONGEST_S
    heard_at = [signal.at for signal in session.signals if signal.condition == "SPO2.low" and signal.sounding]
    assert len(heard_at) >= 5


# --- control: the bound taken away ---


def never(*_):
    return False


def counted_anew_by_each_act(state, condition, at):
    """As if a stretch began with the latest act instead of the first."""
    quiet = condition.present and acknowledge.silenced(state, condition)
    acts = (condition.acknowledged_at, state.pause and state.pause.since)
    latest = max((act for act in acts if act is not None), default=at)
    return replace(condition, quiet_since=latest if quiet else None)


def lasting(state, by, at):
    """As if a pause had no end."""
    paused = BOUNDED(state, by, at)
    assert paused.pause is not None
    return replace(paused, pause=replace(paused.pause, until=at.replace(year=at.year + 1)))


BOUNDED = acknowledge.pause


@pytest.mark.parametrize(
    ("part", "without"),
    [
        ({"_worn_out": never}, "nothing wears a silence out"),
        ({"_counted": counted_anew_by_each_act}, "every act begins a new stretch"),
        ({"_worn_out": never, "pause": lasting}, "a pause has no end"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_control_h6_an_engine_without_the_bound_is_caught(monkeypatch, part, without):
    for name, other in part.items():
        monkeypatch.setattr(acknowledge, name, other)
    assert any(heard(course).longest_s > LONGEST_S for _, course in courses_from(0, SEEDS))


def test_control_a9_setting_aside_without_a_bound_is_caught(monkeypatch):
    unbounded = acknowledge.unwatch

    def for_ever(state, channel, by, reason, at):
        aside = unbounded(state, channel, by, reason, at)
        return replace(aside, unwatched={c: replace(one, until=None) for c, one in aside.unwatched.items()})

    monkeypatch.setattr(acknowledge, "unwatch", for_ever)
    course = [(0, "dose", 0), (1, "set aside", 0), *[(120, "cuff", 0)] * 6]
    assert heard(course).longest_aside_s > LONGEST_ASIDE_S
    monkeypatch.undo()
    assert heard(course).longest_aside_s == LONGEST_ASIDE_S
