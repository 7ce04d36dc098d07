"""What stands beside a number: why it is an alarm, in words that cannot be read as the number's own height (V2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ketacare.clinic.monitoring.queries import Standing
from ketacare.medicine.monitoring.terms import Channel, Condition, Kind, Presence, Side

SIDES = {Side.LOW: "too low", Side.HIGH: "too high"}
OWED = {"A13": "late reading", "supervisor": "check missed"}


def badge(standing: Standing | None, is_its: Callable[[Channel], bool]) -> dict[str, Any]:
    """The gravest that stands: its priority by shape and colour, and in words which side the value lies on. A check
    that is owed or a late reading says so, and colours no number: the number is not what is wrong."""
    conditions = standing.conditions if standing else ()
    here = [one for one in conditions if one.present and one.priority and one.channel and is_its(one.channel)]
    of_number = [one for one in here if one.kind is not Kind.DUE]
    if of_number:
        worst = max(of_number, key=lambda one: one.priority or 0)
        assert worst.priority is not None
        return {"alarm": worst.priority.word, "alarm_words": words(worst), "owed": ""}
    owed = max(here, key=lambda one: one.priority or 0, default=None)
    return {"alarm": None, "alarm_words": "", "owed": "" if owed is None else owed_words(owed)}


def words(one: Condition) -> str:
    if one.kind is Kind.TECHNICAL:
        return "two values" if one.rule == "T8" else "signal fault"
    if one.presence is Presence.CLEARING:
        return "clearing"
    return SIDES[one.side] if one.side else "alarm"


def owed_words(one: Condition) -> str:
    return OWED.get(one.rule, f"check {one.rule}")
