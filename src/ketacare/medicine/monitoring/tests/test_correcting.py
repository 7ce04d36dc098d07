"""A value that was struck out, or corrected (I1, I2)."""

from dataclasses import replace
from decimal import Decimal

from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.rules import limits
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Acknowledge,
    Arrived,
    Channel,
    Condition,
    Kind,
    Observe,
    Pair,
    Presence,
    Priority,
    Reading,
    Retract,
    SetBaseline,
    Side,
    SignalState,
    State,
    Tick,
    Unpair,
    Unwatch,
)
from ketacare.medicine.monitoring.tests.test_step import ABSENT, HIGH, MEDIUM, OFF, PRESENT, at, begun, of, run

SYS = "NIBP_SYS.high"
LOW_SPO2 = "SPO2.low"


def test_a6_zero_is_a_value_where_a_lesser_condition_goes_on(monkeypatch):
    """Of the depth of sedation 0 is the deepest, and no missing one."""
    monkeypatch.setattr(limits.order, "since_the_last_to_come", lambda _: ())
    monkeypatch.setattr(limits.latches, "worst", lambda *_: Decimal(0))
    of_moaas = Condition("MOAAS.low", Kind.PHYSIOLOGICAL, channel=Channel.MOAAS, side=Side.LOW, value=Decimal(1))
    assert limits._since_it_ended(begun(), of_moaas) == 0


def cuff(systolic: int, second: float, device: str = "A", channel: Channel = Channel.NIBP_SYS) -> Reading:
    return Reading(channel, Decimal(systolic), at(second), at(second), device=device)


def typed(value: int, second: float, channel: Channel = Channel.NIBP_SYS) -> Reading:
    return Reading(channel, Decimal(value), at(second), at(second), source="hand", device="hand:Bob")


def came(*readings: Reading) -> list[Arrived]:
    return [Arrived(one.received_at, (one,)) for one in readings]


def struck(reading: Reading, second: float, instead: int | None = None) -> Retract:
    right = None
    if instead is not None:
        right = replace(reading, value=Decimal(instead), source="hand", device="amends:1", received_at=at(second))
    return Retract(at(second), reading, "Bob", right)


def standing(state: State, key: str = SYS) -> Condition:
    return state.conditions.get(key, Condition(key, Kind.PHYSIOLOGICAL))


def test_i2_a18_the_alarm_of_the_only_value_ends_without_a_latch_by_the_name_of_who_struck_it() -> None:
    wrong = typed(214, 0)
    state, signals = run(begun(), *came(wrong), struck(wrong, 60))
    assert of(signals, SYS)[-1] == (60, ABSENT, OFF, HIGH)
    assert (signals[-1].rule, signals[-1].by, signals[-1].sounding) == ("I2", "Bob", False)
    assert SYS not in state.conditions
    assert rules.visible(state, at(60)) == ()
    assert not run(state, *came(typed(124, 300)))[1]


def test_i2_a5_what_another_value_tells_goes_on_as_the_lesser_alarm_it_is() -> None:
    wrong = cuff(214, 300)
    before, _ = run(begun(), *came(cuff(185, 0), wrong), Acknowledge(at(310), SYS, "Bob"))
    state, signals = run(before, struck(wrong, 320))
    assert [one[1:] for one in of(signals, SYS)] == [(ABSENT, OFF, HIGH), (PRESENT, SignalState.ACKNOWLEDGED, MEDIUM)]
    assert (standing(state).extreme, standing(state).since, standing(state).trace) == (185, at(0), None)
    assert state.latest[Channel.NIBP_SYS].value == 185


def test_i2_a4_the_lesser_alarm_that_remains_is_over_when_it_is_clear() -> None:
    """Not before: neither in its clear time, nor where the newest value lies within the dead-band."""
    first, inside, wrong = typed(125, 475, Channel.HR), typed(70, 487, Channel.HR), typed(155, 489, Channel.HR)
    before, _ = run(begun(), *came(first), Tick(at(482)), *came(inside, wrong), Tick(at(494)))
    assert standing(before, "HR.high").priority is HIGH
    state, signals = run(before, struck(wrong, 495))
    found = standing(state, "HR.high")
    assert (found.presence, found.priority, found.extreme) == (Presence.CLEARING, MEDIUM, 125)
    assert (found.clear_since, found.trace) == (at(487), None)
    assert [one[1:] for one in of(signals, "HR.high")] == [
        (ABSENT, OFF, HIGH),
        (Presence.CLEARING, SignalState.ON, MEDIUM),
    ]
    over, _ = run(state, Tick(at(497)))
    assert standing(over, "HR.high").presence is Presence.ABSENT
    near, _ = run(before, struck(wrong, 495, instead=118), Tick(at(520)))
    assert (standing(near, "HR.high").presence, standing(near, "HR.high").priority) == (PRESENT, MEDIUM)


def test_i2_a4_a_pressure_within_the_dead_band_ends_no_lesser_alarm_that_remains() -> None:
    wrong = cuff(214, 310)
    state, _ = run(begun(), *came(cuff(185, 0), wrong, cuff(178, 600)), struck(wrong, 610))
    assert (standing(state).presence, standing(state).priority, standing(state).extreme) == (PRESENT, MEDIUM, 185)
    over, _ = run(state, *came(cuff(150, 900)))
    assert not standing(over).present
    assert standing(over).trace is not None


def test_i2_a16_nothing_that_another_value_bears_out_is_hidden() -> None:
    """Neither where it is as grave, nor where what came after it lies in its dead-band."""
    one, other, third = cuff(205, 0), typed(214, 100), cuff(198, 200)
    for wrong, extreme in ((other, 205), (third, 214), (one, 214)):
        state, signals = run(run(begun(), *came(one, other, third))[0], struck(wrong, 210))
        assert (standing(state).priority, standing(state).extreme) == (HIGH, extreme)
        assert of(signals, SYS) == []


def test_i2_a16_two_readings_confirm_each_other_no_more_where_one_was_struck() -> None:
    first, second = cuff(185, 0), cuff(186, 300)
    for wrong in (first, second):
        state, _ = run(run(begun(), *came(first, second))[0], struck(wrong, 310))
        left = first if wrong is second else second
        assert (standing(state).priority, standing(state).since) == (MEDIUM, left.taken_at)
        assert not standing(run(state, struck(left, 320))[0]).present


def test_i2_a16_what_a_symptom_made_high_is_so_as_long_as_any_value_lies_beyond_a_line() -> None:
    one, other = cuff(165, 0), cuff(166, 300)
    state, _ = run(begun(), *came(one, other), Observe(at(301), "vomiting", "Bob"), Tick(at(302)))
    assert standing(state).priority is HIGH
    state, _ = run(state, struck(other, 303))
    assert standing(state).priority is HIGH
    state, _ = run(state, struck(one, 304))
    assert standing(state).presence is Presence.ABSENT
    wrong = cuff(214, 600)
    state, _ = run(state, *came(cuff(165, 500), wrong), struck(wrong, 601))
    assert (standing(state).priority, standing(state).rule) == (HIGH, "A16"), "the lesser one, with its symptom"


def test_i2_what_a_wrong_value_inside_had_ended_begins_anew() -> None:
    wrong = typed(120, 60)
    state, _ = run(begun(), *came(cuff(205, 0), wrong), Acknowledge(at(61), SYS, "Bob"))
    assert not standing(state).present
    state, signals = run(state, struck(wrong, 90))
    assert of(signals, SYS) == [(90, PRESENT, SignalState.ON, HIGH)]
    assert (standing(state).since, standing(state).extreme) == (at(0), 205)


def test_i2_a4_so_does_the_row_of_a_cuff_that_measures_no_more_among_all() -> None:
    wrong = cuff(130, 600, "B")
    state, _ = run(begun(), Pair(at(0), "A", CUFF), Pair(at(0), "B", CUFF), *came(cuff(205, 0), wrong))
    assert not standing(state).present
    state, _ = run(state, struck(wrong, 610))
    assert standing(state).priority is HIGH


def test_i2_h26_no_row_of_its_own_begins_with_what_came_before_it_was_let_go() -> None:
    wrong = typed(120, 300)
    state, _ = run(
        begun(), Pair(at(0), "A", CUFF), *came(cuff(205, 0), wrong, cuff(124, 400, "B")), Unpair(at(500), "A")
    )
    state, _ = run(state, struck(wrong, 510))
    assert not standing(state).present


def test_i2_what_is_not_known_is_struck_out_of_the_record_alone() -> None:
    right = cuff(205, 0)
    state, _ = run(begun(), *came(right))
    for wrong in (cuff(206, 0), cuff(205, 1), replace(right, source="hand"), replace(right, device="B")):
        assert run(state, struck(wrong, 60))[0] == run(state, Tick(at(60)))[0]


def test_i2_a4_a_stream_is_taken_back_by_its_next_value() -> None:
    heard = [cuff(80, second, channel=Channel.SPO2) for second in range(10)]
    state, _ = run(begun(), *came(*heard))
    assert run(state, struck(heard[-1], 10))[0].conditions == run(state, Tick(at(10)))[0].conditions


def test_i2_a_typed_saturation_takes_its_alarm_with_it_and_its_delay() -> None:
    wrong = typed(80, 0, Channel.SPO2)
    for second in (3, 30):
        state, _ = run(begun(), *came(wrong), Tick(at(second)), struck(wrong, second))
        assert LOW_SPO2 not in state.conditions


def test_i2_a4_a_clear_time_runs_from_what_remains_inside() -> None:
    good, better = typed(97, 20, Channel.SPO2), typed(98, 25, Channel.SPO2)
    state, _ = run(begun(), *came(typed(80, 0, Channel.SPO2)), Tick(at(10)), *came(good, better), Tick(at(26)))
    assert standing(state, LOW_SPO2).presence is Presence.CLEARING
    later, _ = run(state, struck(good, 27))
    assert standing(later, LOW_SPO2).clear_since == at(25)
    none, _ = run(later, struck(better, 28))
    assert (standing(none, LOW_SPO2).presence, standing(none, LOW_SPO2).clear_since) == (Presence.PRESENT, None)


def test_i2_what_began_before_all_that_is_known_goes_on() -> None:
    many = [typed(80, 100 * minute, Channel.SPO2) for minute in range(12)]
    inside = [typed(97, 1110 + second, Channel.SPO2) for second in range(8)]
    state, _ = run(begun(), *came(*many), Tick(at(1101)), struck(many[-1], 1102))
    assert standing(state, LOW_SPO2).since == at(0)
    state, _ = run(state, *came(*inside), struck(inside[0], 1118))
    assert standing(state, LOW_SPO2).clear_since == at(1111)


def test_i2_a_state_of_before_that_kept_only_the_newest_goes_on() -> None:
    first, second = cuff(205, 0), cuff(206, 300)
    state, _ = run(begun(), *came(first, second))
    older = replace(state, recent={Channel.NIBP_SYS: state.recent[Channel.NIBP_SYS][-1:]})
    assert standing(run(older, struck(second, 310))[0]).priority is HIGH


def test_i2_h4_so_does_the_row_of_a_cuff_of_whose_values_none_is_known() -> None:
    grave, other, wrong = cuff(205, 0, "B"), cuff(120, 100), cuff(121, 200)
    state, _ = run(begun(), Pair(at(0), "A", CUFF), Pair(at(0), "B", CUFF), *came(grave, other, wrong))
    older = replace(state, recent={Channel.NIBP_SYS: state.recent[Channel.NIBP_SYS][-2:]})
    for before in (state, older):
        assert standing(before).priority is HIGH
        assert standing(run(before, struck(wrong, 210))[0]).priority is HIGH
    typed_inside = typed(120, 300)
    over, _ = run(older, *came(typed_inside), struck(wrong, 310))
    assert not standing(over).present


def test_i2_a9_of_a_channel_nobody_watches_nothing_is_told() -> None:
    wrong, other = typed(214, 0), typed(120, 30)
    state, _ = run(begun(), *came(wrong), Unwatch(at(10), Channel.NIBP_SYS, "Bob", "bent arm"), *came(other))
    state, _ = run(state, struck(wrong, 40), struck(other, 41, instead=210))
    assert not standing(state).present
    assert state.latest[Channel.NIBP_SYS].value == 210


def test_i2_a_corrected_value_takes_the_place_of_the_wrong_one_however_late() -> None:
    wrong = typed(214, 60)
    before, _ = run(begun(), *came(cuff(120, 0), wrong))
    state, _ = run(before, struck(wrong, 600, instead=165))
    assert (standing(state).priority, standing(state).value, standing(state).extreme) == (Priority.LOW, 165, 165)
    same, signals = run(before, struck(wrong, 600, instead=213))
    assert (standing(same).priority, standing(same).extreme, of(signals, SYS)) == (HIGH, 213, [])
    graver, _ = run(before, struck(wrong, 62, instead=230))
    assert standing(graver).extreme == 230
    cannot_be, _ = run(before, struck(wrong, 62, instead=900))
    assert not standing(cannot_be).present


def test_i2_corrected_within_a_level_the_worst_of_both_counts() -> None:
    first, second = cuff(205, 0), typed(203, 60)
    state, _ = run(begun(), *came(first, second), struck(second, 70, instead=220))
    assert standing(state).extreme == 220


def test_i2_a13_corrected_too_late_it_raises_nothing_and_somebody_looks_at_it() -> None:
    wrong = typed(120, 0)
    state, _ = run(begun(), *came(wrong), struck(wrong, 100, instead=190))
    assert not standing(state).present
    assert state.conditions["review.NIBP_SYS.high"].present
    in_time, _ = run(begun(), *came(wrong), struck(wrong, 20, instead=190))
    assert standing(in_time).priority is MEDIUM


def test_i2_a5_a13_corrected_too_late_to_a_graver_value_what_stood_goes_on_and_the_rest_is_looked_at() -> None:
    """No truth entered later may silence what the slip had told: 88 was wrong, and 84 is worse."""
    wrong = typed(88, 0, Channel.SPO2)
    before, _ = run(begun(), *came(wrong), Tick(at(30)))
    state, signals = run(before, struck(wrong, 60, instead=84), Tick(at(400)))
    found = standing(state, LOW_SPO2)
    assert (found.presence, found.priority, found.value, found.extreme) == (PRESENT, MEDIUM, 84, 84)
    assert of(signals, LOW_SPO2) == []
    assert state.conditions["review.SPO2.low"].present
    assert state.latest[Channel.SPO2].value == 84
    over, _ = run(state, *came(typed(97, 500, Channel.SPO2)), Tick(at(520)))
    assert not standing(over, LOW_SPO2).present


def test_i2_a5_a13_so_it_does_for_a_pressure() -> None:
    for wrong, right, stands in ((170, 185, Priority.LOW), (185, 205, MEDIUM)):
        slip = typed(wrong, 0)
        before, _ = run(begun(), *came(slip))
        assert standing(before).priority is stands
        state, signals = run(before, struck(slip, 400, instead=right), Tick(at(700)))
        assert (standing(state).presence, standing(state).priority, standing(state).value) == (PRESENT, stands, right)
        assert of(signals, SYS) == []
        assert state.conditions["review.NIBP_SYS.high"].present


def test_i2_a13_corrected_too_late_once_more_it_raises_no_more_either() -> None:
    slip, second = typed(88, 0, Channel.SPO2), typed(84, 0, Channel.SPO2)
    state, _ = run(begun(), *came(slip), Tick(at(30)), struck(slip, 60, instead=84))
    for right in (83, 87):
        again, _ = run(state, struck(second, 90, instead=right), Tick(at(120)))
        assert (standing(again, LOW_SPO2).priority, standing(again, LOW_SPO2).value) == (MEDIUM, right)
    over, _ = run(state, struck(second, 90, instead=97), Tick(at(120)))
    assert not standing(over, LOW_SPO2).present
    assert not standing(run(state, struck(second, 90))[0], LOW_SPO2).present


def test_i2_a13_too_late_and_beyond_the_other_side_it_leaves_nothing_standing() -> None:
    slip = typed(45, 0, Channel.HR)
    before, _ = run(begun(), *came(slip), Tick(at(30)))
    assert standing(before, "HR.low").present
    state, _ = run(before, struck(slip, 100, instead=160))
    assert not standing(state, "HR.low").present
    assert not standing(state, "HR.high").present


def test_i2_t8_entered_anew_it_is_no_twin() -> None:
    wrong = typed(214, 0)
    state, _ = run(begun(), *came(wrong), struck(wrong, 5), Arrived(at(6), (replace(wrong, value=Decimal(205)),)))
    assert (standing(state).priority, standing(state).value) == (HIGH, 205)
    assert "NIBP_SYS.conflict" not in state.conditions


def test_i2_a12_kept_and_read_back_it_is_judged_as_if_unbroken() -> None:
    wrong = typed(214, 300)
    before, _ = run(begun(), *came(cuff(185, 0), wrong))
    kept = rules.from_json(rules.to_json(before))
    given = struck(wrong, 310, instead=190)
    assert rules.given_from_plain(rules.given_to_plain(given)) == given
    assert rules.step(kept, given) == rules.step(before, given)


def test_a6_how_far_a_lesser_alarm_went_counts_what_was_measured_after_the_value_that_ended_the_graver() -> None:
    """Of two cuffs the later measurement may have come before; and what begins anew counts from its own beginning."""
    late = Reading(Channel.NIBP_SYS, Decimal(165), at(17), at(26), device="B")
    state, _ = run(begun(), *came(cuff(205, 0, "B"), cuff(175, 21)), Arrived(at(26), (late,)))
    assert (standing(state).priority, standing(state).extreme, standing(state).trace.extreme) == (
        Priority.MEDIUM,
        175,
        205,
    )


def test_a6_a_crossing_that_begins_anew_beyond_another_line_counts_anew() -> None:
    before, _ = run(begun(), SetBaseline(at(0), {Channel.SPO2: Decimal(100)}), *came(cuff(93, 0, channel=Channel.SPO2)))
    assert standing(before, LOW_SPO2).extreme == 93
    state, _ = run(before, *came(*(cuff(94, second, channel=Channel.SPO2) for second in range(1, 4))))
    assert standing(state, LOW_SPO2).since == at(0)
    anew, _ = run(
        begun(), *came(cuff(93, 0, channel=Channel.SPO2)), SetBaseline(at(0), {Channel.SPO2: Decimal(100)}),
        *came(cuff(96, 1, channel=Channel.SPO2)),
    )  # fmt: skip
    assert (standing(anew, LOW_SPO2).since, standing(anew, LOW_SPO2).extreme) == (at(1), 96)


def test_t8_a16_what_came_too_late_makes_no_twin_of_a_grave_value_that_is_of_now() -> None:
    late, grave = typed(120, 0), typed(214, 0)
    state, _ = run(begun(), Arrived(at(40), (late,)), Arrived(at(60), (grave,)))
    assert (standing(state).priority, standing(state).value) == (HIGH, 214)
    assert "NIBP_SYS.conflict" not in state.conditions
