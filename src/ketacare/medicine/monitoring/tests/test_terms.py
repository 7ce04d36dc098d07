"""Values that cannot be wrong, and sheets that contradict themselves."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ketacare.medicine.evidence.reader import SheetRefused
from ketacare.medicine.evidence.terms import Figure
from ketacare.medicine.monitoring import reader, rules
from ketacare.medicine.monitoring.terms import (
    Arrived,
    Channel,
    Condition,
    Freshness,
    Kind,
    LimitLine,
    Observe,
    Priority,
    Quality,
    Range,
    Reading,
    Side,
    Timing,
    Unwatch,
)
from ketacare.medicine.monitoring.tests.test_step import T0, at, begun, pressure, run, value
from ketacare.medicine.protocols.terms import LimitSet

LINE = LimitLine("x", Channel.HR, Side.HIGH, Timing.CONTINUOUS, Priority.MEDIUM, threshold=Decimal(120))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"change": Decimal(40)}, "exactly one"),
        ({"threshold": None}, "exactly one"),
        ({"timing": Timing.SINGLE, "delay_s": 5}, "only a continuous line"),
        ({"timing": Timing.NOTICE}, "first reading"),
    ],
)
def test_a_line_that_says_too_much_or_too_little_cannot_be(changed: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(LINE, **changed)  # type: ignore[arg-type]


def test_a_range_has_its_low_under_its_high() -> None:
    with pytest.raises(ValueError, match="must be under"):
        Range(Decimal(2), Decimal(2))


def test_times_in_another_unit_are_refused() -> None:
    sheet = reader.watch_sheet()
    times = {**sheet.body["times"]}  # type: ignore[dict-item]
    clear = times["clear"]
    assert isinstance(clear, Figure)
    times["clear"] = replace(clear, unit="min")
    with pytest.raises(ValueError, match="Write seconds"):
        reader.limits_from(reader.limit_set("tx-1"), replace(sheet, body={**sheet.body, "times": times}))


def own(parameter: str, line: str, value: int) -> LimitSet:
    """The shipped lines with one laid elsewhere, as a clinic may amend it."""
    shipped = reader.limit_set("tx-1")
    row = shipped.parameters[parameter]
    moved = replace(row, lines={**row.lines, line: replace(row.lines[line], value=Decimal(value))})
    return replace(shipped, parameters={**shipped.parameters, parameter: moved})


@pytest.mark.parametrize(
    ("parameter", "line", "value", "inside"),
    [
        ("distress", "high_high", 16, "between 0 and 10"),
        ("distress", "high_high", 10, "between 0 and 10"),  # an alarm is strictly beyond its line, and there is no 11
        ("moaas", "low_notice", 8, "between 0 and 5"),
        ("moaas", "low_high", 0, "between 0 and 5"),
        ("spo2", "low_high", 10, "between 20 and 100"),
        ("hr", "high_high", 300, "between 0 and 300"),
    ],
)
def test_a14_a_line_that_nothing_can_cross_is_no_line(parameter: str, line: str, value: int, inside: str) -> None:
    with pytest.raises(SheetRefused, match=rf"parameters\.{parameter}\.{line}: at {value} .* {inside}") as refused:
        reader.refuse_lines(own(parameter, line, value))
    assert len(refused.value.faults) == 1


def test_a14_a_line_just_inside_its_scale_can_be_crossed() -> None:
    reader.refuse_lines(own("distress", "high_high", 9))
    reader.refuse_lines(own("moaas", "low_high", 1))


def test_a15_no_delay_is_longer_than_monitors_allow() -> None:
    reader.refuse_lines(own("apnoea", "delay_high", 15))
    with pytest.raises(SheetRefused, match=r"parameters\.apnoea\.delay_high: no alarm waits 16 s; it is at most 15 s"):
        reader.refuse_lines(own("apnoea", "delay_high", 16))


def test_h19_lines_that_counted_before_a_rule_was_drawn_are_held_to_what_ships_and_said() -> None:
    for parameter, line, own_value in (("distress", "high_high", 10), ("apnoea", "delay_high", 20)):
        lines, (told,) = reader.held(own(parameter, line, own_value))
        assert lines.parameters[parameter] == reader.limit_set("tx-1").parameters[parameter]
        assert "held to" in told
        assert str(own_value) in told
    assert reader.held(own("spo2", "low_medium", 91)) == (own("spo2", "low_medium", 91), ())


def test_every_measured_channel_has_a_code_and_a_plausible_range() -> None:
    measured = [channel for channel in Channel if channel not in (Channel.MOAAS, Channel.DISTRESS)]
    assert all(channel.mdc and channel.unit and channel.label for channel in measured)
    assert [channel for channel in measured if not channel.loinc] == [Channel.APNOEA], "none confirmed"
    assert set(reader.limits().plausible) == set(Channel)


@pytest.mark.parametrize(
    "given",
    [pressure(120, 80, 1), value(Channel.HR, 70, 1), Observe(T0, "vomiting", "B"), Unwatch(T0, Channel.HR, "B", "r")],
)
def test_a1_what_was_given_can_be_kept_and_given_again(given: object) -> None:
    assert rules.given_from_plain(rules.given_to_plain(given)) == given  # type: ignore[arg-type]


def test_t5_a_spot_reading_has_a_time_and_never_goes_stale() -> None:
    state, _ = run(begun(), pressure(120, 80, 0))
    shown = rules.visible(state, at(7200))[0]
    assert (shown.freshness, shown.value, shown.age_s) == (Freshness.INTERMITTENT, 120, 7200)


def test_a9_a_channel_let_go_leaves_its_technical_and_other_conditions_alone() -> None:
    crossed, _ = run(begun(), value(Channel.HR, 125, 6), value(Channel.SPO2, 88, 6))
    state, _ = run(crossed, Unwatch(at(30), Channel.HR, "B", "r"))
    assert state.conditions["SPO2.low"].present
    assert not state.conditions["HR.high"].present


def test_a13_a_late_reading_without_a_value_is_nothing_to_look_at() -> None:
    late = Reading(Channel.SPO2, None, T0, at(60), Quality.NONE, device="monitor")
    assert run(begun(), Arrived(at(60), (late,)))[1] == []


def test_words_of_a_condition_that_has_not_begun() -> None:
    assert rules.words(Condition("HR.high", Kind.PHYSIOLOGICAL, Channel.HR), T0) == "Heart rate"
