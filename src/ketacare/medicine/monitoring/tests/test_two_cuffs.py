"""Two cuffs on one person, and what ends a run of one of them (A4, A16, H4)."""

from dataclasses import replace
from decimal import Decimal

from ketacare.medicine.monitoring import rules
from ketacare.medicine.monitoring.rules import due
from ketacare.medicine.monitoring.terms import (
    CUFF,
    Acknowledge,
    Arrived,
    Channel,
    Freshness,
    NewAddress,
    Pair,
    Reading,
    SharedName,
    State,
    TakeBack,
    Tick,
    Unpair,
)
from ketacare.medicine.monitoring.tests.test_step import HIGH, MEDIUM, ON, PRESENT, at, begun, of, run

MINUTE = 60
HIGH_SYSTOLIC = "NIBP_SYS.high"


def cuff(systolic: int, second: float, device: str, came: float | None = None) -> Arrived:
    arrived = at(second if came is None else came)
    return Arrived(arrived, (Reading(Channel.NIBP_SYS, Decimal(systolic), at(second), arrived, device=device),))


def is_present(state: State) -> bool:
    known = state.conditions.get(HIGH_SYSTOLIC)
    return known is not None and known.present


def test_a4_what_comes_of_a_cuff_after_it_was_let_go_ends_with_anybodys_next_value() -> None:
    """Once it began a run of its own, which nobody could ever end: the monitor was let go already."""
    late = [Pair(at(0), "A", CUFF), Unpair(at(10), "A"), cuff(205, 9, "A", came=12)]
    state, _ = run(begun(), *late)
    assert state.conditions[HIGH_SYSTOLIC].priority is HIGH, "it is the patient's all the same"
    assert not is_present(run(state, cuff(130, 60, "B"))[0])


def test_a4_what_comes_of_a_cuff_after_it_was_let_go_ends_no_alarm_of_anothers() -> None:
    """Taken off because nobody believed it, it once had more power than while it was on: it ended all."""
    both = [Pair(at(0), "X", CUFF), Pair(at(0), "Y", CUFF), cuff(185, 100, "Y"), Unpair(at(130), "X")]
    state, _ = run(begun(), *both)
    assert is_present(state)
    late, _ = run(state, cuff(120, 128, "X", came=135))
    assert is_present(late)
    assert late.conditions[HIGH_SYSTOLIC].rows["Y"] == state.conditions[HIGH_SYSTOLIC].rows["Y"]
    assert not is_present(run(late, cuff(120, 200, "Y"))[0])


def test_a4_nor_does_it_stand_in_for_what_the_other_measured_before() -> None:
    """Newer than a value of the other's that comes later, it takes nothing from it; a typed one does."""
    before, _ = run(begun(), Pair(at(0), "X", CUFF), Pair(at(0), "Y", CUFF), Unpair(at(5), "X"))
    after, _ = run(before, cuff(120, 4, "X", came=6), cuff(185, 3, "Y", came=7))
    assert is_present(after)
    assert due.repeat_owed(after) is not None


def test_a4_of_a_monitor_that_was_put_on_again_the_row_is_its_own_again() -> None:
    state, _ = run(begun(), Unpair(at(10), "A"), Pair(at(20), "A", CUFF), cuff(205, 30, "A"), cuff(130, 60, "B"))
    assert is_present(state)


def test_a4_a_cuff_whose_repeat_was_missed_holds_no_alarm_present() -> None:
    """A repeat is due 5 min after it (A16), missed 5 min later (T5): from then on another's value is the next valid."""
    before, _ = run(begun(), cuff(205, 0, "A"), cuff(130, 599, "B"))
    assert is_present(before)
    after, _ = run(before, cuff(130, 600, "B"))
    assert not is_present(after)
    again, _ = run(after, cuff(185, 900, "A"))
    assert not due.repeat_owed(again).stop, "what it measured before confirms nothing now"  # type: ignore[union-attr]


def test_a4_a_cuff_that_repeats_is_given_up_for_no_other() -> None:
    values = [
        one for minute in (0, 5, 10, 15) for one in (cuff(185, minute * 60, "A"), cuff(130, minute * 60 + 60, "B"))
    ]
    assert is_present(run(begun(), *values)[0])


def test_a16_a_high_reading_older_than_the_other_cuffs_asks_for_its_repeat() -> None:
    """Once only the newest of the channel asked: the alarm was there, and nobody was told to measure again."""
    state, _ = run(begun(), cuff(120, 20, "A"), cuff(185, 15, "B", came=22))
    assert is_present(state)
    owed = due.repeat_owed(state)
    assert owed is not None
    assert (owed.due_at, owed.pause) == (at(15 + 5 * MINUTE), True)


def test_a16_what_its_own_sender_has_overtaken_asks_for_nothing() -> None:
    state, _ = run(begun(), cuff(120, 20, "B"), cuff(185, 15, "B", came=22))
    assert due.repeat_owed(state) is None


def test_a12_a_state_kept_before_anybody_was_noted_as_let_go_is_read() -> None:
    state, _ = run(begun(), cuff(185, 0, "A"))
    kept = rules.to_json(state).replace(',"let_go":[]', "")
    assert "let_go" not in kept
    assert rules.from_json(kept) == replace(state, let_go=())


# --- what comes late takes its place in the row of its cuff (A1) ---


def typed(systolic: int, second: float, came: float) -> Arrived:
    one = Reading(Channel.NIBP_SYS, Decimal(systolic), at(second), at(came), source="hand", device="hand:Bob")
    return Arrived(at(came), (one,))


def begins_of(state: State, device: str) -> set[float]:
    row = state.conditions[HIGH_SYSTOLIC].rows.get(device, {})
    return {(one.since - at(0)).total_seconds() for one in row.values()}


def test_a1_late_value_begins_the_row_of_a_cuff_that_was_put_on_again() -> None:
    """Overtaken by what it had sent before it was let go, it once had no row, and another's value ended its alarm."""
    again = [cuff(186, 16, "A"), Unpair(at(17), "A"), Pair(at(18), "A", CUFF), cuff(185, 15, "A", came=19)]
    state, _ = run(begun(), *again, cuff(130, 25, "B"))
    assert is_present(state)
    assert begins_of(state, "A") == {15}
    first, _ = run(begun(), *again[:3], cuff(130, 17, "B", came=18), again[3])
    assert is_present(first), "so it does where nothing is present any more"


def test_a1_no_late_value_gives_back_what_was_measured_before_the_cuff_was_let_go() -> None:
    again = [cuff(186, 16, "A"), Unpair(at(17), "A"), Pair(at(18), "A", CUFF), cuff(190, 22, "A")]
    state, _ = run(begun(), *again, cuff(188, 20, "A", came=23))
    assert begins_of(state, "A") == {20}


def test_a1_a_row_begins_with_its_cuffs_first_value_though_a_typed_one_of_later_came_before_it() -> None:
    values = [typed(205, 97.5, came=98), cuff(205, 96, "A", came=99), cuff(185, 99, "A"), cuff(130, 101, "B")]
    state, _ = run(begun(), *values)
    assert begins_of(state, "A") == {96}
    in_time, _ = run(begun(), values[1], values[0], *values[2:])
    assert in_time.conditions[HIGH_SYSTOLIC].rows == state.conditions[HIGH_SYSTOLIC].rows
    over, _ = run(begun(), values[0], cuff(130, 101, "B"), cuff(205, 96, "A", came=102))
    assert begins_of(over, "A") == {96}
    assert over.conditions[HIGH_SYSTOLIC].priority is HIGH


def test_a3_a_typed_value_inside_that_comes_late_ends_what_was_before_it() -> None:
    """What another cuff measured after it began then, and not with the reading that the typed one had ended."""
    state, _ = run(begun(), cuff(205, 25, "A"), cuff(165, 42, "B"), typed(130, 36.5, came=48.5))
    assert begins_of(state, "A") == set()
    assert begins_of(state, "") == begins_of(state, "B") == {42}
    assert state.conditions[HIGH_SYSTOLIC].since == at(42)


def test_a3_so_it_does_where_only_typed_values_follow_it() -> None:
    values = [cuff(185, 10, "A"), typed(186, 20, came=20), typed(130, 15, came=21)]
    assert begins_of(run(begun(), *values)[0], "A") == set()


def test_a6_the_extreme_is_that_of_all_that_lay_in_it_whoevers_it_was() -> None:
    """Not yet inside by the dead-band it goes on, though no row does."""
    values = [typed(185, 0, came=1), Unpair(at(5), "A"), cuff(158, 21, "B"), cuff(205, 20, "A", came=22)]
    condition = run(begun(), *values)[0].conditions[HIGH_SYSTOLIC]
    assert (condition.priority, condition.extreme) == (MEDIUM, Decimal(205))


# --- a monitor's name, and where it sends from (H4) ---


def test_h4_t2_another_address_is_told_as_a_loss_is_until_a_person_has_looked() -> None:
    state, signals = run(begun(Channel.SPO2), NewAddress(at(1), "monitor"), NewAddress(at(2), "monitor"))
    assert of(signals, "monitor.new_address") == [(1, PRESENT, ON, MEDIUM)]
    looked, _ = run(state, Acknowledge(at(3), "monitor.new_address", "nurse"))
    assert not looked.conditions["monitor.new_address"].present
    undone, _ = run(looked, TakeBack(at(5), "monitor.new_address", "nurse"))
    assert undone.conditions["monitor.new_address"].present, "it was a slip (V5)"
    told_again, _ = run(looked, NewAddress(at(60), "monitor"))
    assert told_again.conditions["monitor.new_address"].present


def test_h4_another_address_says_nothing_beside_two_that_send_by_turns() -> None:
    state, _ = run(begun(Channel.SPO2), SharedName(at(1), "monitor"), NewAddress(at(2), "monitor"))
    assert "monitor.new_address" not in state.conditions


def test_h4_who_puts_the_monitor_on_anew_has_seen_its_pulse() -> None:
    """Told in the moment in which it was let go, it once stood for the whole of the next pairing."""
    told = [Unpair(at(1), "monitor"), SharedName(at(1), "monitor"), NewAddress(at(1), "monitor")]
    state, _ = run(begun(Channel.SPO2), *told)
    assert state.conditions["monitor.shared_name"].priority is MEDIUM
    state, _ = run(state, Pair(at(5), "monitor", (Channel.SPO2,)))
    assert not [key for key in state.conditions if key.startswith("monitor.")]


def test_a16_what_was_typed_late_goes_on_with_a_cuffs_row() -> None:
    """Two readings five minutes apart confirm each other; and the cuff is no silent one since its own last."""
    typed = Reading(Channel.NIBP_SYS, Decimal(186), at(350), at(365), source="hand", device="hand:Bob")
    state, _ = run(begun(), cuff(185, 0, "A"), cuff(124, 360, "B"), Arrived(at(365), (typed,)))
    assert state.conditions[HIGH_SYSTOLIC].priority is HIGH
    assert state.conditions[HIGH_SYSTOLIC].rows["A"]["NIBP_SYS.high_confirmed"].last == at(350)
    assert is_present(run(state, cuff(125, 601, "B"))[0])


def test_t2_put_on_after_something_newer_was_typed_a_monitor_is_as_old_as_its_own_last_value() -> None:
    own = Reading(Channel.SPO2, Decimal(97), at(17), at(25), device="A")
    typed = Reading(Channel.SPO2, Decimal(80), at(22), at(22), source="hand", device="hand:Bob")
    pair = Pair(at(26), "A", (Channel.SPO2,), 2)
    state, _ = run(begun(), Arrived(at(22), (typed,)), Arrived(at(25), (own,)), pair, Tick(at(28)))
    assert [one.freshness for one in rules.visible(state, at(28))] == [Freshness.LOST]
