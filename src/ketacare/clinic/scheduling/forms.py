"""What is typed on the pages of planning, read on the clinic's wall."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, QueryDict

from ketacare.clinic.people.access import Actor, actor_of, moment_of
from ketacare.clinic.tenancy.days import local_day
from ketacare.clinic.tenancy.refusals import Refusal, Refused

FAR = timedelta(days=5 * 365)


def moment_in(fields: QueryDict, name: str, zone: str, near: datetime) -> datetime:
    """By the clinic's wall, within some years of `near`: far beyond it no calendar is kept."""
    try:
        typed = datetime.fromisoformat(fields.get(name, "").strip())
    except ValueError:
        raise Refused(Refusal(name, "cannot be read as a day and a time.", "Write it as 2026-07-14T09:00."))
    day_near(typed.date(), local_day(near, zone), name)
    return typed.replace(tzinfo=ZoneInfo(zone))


def moment_or_none(fields: QueryDict, name: str, zone: str, near: datetime) -> datetime | None:
    return moment_in(fields, name, zone, near) if fields.get(name, "").strip() else None


def day_near(day: date, today: date, field: str) -> date:
    """A day that a calendar is kept of; beyond it the year is most likely mistyped."""
    if abs(day - today) <= FAR:
        return day
    years, beyond = FAR.days // 365, day > today
    rule = f"{label_of(field)} is more than {years} years {'after' if beyond else 'before'} {today:%d-%b-%Y}."
    last = f"{today + FAR:%d-%b-%Y} at the latest" if beyond else f"{today - FAR:%d-%b-%Y} at the earliest"
    raise Refused(Refusal(field, rule, f"Check the year: it may be {last}."))


@contextmanager
def beside(**fields: str) -> Iterator[None]:
    """What an action refuses stands beside the field of this form: `reason="up_reason"`."""
    try:
        yield
    except Refused as refused:
        refused.refusals = [replace(one, field=fields.get(one.field, one.field)) for one in refused.refusals]
        raise


# What a refusal that begins with a verb is about, in the words of the forms of planning.
LABELS = {
    "absence": "The absence",
    "act": "This act",
    "alternative": "The proposal",
    "away_from": "The first day away",
    "away_to": "The last day away",
    "course": "The course",
    "end_before_closing_min": "The end before closing",
    "ends_at": "The end",
    "expected_at": "The time when they are expected",
    "first_on": "The first day",
    "hands_on_min": "The time hands-on",
    "kind": "What the visit is for",
    "minutes": "The length",
    "name": "The name",
    "on": "The day",
    "out_from": "The beginning",
    "out_until": "The end",
    "outage": "What is out of order",
    "patient": "This person",
    "person": "The person",
    "plan": "The plan",
    "reason": "The reason",
    "record_number": "The record number",
    "starts_at": "The beginning",
    "thing": "What is out of order",
    "to": "What happened",
    "urgency": "The urgency",
    "user": "The person",
    "visit": "The visit",
    "waiting": "The line of who waits",
    "watched_acting": "Chairs watched while a dose acts",
    "watched_most": "Chairs watched in recovery",
    "watched_nasal": "Chairs watched of nasal esketamine",
    "what": "What it is",
    "words": "What you wrote",
}


def label_of(field: str) -> str:
    """`away_from-2` is the second of its kind, `up_reason` the reason of one of several forms."""
    one = field.partition("-")[0]
    return LABELS.get(one) or LABELS.get(one.partition("_")[2], "")


def named(refusals: Iterable[Refusal]) -> list[Refusal]:
    """At the top of a page a refusal stands without its field: it begins with the field's name (E1)."""
    found = []
    for one in refusals:
        label = label_of(one.field)
        found.append(replace(one, rule=f"{label} {one.rule}") if label and one.rule[:1].islower() else one)
    return found


def clock_in(fields: QueryDict, name: str) -> time | None:
    text = fields.get(name, "").strip()
    if not text:
        return None
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise Refused(Refusal(name, "cannot be read as a time.", "Write it as 08:30."))


def number_in(fields: QueryDict, name: str) -> int:
    text = fields.get(name, "").strip()
    if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
        raise Refused(Refusal(name, "is not a whole number.", "Write it in figures, as 30."))
    if text.startswith("-"):
        raise Refused(Refusal(name, "must not be below zero.", "Write it without the minus."))
    if len(text.lstrip("+0")) > 5:
        raise Refused(Refusal(name, "is far too large.", "Write a number of at most five figures."))
    return int(text)


def day_on(request: HttpRequest) -> date:
    """The day asked for; today where none or nonsense was."""
    today = local_day(moment_of(request), actor_of(request).zone)
    try:
        day = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return today
    return day_near(day, today, "on")


def key_in(fields: QueryDict, name: str) -> UUID | None:
    try:
        return UUID(fields.get(name, ""))
    except ValueError:
        return None


def wall(moment: datetime, actor: Actor) -> str:
    """As a datetime-local field has it."""
    return moment.astimezone(ZoneInfo(actor.zone)).strftime("%Y-%m-%dT%H:%M")


def typed(request: HttpRequest) -> dict[str, Any]:
    return {name: request.POST.get(name, "") for name in request.POST}
