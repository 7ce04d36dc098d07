"""Reading back one screen of the intake: what was tapped and typed, or every fault in the patient's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from ketacare.clinic.candidacy import queries
from ketacare.clinic.candidacy.forms.screens import PHRASES, WHY_NOT, Ask, Screen
from ketacare.clinic.tenancy.asked import question
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.candidacy.rules.intake import units_from
from ketacare.medicine.candidacy.terms.intake import IntakeLines

MOST = {"words": 2000, "line": 120}
DRINKS = "alcohol_units_per_week"
Values = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Reader:
    """In whose language, on which day of the clinic, of somebody born when, and by which version of the sheet."""

    language: str
    today: date
    born_on: date
    lines: IntakeLines

    def fault(self, name: str, key: str, **values: object) -> Refused:
        return Refused(Refusal(name, PHRASES.say(self.language, key, **values), ""))

    def ask(self, name: str, post: Any, key: str, *, about: tuple[str, ...], **values: object) -> None:
        """What is unlikely is asked about once, as it was typed."""
        open_still = question(post, name, PHRASES.say(self.language, key, **values), "", about=about)
        if open_still:
            raise Refused(open_still)


def said(screen: Screen, post: Any, reader: Reader) -> Values:
    """What was answered, question by question. `skip` says why everything left open on the screen is not answered."""
    values: Values = {}
    faults: list[Refusal] = []
    skip = post.get("skip", "")
    for ask in screen.asks:
        if not ask.applies(values):
            continue
        try:
            given = answer_in(ask, post, reader)
            if given is None and not ask.optional:
                given = {"answer": skip} if skip in WHY_NOT else open_still(ask, reader)
        except Refused as refused:
            faults += refused.refusals
            # What follows from a faulty answer is asked as if it stood, so that its own faults are told too.
            given = {"answer": post.get(ask.name, "")}
        if given is not None:
            values[ask.name] = given
    if faults:
        raise Refused(faults)
    return values


def open_still(ask: Ask, reader: Reader) -> dict[str, Any]:
    raise reader.fault(ask.name, "fault_write" if ask.shape in MOST else "fault_choose")


def answer_in(ask: Ask, post: Any, reader: Reader) -> dict[str, Any] | None:
    """What this form says to one question; None where it was left alone."""
    if ask.shape in MOST:
        return words_in(ask, post, reader)
    pressed = post.get(ask.name, "")
    if ask.shape == "number":
        return number_in(ask, pressed, post, reader)
    if not pressed:
        return None
    if pressed not in (*WHY_NOT, *dict(ask.options(reader.language))):
        raise reader.fault(ask.name, "fault_choose")
    if ask.shape == "date" and pressed == "yes":
        return {"answer": "yes", **when_in(ask.name, post, reader)}
    if ask.shape == "date":
        ask_about_date(ask, post, reader)
    return {"answer": pressed}


def ask_about_date(ask: Ask, post: Any, reader: Reader) -> None:
    """A date beside another answer than yes: asked once, since one of the two is not meant."""
    about = tuple(f"{ask.name}{part}" for part in ("", ".month", ".year"))
    if any(post.get(name, "").strip() for name in about[1:]):
        reader.ask(ask.name, post, "ask_date", about=about)


def words_in(ask: Ask, post: Any, reader: Reader) -> dict[str, Any] | None:
    text = " ".join(post.get(ask.name, "").split()) if ask.shape == "line" else post.get(ask.name, "").strip()
    if not text:
        return None
    over = len(text) - MOST[ask.shape]
    if over > 0:
        raise reader.fault(ask.name, "fault_long", over=over)
    if ask.name == "email":
        try:
            validate_email(text)
        except ValidationError:
            raise reader.fault(ask.name, "fault_email", typed=text)
    return {"words": text}


def number_in(ask: Ask, pressed: str, post: Any, reader: Reader) -> dict[str, Any] | None:
    typed = post.get(f"{ask.name}.value", "").strip()
    if pressed in WHY_NOT and typed:
        raise reader.fault(ask.name, "fault_both")
    if pressed in WHY_NOT:
        return {"answer": pressed}
    if not typed:
        return None
    try:
        number = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        raise reader.fault(ask.name, "fault_number", typed=typed)
    if not number.is_finite() or number < 0 or not is_possible(number, reader.lines):
        raise reader.fault(ask.name, "fault_range")
    return {"number": str(number), "typed": typed}


def is_possible(drinks: Decimal, lines: IntakeLines) -> bool:
    kind = queries.kinds()[DRINKS]
    assert kind.range is not None  # a number of the vocabulary has a range
    return units_from(drinks, lines) <= kind.range.values[1]


def when_in(name: str, post: Any, reader: Reader) -> dict[str, Any]:
    """Month and year, the year alone, or nothing: not everybody knows when."""
    month, typed = post.get(f"{name}.month", "").strip(), post.get(f"{name}.year", "").strip()
    if not typed and not month:
        return {}
    if not typed:
        raise reader.fault(name, "fault_year_missing")
    if not (typed.isascii() and typed.isdecimal() and len(typed) == len("1985")):
        raise reader.fault(name, "fault_year", typed=typed)
    year = int(typed)
    known = int(month) if month.isascii() and month.isdecimal() and 1 <= int(month) <= 12 else None
    if (year, known or 1) > (reader.today.year, reader.today.month):
        raise reader.fault(name, "fault_future")
    if (year, known or 12) < (reader.born_on.year, reader.born_on.month):
        raise reader.fault(name, "fault_before_birth")
    return {"year": year} | ({"month": known} if known else {})
