"""What the bar at the chair and the tiles say: what is there now first, what it was, and no word that is misread."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest
from django.template import engines

from ketacare.clinic.dosing.queries import badges, chairside, supervising
from ketacare.clinic.dosing.tests.factories import AT
from ketacare.medicine.monitoring.terms import Channel, Condition, Kind, Presence, Priority, Side
from ketacare.medicine.monitoring.terms.conditions import Trace

LOW = Condition(
    "SPO2.low", Kind.PHYSIOLOGICAL, Channel.SPO2, Side.LOW, presence=Presence.PRESENT, priority=Priority.HIGH
)
MISSED = Condition(
    "due.bp", Kind.DUE, Channel.NIBP_SYS, presence=Presence.PRESENT, priority=Priority.HIGH, rule="missed"
)


def badge_of(condition):
    return badges.badge(SimpleNamespace(conditions=(condition,)), lambda one: one is condition.channel)


@pytest.mark.parametrize(
    ("condition", "alarm", "words"),
    [
        (LOW, "high", "too low"),
        (replace(LOW, presence=Presence.CLEARING), "high", "clearing"),
        (replace(LOW, side=Side.HIGH, priority=Priority.MEDIUM), "medium", "too high"),
        (replace(LOW, kind=Kind.TECHNICAL, side=None, rule="T3"), "high", "signal fault"),
    ],
)
def test_v2_a_number_is_told_by_the_side_it_lies_on(condition, alarm, words):
    assert badge_of(condition) == {"alarm": alarm, "alarm_words": words, "owed": ""}


@pytest.mark.parametrize(
    ("rule", "words"), [("missed", "check missed"), ("supervisor", "check missed"), ("A13", "late reading")]
)
def test_v3_what_is_owed_colours_no_number(rule, words):
    assert badge_of(replace(MISSED, rule=rule)) == {"alarm": None, "alarm_words": "", "owed": words}


def test_a6_what_is_over_says_how_far_it_went_and_from_when_to_when():
    ended = AT + timedelta(seconds=20)
    over = replace(LOW, presence=Presence.ABSENT, priority=None, trace=Trace(Priority.HIGH, AT, ended, Decimal("84.0")))
    standing = SimpleNamespace(slips={}, sounding=frozenset())
    told = chairside.alarm(over, standing, AT + timedelta(minutes=8), lambda key: key, "")
    assert told["words"] == "SpO2 was too low for 00:20, lowest 84 %"
    assert (told["since"], told["ended"], told["state"]) == (AT, ended, "latched")
    call = """{% import "components.jinja" as ui with context %}{{ ui.alarm(a) }}"""
    drawn = engines["jinja"].from_string(call).render({"a": told | {"acknowledge": None}})
    assert "data-since" not in drawn, "no clock goes on counting"
    assert "stays until someone closes it" in drawn
    drawn = engines["jinja"].from_string(call).render({"a": told | {"acknowledge": None, "priority": "medium"}})
    assert "leaves by itself" in drawn


def test_a11_the_worst_of_what_is_there_stands_first_also_once_it_was_seen_and_what_is_over_last():
    rows = [
        {"id": "was", "state": "latched", "priority": "high"},
        {"id": "seen", "state": "acknowledged", "priority": "high"},
        {"id": "low", "state": "present", "priority": "low"},
        {"id": "now", "state": "present", "priority": "high"},
    ]
    assert [one["id"] for one in supervising.with_alarms(rows, [])] == ["now", "seen", "low", "was"]
