"""When an antidepressant was taken, as a patient knows it: month and year, the year alone, or not known."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from ketacare.clinic.candidacy.forms.days import last_day
from ketacare.clinic.candidacy.forms.said import Reader, when_in
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.rules.intake import days_from

ENDS = ("began", "ended")
STILL = "not"  # the answer to why it was stopped: it is taken still
ROUNDLY = 31  # days: a month and a half are told as two
HALF = Decimal("0.5")  # of the unit told: ten months are told as a year
When = Mapping[str, int]


def ends_in(found: Mapping[str, Any], post: Any, reader: Reader) -> dict[str, When]:
    """Both ends, empty where not known; every fault at once. `found`: what else was told of it."""
    told: dict[str, When] = {}
    faults: list[Refusal] = []
    for name in ENDS:
        try:
            told[name] = when_in(name, post, reader)
        except Refused as refused:
            faults += refused.refusals
    if not faults:
        faults += do_not_fit(found, told["began"], told["ended"], reader)
    if faults:
        raise Refused(faults)
    return told


def do_not_fit(found: Mapping[str, Any], began: When, ended: When, reader: Reader) -> list[Refusal]:
    is_still_taken = found.get("stopped") == STILL
    if ended and is_still_taken:
        return reader.fault("ended", "fault_ended_still").refusals
    last = reader.today if is_still_taken else latest(ended) if ended else None
    if not began or last is None:
        return []
    if last < earliest(began):
        return reader.fault("ended", "fault_ended_before").refusals
    if not found.get("long"):
        return []
    most = (last - earliest(began)).days + max(ROUNDLY, days_from(HALF, found["unit"]))
    if days_from(Decimal(found["long"]), found["unit"]) > most:
        return reader.fault("long", "fault_longer").refusals
    return []


def earliest(when: When) -> date:
    return date(when["year"], when.get("month", 1), 1)


def latest(when: When) -> date:
    month = when.get("month", 12)
    return date(when["year"], month, calendar.monthrange(when["year"], month)[1])


def as_days(found: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The two ends as the evaluation keeps them: to the month. Of a year alone nobody knows the month, and it stays in
    the patient's words. So does the start of what is taken still, where nobody knows for how long at the most of a
    day: the days since it began would count as days at that dose (TRIAL-01, TRIAL-11)."""
    kept: dict[str, Any] = {}
    of_another_dose = found.get("stopped") == STILL and not found.get("long")
    for name in ENDS:
        when = found.get(name) or {}
        known = "month" in when and not of_another_dose
        kept[f"{name}_on"] = last_day(when["year"], when["month"], today).on if known else None
        kept[f"{name}_to_month"] = known
    return kept
