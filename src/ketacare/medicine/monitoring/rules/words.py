"""An alarm in words, the same on every screen, pager and page: what, how much, which limit, for how long."""

from datetime import datetime
from decimal import Decimal

from ketacare.medicine.monitoring.terms import Channel, Condition, Kind, Presence, Run, Side

_UNITS = {"mm[Hg]": "mmHg", "Cel": "°C", "{score}": ""}
_DUE = {
    "supervisor": "missed, prescriber told",
    "A13": "late reading to look at",
    "A8": "paused again and again",
}


def unit_of(channel: Channel) -> str:
    """The unit as people write it."""
    return _UNITS.get(channel.unit, channel.unit)


def words(condition: Condition, at: datetime) -> str:
    """As in 'SpO2 84 % - limit 85 - 00:12', 'SpO2 signal lost 00:14 - last 96 %', 'Blood pressure late 02:10'."""
    name = condition.label or (condition.channel.label if condition.channel else "Sound")
    if condition.runs and condition.kind is Kind.DUE:
        return _to_look_at(name, condition, *condition.runs.values())
    if condition.kind is Kind.DUE:
        return f"{name} {_DUE.get(condition.rule, condition.rule)} {_lasted(condition, at)}"
    if condition.kind is Kind.TECHNICAL:
        return _technical(condition, name, at)
    limit = "" if condition.limit is None else f"limit {_short(condition.limit)}"
    clearing = (
        "clearing" if condition.presence is Presence.CLEARING else ""
    )  # inside its line, not for long enough (A4)
    parts = (_measured(name, condition), limit, clearing, _lasted(condition, at))
    return " - ".join(part for part in parts if part)


def _to_look_at(name: str, condition: Condition, late: Run) -> str:
    """As in 'SpO2 late readings to look at: over 09:58, lowest 71 %'."""
    if late.since == late.last or condition.extreme is None or condition.channel is None:
        return f"{_measured(name, condition)} {_DUE['A13']}"
    seconds = int((late.last - late.since).total_seconds())
    worst = f"{'lowest' if condition.side is Side.LOW else 'highest'} {_short(condition.extreme)}"
    lasted = f"over {seconds // 60:02}:{seconds % 60:02}"
    return f"{name} late readings to look at: {lasted}, {worst} {unit_of(condition.channel)}".rstrip()


def _technical(condition: Condition, name: str, at: datetime) -> str:
    if condition.rule == "T8":
        return f"{name}: two different values for one moment"
    if condition.channel is None:
        return f"{name} {_lasted(condition, at)}"
    lost = f"{name} signal lost {_lasted(condition, at)}"
    return lost if condition.value is None else f"{lost} - {_measured('last', condition)}"


def _measured(name: str, condition: Condition) -> str:
    if condition.channel is None or condition.value is None:
        return name
    return f"{name} {_short(condition.value)} {unit_of(condition.channel)}".rstrip()


def _short(value: Decimal) -> str:
    return f"{value.normalize():f}"


def _lasted(condition: Condition, at: datetime) -> str:
    if condition.since is None:
        return ""
    seconds = max(0, int((at - condition.since).total_seconds()))
    return f"{seconds // 60:02}:{seconds % 60:02}"
