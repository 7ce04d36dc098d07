"""The order in which things happened, against the order in which they were heard of; what the reference model found."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.terms import (
    Acknowledge,
    Arrived,
    Ask,
    Channel,
    DoseActing,
    Freshness,
    Observe,
    Pair,
    Pause,
    Quality,
    Reading,
    Rewatch,
    Schedule,
    SignalState,
    State,
    Tick,
    Unpair,
    Unwatch,
)
from ketacare.medicine.monitoring.tests.test_step import (
    ABSENT,
    CLEARING,
    HIGH,
    MEDIUM,
    PENDING,
    PRESENT,
    at,
    begun,
    nothing,
    of,
    reading,
    run,
    value,
)

SPO2, LOW_SPO2 = Channel.SPO2, "SPO2.low"


def together(arrived: float, *values: tuple[int, float]) -> Arrived:
    return Arrived(at(arrived), tuple(reading(SPO2, number, second) for number, second in values))


def saturation(number: int, *seconds: int) -> list[Arrived]:
    return [value(SPO2, number, second) for second in seconds]


def low(state: State) -> tuple[object, ...] | None:
    known = state.conditions.get(LOW_SPO2)
    return None if known is None else (known.presence, known.priority)


def test_a3_within_one_message_a_value_inside_resets_the_crossing() -> None:
    state, _ = run(begun(SPO2), together(20, (80, 1), (80, 2), *((99, second) for second in range(3, 21))))
    assert low(state) is None


def test_a1_a_crossing_over_within_one_message_is_told_and_latched() -> None:
    values = (*((80, second) for second in range(1, 9)), *((99, second) for second in range(9, 21)))
    state, _ = run(begun(SPO2), together(20, *values))
    assert low(state) == (ABSENT, None)
    assert state.conditions[LOW_SPO2].latched
    assert state.conditions[LOW_SPO2].trace.extreme == 80


def test_a1_a_value_inside_that_was_overtaken_still_breaks_the_crossing() -> None:
    late = value(SPO2, 99, 3, received=4.5)
    state, _ = run(begun(), *saturation(80, 1, 2, 4), late, Tick(at(8)))
    assert low(state) == (PENDING, None)
    assert state.latest[SPO2].taken_at == at(4)
    assert low(run(state, Tick(at(9)))[0]) == (PRESENT, HIGH)


def test_a1_a_crossing_that_was_overtaken_began_when_it_began() -> None:
    _, signals = run(begun(), value(SPO2, 80, 4), value(SPO2, 80, 1, received=5), Tick(at(6)))
    assert of(signals, LOW_SPO2)[-1][:2] == (6, PRESENT)
    assert signals[-1].since == at(1)


def test_a1_what_lies_between_keeps_an_overtaken_value_apart() -> None:
    given = (value(SPO2, 99, 2), value(SPO2, 80, 4), value(SPO2, 80, 1, received=5))
    state, _ = run(begun(), *given)
    assert state.conditions[LOW_SPO2].since == at(4)


def test_a4_an_overtaken_value_near_the_line_starts_the_clear_time_over() -> None:
    given = (*saturation(80, 0, 6), *saturation(99, 7, 9, 11), value(SPO2, 80, 8, received=12))
    state, _ = run(begun(), *given)
    assert state.conditions[LOW_SPO2].presence is CLEARING
    assert state.conditions[LOW_SPO2].clear_since == at(9)


def test_a13_only_what_is_beyond_the_bound_is_late() -> None:
    state, signals = run(begun(), value(SPO2, 99, 10), value(SPO2, 80, 9, received=11))
    assert (state.conditions, signals) == ({}, [])


def test_a9_an_overtaken_value_of_what_is_set_aside_is_not_judged() -> None:
    aside = Unwatch(at(3), SPO2, "Bob", "cold hands")
    state, _ = run(begun(), value(SPO2, 99, 2), aside, value(SPO2, 80, 1, received=4), Tick(at(60)))
    assert state.conditions == {}


def test_an_overtaken_one_that_is_no_value_changes_nothing() -> None:
    state, _ = run(begun(), value(SPO2, 99, 2))
    assert run(state, Arrived(at(3), (reading(SPO2, None, 1, Quality.NONE),)))[0].faults == {}


def test_a1_an_overtaken_value_counts_for_the_extreme() -> None:
    state, _ = run(begun(), *saturation(82, 0, 6), value(SPO2, 80, 3, received=7))
    assert state.conditions[LOW_SPO2].extreme == 80
    pending, _ = run(begun(), value(SPO2, 70, 0), value(SPO2, 82, 2), value(SPO2, 99, 1, received=3))
    assert pending.conditions[LOW_SPO2].extreme == 82


def test_a1_nothing_happened_after_it_was_heard_of() -> None:
    state, _ = run(begun(), value(SPO2, 80, 9, received=1), value(SPO2, 80, 2), Tick(at(6)))
    assert low(state) == (PRESENT, HIGH)
    assert state.latest[SPO2].taken_at == at(2)


def test_a4_a_gap_is_no_clear_time() -> None:
    given = (*saturation(80, 1, 2, 3, 4, 5, 6, 7), value(SPO2, 99, 8), value(SPO2, 99, 41))
    state, _ = run(begun(SPO2), *given)
    assert low(state) == (CLEARING, HIGH)
    cleared, _ = run(state, *saturation(99, *range(42, 52)))
    assert low(cleared) == (ABSENT, None)


def test_t2_a_new_pairing_makes_no_value_younger() -> None:
    again = (Unpair(at(2), "monitor"), Pair(at(600), "monitor", (SPO2,)))
    state, _ = run(begun(SPO2), value(SPO2, 99, 1), *again)
    (shown,) = rules.visible(state, at(601))
    assert (shown.freshness, shown.value) == (Freshness.LOST, None)
    assert run(state, Tick(at(609)))[1] == []
    assert of(run(state, Tick(at(611)))[1], "SPO2.lost") == [(610, PRESENT, SignalState.ON, MEDIUM)]


def test_a6_acknowledged_while_present_an_older_latch_is_let_go_too() -> None:
    first = (*saturation(80, *range(1, 8)), *saturation(99, *range(8, 20)))
    second = (*saturation(80, *range(20, 27)), Acknowledge(at(27), LOW_SPO2, "Bob"), *saturation(99, *range(28, 40)))
    state, _ = run(begun(SPO2), *first)
    assert state.conditions[LOW_SPO2].latched
    assert low(run(state, *second)[0]) is None


def test_a9_what_is_set_aside_while_pending_never_sounds() -> None:
    _, signals = run(begun(), value(SPO2, 80, 1), Unwatch(at(3), SPO2, "Bob", "cold hands"), Tick(at(60)))
    assert [signal.presence for signal in signals] == [PENDING, ABSENT]


def test_a9_when_the_bound_is_over_the_loss_is_told_in_that_moment() -> None:
    aside = Unwatch(at(3), SPO2, "Bob", "cold hands")
    _, signals = run(begun(SPO2), value(SPO2, 99, 1), DoseActing(at(2), True), aside, Tick(at(603)))
    assert of(signals, "SPO2.lost") == [(603, PRESENT, SignalState.ON, HIGH)]


def test_t3_a_value_from_before_the_probe_came_off_does_not_put_it_back() -> None:
    off = (nothing(SPO2, 3), nothing(SPO2, 4))
    state, _ = run(begun(SPO2), value(SPO2, 99, 1), *off, value(SPO2, 99, 2, received=5))
    assert state.faults[SPO2].since == at(3)
    between, _ = run(
        begun(SPO2), value(SPO2, 99, 1), nothing(SPO2, 2), nothing(SPO2, 4), value(SPO2, 99, 3, received=5)
    )
    assert between.faults[SPO2].since == at(4)
    assert run(between, value(SPO2, 99, 6))[0].faults == {}
    earlier, _ = run(begun(SPO2), nothing(SPO2, 4), Arrived(at(5), (reading(SPO2, None, 3, Quality.BAD),)))
    assert earlier.faults[SPO2].since == at(3)
    assert earlier.faults[SPO2].quality is Quality.NONE, "what it said last stands"


def test_t8_an_older_value_settles_no_contradiction() -> None:
    disputed = (value(SPO2, 99, 5), value(SPO2, 97, 5))
    state, _ = run(begun(), *disputed, value(SPO2, 98, 4, received=6))
    assert "SPO2.conflict" in state.conditions
    assert run(state, value(SPO2, 98, 7))[0].conditions == {}


def test_t5_within_an_hour_of_any_dose() -> None:
    ask = Ask("bp", "Blood pressure", at(4000), (Channel.NIBP_SYS,))
    doses = (DoseActing(at(0), True), DoseActing(at(3000), True))
    _, signals = run(begun(), *doses, Schedule(at(3001), (ask,)), Tick(at(4600)))
    assert of(signals, "due.bp")[-1][3] is HIGH


def test_t5_asked_anew_for_later_it_is_not_late() -> None:
    first, later = (Ask("bp", "Blood pressure", at(second), (Channel.NIBP_SYS,)) for second in (0, 600))
    state, _ = run(begun(), Schedule(at(0), (first,)), Tick(at(400)), Schedule(at(401), (later,)))
    assert state.conditions == {}
    state, _ = run(begun(), Schedule(at(0), (first,)), Tick(at(400)), Schedule(at(650), (later,)))
    assert (state.conditions["due.bp"].presence, state.conditions["due.bp"].since) == (PENDING, at(600))


def test_a8_what_worsens_in_the_moment_of_the_pause_sounds() -> None:
    pausing = (Tick(at(10)), Pause(at(10), "Bob"), Observe(at(10), "vomiting", "Bob"))
    state, _ = run(begun(), *saturation(92, 0), *pausing)
    assert rules.loudest(state).key == "sign.vomiting"
    worse = replace(reading(SPO2, 70, 4), received_at=at(10))
    state, _ = run(state, Arrived(at(10), (worse, reading(SPO2, 70, 10))))
    assert low(state) == (PRESENT, HIGH)
    assert rules.sounding(state, state.conditions[LOW_SPO2])


def test_a12_values_lately_judged_survive_a_restart() -> None:
    state, _ = run(begun(SPO2), *saturation(80, 1, 2, 4), nothing(SPO2, 5))
    kept = rules.from_json(rules.to_json(state))
    assert kept == state
    late = value(SPO2, 99, 3, received=5)
    assert run(kept, late) == run(state, late)


def test_a1_only_as_much_is_kept_as_may_still_matter() -> None:
    state, _ = run(begun(SPO2), *saturation(99, *range(200)))
    assert len(state.recent[SPO2]) == 41
    assert state.recent[SPO2][0].taken_at == at(159)
    assert state.recent[SPO2][-1].value == Decimal(99)
    assert at(199) - state.recent[SPO2][0].taken_at == timedelta(seconds=40)


def test_a_reading_ahead_of_ours_keeps_the_devices_own_word() -> None:
    probe_off = Reading(SPO2, None, at(100), at(1), Quality.NONE, device="monitor")
    state, _ = run(begun(SPO2), Arrived(at(1), (probe_off,)))
    assert state.faults[SPO2].quality is Quality.NONE


def test_a16_a_pressure_told_for_a_moment_to_come_asks_its_repeat_too() -> None:
    ahead = Reading(Channel.NIBP_SYS, Decimal(170), at(9), at(1), device="monitor")
    state, _ = run(begun(), Arrived(at(1), (ahead,)))
    assert [ask.due_at for ask in state.asks] == [at(301)]


def test_a9_no_crossing_is_longer_by_a_value_of_a_stretch_that_was_set_aside() -> None:
    """The saturation was inside while it was set aside, as everybody could have seen: what is typed of before that goes
    on over it no more than over any other value inside (A3)."""
    aside = (Unwatch(at(3), SPO2, "Bob", "cold hands"), value(SPO2, 99, 9), Rewatch(at(11), SPO2))
    typed = replace(reading(SPO2, 80, 5), source="hand", device="hand:Bob")
    state, _ = run(begun(SPO2), *aside, value(SPO2, 88, 20), Arrived(at(23), (typed,)), Tick(at(24)))
    assert low(state) == (PENDING, None)
    state, _ = run(state, *saturation(88, 25, 29), Tick(at(30)))
    assert low(state) == (PRESENT, MEDIUM), "ten seconds beyond since it is watched again"


def test_a9_no_crossing_goes_on_over_what_was_before_its_channel_was_set_aside() -> None:
    aside = (value(SPO2, 99, 4), Unwatch(at(5), SPO2, "Bob", "cold hands"), Rewatch(at(6), SPO2))
    state, _ = run(begun(SPO2), *aside, value(SPO2, 88, 10), value(SPO2, 80, 1, 12), Tick(at(13)))
    assert low(state) == (PENDING, None)


def test_a9_watched_again_what_is_typed_as_the_newest_of_its_channel_counts() -> None:
    aside = (Unwatch(at(3), SPO2, "Bob", "cold hands"), value(SPO2, 99, 4), Rewatch(at(11), SPO2))
    typed = replace(reading(SPO2, 80, 10), source="hand", device="hand:Bob")
    state, _ = run(begun(SPO2), *aside, Arrived(at(12), (typed,)), Tick(at(16)))
    assert low(state) == (PRESENT, HIGH)


def test_a6_the_extreme_of_the_lesser_that_goes_on_counts_what_came_late_and_began_it() -> None:
    before, _ = run(begun(), *saturation(86, 1, 5, 10), *saturation(96, 20), *saturation(91, 25), Tick(at(31)))
    assert (low(before), before.conditions[LOW_SPO2].extreme) == ((PENDING, None), 91)
    after, _ = run(before, value(SPO2, 89, 23, received=32))
    assert (after.conditions[LOW_SPO2].since, after.conditions[LOW_SPO2].extreme) == (at(23), 89)
