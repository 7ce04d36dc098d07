"""The title of an amended protocol: it states the figures that count, and no longer what they contradict."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ketacare.medicine.evidence.rules.contents import Entry
from ketacare.medicine.evidence.terms import Figure

# What a title calls a figure of this name: of one, and of any other number. Empty: by its unit.
_CALLED = {
    "dose": ("", ""),
    "minutes": ("", ""),
    "sessions": ("session", "sessions"),
    "per_week": ("a week", "a week"),
    "min_days_between": ("d between", "d between"),
    "least_hours_between": ("h between", "h between"),
}
# How sessions are spread is said no longer once it may be otherwise.
_SPREADS = {"sessions", "per_week", "min_days_between", "least_hours_between"}
_SPREAD = re.compile(r" \(\d+ a week for \d+ weeks\)| in \d+ weeks|, weekly for (?:\d+ to )?\d+ weeks")
# Words that state a figure by themselves, and a span of doses that begins with the one that counts.
_STATES = {
    "sessions": re.compile(r", a single or test dose|, once|, two doses \d+ h apart"),
    "dose": re.compile(r"(?:, ascending)? [\d.]+ to [\d.]+ mg/kg"),
}
_AMENDED = ", amended: "


def after(title: str, changes: Iterable[tuple[Entry, Entry]]) -> str:
    """The title once these figures, each as it was and as it is, were changed."""
    for was, now in changes:
        if isinstance(was.value, Figure) and isinstance(now.value, Figure) and was.value.value != now.value.value:
            title = _with(title, was.place, was.value, now.value)
    return title


def _with(title: str, place: str, was: Figure, now: Figure) -> str:
    table, _, name = place.rpartition(".")
    is_step = table.startswith("steps[") and name == "dose"
    if name not in _CALLED or not (table == "protocol" or is_step):
        return title
    if name in _SPREADS:
        title = _SPREAD.sub("", title)
    if name in _STATES:
        title = _STATES[name].sub("", title)
    one, many = (called or was.unit for called in _CALLED[name])
    says = f"{now.value:f} {one if now.value == 1 else many}"
    words = "|".join(map(re.escape, dict.fromkeys((many, one))))
    # The end of a span ("40 to 60 min") is another figure than the one that counts.
    stated = re.compile(rf"(?<![\d.])(?<! to ){re.escape(f'{was.value:f}')} (?:{words})(?![\w/])")
    told, times = stated.subn(says, title, count=1)
    if times or is_step:
        return told
    return f"{title}{', ' if _AMENDED in title else _AMENDED}{says}"
