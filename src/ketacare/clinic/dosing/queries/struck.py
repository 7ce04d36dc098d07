"""Alarms whose value was struck out say so: what a monitor streams goes on until its next value, what was latched until
it is seen (A4, A6, I2)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ketacare.clinic.monitoring.models import Reading
from ketacare.clinic.monitoring.queries import Standing
from ketacare.clinic.scheduling.models import Visit
from ketacare.medicine.monitoring.terms import Condition, Kind

SAID = "Its value was struck out: measure again."


def marked(visit: Visit, standing: Standing | None, alarms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The alarms of a page; nothing of them is taken away."""
    measured = {one.key: one for one in standing.conditions if is_measured(one)} if standing else {}
    channels = {str(one.channel) for one in measured.values()}
    rows = Reading.objects.filter(visit=visit, channel__in=channels)
    struck = set(rows.filter(in_error=True).values_list("channel", "value")) if channels else set()
    if not struck:
        return alarms
    stand = set(rows.filter(in_error=False, amended_by__isnull=True, quality="good").values_list("channel", "value"))
    gone = struck - stand
    return [
        alarm | {"words": f"{alarm['words']}. {SAID}"}
        if (one := measured.get(alarm.get("condition", ""))) is not None and (str(one.channel), value_of(one)) in gone
        else alarm
        for alarm in alarms
    ]


def is_measured(one: Condition) -> bool:
    return one.kind is Kind.PHYSIOLOGICAL and one.channel is not None


def value_of(one: Condition) -> Decimal | None:
    return one.value if one.present else one.extreme if one.trace is None else one.trace.extreme
