"""What the record knows of a medicine given as needed: a reading that its "not if" names stands against it, and one
that does not look like what it is meant for is asked about once (treatment 4.2). The figures are those of the sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from ketacare.medicine.monitoring.terms import Channel
from ketacare.medicine.safety.terms import NeededMedicine

# A heart rate is told by the leads or, without them, by the oximeter.
NAMES = {
    "heart rate": (Channel.HR, Channel.PR),
    "systolic": (Channel.NIBP_SYS,),
    "spo2": (Channel.SPO2,),
    "panic": (Channel.DISTRESS,),
}
LINE = re.compile(
    r"(?P<name>heart rate|systolic|spo2|panic)(?: pressure)? (?:of )?"
    r"(?:(?P<side>under|below|over|above) (?P<figure>\d+)|(?P<least>\d+) or (?P<more>more|less))",
    re.IGNORECASE,
)
PRESSURE = re.compile(r"above (?P<systolic>\d+)/(?P<diastolic>\d+)")
UNCHECKED = "Blood pressure not checked"
# For whom the sheet says it by a reading; "panic" of anxiety alone, not of a seizure.
BY_READING = {
    "hypertension": (Channel.NIBP_SYS, Channel.HR),
    "tachycardia": (Channel.HR,),
    "hypoxia": (Channel.SPO2,),
    "chest_pain": (Channel.NIBP_SYS,),
    "anxiety": (Channel.DISTRESS,),
}

Values = Mapping[Channel, Decimal]


def stands_against(medicine: NeededMedicine, values: Values) -> tuple[str, ...]:
    """Each "not if" that a reading shows to be so, in the words of the sheet with the reading."""
    found = []
    for words in medicine.not_if:
        if words == UNCHECKED and Channel.NIBP_SYS not in values:
            found.append(f"{words}.")
        for line in LINE.finditer(words):
            channels = [one for one in NAMES[line["name"].lower()] if one in values]
            so = (one for one in channels if _holds(line, values[one]))
            found.extend(f"{words}: {_told(one, values)}." for one in so)
    return tuple(found)


def does_not_look_like(medicine: NeededMedicine, why: str, values: Values) -> tuple[str, ...]:
    """What the readings say other than for whom the sheet means it; where there is none, nobody knows."""
    found = []
    for line in LINE.finditer(medicine.meant_for):
        channels = NAMES[line["name"].lower()]
        known = [one for one in channels if one in values]
        if channels[0] in BY_READING.get(why, ()) and not any(_holds(line, values[one]) for one in known):
            found.append(_told(known[0] if known else channels[0], values))
    if why == "hypertension":
        meant = PRESSURE.search(medicine.meant_for)
        if meant is not None and not _over(meant, values):
            found.insert(0, _told(Channel.NIBP_SYS, values) + ", " + _told(Channel.NIBP_DIA, values))
    return tuple(f"{medicine.name} is meant for {medicine.meant_for}; {words}." for words in found)


def _over(line: re.Match[str], values: Values) -> bool:
    sides = ((Channel.NIBP_SYS, line["systolic"]), (Channel.NIBP_DIA, line["diastolic"]))
    return any(channel in values and values[channel] > Decimal(figure) for channel, figure in sides)


def _holds(line: re.Match[str], value: Decimal) -> bool:
    if line["least"]:
        figure = Decimal(line["least"])
        return value >= figure if line["more"].lower() == "more" else value <= figure
    figure = Decimal(line["figure"])
    return value < figure if line["side"].lower() in ("under", "below") else value > figure


def _told(channel: Channel, values: Values) -> str:
    known = values.get(channel)
    return f"{channel.label} is not recorded" if known is None else f"{channel.label} is {known.normalize():f}"
