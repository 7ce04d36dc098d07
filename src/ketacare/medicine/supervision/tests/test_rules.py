"""Watched or not, how long not, and the ladder."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from ketacare.medicine.evidence.reader import sheet_from, table_in
from ketacare.medicine.supervision import reader, rules
from ketacare.medicine.supervision.terms import Episode, Gap, Level, Manner, Stage, Telling, Told

AT = datetime(2026, 7, 14, 14, 5, tzinfo=UTC)
TIMES, LADDER = reader.watching(), reader.ladder()


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("seconds", "level"),
    [
        (0, Level.NONE),
        (14.9, Level.NONE),
        (15, Level.MEDIUM),
        (59.9, Level.MEDIUM),
        (60, Level.HIGH),
        (900, Level.HIGH),
    ],
)
def test_d4_without_an_answer_15_s_is_medium_and_60_s_is_high(seconds, level):
    found = rules.lapse(AT, later(-600), later(seconds), TIMES)
    assert (found.level, found.since) == (level, AT)


def test_d4_before_the_first_answer_it_counts_from_when_one_was_owed():
    assert rules.lapse(None, AT, later(16), TIMES) == rules.Lapse(Level.MEDIUM, AT)
    assert rules.lapse(later(-500), AT, later(16), TIMES).since == AT, "an answer before the session was another's"


def test_d4_who_answered_in_the_last_15_s_watches():
    assert rules.is_watching(AT, later(14), TIMES)
    assert not rules.is_watching(AT, later(15), TIMES)
    assert not rules.is_watching(None, AT, TIMES)


def test_d8_a_chair_is_quiet_no_longer_than_its_listener_is_proven():
    assert rules.quiet_until(AT, later(3), TIMES) == later(15)
    assert rules.quiet_until(AT, later(15), TIMES) is None
    assert rules.quiet_until(None, AT, TIMES) is None


def test_time_without_counts_overlaps_once_and_only_within_the_session():
    gaps = [Gap(later(-50), later(20)), Gap(later(10), later(30)), Gap(later(100), None), Gap(later(15), later(16))]
    assert rules.without(gaps, AT, later(160)) == timedelta(seconds=90)
    assert rules.without([], AT, later(160)) == timedelta()
    assert rules.without([Gap(later(200), None)], AT, later(160)) == timedelta()


# -- D6 --


def due(seconds: float, **told: Told) -> list[str]:
    return [rung.id for rung in rules.due_rungs(LADDER, "high", AT, later(seconds), told)]


def heard(seconds: float) -> Told:
    return Told(later(seconds), True, later(seconds + 2))


def test_d6_each_rung_at_its_time_while_the_one_before_was_heard():
    assert due(29) == []
    assert due(30) == ["second"]
    assert due(59, second=heard(30)) == []
    assert due(60, second=heard(30)) == ["prescriber"]
    assert due(119, second=heard(30), prescriber=heard(60)) == []
    assert due(120, second=heard(30), prescriber=heard(60)) == ["director"]
    assert due(300, second=heard(30), prescriber=heard(60), director=heard(120)) == []


def test_d6_after_a_stop_of_ours_every_rung_that_is_late_is_taken_at_once():
    assert due(200) == ["second", "prescriber", "director"]


def test_d6_not_confirmed_in_10_s_the_next_is_told_at_once():
    silent = Told(later(30), True)
    assert due(39.9, second=silent) == []
    assert due(40, second=silent) == ["prescriber"]
    assert due(50, second=silent, prescriber=Told(later(40), True)) == ["director"]
    late = Told(later(30), True, later(41))
    assert due(40, second=late) == ["prescriber"], "a receipt after ten seconds came too late to wait for"


def test_d6_with_nobody_there_the_next_is_told_in_the_same_moment():
    assert due(30, second=Told(later(30), False)) == ["prescriber"]


def test_d6_a_medium_alarm_climbs_slower_and_a_low_one_not_at_all():
    assert [r.id for r in rules.due_rungs(LADDER, "medium", AT, later(180), {})] == ["second"]
    assert rules.due_rungs(LADDER, "medium", AT, later(179), {}) == ()
    assert rules.due_rungs(LADDER, "low", AT, later(9000), {}) == ()


def test_d6_reached_nobody():
    silent = {"second": Told(later(30), True), "prescriber": Told(later(40), False), "director": Told(later(40), True)}
    assert not rules.unreached(LADDER, "high", silent, later(49))
    assert rules.unreached(LADDER, "high", silent, later(50))
    assert not rules.unreached(LADDER, "high", silent | {"prescriber": heard(40)}, later(50))
    assert not rules.unreached(LADDER, "high", {"second": Told(later(30), True)}, later(90))
    assert not rules.unreached(LADDER, "low", {}, later(90))


# -- H13: about a concern it goes round until somebody answers --

NOW = reader.concern_ladder().now
NAMES = [rung.id for rung in NOW.rungs]


def taken(*minutes: float) -> dict[str, Told]:
    return {name: Told(later(60 * minute), True) for name, minute in zip(NAMES, minutes, strict=False)}


def turn(minute: float, told: dict[int, dict[str, Told]], since: float = 0) -> tuple[int, str] | None:
    found = rules.turn(NOW, later(60 * since), later(60 * minute), told)
    return (found.round, found.rung.id) if found else None


def test_h13_a_ladder_begins_at_its_time_and_not_before():
    assert turn(-1, {}) is None
    assert turn(0, {}) == (1, "owner")


def test_h13_after_the_last_rung_it_begins_anew_15_minutes_later():
    through = {1: taken(0, 1, 2, 3)}
    assert turn(17.9, through) is None
    assert turn(18, through) == (2, "owner")
    assert turn(18.9, through | {2: taken(18)}) is None
    assert turn(19, through | {2: taken(18)}) == (2, "backup")
    assert turn(600, through | {2: taken(18, 19, 20, 21)}) == (3, "owner"), "what was missed is not made up for"
    assert turn(600, through | {2: taken(18, 19, 20, 21), 3: taken(600)}) is None


def test_h13_a_ladder_that_began_for_another_reason_is_not_gone_on_with():
    early = {1: taken(0, 15)}
    assert turn(239, early, since=240) is None
    assert turn(240, early, since=240) == (2, "owner")
    assert turn(241, early | {2: taken(240)}, since=240) == (2, "backup")


STAGES = {"now": NOW, "same_day": reader.concern_ladder().same_day}
HEARD, UNHEARD, EMPTY = "heard", "unheard", "empty"


def climbed(stage: Stage, each: dict[str, str], minutes: int, *, from_taken: bool = True) -> dict[str, float]:
    """When each rung of the first time round is taken, looked at once a minute; after the last nothing is asked."""
    found: dict[str, Told] = {}
    for minute in range(minutes):
        now = later(60 * minute)
        while due := rules.due_of(stage.rungs, stage.confirmed_within, AT, now, found, from_taken=from_taken):
            name = due[0].id
            found[name] = Told(now, each[name] != EMPTY, now if each[name] == HEARD else None)
    return {name: (one.begun_at - AT).total_seconds() / 60 for name, one in found.items()}


@pytest.mark.parametrize(
    ("urgency", "empty", "minutes"),
    [
        ("now", (), (0, 15, 30, 45)),
        ("now", ("owner", "backup"), (0, 0, 0, 15)),
        ("now", ("owner",), (0, 0, 15, 30)),
        ("now", ("backup",), (0, 15, 15, 30)),
        ("now", ("owner", "backup", "director"), (0, 0, 0, 0)),
        ("same_day", (), (0, 60, 120, 180)),
        ("same_day", ("owner", "backup"), (0, 0, 0, 60)),
        ("same_day", ("owner",), (0, 0, 60, 120)),
    ],
)
def test_h13_each_rung_counts_from_when_the_one_before_was_taken(urgency, empty, minutes):
    """Who is called at once because nobody stands before them has the time of anybody, and then the next is called."""
    each = {name: EMPTY if name in empty else HEARD for name in NAMES}
    assert tuple(climbed(STAGES[urgency], each, 181).values()) == minutes


@pytest.mark.parametrize("urgency", STAGES)
def test_h13_no_rung_is_later_for_it_whoever_stands_and_whoever_hears(urgency):
    stage = STAGES[urgency]
    for states in product((HEARD, UNHEARD, EMPTY), repeat=len(NAMES)):
        each = dict(zip(NAMES, states, strict=True))
        now, by_the_clock = climbed(stage, each, 181), climbed(stage, each, 181, from_taken=False)
        assert now.keys() == by_the_clock.keys() == set(NAMES)
        assert all(now[name] <= by_the_clock[name] for name in NAMES), (each, now, by_the_clock)


def test_h13_a_rung_that_was_taken_late_keeps_no_later_one_back():
    assert turn(45, {1: taken(0, 15, 44)}) == (1, "everybody")


def test_h13_the_turn_of_a_night_without_a_roster_comes_after_15_minutes():
    night = {name: Told(AT, name == "director", AT if name == "director" else None) for name in NAMES[:3]}
    assert turn(14.9, {1: night}) is None
    assert turn(15, {1: night}) == (1, "everybody")


def test_h13_a_ladder_without_a_pause_between_its_rounds_does_not_load():
    text = (reader._KNOWLEDGE / "concern-ladder.toml").read_text()
    text = text.replace('again_after = { value = 15, unit = "min"', 'again_after = { value = 0, unit = "min"', 1)
    with pytest.raises(ValueError, match="without a pause"):
        reader.concern_ladder_from(sheet_from(table_in(text, "concern-ladder"), "concern-ladder"))


# -- reading the sheets --


def changed(old: str, new: str) -> str:
    text = (reader._KNOWLEDGE / "ladder.toml").read_text()
    assert old in text
    return text.replace(old, new)


def read(text: str) -> None:
    reader.ladder_from(sheet_from(table_in(text, "ladder"), "ladder"))


def test_a_rung_out_of_order_does_not_load():
    with pytest.raises(ValueError, match="comes earlier"):
        read(changed("value = 60", "value = 20"))


def test_a_ladder_that_ends_without_the_card_does_not_load():
    with pytest.raises(ValueError, match="emergency card"):
        read(changed("card = true", "card = false"))


def test_the_longest_shift_is_said_in_days():
    text = (reader._KNOWLEDGE / "concern-ladder.toml").read_text()
    assert reader.concern_ladder().longest_shift == timedelta(days=92)
    hours = text.replace('longest_shift = { value = 92, unit = "d"', 'longest_shift = { value = 92, unit = "h"')
    with pytest.raises(ValueError, match="Write days"):
        reader.concern_ladder_from(sheet_from(table_in(hours, "concern-ladder"), "concern-ladder"))


def test_a_time_in_another_unit_does_not_load():
    with pytest.raises(ValueError, match="Write one of these"):
        read(changed('value = 10, unit = "s"', 'value = 10, unit = "d"'))


def test_minutes_are_minutes():
    assert TIMES.presence_every == timedelta(minutes=15)
    assert replace(TIMES, presence_every=timedelta()).presence_every == timedelta()


# -- what nobody has answered ------------------------------------------------------------------------------------------

RINGS, QUIET, ANSWERED, OVER = Manner


def told(*rows: tuple[float, Manner, str], at: float) -> Episode | None:
    """Of what was told in this order, newest last."""
    tellings = [Telling(later(second), manner, priority) for second, manner, priority in rows]
    return rules.unanswered(reversed(tellings), later(at), LADDER.same_within)


def test_d6_a_change_of_priority_begins_nothing_anew():
    swings = [
        (5, RINGS, "high"),
        (22, QUIET, "high"),  # the high has ended, and in the same moment the medium is what is left
        (22, RINGS, "medium"),
        (39, RINGS, "high"),
        (56, QUIET, "high"),
        (56, RINGS, "medium"),
    ]
    assert told(*swings, at=60) == Episode(later(5), later(5), "high", True)


def test_d6_a_high_one_counts_from_when_it_first_was_high_and_a_medium_one_stands_with_it():
    assert told((5, RINGS, "medium"), at=200) == Episode(later(5), later(5), "medium", True)
    assert told((5, RINGS, "medium"), (150, RINGS, "high"), at=151) == Episode(later(5), later(150), "high", True)


def test_d6_a_level_that_steps_down_has_not_ended():
    rows = [(5, RINGS, "medium"), (30, OVER, "medium"), (30, QUIET, "low"), (50, RINGS, "medium")]
    assert told(*rows, at=60) == Episode(later(5), later(5), "medium", True)
    assert told(*rows[:2], (31, RINGS, "medium"), at=60) == Episode(later(31), later(31), "medium", True)


def test_a6_d6_a_latch_nobody_saw_joins_what_comes_again_within_two_minutes():
    rows = [(5, RINGS, "high"), (35, QUIET, "high"), (155, RINGS, "high")]
    assert told(*rows[:2], at=155) == Episode(later(5), later(5), "high", False)
    assert told(*rows[:2], at=155.5) is None, "it has ended, and stays latched at the chair"
    assert told(*rows, at=156) == Episode(later(5), later(5), "high", True)
    late = [*rows[:2], (155.5, RINGS, "high")]
    assert told(*late, at=156) == Episode(later(155.5), later(155.5), "high", True)


def test_d6_only_what_rang_is_unanswered_and_an_answer_ends_it():
    assert told((5, QUIET, "low"), at=6) is None
    assert told((5, RINGS, "high"), (9, ANSWERED, "high"), at=10) is None
    assert told((5, RINGS, "high"), (9, OVER, "high"), at=10) is None
    again = [(5, RINGS, "high"), (9, ANSWERED, "high"), (129, RINGS, "high")]
    assert told(*again, at=130) == Episode(later(129), later(129), "high", True)


def test_what_decides_about_a_pump_and_an_own_order_stands_in_the_sheet():
    text = (Path(reader.__file__).parent / "knowledge" / "watching.toml").read_text()
    assert reader.watching_from(sheet_from(table_in(text, "watching"), "watching")) == TIMES
    assert (TIMES.pump_over_bag_ml, TIMES.pump_ahead_most) == (Decimal("0.5"), timedelta(minutes=600))
    assert TIMES.own_order_confirmed_within == timedelta(hours=1)
    litres = text.replace('over_bag = { value = 0.5, unit = "mL"', 'over_bag = { value = 0.5, unit = "L"')
    with pytest.raises(ValueError, match="not in mL"):
        reader.watching_from(sheet_from(table_in(litres, "watching"), "watching"))
