"""What was typed, read as a dose, a duration, a day or a number; all that is wrong with it is told at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from ketacare.clinic.candidacy.forms.days import Read, read_day
from ketacare.clinic.tenancy.asked import question
from ketacare.clinic.tenancy.refusals import Refusal, Refused

YES_NO = {"yes": True, "no": False}
_DOSE = re.compile(
    r"(\d+(?:[.,]\d+)?)(?:\s*/\s*\d+(?:[.,]\d+)?)?\s*(mg|mcg|µg|ug|g)?(?:\s*(?:/|a|per)\s*(?:d|day|24 ?h))?"
)
_PER_MG = {"mg": Decimal(1), "g": Decimal(1000), **dict.fromkeys(("mcg", "µg", "ug"), Decimal("0.001"))}
_LENGTH = re.compile(r"(\d+(?:[.,]\d+)?)\s*(d|days?|w|wk|weeks?|m|mo|months?|y|years?|a)?")
_DAYS = {"d": Decimal(1), "w": Decimal(7), "m": Decimal(365) / 12, "y": Decimal(365), "a": Decimal(365)}
LONGEST_DAYS = 365 * 80
# What the columns hold: a dose beyond them is a slip of the hand.
MOST_MG, SMALLEST_MG = 100_000, Decimal("0.0001")


@dataclass(frozen=True)
class Typed:
    """What was typed, with a place to lay down what is wrong with it: everything is told at once."""

    post: Any
    today: date
    faults: list[Refusal]

    def text(self, name: str) -> str:
        return " ".join(self.post.get(name, "").split())

    def fault(self, name: str, rule: str, remedy: str) -> None:
        self.faults.append(Refusal(name, rule, remedy))

    def ask(self, name: str, rule: str, remedy: str, *, beside: tuple[str, ...] = ()) -> None:
        """Unlikely, asked about once: of this field, and of those beside it that make it so."""
        self.faults.extend(question(self.post, name, rule, remedy, about=(name, *beside)))

    def chosen(self, name: str, label: str, choices: Any, blank: str = "") -> str:
        value = self.text(name) or blank
        if value and value not in choices.values:
            self.fault(name, f"{label}: nothing is chosen that this question allows.", "Choose one of the answers.")
        return value

    def number(self, name: str, label: str, least: int, most: int) -> Decimal | None:
        typed = self.text(name).removesuffix("%").strip().replace(",", ".")
        if not typed:
            return None
        if not re.fullmatch(r"-?\d{1,5}(\.\d{1,4})?", typed) or not least <= Decimal(typed) <= most:
            self.fault(
                name, f"{label}: {typed!r} cannot be.", f"Write a number from {least} to {most}, or leave it out."
            )
            return None
        return Decimal(typed)

    def whole(self, name: str, label: str, most: int) -> int | None:
        number = self.number(name, label, 0, most)
        if number is not None and number != number.to_integral_value():
            self.fault(name, f"{label}: {number} is not a whole number.", "Write whole days.")
            return None
        return None if number is None else int(number)

    def done(self) -> None:
        if self.faults:
            raise Refused(self.faults)


def dose_in(typed: Typed, text: str) -> Decimal | None:
    """A daily dose in mg; mcg and g are understood, 6/25 is the first part of a combination, any other unit refused."""
    if not text or text in ("none", "no", "?"):
        return None
    match = _DOSE.fullmatch(text)
    if match is None:
        typed.fault("dose_mg", f"Daily dose: {text!r} is not a dose.", "Write milligrams a day, as 150, or 25 mcg.")
        return None
    dose = Decimal(match[1].replace(",", ".")) * _PER_MG[match[2] or "mg"]
    if dose >= MOST_MG or dose != dose.quantize(SMALLEST_MG):
        typed.fault("dose_mg", f"Daily dose: {text} cannot be.", "Write milligrams a day, as 150.")
        return None
    return dose or None


def days_in(typed: Typed, text: str) -> int | None:
    """Weeks unless days, months or years are said; part of a day is dropped."""
    if not text or text == "?":
        return None
    match = _LENGTH.fullmatch(text)
    if match is None:
        typed.fault("weeks", f"Weeks: {text!r} is not a duration.", "Write weeks, as 8, or say 40 days or 3 months.")
        return None
    days = int(Decimal(match[1].replace(",", ".")) * _DAYS[(match[2] or "w")[0]])
    if not 1 <= days <= LONGEST_DAYS:
        typed.fault("weeks", f"Weeks: {text} cannot be.", "Write how long it was taken, or leave it out.")
        return None
    return days


def day(typed: Typed, name: str, label: str) -> Read | None:
    text = typed.text(name)
    if not text:
        return None
    try:
        return read_day(text, typed.today)
    except ValueError:
        remedy = "Write it as 2026-03-14, or Mar 2026 if only the month is known."
        typed.fault(name, f"{label}: {text!r} is not a day that can be read one way.", remedy)
        return None


def in_field(typed: Typed, name: str, label: str, read: Callable[[Typed, str], Any]) -> Any:
    """The same reading for another field: its faults stand beside that field, under its own label."""
    part = Typed(typed.post, typed.today, [])
    value = read(part, typed.text(name).casefold())
    typed.faults.extend(
        Refusal(name, f"{label}: {fault.rule.partition(': ')[2]}", fault.remedy, fault.kind) for fault in part.faults
    )
    return value
