"""An answer as it was pressed or typed, read by the kind of its fact: impossible is refused, unlikely asked once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.forms.days import Read, read_day
from ketacare.clinic.candidacy.models import MISSING, Source
from ketacare.clinic.tenancy.asked import question
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.terms import FactKind

_NUMBER = re.compile(r"([+-]?\d+(?:[.,]\d+)?)\s*(.*)")
_RATIO = "xULN"
DAY_HELP = "Write it as 2026-03-14, or 14 Mar 2026"
MONTH_HELP = "Write it as 2026-03-14, or Mar 2026 if only the month is known"


@dataclass(frozen=True)
class Told:
    """One answer in canonical text, with what was typed and, for a test, the day it was taken."""

    name: str
    answer: str
    typed: str = ""
    to_month: bool = False
    on: date | None = None


def told_in(post: Any, names: Iterable[str], today: date) -> list[Told]:
    """Every answer of a form; all that cannot be is told at once."""
    found, faults = [], []
    for name in names:
        try:
            given = told(queries.kinds()[name], post, today)
        except Refused as refused:
            faults += refused.refusals
            continue
        if given is not None:
            found.append(given)
    if faults:
        raise Refused(faults)
    return found


def told_by(post: Any, today: date) -> tuple[Source, date | None]:
    """Who says so, and when it was said or written if not today."""
    if post.get("source", "") not in Source.values:
        raise Refused(Refusal("source", "Who says so is missing.", "Choose where the answers come from."))
    typed = post.get("told_on", "").strip()
    if not typed:
        return Source(post["source"]), None
    try:
        read = read_day(typed, today)
    except ValueError:
        raise Refused(Refusal("told_on", f"Said or written on: {typed!r} is not a day.", f"{DAY_HELP}."))
    if read.on > today:
        raise Refused(Refusal("told_on", f"Said or written on {read.on:%d-%b-%Y}: still to come.", "Correct the date."))
    return Source(post["source"]), read.on


def told(kind: FactKind, post: Any, today: date) -> Told | None:
    """What this form says to one question; None where it was left alone."""
    pressed, typed = post.get(kind.name, "").strip(), post.get(f"{kind.name}.value", "").strip()
    if not pressed and not typed:
        return None
    if pressed and typed:
        raise refused(kind, f"{kind.title}: both {typed} and another answer are given.", "Keep one of the two.")
    if pressed in MISSING:
        return Told(kind.name, pressed)
    on = taken_on(kind, post, today)
    if pressed:
        return Told(kind.name, checked(kind, pressed), on=on)
    if kind.kind == "date or no":
        read = day_in(kind, typed, today)
        return Told(kind.name, read.on.isoformat(), typed, read.to_month)
    number, words = ratio_in(kind, typed, post) if kind.unit == _RATIO else (number_in(kind, typed), typed)
    answer = checked(kind, queries.plain(number))
    ask_if_unlikely(kind, number, post)
    return Told(kind.name, answer, "" if words == answer else words, on=on)


def refused(kind: FactKind, rule: str, remedy: str) -> Refused:
    return Refused(Refusal(kind.name, rule, remedy))


def checked(kind: FactKind, answer: str) -> str:
    """The canonical text, if this kind of fact may have that value."""
    try:
        queries.value_of(kind, answer)
    except ValueError as fault:
        rule, _, remedy = str(fault).rpartition(". ") if str(fault).count(". ") else (str(fault), "", "")
        raise refused(kind, f"{rule}." if rule and not rule.endswith(".") else rule, remedy)
    return answer


def day_in(kind: FactKind, typed: str, today: date) -> Read:
    help_words = DAY_HELP if kind.to_the_day else MONTH_HELP
    try:
        read = read_day(typed, today)
    except ValueError:
        raise refused(kind, f"{kind.title}: {typed!r} is not a day that can be read one way.", f"{help_words}.")
    if read.on > today:
        raise refused(kind, f"{kind.title}: {read.on:%d-%b-%Y} is still to come.", "Correct the date.")
    if read.to_month and kind.to_the_day:
        raise refused(kind, f"{kind.title}: a month alone does not say enough.", f"{help_words}.")
    return read


def number_in(kind: FactKind, typed: str) -> Decimal:
    """A number, with the field's own unit after it or none: any other unit is not guessed at."""
    match = _NUMBER.fullmatch(typed)
    unit = queries.UNITS.get(kind.unit or "", kind.unit or "")
    if match is None:
        raise refused(kind, f"{kind.title}: {typed!r} is not a number.", f"Write it in {unit}." if unit else "")
    if match[2] and match[2].casefold() not in {unit.casefold(), (kind.unit or "").casefold()}:
        words = f"{kind.title}: {match[2]!r} is not the unit of this field."
        raise refused(kind, words, f"Convert it to {unit}." if unit else "Write the number alone.")
    return Decimal(match[1].replace(",", "."))


def ratio_in(kind: FactKind, typed: str, post: Any) -> tuple[Decimal, str]:
    """A liver value over the upper limit of its own laboratory, both in the unit of the report."""
    limit_typed = post.get(f"{kind.name}.uln", "").strip()
    try:
        value, limit = (Decimal(text.replace(",", ".")) for text in (typed, limit_typed))
    except InvalidOperation:
        words = f"{kind.title.split(',')[0]}: the value and the upper limit of normal are both needed."
        raise refused(kind, words, "Write both as the report has them, in one unit.")
    if value < 0 or limit <= 0:
        raise refused(kind, f"{kind.title.split(',')[0]}: neither can be below zero.", "Read the report again.")
    return (value / limit).quantize(Decimal("0.0001")), f"{typed}, upper limit {limit_typed}"


def ask_if_unlikely(kind: FactKind, number: Decimal, post: Any) -> None:
    if kind.likely is None:
        return
    low, high = kind.likely.values
    if not low <= number <= high:
        words = f"{kind.title}: {queries.with_unit(kind, number)} is rarely seen"
        rule, about = f"{words} (usual {low} to {high}).", (f"{kind.name}.value", f"{kind.name}.uln")
        found = question(post, kind.name, rule, "Read it again, and confirm it.", about=about)
        if found:
            raise Refused(found)


def taken_on(kind: FactKind, post: Mapping[str, str], today: date) -> date | None:
    """The day a test was taken; today where nothing is said."""
    typed = post.get(f"{kind.name}.on", "").strip()
    if not typed:
        return None
    try:
        read = read_day(typed, today)
    except ValueError:
        raise refused(kind, f"{kind.title}: {typed!r} is not a day that can be read one way.", f"{DAY_HELP}.")
    if read.on > today:
        raise refused(kind, f"{kind.title}: taken on {read.on:%d-%b-%Y}, which is still to come.", "Correct the date.")
    if read.to_month:
        raise refused(kind, f"{kind.title}: the day the test was taken is needed.", f"{DAY_HELP}.")
    return read.on
