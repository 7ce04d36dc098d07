"""The step on invented readings. Alarm rules are cited by their number."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.rules import due
from ketacare.medicine.monitoring.rules.pressure import sane
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Acknowledge,
    Arrived,
    Ask,
    Channel,
    Done,
    DoseActing,
    Emergency,
    EmergencyOver,
    Freshness,
    Given,
    MonitorAlarms,
    Observe,
    Pair,
    Pause,
    Presence,
    Priority,
    Quality,
    Reading,
    Rewatch,
    Schedule,
    SetBaseline,
    SetLimits,
    SharedName,
    Side,
    Signal,
    SignalState,
    State,
    Tick,
    Unpair,
    Unpause,
    Unwatch,
)

T0 = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
LIMITS = reader.limits()
MINUTE = 60
PENDING, PRESENT, CLEARING, ABSENT = Presence.PENDING, Presence.PRESENT, Presence.CLEARING, Presence.ABSENT
OFF, ON, ACKNOWLEDGED, LATCHED = SignalState.OFF, SignalState.ON, SignalState.ACKNOWLEDGED, SignalState.LATCHED
LOW, MEDIUM, HIGH = Priority.LOW, Priority.MEDIUM, Priority.HIGH


def at(second: float) -> datetime:
    return T0 + timedelta(seconds=second)


def begun(*channels: Channel) -> State:
    state = rules.begin(LIMITS, T0)
    return rules.step(state, Pair(T0, "monitor", channels))[0] if channels else state


def reading(channel: Channel, number: str | int | None, second: float, quality: Quality = Quality.GOOD) -> Reading:
    value = None if number is None else Decimal(number)
    return Reading(channel, value, at(second), at(second), quality, device="monitor")


def value(channel: Channel, number: str | int, second: float, received: float | None = None) -> Arrived:
    arrived = at(second if received is None else received)
    return Arrived(arrived, (Reading(channel, Decimal(number), at(second), arrived, device="monitor"),))


def nothing(channel: Channel, second: float, quality: Quality = Quality.NONE) -> Arrived:
    return Arrived(at(second), (reading(channel, None, second, quality),))


def pressure(systolic: int, diastolic: int, minute: float) -> Arrived:
    second = minute * MINUTE
    parts = (reading(Channel.NIBP_SYS, systolic, second), reading(Channel.NIBP_DIA, diastolic, second))
    return Arrived(at(second), parts)


def run(state: State, *given: Given) -> tuple[State, list[Signal]]:
    signals: list[Signal] = []
    for one in given:
        state, new = rules.step(state, one)
        signals += new
    return state, signals


def told(signals: list[Signal]) -> list[tuple[int, str, Presence, SignalState, Priority | None]]:
    return [(int((s.at - T0).total_seconds()), s.condition, s.presence, s.state, s.priority) for s in signals]


def of(signals: list[Signal], condition: str) -> list[tuple[int, Presence, SignalState, Priority | None]]:
    return [(second, *rest) for second, key, *rest in told(signals) if key == condition]


# --- limits ---


def test_a2_on_the_line_is_inside() -> None:
    assert run(begun(), value(Channel.HR, 120, 0), Tick(at(60)))[1] == []


def test_a3_an_apnoea_of_more_than_twenty_seconds_is_high_at_once_and_over_with_breath() -> None:
    _, signals = run(begun(), value(Channel.APNOEA, 20, 0), value(Channel.APNOEA, 21, 1))
    assert of(signals, "APNOEA.high") == [(1, PRESENT, ON, HIGH)]
    _, signals = run(begun(), value(Channel.APNOEA, 21, 1), value(Channel.APNOEA, 0, 5), Tick(at(16)))
    assert of(signals, "APNOEA.high")[-1] == (15, ABSENT, LATCHED, HIGH)


def test_a3_a_monitor_that_does_not_count_apnoea_says_a_rate_of_nothing() -> None:
    _, signals = run(begun(), value(Channel.RR, 0, 0), Tick(at(10)))
    assert of(signals, "RR.low")[-1] == (10, PRESENT, ON, HIGH)


def test_a2_a_fall_of_exactly_four_points_counts_because_its_sheet_says_at_least() -> None:
    state, _ = run(begun(), SetBaseline(T0, {Channel.SPO2: Decimal(99)}), value(Channel.SPO2, 95, 0), Tick(at(10)))
    assert state.conditions["SPO2.low"].rule == "SPO2.fall_notice"
    assert not run(begun(), value(Channel.SPO2, 95, 0), Tick(at(10)))[0].conditions


def test_a3_pending_becomes_present_when_the_delay_is_over() -> None:
    state, signals = run(begun(), value(Channel.HR, 121, 0), Tick(at(60)))
    assert told(signals) == [(0, "HR.high", PENDING, OFF, None), (6, "HR.high", PRESENT, ON, MEDIUM)]
    assert rules.sounding(state, state.conditions["HR.high"])


def test_a3_a_reading_inside_resets_it_even_at_the_last_moment() -> None:
    _, signals = run(begun(), value(Channel.HR, 121, 0), value(Channel.HR, 120, 6), Tick(at(60)))
    assert [s.presence for s in signals] == [PENDING, ABSENT]


def test_a3_missing_readings_do_not_reset_it() -> None:
    _, signals = run(begun(), value(Channel.HR, 121, 0), nothing(Channel.HR, 3), Tick(at(6)))
    assert of(signals, "HR.high")[-1] == (6, PRESENT, ON, MEDIUM)


def test_a4_ends_only_after_ten_seconds_inside_by_the_dead_band() -> None:
    present, _ = run(begun(Channel.HR), value(Channel.HR, 125, 0), value(Channel.HR, 125, 6))
    readings = [value(Channel.HR, 118, s) for s in range(7, 30)] + [value(Channel.HR, 117, s) for s in range(30, 41)]
    _, signals = run(present, *readings)
    assert of(signals, "HR.high") == [(30, CLEARING, ON, MEDIUM), (40, ABSENT, OFF, MEDIUM)]


def test_a4_a_value_back_near_the_line_starts_the_clear_time_over() -> None:
    present, _ = run(begun(), value(Channel.HR, 125, 0), Tick(at(6)))
    _, signals = run(present, value(Channel.HR, 110, 7), value(Channel.HR, 119, 12), Tick(at(60)))
    assert of(signals, "HR.high") == [(7, CLEARING, ON, MEDIUM), (12, PRESENT, ON, MEDIUM)]


def test_a4_silence_does_not_clear() -> None:
    present, _ = run(begun(Channel.HR), value(Channel.HR, 125, 0), value(Channel.HR, 125, 6), value(Channel.HR, 110, 7))
    state, _ = run(present, Tick(at(120)))
    assert state.conditions["HR.high"].present


def test_a5_a_worsening_takes_the_higher_priority_at_its_own_delay_and_keeps_it() -> None:
    _, signals = run(
        begun(),
        *[value(Channel.HR, 125, s) for s in range(8)],
        *[value(Channel.HR, 155, s) for s in range(8, 14)],
        *[value(Channel.HR, 148, s) for s in range(14, 40)],
    )
    assert of(signals, "HR.high")[1:] == [(6, PRESENT, ON, MEDIUM), (12, PRESENT, ON, HIGH)]


def test_a4_a5_inside_the_graver_line_its_level_ends_latched_and_the_lesser_goes_on() -> None:
    state, signals = run(
        begun(),
        *[value(Channel.HR, 155, s) for s in range(6)],
        *[value(Channel.HR, 130, s) for s in range(6, 30)],
    )
    assert of(signals, "HR.high")[1:] == [
        (4, PRESENT, ON, HIGH),
        (6, CLEARING, ON, HIGH),
        (16, ABSENT, LATCHED, HIGH),
        (16, PRESENT, ON, MEDIUM),
    ]
    now = state.conditions["HR.high"]
    assert (now.latched, now.since, now.limit, now.extreme) == (True, at(0), 120, 130)
    assert rules.sounding(state, now)


def test_a4_a6_what_was_latched_stays_when_the_lesser_ends_and_lets_go_of_both_in_turn() -> None:
    state, _ = run(begun(), *[value(Channel.HR, 155, s) for s in range(6)], value(Channel.HR, 130, 6), Tick(at(20)))
    state, signals = run(state, value(Channel.HR, 100, 21), Tick(at(40)))
    assert of(signals, "HR.high")[-1] == (31, ABSENT, LATCHED, MEDIUM)
    seen, signals = run(state, Acknowledge(at(41), "HR.high", "Bob"))
    assert of(signals, "HR.high") == [(41, ABSENT, OFF, HIGH)]
    assert [c.trace and c.trace.priority for c in rules.listed(seen)] == [MEDIUM]
    assert rules.listed(run(seen, Tick(at(631)))[0]) == ()
    late, _ = run(state, Tick(at(700)), Acknowledge(at(701), "HR.high", "Bob"), Tick(at(711)))
    assert late.conditions == {}


def test_a6_two_highs_unseen_are_one_line_with_the_worst_of_both() -> None:
    first = [value(Channel.SPO2, 80, 0), Tick(at(5)), value(Channel.SPO2, 97, 6), Tick(at(20))]
    second = [value(Channel.SPO2, 83, 100), Tick(at(105)), value(Channel.SPO2, 97, 106), Tick(at(130))]
    state, _ = run(begun(), *first, *second)
    trace = state.conditions["SPO2.low"].trace
    assert trace is not None
    assert (trace.since, trace.ended_at, trace.extreme) == (at(0), at(116), 80)


def test_a6_a_medium_before_a_high_stands_behind_it() -> None:
    state, _ = run(begun(), value(Channel.SPO2, 88, 0), Tick(at(10)), value(Channel.SPO2, 97, 11), Tick(at(22)))
    state, _ = run(state, value(Channel.SPO2, 80, 30), Tick(at(35)), value(Channel.SPO2, 97, 36), Tick(at(50)))
    condition = state.conditions["SPO2.low"]
    assert condition.was is not None
    assert (condition.latched, condition.was.priority) == (True, MEDIUM)


def test_a4_a7_an_acknowledgement_goes_on_over_the_lesser_and_no_longer_than_it_would_have() -> None:
    high, _ = run(begun(), value(Channel.HR, 155, 0), Tick(at(4)), Acknowledge(at(5), "HR.high", "Bob"))
    _, signals = run(high, value(Channel.HR, 130, 6), Tick(at(130)))
    assert of(signals, "HR.high") == [
        (6, CLEARING, ACKNOWLEDGED, HIGH),
        (16, ABSENT, OFF, HIGH),
        (16, PRESENT, ACKNOWLEDGED, MEDIUM),
        (125, PRESENT, ON, MEDIUM),
    ]


def test_a4_a_graver_level_may_end_before_the_lesser_has_lasted_its_delay() -> None:
    lines = tuple(
        replace(line, delay_s=15) if line.id == "HR.high_medium" else replace(line, delay_s=0)
        for line in LIMITS.lines
        if line.id in ("HR.high_medium", "HR.high_high")
    )
    quick = replace(LIMITS, lines=lines, times=replace(LIMITS.times, clear_s=5))
    state, signals = run(rules.begin(quick, T0), value(Channel.HR, 155, 0), Acknowledge(at(1), "HR.high", "Bob"))
    _, more = run(state, value(Channel.HR, 130, 2), Tick(at(20)))
    assert of([*signals, *more], "HR.high")[-3:] == [
        (7, ABSENT, OFF, HIGH),
        (7, PENDING, OFF, None),
        (15, PRESENT, ON, MEDIUM),
    ]


def test_a6_high_stays_latched_until_acknowledged() -> None:
    state, signals = run(begun(), value(Channel.SPO2, 80, 0), Tick(at(5)), value(Channel.SPO2, 97, 6), Tick(at(9999)))
    assert of(signals, "SPO2.low")[-1] == (16, ABSENT, LATCHED, HIGH)
    assert rules.loudest(state) is None
    trace = rules.listed(state)[0].trace
    assert trace is not None
    assert (trace.since, trace.ended_at, trace.extreme) == (at(0), at(16), Decimal(80))
    state, signals = run(state, value(Channel.SPO2, 98, 10_000), Acknowledge(at(10_001), "SPO2.low", "Bob"))
    assert of(signals, "SPO2.low") == [(10_001, ABSENT, OFF, HIGH)]
    assert run(state, Tick(at(10_011)))[0].conditions == {}, "and is then no longer taken back"


def test_a6_high_acknowledged_while_present_ends_quietly() -> None:
    present, _ = run(begun(), value(Channel.SPO2, 80, 0), Tick(at(5)), Acknowledge(at(6), "SPO2.low", "Bob"))
    _, signals = run(present, value(Channel.SPO2, 97, 7), Tick(at(20)))
    assert of(signals, "SPO2.low")[-1] == (17, ABSENT, OFF, HIGH)


def test_a6_medium_leaves_a_was_line_for_ten_minutes() -> None:
    present, _ = run(begun(), value(Channel.HR, 125, 0), Tick(at(6)), value(Channel.HR, 80, 7))
    state, _ = run(present, Tick(at(600)))
    assert [c.key for c in rules.listed(state)] == ["HR.high"]
    assert rules.listed(run(state, Tick(at(17 + 600)))[0]) == ()


def test_a6_technical_and_due_conditions_leave_nothing_behind() -> None:
    ask = Ask("bp", "Blood pressure", T0, CUFF)
    owed, _ = run(begun(Channel.SPO2), DoseActing(T0, True), Schedule(T0, (ask,)), Tick(at(700)))
    assert {c.priority for c in owed.conditions.values()} == {HIGH}
    over, more = run(owed, Done(at(701), "bp"), value(Channel.SPO2, 97, 702))
    assert (over.conditions, rules.listed(over)) == ({}, ())
    assert [(s.condition, s.at - s.since) for s in more if s.since] == [
        ("due.bp", timedelta(seconds=701)),
        ("SPO2.lost", timedelta(seconds=692)),
    ]


def test_a10_a_new_watch_carries_nothing_over() -> None:
    state = begun()
    assert (state.conditions, state.pause, state.unwatched) == ({}, None, {})
    with pytest.raises(TypeError):
        rules.begin(LIMITS, datetime(2026, 1, 5))


def test_a14_absolute_and_relative_lines_both_hold() -> None:
    state, _ = run(begun(), SetBaseline(T0, {Channel.NIBP_SYS: Decimal(110), Channel.HR: Decimal(60)}))
    assert rules.strictest(state, Channel.NIBP_SYS, Side.HIGH)[LOW] == 150
    assert rules.strictest(state, Channel.HR, Side.LOW)[LOW] == 40
    state, _ = run(state, pressure(151, 80, 0))
    assert state.conditions["NIBP_SYS.high"].priority is LOW
    assert state.conditions["NIBP_SYS.high"].limit == 150


def test_a14_new_limits_judge_the_next_reading() -> None:
    lines = tuple(
        replace(line, threshold=Decimal(130)) if line.id == "HR.high_medium" else line for line in LIMITS.lines
    )
    state, _ = run(begun(), SetLimits(T0, replace(LIMITS, lines=lines)), value(Channel.HR, 125, 0), Tick(at(60)))
    assert state.conditions == {}


# --- intermittent pressure ---


def test_a16_notice_then_medium_with_a_repeat_due() -> None:
    first, signals = run(begun(), pressure(165, 80, 0))
    assert of(signals, "NIBP_SYS.high") == [(0, PRESENT, ON, LOW)]
    assert [ask.due_at for ask in first.asks] == [at(5 * MINUTE)]
    second, signals = run(first, pressure(165, 80, 5))
    assert of(signals, "NIBP_SYS.high") == [(300, PRESENT, ON, MEDIUM)]
    assert [ask.due_at for ask in second.asks] == [at(10 * MINUTE)]
    _, signals = run(second, pressure(150, 80, 10))
    assert of(signals, "NIBP_SYS.high") == [(600, ABSENT, OFF, MEDIUM)]


def test_a16_confirm_by_repeat_five_minutes_later() -> None:
    first, signals = run(begun(), pressure(185, 80, 0))
    assert of(signals, "NIBP_SYS.high") == [(0, PRESENT, ON, MEDIUM)]
    soon, signals = run(first, pressure(185, 80, 2))
    assert of(signals, "NIBP_SYS.high") == []
    _, signals = run(soon, pressure(185, 80, 5))
    assert of(signals, "NIBP_SYS.high") == [(300, PRESENT, ON, HIGH)]


def test_a16_a_repeat_too_early_to_confirm_leaves_the_confirmation_owed() -> None:
    state, _ = run(begun(), pressure(185, 80, 0), pressure(185, 80, 2))
    assert [ask.due_at for ask in state.asks] == [at(5 * MINUTE)]
    state, _ = run(state, pressure(185, 80, 5))
    assert [ask.due_at for ask in state.asks] == [at(10 * MINUTE)]


def test_a16_what_a_repeat_asks_of_the_dose_meanwhile() -> None:
    """Nothing for a notice, a pause for a first reading beyond the confirm line, a stop once it is confirmed."""
    assert due.repeat_owed(begun()) is None
    notice, _ = run(begun(), pressure(165, 80, 0))
    assert due.repeat_owed(notice) == due.RepeatOwed(at(5 * MINUTE), timedelta(minutes=5), pause=False, stop=False)
    first, _ = run(begun(), pressure(185, 80, 0))
    assert due.repeat_owed(first) == due.RepeatOwed(at(5 * MINUTE), timedelta(minutes=5), pause=True, stop=False)
    second, _ = run(first, pressure(185, 80, 5))
    assert due.repeat_owed(second) == due.RepeatOwed(at(10 * MINUTE), timedelta(minutes=5), pause=True, stop=True)


def test_a16_a_repeat_that_nobody_takes_is_an_alarm_while_the_pressure_stands() -> None:
    """EX-2: a reading missed at 45 or 55, five minutes after one beyond a line, is a due alarm."""
    first, _ = run(begun(), pressure(170, 101, 40))
    _, signals = run(first, *(Tick(at(second)) for second in range(40 * 60, 52 * 60, 10)))
    (key,) = {signal.condition for signal in signals if signal.condition.startswith("due.repeat")}
    assert at(45 * MINUTE).isoformat() in key


def test_a16_a_pressure_too_low_is_no_reason_to_pause() -> None:
    low, _ = run(begun(), pressure(70, 40, 0))
    owed = due.repeat_owed(low)
    assert owed is not None
    assert not owed.pause


def test_a16_t8_a_reading_sent_twice_does_not_ask_again_for_what_was_done() -> None:
    state, _ = run(begun(), pressure(165, 80, 0))
    parts = pressure(165, 80, 0).readings
    for later in (5, 60):
        paid, _ = run(state, Done(at(later), state.asks[0].key), Arrived(at(later), parts))
        assert paid.asks == ()


def test_a16_repeated_every_five_minutes_until_it_was_inside_twice_then_every_fifteen() -> None:
    """Inside but not by the dead-band is not inside; beyond again it begins anew."""
    state, _ = run(begun(), pressure(165, 80, 0), pressure(158, 80, 5))
    assert (state.conditions["NIBP_SYS.high"].priority, owed_at(state)) == (LOW, [10])
    state, _ = run(state, pressure(152, 80, 10))
    assert owed_at(state) == [15]
    again, _ = run(state, pressure(166, 80, 15), pressure(150, 80, 20))
    assert owed_at(again) == [25]
    state, _ = run(state, pressure(150, 80, 15))
    assert owed_at(state) == [30]
    owed = due.repeat_owed(state)
    assert owed == due.RepeatOwed(at(30 * MINUTE), timedelta(minutes=15), pause=False, stop=False, settled=True)
    assert owed_at(run(state, pressure(148, 80, 22))[0]) == [37]


def owed_at(state: State) -> list[float]:
    return [(ask.due_at - T0).total_seconds() / 60 for ask in state.asks]


def test_a16_parts_of_one_measurement_that_come_one_by_one_are_inside_once() -> None:
    state, _ = run(begun(), pressure(165, 80, 0))
    for channel, value in ((Channel.NIBP_SYS, 150), (Channel.NIBP_DIA, 80)):
        state, _ = run(state, Arrived(at(5 * MINUTE), (reading(channel, value, 5 * MINUTE),)))
    assert owed_at(state) == [10]


def test_a16_where_no_pressure_was_beyond_a_line_none_is_repeated() -> None:
    assert run(begun(), pressure(150, 80, 0), pressure(148, 80, 5))[0].asks == ()


def test_a16_a_sign_of_pressure_with_any_reading_is_high_also_inside_the_lines() -> None:
    """Entered with a reading of these minutes, or measured while it stands; without one it is what its sheet says."""
    key = "sign.new severe headache"
    headache = Observe(at(10 * MINUTE), "new severe headache", "Bob")
    alone, signals = run(begun(), headache)
    assert of(signals, key) == [(600, PRESENT, ON, MEDIUM)]
    measured, signals = run(alone, pressure(128, 80, 12))
    assert of(signals, key) == [(720, PRESENT, ON, HIGH)]
    assert measured.conditions[key].rule == "A16"
    assert "NIBP_SYS.high" not in measured.conditions
    _, signals = run(begun(), pressure(128, 80, 6), headache)
    assert of(signals, key)[-1] == (600, PRESENT, ON, HIGH)
    _, signals = run(begun(), pressure(128, 80, 4), headache)
    assert of(signals, key) == [(600, PRESENT, ON, MEDIUM)], "that reading was of before"
    _, signals = run(measured, Observe(at(20 * MINUTE), "new severe headache", "Bob", False))
    assert of(signals, key) == [(1200, ABSENT, LATCHED, HIGH)]


def test_a16_a_low_pressure_is_repeated_as_well() -> None:
    state, _ = run(begun(), pressure(85, 55, 0))
    assert [ask.due_at for ask in state.asks] == [at(5 * MINUTE)]


def test_a16_a_symptom_with_a_raised_pressure_is_high_at_any_reading() -> None:
    told_first, signals = run(begun(), Observe(T0, "vomiting", "Bob"), pressure(161, 80, 1))
    assert of(signals, "NIBP_SYS.high") == [(60, PRESENT, ON, HIGH)]
    assert told_first.conditions["NIBP_SYS.high"].rule == "A16"
    first, _ = run(begun(), pressure(161, 80, 0))
    then_told, signals = run(first, Observe(at(30), "new severe headache", "Bob"))
    assert of(signals, "NIBP_SYS.high") == [(30, PRESENT, ON, HIGH)]
    _, signals = run(then_told, pressure(158, 80, 5))
    assert of(signals, "NIBP_SYS.high") == []
    _, signals = run(then_told, pressure(155, 80, 5))
    assert of(signals, "NIBP_SYS.high") == [(300, ABSENT, LATCHED, HIGH)]


def test_a16_a_symptom_beside_a_pressure_inside_or_a_low_one_changes_nothing_there() -> None:
    _, signals = run(begun(), Observe(T0, "vomiting", "Bob"), pressure(140, 80, 1), pressure(85, 55, 2))
    assert of(signals, "NIBP_SYS.high") == []
    assert of(signals, "NIBP_SYS.low") == [(120, PRESENT, ON, MEDIUM)]


def test_a4_a16_the_hypertensive_course_notice_medium_high_latched_and_notice_again_to_its_end() -> None:
    course = {10: (152, 92), 20: (166, 96), 25: (172, 100), 30: (184, 108), 35: (186, 112), 40: (176, 104)}
    course |= {45: (170, 101), 50: (164, 98), 55: (159, 95), 60: (155, 92)}
    own = SetBaseline(T0, {Channel.NIBP_SYS: Decimal(140), Channel.NIBP_DIA: Decimal(87)})
    _, signals = run(begun(), own, *(pressure(*parts, minute) for minute, parts in course.items()))
    assert [(second // 60, *rest) for second, *rest in of(signals, "NIBP_SYS.high")] == [
        (20, PRESENT, ON, LOW),
        (25, PRESENT, ON, MEDIUM),
        (35, PRESENT, ON, HIGH),
        (45, ABSENT, LATCHED, HIGH),
        (45, PRESENT, ON, MEDIUM),
        (60, ABSENT, LATCHED, MEDIUM),
    ]


def test_a16_a_reading_inside_between_the_two_confirms_nothing() -> None:
    state, _ = run(begun(), pressure(185, 80, 0), pressure(175, 80, 3), pressure(185, 80, 6))
    assert state.conditions["NIBP_SYS.high"].priority is MEDIUM


def test_a16_a_single_reading_is_high_at_once() -> None:
    _, signals = run(begun(), pressure(201, 80, 0))
    assert of(signals, "NIBP_SYS.high") == [(0, PRESENT, ON, HIGH)]


def test_a_mean_is_listed_but_not_sounded_beside_its_systolic() -> None:
    parts = tuple(reading(c, v, 0) for c, v in zip(CUFF, (75, 40, 50), strict=True))
    state, _ = run(begun(), Arrived(T0, parts))
    assert state.conditions["NIBP_MEAN.low"].present
    assert not rules.sounding(state, state.conditions["NIBP_MEAN.low"])
    assert rules.sounding(state, state.conditions["NIBP_SYS.low"])


@pytest.mark.parametrize(("systolic", "diastolic"), [(80, 120), (90, 90), (0, 0), (230, 5)])
def test_t7_a_failed_measurement_neither_raises_nor_clears(systolic: int, diastolic: int) -> None:
    assert run(begun(), pressure(systolic, diastolic, 0))[1] == []
    present, _ = run(begun(), pressure(185, 80, 0))
    state, signals = run(present, pressure(systolic, diastolic, 1))
    assert of(signals, "NIBP_SYS.high") == []
    assert state.latest[Channel.NIBP_SYS].value == 185
    shown = {s.channel: s for s in rules.visible(state, at(MINUTE))}
    assert shown[Channel.NIBP_SYS].freshness is Freshness.BAD_QUALITY
    assert shown[Channel.NIBP_SYS].value is None


def test_a_monitor_that_counts_no_breath_is_a_high_alarm_within_its_delay() -> None:
    """Apnoea as most monitors send it: a rate of 0, which is a value and none that is missing."""
    breaths = [value(Channel.RR, 14, 0), *(value(Channel.RR, 0, second) for second in range(1, 15))]
    state, signals = run(begun(Channel.RR), *breaths)
    assert rules.visible(state, at(14))[0].freshness is Freshness.LIVE
    assert of(signals, "RR.low")[-1] == (11, PRESENT, ON, HIGH)


@pytest.mark.parametrize("number", [0, 12])
def test_t7_a_heart_that_stands_or_nearly_is_a_high_alarm_within_its_delay_and_no_lost_signal(number: int) -> None:
    beats = [value(Channel.HR, 74, 0), *(value(Channel.HR, number, second) for second in range(1, 15))]
    state, signals = run(begun(Channel.HR), *beats, Tick(at(14)))
    assert rules.visible(state, at(14))[0].freshness is Freshness.LIVE
    assert of(signals, "HR.low")[-1] == (5, PRESENT, ON, HIGH)
    assert of(signals, "HR.lost") == []


def test_t7_a_rate_of_0_beside_a_pulse_wave_is_a_lead_that_is_off() -> None:
    state, signals = run(
        begun(Channel.HR, Channel.PR), value(Channel.HR, 74, 0), *(rates(second, 0, 72) for second in range(1, 15))
    )
    assert of(signals, "HR.low") == []
    assert of(signals, "HR.lost")[-1] == (10, PRESENT, ON, MEDIUM)
    shown = {one.channel: one for one in rules.visible(state, at(14))}
    assert shown[Channel.HR].value is None
    assert shown[Channel.PR].value == 72


def rates(second: int, heart: int, pulse: int | None) -> Arrived:
    """Beside a saturation that the oximeter holds, as an average of many seconds does."""
    both = [reading(Channel.HR, heart, second), reading(Channel.SPO2, 96, second)]
    return Arrived(at(second), (*both, *([] if pulse is None else [reading(Channel.PR, pulse, second)])))


@pytest.mark.parametrize("pulse", [0, None])
def test_t7_a_heart_and_a_pulse_that_stand_are_believed_whatever_saturation_is_held(pulse: int | None) -> None:
    _, signals = run(begun(Channel.HR), rates(0, 74, 74), *(rates(second, 0, pulse) for second in range(1, 15)))
    assert of(signals, "HR.low")[-1] == (5, PRESENT, ON, HIGH)
    if pulse == 0:
        assert of(signals, "PR.low")[-1] == (5, PRESENT, ON, HIGH)


def test_t7_a_pulse_that_stands_while_the_heart_is_counted_is_believed() -> None:
    """Electrical activity without a pulse: a count of the heart is no pulse wave."""
    _, signals = run(begun(Channel.HR), rates(0, 74, 74), *(rates(second, 70, 0) for second in range(1, 15)))
    assert of(signals, "PR.low")[-1] == (5, PRESENT, ON, HIGH)


def test_t7_a_wave_of_another_moment_or_of_another_device_denies_nothing() -> None:
    standing = reading(Channel.HR, 0, 5)
    for other in (reading(Channel.PR, 72, 4), replace(reading(Channel.PR, 72, 5), device="another")):
        assert sane((standing, other), LIMITS)[0] == standing
    failed = reading(Channel.PR, 72, 5, Quality.BAD)
    assert sane((standing, failed), LIMITS)[0] == standing


# --- truth of values ---


def test_t1_t2_live_then_stale_then_lost() -> None:
    state, _ = run(begun(Channel.SPO2), value(Channel.SPO2, 97, 0))
    shown = [rules.visible(state, at(second))[0] for second in (4, 5, 10)]
    assert [s.freshness for s in shown] == [Freshness.LIVE, Freshness.STALE, Freshness.LOST]
    assert [s.value for s in shown] == [97, 97, None]
    assert (shown[2].last_value, shown[2].age_s) == (97, 10)


def test_t2_loss_is_medium_within_ten_seconds_and_high_after_sixty_during_a_dose() -> None:
    state, signals = run(begun(Channel.SPO2), value(Channel.SPO2, 97, 0), DoseActing(at(1), True), Tick(at(100)))
    assert of(signals, "SPO2.lost") == [(10, PRESENT, ON, MEDIUM), (70, PRESENT, ON, HIGH)]
    _, signals = run(state, value(Channel.SPO2, 97, 101))
    assert of(signals, "SPO2.lost") == [(101, ABSENT, OFF, HIGH)]


def test_g13_the_moment_at_which_a_signal_is_lost_is_one_that_the_watch_is_told_of() -> None:
    state, _ = run(begun(Channel.SPO2), value(Channel.SPO2, 97, 0))
    assert rules.next_deadline(state) == at(10)
    assert of(run(state, Tick(at(10)))[1], "SPO2.lost") == [(10, PRESENT, ON, MEDIUM)]


def test_t2_a_slow_gateway_is_given_its_own_time() -> None:
    state, _ = run(rules.begin(LIMITS, T0), Pair(T0, "gateway", (Channel.HR,), 60), value(Channel.HR, 70, 0))
    assert of(run(state, Tick(at(149)))[1], "HR.lost") == []
    assert of(run(state, Tick(at(150)))[1], "HR.lost") == [(150, PRESENT, ON, MEDIUM)]


def test_t3_a_probe_that_is_off_is_told_with_its_reason() -> None:
    sent = [nothing(Channel.SPO2, s) for s in range(1, 15)]
    state, signals = run(begun(Channel.SPO2), value(Channel.SPO2, 97, 0), *sent)
    assert of(signals, "SPO2.lost") == [(10, PRESENT, ON, MEDIUM)]
    assert rules.visible(state, at(14))[0].freshness is Freshness.LOST


def test_t3_a_monitor_that_says_its_alarms_are_off_is_told_until_they_are_on_or_it_leaves() -> None:
    off, signals = run(
        begun(Channel.HR), MonitorAlarms(at(1), "monitor", False), MonitorAlarms(at(2), "monitor", False)
    )
    assert told(signals) == [(1, "monitor.alarms_off", PRESENT, ON, MEDIUM)]
    assert signals[0].kind.value == "technical"
    assert rules.words(off.conditions["monitor.alarms_off"], at(61)) == "Monitor's own alarms off 01:00"
    assert told(run(off, MonitorAlarms(at(3), "monitor", True))[1]) == [(3, "monitor.alarms_off", ABSENT, OFF, MEDIUM)]
    assert told(run(off, Unpair(at(3), "monitor"))[1]) == [(3, "monitor.alarms_off", ABSENT, OFF, MEDIUM)]


def test_t3_what_a_monitor_says_last_of_its_alarms_stands() -> None:
    paused, _ = run(begun(), MonitorAlarms(at(1), "monitor", False, "Monitor's alarms are paused"))
    off, signals = run(paused, MonitorAlarms(at(61), "monitor", False, "Monitor's alarms are off"))
    assert signals == [], "the same alarm in other words, and no new one"
    assert rules.words(off.conditions["monitor.alarms_off"], at(61)) == "Monitor's alarms are off 01:00"
    silent, _ = run(off, MonitorAlarms(at(62), "monitor", False))
    assert silent.conditions["monitor.alarms_off"].label == "Monitor's alarms are off"


def test_t7_a_leap_is_doubted_and_a_second_one_makes_both_true() -> None:
    leapt, signals = run(begun(Channel.SPO2), value(Channel.SPO2, 97, 0), value(Channel.SPO2, 60, 1))
    assert signals == []
    assert leapt.faults[Channel.SPO2].reason == "from 97 to 60 in 1 s"
    assert rules.visible(leapt, at(1))[0].value is None
    believed, _ = run(leapt, value(Channel.SPO2, 61, 2))
    assert believed.conditions["SPO2.low"].since == at(1)
    assert believed.jumped == {}
    back, signals = run(leapt, value(Channel.SPO2, 97, 2), Tick(at(11)))
    assert (signals, back.jumped) == ([], {})


def test_t7_a_leap_after_a_while_or_typed_by_hand_is_no_leap() -> None:
    assert "SPO2.low" in run(begun(), value(Channel.SPO2, 97, 0), value(Channel.SPO2, 60, 4))[0].conditions
    typed = Reading(Channel.SPO2, Decimal(60), at(1), at(1), source="hand", device="hand:1")
    assert "SPO2.low" in run(begun(), value(Channel.SPO2, 97, 0), Arrived(at(1), (typed,)))[0].conditions


def test_t7_leaps_that_do_not_agree_are_both_doubted() -> None:
    state, signals = run(begun(), *(value(Channel.HR, number, s) for s, number in enumerate((70, 180, 290, 71))))
    assert (signals, state.jumped) == ([], {})


def test_before_a_dose_a_monitor_that_is_taken_off_is_awaited_no_more_and_its_last_number_is_not_of_now() -> None:
    lost, _ = run(begun(Channel.SPO2), Tick(at(20)))
    state, signals = run(lost, Unpair(at(21), "monitor"))
    assert of(signals, "SPO2.lost") == [(21, ABSENT, OFF, MEDIUM)]
    assert rules.visible(state, at(22)) == ()
    measured, _ = run(begun(Channel.SPO2), value(Channel.SPO2, 97, 1), Unpair(at(2), "monitor"), Tick(at(3)))
    (shown,) = rules.visible(measured, at(3))
    assert (shown.freshness, shown.value, shown.last_value) == (Freshness.LOST, None, 97)
    typed = Reading(Channel.SPO2, Decimal(95), at(4), at(4), source="hand", device="hand:1")
    (shown,) = rules.visible(run(measured, Arrived(at(4), (typed,)))[0], at(5))
    assert (shown.freshness, shown.value) == (Freshness.INTERMITTENT, 95)


def test_a9_h6_a_monitor_taken_off_while_a_dose_acts_is_a_lost_signal_until_another_is_on() -> None:
    dosed, _ = run(begun(Channel.SPO2), DoseActing(T0, True), *(value(Channel.SPO2, 97, s) for s in range(1, 30)))
    off, signals = run(dosed, Unpair(at(30), "monitor"), Tick(at(600)))
    assert of(signals, "SPO2.lost") == [(30, PRESENT, ON, MEDIUM), (90, PRESENT, ON, HIGH)]
    (shown,) = rules.visible(off, at(31))
    assert (shown.freshness, shown.value, shown.last_value) == (Freshness.LOST, None, 97)
    _, signals = run(
        off, Unpair(at(601), "monitor"), Pair(at(602), "other", (Channel.SPO2,)), value(Channel.SPO2, 96, 603)
    )
    assert of(signals, "SPO2.lost") == [(602, ABSENT, OFF, HIGH)]


def test_a9_a_loss_that_sounds_high_does_not_end_by_taking_the_monitor_off() -> None:
    dosed, _ = run(begun(Channel.SPO2), DoseActing(T0, True), value(Channel.SPO2, 97, 1), Tick(at(100)))
    assert dosed.conditions["SPO2.lost"].priority is HIGH
    off, signals = run(dosed, Unpair(at(101), "monitor"), Tick(at(2000)))
    assert of(signals, "SPO2.lost") == []
    assert off.conditions["SPO2.lost"].since == at(11)
    assert of(run(off, DoseActing(at(2001), False))[1], "SPO2.lost") == [(2001, ABSENT, OFF, HIGH)], "they may go home"


def by(device: str, channel: Channel, number: int, second: float, received: float | None = None) -> Arrived:
    arrived = at(second if received is None else received)
    return Arrived(arrived, (Reading(channel, Decimal(number), at(second), arrived, device=device),))


def exchanged(*given: Given) -> tuple[State, list[Signal]]:
    """One monitor promised rate and oxygen and was taken off in a dose; the other promises oxygen only."""
    first, _ = run(begun(Channel.HR, Channel.SPO2), DoseActing(T0, True), value(Channel.HR, 70, 1))
    return run(first, value(Channel.SPO2, 97, 1), Unpair(at(5), "monitor"), Pair(at(6), "B", (Channel.SPO2,)), *given)


def test_h5_after_an_exchange_what_the_new_monitor_gives_unpromised_is_watched() -> None:
    state, signals = exchanged(*(by("B", Channel.HR, 70, s) for s in range(7, 120)))
    assert of(signals, "HR.lost") == [(5, PRESENT, ON, MEDIUM), (7, ABSENT, OFF, MEDIUM)]
    (shown,) = [one for one in rules.visible(state, at(119)) if one.channel is Channel.HR]
    assert (shown.freshness, shown.value) == (Freshness.LIVE, 70)
    _, signals = exchanged(*(by("B", Channel.HR, 30, s) for s in range(7, 20)))
    assert HIGH in [priority for _, _, _, priority in of(signals, "HR.low")]


def test_a9_what_it_gave_is_lost_again_when_it_falls_silent_or_is_taken_off_too() -> None:
    given, _ = exchanged(*(by("B", Channel.HR, 70, s) for s in range(7, 31)))
    assert of(run(given, Tick(at(100)))[1], "HR.lost") == [(40, PRESENT, ON, MEDIUM), (100, PRESENT, ON, HIGH)]
    _, signals = run(given, Unpair(at(33), "B"), by("monitor", Channel.HR, 70, 34), Tick(at(93)))
    assert of(signals, "HR.lost") == [(33, PRESENT, ON, MEDIUM), (93, PRESENT, ON, HIGH)], (
        "from now on, not from before"
    )


def test_h4_h5_a_lost_channel_is_judged_by_whoever_gives_it_until_that_one_gives_it_no_more() -> None:
    lost, _ = run(begun(Channel.SPO2), DoseActing(T0, True), value(Channel.SPO2, 97, 1))
    beside, signals = run(lost, *(by("B", Channel.SPO2, 75, s) for s in range(2, 30)))
    assert of(signals, "SPO2.low") == [(11, PENDING, OFF, None), (16, PRESENT, ON, HIGH)], "ten seconds without its own"
    assert of(signals, "SPO2.lost") == []
    still, signals = run(beside, value(Channel.SPO2, 97, 30), by("B", Channel.SPO2, 75, 31))
    assert (signals, still.streams[Channel.SPO2].giver) == ([], "B"), "another's number hides no fall"
    own, _ = run(still, value(Channel.SPO2, 97, 42), value(Channel.SPO2, 97, 43))
    assert own.streams[Channel.SPO2].giver == "monitor"
    off, _ = run(still, Unpair(at(32), "B"))
    assert off.streams[Channel.SPO2].giver == "monitor"


def test_h5_what_another_gives_that_is_no_value_or_of_before_the_loss_takes_nothing_over() -> None:
    lost, _ = run(begun(Channel.SPO2), DoseActing(T0, True), value(Channel.SPO2, 97, 1), Tick(at(20)))
    none = Reading(Channel.SPO2, None, at(20), at(20), Quality.NONE, device="B")
    ahead = by("B", Channel.SPO2, 75, 90, 20)
    before = by("B", Channel.SPO2, 75, 10, 20)
    for one in (Arrived(at(20), (none,)), ahead, before):
        state, signals = run(lost, one)
        assert (signals, state.faults, state.streams) == ([], lost.faults, lost.streams)


def test_before_a_dose_a_monitor_that_gave_in_anothers_place_leaves_the_promise_behind() -> None:
    lost, _ = run(begun(Channel.SPO2), value(Channel.SPO2, 97, 1), by("B", Channel.SPO2, 96, 12), Unpair(at(13), "B"))
    assert of(run(lost, Tick(at(30)))[1], "SPO2.lost") == [(22, PRESENT, ON, MEDIUM)]


def test_a13_late_high_values_of_a_monitor_that_was_exchanged_are_laid_before_somebody() -> None:
    _, signals = exchanged(by("B", Channel.SPO2, 97, 60), by("monitor", Channel.SPO2, 70, 4, 61))
    assert of(signals, "review.SPO2.low") == [(61, PRESENT, ON, LOW)]
    assert of(signals, "SPO2.low") == []
    _, signals = exchanged(by("B", Channel.SPO2, 97, 6), by("monitor", Channel.SPO2, 70, 4, 7))
    assert of(signals, "review.SPO2.low") == [], "in time, it is another's"


def test_a9_what_was_set_aside_is_watched_as_long_before_it_may_be_again() -> None:
    def may(state: State, second: float) -> bool:
        return rules.acknowledge.may_be_set_aside(state, Channel.SPO2, at(second))

    aside = Unwatch(at(100), Channel.SPO2, "RX", "cold")
    state, _ = run(begun(Channel.SPO2), DoseActing(T0, True), aside)
    assert may(state, 101), "it is aside already: pressed again, that moves nothing"
    over, _ = run(state, Tick(at(701)))
    assert [may(over, second) for second in (701, 1299, 1300)] == [False, False, True]
    by_word, _ = run(state, Rewatch(at(200), Channel.SPO2), Rewatch(at(300), Channel.SPO2))
    assert [may(by_word, second) for second in (201, 799, 800)] == [False, False, True]
    assert rules.from_json(rules.to_json(by_word)) == by_word
    early, _ = run(begun(Channel.SPO2), Unwatch(T0, Channel.SPO2, "RN", "cold"), DoseActing(at(1100), True))
    over, _ = run(early, Tick(at(1701)))
    assert [may(over, second) for second in (1701, 2299, 2300)] == [False, False, True], "from its end"


def test_t2_what_is_typed_gives_nothing_back_that_a_monitor_lost() -> None:
    dosed, _ = run(begun(Channel.SPO2), DoseActing(T0, True), value(Channel.SPO2, 97, 1), Tick(at(50)))
    typed = Reading(Channel.SPO2, Decimal(95), at(50), at(50), source="hand", device="hand:1")
    state, signals = run(dosed, Arrived(at(50), (typed,)), Tick(at(80)))
    assert of(signals, "SPO2.lost") == [(71, PRESENT, ON, HIGH)]
    (shown,) = rules.visible(state, at(51))
    assert (shown.freshness, shown.value, shown.last_value) == (Freshness.LOST, None, 95)


def test_a17_a_sign_its_sheet_does_not_know_is_high() -> None:
    bare = rules.begin(replace(LIMITS, signs={}), T0)
    assert of(run(bare, Observe(at(1), "help button", "Bob"))[1], "sign.help button") == [(1, PRESENT, ON, HIGH)]


def test_a12_a_link_that_returns_sounds_again_what_is_still_present() -> None:
    crossed, _ = run(begun(Channel.HR), value(Channel.HR, 125, 0), Tick(at(6)), Acknowledge(at(7), "HR.high", "Bob"))
    state, _ = run(crossed, Tick(at(20)), value(Channel.HR, 125, 21))
    assert rules.signal_of(state.conditions["HR.high"]) is ON


def test_a12_a_link_that_returns_is_heard_through_a_pause_too() -> None:
    crossed, _ = run(begun(Channel.HR), value(Channel.HR, 125, 0), Tick(at(6)), Pause(at(7), "Bob"))
    assert not rules.sounding(crossed, crossed.conditions["HR.high"])
    state, _ = run(crossed, Tick(at(20)), value(Channel.HR, 125, 21))
    assert rules.sounding(state, state.conditions["HR.high"])


def test_a5_a_missed_act_is_not_less_missed_when_the_hour_after_the_dose_is_over() -> None:
    ask = Ask("bp", "Blood pressure", at(2900), CUFF)
    owed, _ = run(begun(), DoseActing(T0, True), Schedule(T0, (ask,)), Tick(at(3550)))
    assert owed.conditions["due.bp"].priority is HIGH
    for later in (Tick(at(3700)), DoseActing(at(3560), False)):
        state, signals = run(owed, later, Tick(at(4000)))
        assert (state.conditions["due.bp"].priority, signals) == (HIGH, [])


def test_t5_due_late_missed_and_the_supervisor() -> None:
    ask = Ask("bp.10", "Blood pressure", at(600), CUFF)
    owed, signals = run(begun(), DoseActing(T0, True), Schedule(T0, (ask,)), Tick(at(1300)))
    assert [(s, p, n) for s, p, _, n in of(signals, "due.bp.10")] == [
        (600, PENDING, None),
        (720, PRESENT, LOW),
        (900, PRESENT, MEDIUM),
        (1200, PRESENT, HIGH),
    ]
    paid, signals = run(owed, pressure(120, 80, 22))
    assert of(signals, "due.bp.10") == [(1320, ABSENT, OFF, HIGH)]
    assert paid.asks == ()


def test_t5_a_reading_a_little_early_pays_and_a_failed_one_does_not() -> None:
    owed, _ = run(begun(), Schedule(T0, (Ask("bp.10", "Blood pressure", at(600), CUFF),)))
    assert run(owed, pressure(80, 120, 10))[0].asks
    assert run(owed, pressure(120, 80, 6))[0].asks
    assert not run(owed, pressure(120, 80, 7))[0].asks
    assert not run(owed, Done(at(500), "bp.10"))[0].asks


@pytest.mark.parametrize("number", [1, 12, 19, 75])
def test_t7_a_saturation_that_a_monitor_shows_as_a_number_is_high_however_low_it_is(number: int) -> None:
    """A fall below 20 was once no value, and so a lost signal: medium, and after ten seconds."""
    fallen = [value(Channel.SPO2, number, second) for second in range(1, 8)]
    state, signals = run(begun(Channel.SPO2), value(Channel.SPO2, 82, 0), *fallen)
    assert state.latest[Channel.SPO2].value == number
    assert (state.conditions["SPO2.low"].priority, "SPO2.lost" in state.conditions) == (HIGH, False)
    assert min(signal.at for signal in signals if signal.priority is HIGH) <= at(5)


def test_t7_a_saturation_of_0_is_what_is_sent_of_a_probe_that_is_off() -> None:
    off = [value(Channel.SPO2, 0, second) for second in range(1, 13)]
    state, _ = run(begun(Channel.SPO2), value(Channel.SPO2, 97, 0), *off)
    assert (state.conditions["SPO2.lost"].priority, "SPO2.low" in state.conditions) == (MEDIUM, False)


def test_t5_outside_a_dose_the_supervisor_is_told_at_medium() -> None:
    _, signals = run(begun(), Schedule(T0, (Ask("bp", "Blood pressure", T0, CUFF),)), Tick(at(700)))
    assert of(signals, "due.bp")[-1] == (600, PRESENT, ON, MEDIUM)


def test_t6_a_check_by_a_person_is_late_and_missed_like_a_reading() -> None:
    check = Ask("presence.15", "Somebody looked in", at(900))
    owed, signals = run(begun(), Schedule(T0, (check,)), Tick(at(1250)))
    assert [(s, p, n) for s, p, _, n in of(signals, "due.presence.15")] == [
        (900, PENDING, None),
        (1020, PRESENT, LOW),
        (1200, PRESENT, MEDIUM),
    ]
    assert run(owed, Done(at(1251), "presence.15"))[0].conditions == {}


def test_t8_a_duplicate_is_dropped_and_a_contradiction_told() -> None:
    once, _ = run(begun(), value(Channel.HR, 70, 0))
    twice, signals = run(once, value(Channel.HR, 70, 0))
    assert (twice, signals) == (once, [])
    state, signals = run(once, value(Channel.HR, 170, 0))
    assert told(signals) == [(0, "HR.conflict", PRESENT, ON, LOW)]
    assert state.latest[Channel.HR].value == 70
    assert told(run(state, value(Channel.HR, 71, 1))[1]) == [(1, "HR.conflict", ABSENT, OFF, LOW)]


def test_t8_a_contradiction_that_was_settled_is_not_opened_again_by_a_repeat() -> None:
    state, _ = run(begun(), value(Channel.HR, 70, 0), value(Channel.HR, 170, 0), value(Channel.HR, 71, 1))
    again, signals = run(state, value(Channel.HR, 170, 0), value(Channel.HR, 70, 0), value(Channel.HR, 71, 1))
    assert (again, signals) == (state, [])
    _, signals = run(state, value(Channel.HR, 171, 0, received=1))
    assert told(signals) == [(1, "HR.conflict", PRESENT, ON, LOW)]


def test_a13_a_late_reading_never_sounds_but_is_laid_before_a_person() -> None:
    state, signals = run(begun(), value(Channel.SPO2, 80, 0, received=31), Tick(at(60)))
    assert [(s.kind.value, s.rule, s.priority) for s in signals] == [("due", "A13", LOW)]
    assert state.latest == {}
    key = signals[0].condition
    assert rules.listed(run(state, Acknowledge(at(61), key, "Bob"))[0]) == ()
    assert run(begun(), value(Channel.SPO2, 92, 0, received=31))[1] == []


def test_a13_h9_what_comes_late_of_one_channel_is_one_thing_to_look_at() -> None:
    cut = [value(Channel.SPO2, 80 - second % 7, second, received=700 + second / 100) for second in range(1, 599)]
    state, signals = run(begun(Channel.SPO2), value(Channel.SPO2, 97, 0), Tick(at(640)), *cut)
    assert [key for key in state.conditions if key.startswith("review.")] == ["review.SPO2.low"]
    assert len(of(signals, "review.SPO2.low")) == 1
    item = state.conditions["review.SPO2.low"]
    run_of_it = item.runs["review"]
    assert (item.since, run_of_it.last, item.extreme) == (at(1), at(598), 74)
    assert rules.words(item, at(710)) == "SpO2 late readings to look at: over 09:57, lowest 74 %"
    seen, _ = run(state, Acknowledge(at(720), "review.SPO2.low", "Bob"))
    again, signals = run(seen, value(Channel.SPO2, 84, 600, received=721))
    assert (again.conditions["review.SPO2.low"].since, len(signals)) == (at(600), 1)
    assert rules.words(again.conditions["review.SPO2.low"], at(721)) == "SpO2 84 % late reading to look at"


def test_a16_a_pressure_typed_after_it_was_taken_sounds_if_one_reading_is_high_at_once() -> None:
    def typed(systolic: int, taken: float, told_at: float) -> Arrived:
        parts = ((Channel.NIBP_SYS, systolic), (Channel.NIBP_DIA, 95))
        return Arrived(
            at(told_at),
            tuple(
                Reading(one, Decimal(number), at(taken), at(told_at), source="hand", device="hand:1")
                for one, number in parts
            ),
        )

    assert of(run(begun(), typed(205, 0, 290))[1], "NIBP_SYS.high") == [(290, PRESENT, ON, HIGH)]
    for late in (typed(205, 0, 301), typed(199, 0, 31)):
        assert of(run(begun(), late)[1], "NIBP_SYS.high") == []
    after_it, _ = run(begun(), typed(120, 100, 101))
    assert of(run(after_it, typed(205, 99, 200))[1], "NIBP_SYS.high") == [], "a newer one is known"
    sent = Arrived(at(290), tuple(replace(one, source="device") for one in typed(205, 0, 290).readings))
    assert of(run(begun(), sent)[1], "NIBP_SYS.high") == [], "of a monitor it may be any old one (A13)"


def test_a13_an_overtaken_reading_is_charted_only() -> None:
    state, _ = run(begun(), value(Channel.HR, 70, 10), value(Channel.HR, 130, 9, received=11), Tick(at(60)))
    assert state.conditions == {}
    assert state.latest[Channel.HR].value == 70


def test_a1_delays_count_from_when_it_happened() -> None:
    _, signals = run(begun(), value(Channel.SPO2, 88, 0, received=12))
    assert told(signals) == [(12, "SPO2.low", PRESENT, ON, MEDIUM)]


def test_a_clock_far_ahead_of_ours_is_not_believed() -> None:
    state, _ = run(begun(), value(Channel.HR, 130, 3600, received=0))
    assert state.faults[Channel.HR].reason == "its clock is ahead of ours"


# --- silence ---


def test_a7_acknowledged_sounds_again_after_120_s() -> None:
    crossed, _ = run(begun(), value(Channel.HR, 121, 0), Tick(at(6)))
    state, signals = run(crossed, Acknowledge(at(10), "HR.high", "Bob"), Tick(at(200)))
    assert of(signals, "HR.high") == [(10, PRESENT, ACKNOWLEDGED, MEDIUM), (130, PRESENT, ON, MEDIUM)]
    assert rules.loudest(state) is not None


def test_a7_pressing_again_does_not_lengthen_it() -> None:
    crossed, _ = run(begun(), value(Channel.HR, 121, 0), Tick(at(6)), Acknowledge(at(10), "HR.high", "Bob"))
    _, signals = run(crossed, Acknowledge(at(120), "HR.high", "Bob"), Pause(at(125), "Bob"), Tick(at(130)))
    assert of(signals, "HR.high")[-1] == (130, PRESENT, ON, MEDIUM)


def test_a7_a_worsening_sounds_at_once() -> None:
    crossed, _ = run(begun(), value(Channel.HR, 121, 0), Tick(at(6)), Acknowledge(at(7), "HR.high", "Bob"))
    _, signals = run(crossed, value(Channel.HR, 160, 8), Tick(at(12)))
    assert of(signals, "HR.high")[-1] == (12, PRESENT, ON, HIGH)
    assert signals[-1].sounding


def test_a7_nothing_there_to_acknowledge() -> None:
    assert run(begun(), Acknowledge(T0, "HR.high", "Bob"))[1] == []
    pending, _ = run(begun(), value(Channel.HR, 121, 0))
    assert run(pending, Acknowledge(at(1), "HR.high", "Bob"))[1] == []


def test_a8_a_pause_holds_what_is_present_for_at_most_120_s() -> None:
    crossed, _ = run(begun(), value(Channel.HR, 121, 0), Tick(at(6)))
    paused, _ = run(crossed, Pause(at(10), "Bob"))
    assert rules.loudest(paused) is None
    assert rules.signal_of(paused.conditions["HR.high"]) is ON
    assert rules.loudest(run(paused, Pause(at(100), "Bob"), Tick(at(130)))[0]) is not None
    assert rules.loudest(run(paused, Unpause(at(20)))[0]) is not None


@pytest.mark.parametrize(
    ("arriving", "heard"),
    [
        (value(Channel.SPO2, 88, 20), True),  # equal
        (value(Channel.SPO2, 80, 20), True),  # high
        (value(Channel.SPO2, 93, 20), False),  # lesser
    ],
)
def test_a8_what_is_new_and_not_lesser_sounds_through_a_pause(arriving: Arrived, heard: bool) -> None:
    paused, _ = run(begun(), value(Channel.HR, 121, 0), Tick(at(6)), Pause(at(10), "Bob"))
    state, _ = run(paused, arriving, Tick(at(30)))
    assert rules.sounding(state, state.conditions["SPO2.low"]) is heard


def test_a8_a_technical_loss_sounds_through_a_pause() -> None:
    paused, _ = run(begun(Channel.SPO2), value(Channel.SPO2, 84, 0), Tick(at(5)), Pause(at(6), "Bob"), Tick(at(10)))
    loudest = rules.loudest(paused)
    assert loudest is not None
    assert loudest.key == "SPO2.lost"


def test_a8_the_third_renewal_in_ten_minutes_tells_the_prescriber() -> None:
    pauses = [Pause(at(130 * turn), "Bob") for turn in range(4)]
    _, signals = run(begun(), *pauses)
    assert told(signals) == [(390, "pause.renewed", PRESENT, ON, LOW)]
    assert run(begun(), *[Pause(at(300 * turn), "Bob") for turn in range(4)])[1] == []


def test_a9_not_monitored_shows_who_and_comes_back_by_itself_during_a_dose() -> None:
    state, _ = run(begun(Channel.SPO2), DoseActing(T0, True), value(Channel.SPO2, 80, 0), Tick(at(5)))
    off, signals = run(state, Unwatch(at(6), Channel.SPO2, "Dr Lee", "probe moved"))
    assert of(signals, "SPO2.low") == [(6, ABSENT, LATCHED, HIGH)]
    shown = rules.visible(off, at(7))[0]
    assert (shown.freshness, shown.reason) == (Freshness.NOT_MONITORED, "probe moved (Dr Lee)")
    assert run(off, value(Channel.SPO2, 70, 10), Tick(at(60)))[1] == []
    assert Channel.SPO2 not in run(off, Tick(at(606)))[0].unwatched
    assert Channel.SPO2 not in run(off, Rewatch(at(20), Channel.SPO2))[0].unwatched


def test_a9_set_aside_again_it_comes_back_no_later() -> None:
    aside, _ = run(begun(Channel.SPO2), DoseActing(T0, True), Unwatch(at(1), Channel.SPO2, "Dr Lee", "probe moved"))
    again, _ = run(aside, Unwatch(at(500), Channel.SPO2, "Dr Lee", "still moving"), Tick(at(602)))
    assert Channel.SPO2 not in again.unwatched


def test_a9_without_a_dose_it_lasts_until_somebody_ends_it() -> None:
    state, _ = run(begun(Channel.SPO2), Unwatch(at(1), Channel.SPO2, "Bob", "not needed"), Tick(at(99_999)))
    assert Channel.SPO2 in state.unwatched


@pytest.mark.parametrize("channel", [Channel.SPO2, Channel.NIBP_SYS])
def test_a9_what_was_set_aside_before_the_dose_comes_back_during_it(channel):
    aside, _ = run(begun(Channel.SPO2), Unwatch(at(1), channel, "Bob", "probe moved"), DoseActing(at(100), True))
    assert channel in run(aside, Tick(at(699)))[0].unwatched
    assert channel not in run(aside, Tick(at(701)))[0].unwatched


def test_a9_the_heart_rate_may_stay_set_aside_beside_the_oximeter():
    aside, _ = run(begun(Channel.HR), Unwatch(at(1), Channel.HR, "Bob", "no leads"), DoseActing(at(100), True))
    assert Channel.HR in run(aside, Tick(at(9_999)))[0].unwatched


def test_a11_all_are_listed_the_highest_sounds() -> None:
    state, _ = run(
        begun(), value(Channel.SPO2, 80, 0), value(Channel.HR, 125, 0), value(Channel.RR, 9, 1), Tick(at(20))
    )
    assert [c.key for c in rules.listed(state)] == ["SPO2.low", "HR.high", "RR.low"]
    loudest = rules.loudest(state)
    assert loudest is not None
    assert loudest.key == "SPO2.low"


def test_a11_within_a_priority_the_newest_comes_first() -> None:
    state, _ = run(begun(), value(Channel.HR, 125, 0), value(Channel.SPO2, 88, 10), Tick(at(30)))
    assert [c.key for c in rules.listed(state)] == ["SPO2.low", "HR.high"]
    loudest = rules.loudest(state)
    assert loudest is not None
    assert loudest.key == "SPO2.low"


def test_a17_a_persons_word_is_an_alarm_at_once() -> None:
    seen, signals = run(begun(), Observe(T0, "chest pain", "Bob"), Observe(at(1), "chest pain", "Bob"))
    assert told(signals) == [(0, "sign.chest pain", PRESENT, ON, HIGH)]
    state, signals = run(seen, Observe(at(9), "chest pain", "Bob", present=False))
    assert told(signals) == [(9, "sign.chest pain", ABSENT, LATCHED, HIGH)]
    assert run(state, Observe(at(10), "vomiting", "Bob", present=False))[1] == []


def test_a17_help_pressed_again_is_heard_again() -> None:
    seen, _ = run(begun(), Observe(T0, "help button", "Ann"), Acknowledge(at(5), "sign.help button", "Bob"))
    _, signals = run(seen, Observe(at(9), "help button", "Ann"))
    assert told(signals) == [(9, "sign.help button", PRESENT, ON, HIGH)]
    paused, _ = run(seen, Pause(at(6), "Bob"), Observe(at(9), "help button", "Ann"))
    assert rules.sounding(paused, paused.conditions["sign.help button"])


def test_a17_a_sign_seen_anew_keeps_the_latch_of_the_last() -> None:
    gone = [Observe(T0, "seizure", "Ann"), Observe(at(9), "seizure", "Ann", present=False)]
    state, _ = run(begun(), *gone, Observe(at(20), "seizure", "Ann"))
    assert state.conditions["sign.seizure"].latched


# --- emergency ---


def medium_and_high() -> State:
    return run(begun(), value(Channel.SPO2, 80, 0), value(Channel.HR, 125, 0), Tick(at(6)))[0]


def test_a20_an_emergency_holds_back_all_sound_but_that_of_high_and_hides_nothing() -> None:
    state, signals = run(medium_and_high(), Emergency(at(10), "Ann"))
    assert [(s.condition, s.presence, s.sounding) for s in signals] == [("HR.high", PRESENT, False)]
    assert [c.key for c in rules.listed(state)] == ["SPO2.low", "HR.high"]
    assert rules.sounding(state, state.conditions["SPO2.low"])
    worse, _ = run(state, value(Channel.HR, 155, 11), Tick(at(15)))
    assert rules.sounding(worse, worse.conditions["HR.high"])
    assert state.emergency is not None
    assert (state.emergency.since, state.emergency.by) == (at(10), "Ann")


def test_a20_closed_or_ten_minutes_after_the_last_act_everything_sounds_again() -> None:
    state, _ = run(medium_and_high(), Emergency(at(10), "Ann"))
    closed, _ = run(state, EmergencyOver(at(20), "Ann"))
    assert rules.sounding(closed, closed.conditions["HR.high"])
    left, signals = run(state, value(Channel.HR, 125, 300), Tick(at(2000)))
    assert (610, "HR.high", PRESENT, ON, MEDIUM) in told(signals)
    assert left.emergency is None
    acted, _ = run(state, Emergency(at(500), "Eve"), Done(at(900), "drug"), Tick(at(1499)))
    assert acted.emergency is not None
    assert acted.emergency.since == at(10)
    typed = Reading(Channel.HR, Decimal(126), at(1400), at(1400), source="hand", device="hand:1")
    assert run(acted, Arrived(at(1400), (typed,)))[0].emergency is not None
    assert run(acted, Tick(at(1500)))[0].emergency is None


def test_a20_a_missed_act_of_high_priority_sounds_in_an_emergency_and_a_lesser_one_waits() -> None:
    ask = Ask("bp", "Blood pressure", at(600), CUFF)
    state, _ = run(begun(), DoseActing(T0, True), Schedule(T0, (ask,)), Emergency(at(700), "Ann"), Tick(at(1000)))
    assert not rules.sounding(state, state.conditions["due.bp"])
    state, _ = run(state, Tick(at(1200)))
    assert rules.sounding(state, state.conditions["due.bp"])


def test_a20_a_silence_does_not_count_on_in_an_emergency_and_none_is_longer_for_it() -> None:
    state, _ = run(medium_and_high(), Acknowledge(at(7), "HR.high", "Bob"), Emergency(at(10), "Ann"), Tick(at(200)))
    _, signals = run(state, EmergencyOver(at(201), "Ann"))
    assert [(s.condition, s.sounding) for s in signals] == [("HR.high", True)]


def test_alarms_in_words() -> None:
    ask = Ask("bp", "Blood pressure", at(10), CUFF)
    state, _ = run(begun(Channel.SPO2), value(Channel.SPO2, 84, 0), Observe(T0, "chest pain", "Bob"))
    state, _ = run(state, Schedule(T0, (ask,)), value(Channel.HR, 70, 1), value(Channel.HR, 71, 1), Tick(at(140)))
    assert {key: rules.words(c, at(140)) for key, c in state.conditions.items()} == {
        "SPO2.low": "SpO2 84 % - limit 85 - 02:20",
        "SPO2.lost": "SpO2 signal lost 02:10 - last 84 %",
        "HR.conflict": "Heart rate: two different values for one moment",
        "sign.chest pain": "chest pain - 02:20",
        "due.bp": "Blood pressure late 02:10",
    }
    assert rules.unit_of(Channel.NIBP_SYS) == "mmHg"


def test_a12_limits_may_be_kept_beside_the_state_and_an_older_text_keeps_the_defaults() -> None:
    state, _ = run(begun(Channel.HR), value(Channel.HR, 130, 0))
    short = rules.to_json(state, with_limits=False)
    assert "plausible" not in short
    assert rules.from_json(short, LIMITS) == state
    assert rules.from_json(short.replace('"label":"",', ""), LIMITS) == state


def test_a14_a_line_may_be_moved_but_never_past_its_opposite() -> None:
    assert rules.moved(LIMITS, "HR.high_medium", Decimal(130)) != LIMITS
    with pytest.raises(ValueError, match="must be under high"):
        rules.moved(LIMITS, "HR.high_medium", Decimal(45))
    with pytest.raises(KeyError):
        rules.moved(LIMITS, "HR.rise_notice", Decimal(45))


def test_a15_a_delay_over_15_s_is_refused() -> None:
    with pytest.raises(ValueError, match="Shorten it"):
        replace(LIMITS.lines[0], delay_s=16)


def test_the_dose_is_over() -> None:
    assert run(begun(), DoseActing(T0, True), DoseActing(at(9), False))[0].dose_since is None


def test_a_reading_needs_its_zone_and_a_good_one_its_value() -> None:
    with pytest.raises(TypeError):
        Reading(Channel.HR, Decimal(70), datetime(2026, 1, 5), T0)
    with pytest.raises(ValueError, match="without a value"):
        Reading(Channel.HR, None, T0, T0)


def cuff(
    systolic: int, minute: float, device: str = "monitor", source: str = "device", came: float | None = None
) -> Arrived:
    taken, arrived = at(minute * MINUTE), at((minute if came is None else came) * MINUTE)
    one = Reading(Channel.NIBP_SYS, Decimal(systolic), taken, arrived, source=source, device=device)
    return Arrived(arrived, (one,))


def test_h4_a_value_inside_from_one_cuff_ends_no_run_of_another() -> None:
    """Once one run served both, and a healthy second cuff kept the first from ever being confirmed (A16)."""
    pair = [cuff(185, 0), cuff(120, 2, "second"), cuff(186, 5)]
    state, _ = run(begun(), *pair, cuff(121, 7, "second"))
    assert (state.conditions["NIBP_SYS.high"].priority, state.conditions["NIBP_SYS.high"].present) == (HIGH, True)
    alone, _ = run(begun(), *pair, cuff(121, 7))
    assert not alone.conditions["NIBP_SYS.high"].present, "its own value inside ends it"


def test_h4_what_a_person_types_ends_every_run_and_a_cuff_that_is_let_go_takes_its_own() -> None:
    beyond = [cuff(185, 0), cuff(120, 2, "second")]
    assert not run(begun(), *beyond, cuff(122, 3, "nurse", "hand"))[0].conditions["NIBP_SYS.high"].present
    assert not run(begun(), *beyond, Unpair(at(3 * MINUTE), "monitor"))[0].conditions["NIBP_SYS.high"].present
    assert run(begun(), *beyond, Unpair(at(3 * MINUTE), "second"))[0].conditions["NIBP_SYS.high"].present


def test_a1_a_cuff_that_another_has_overtaken_is_judged_all_the_same() -> None:
    """Its message was on its way for seconds longer: for itself it is the newest."""
    state, _ = run(begun(), cuff(120, 1, "second"), cuff(205, 0.9, came=1.1))
    assert state.conditions["NIBP_SYS.high"].priority is HIGH
    assert state.latest[Channel.NIBP_SYS].value == 120


def test_h4_of_two_that_give_what_neither_promised_the_first_is_judged_while_it_gives() -> None:
    def breaths(number: int, second: float, device: str) -> Arrived:
        one = Reading(Channel.RR, Decimal(number), at(second), at(second), device=device)
        return Arrived(at(second), (one,))

    both = [given for second in range(20) for given in (breaths(4, second, "A"), breaths(14, second + 0.5, "B"))]
    state, _ = run(begun(), *both)
    assert (state.conditions["RR.low"].priority, state.latest[Channel.RR].value) == (HIGH, 4)
    state, _ = run(state, *(breaths(14, second, "B") for second in range(20, 45)))
    assert state.latest[Channel.RR].value == 14, "the first gives nothing more"


def test_a13_a16_a_typed_measurement_is_not_judged_by_halves() -> None:
    typed = [
        Reading(channel, Decimal(number), at(0), at(120), source="hand", device="hand:1")
        for channel, number in ((Channel.NIBP_SYS, 205), (Channel.NIBP_DIA, 105))
    ]
    state, _ = run(begun(), Arrived(at(120), tuple(typed)))
    assert (state.conditions["NIBP_SYS.high"].priority, state.conditions["NIBP_DIA.high"].present) == (HIGH, True)
    assert not [key for key in state.conditions if key.startswith("review")]


def test_h4_a_second_machine_under_its_name_is_told_until_the_monitor_is_let_go() -> None:
    state, signals = run(begun(Channel.SPO2), SharedName(at(1), "monitor"), SharedName(at(2), "monitor"))
    assert of(signals, "monitor.shared_name") == [(1, PRESENT, ON, MEDIUM)]
    state, _ = run(state, Unpair(at(3), "monitor"))
    assert "monitor.shared_name" not in state.conditions
