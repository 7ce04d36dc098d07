"""A check-in as a row of questions, one to a screen, and reading back what was tapped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.http import QueryDict

from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.asked import items_asked
from ketacare.clinic.outcomes.letters import PHRASES
from ketacare.clinic.outcomes.models import Ask
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes.terms import Instrument, Item

say = PHRASES.say
SAFETY = ("safety-items", "safety-first")


@dataclass(frozen=True)
class Question:
    """One screen: one item, or one question with several answers to pick."""

    sheet: Instrument
    items: tuple[Item, ...]
    kind: Literal["choice", "scale", "several"]

    @property
    def intro(self) -> str:
        """The owner's introduction, with the first question alone."""
        return self.sheet.intro if self.item == self.sheet.items[0] else ""

    @property
    def item(self) -> Item:
        return self.items[0]

    def chosen(self, values: dict[str, int | None]) -> int | None:
        return values.get(self.item.id)

    def none_of(self, values: dict[str, int | None]) -> bool:
        return all(values.get(item.id) == 0 for item in self.items)

    def is_answered(self, values: dict[str, int | None]) -> bool:
        """Asked and met with an answer, which may be that one would rather not."""
        return all(item.id in values for item in self.items)


def questions(ask: Ask) -> list[Question]:
    """In the evening the one question that matters comes first; otherwise the safety questions come last."""
    names = sorted(ask.instruments, key=lambda name: (name in SAFETY) != (ask.key == "same_evening"))
    sheets = [queries.shown(ask.organisation_id, name, ask.language) for name in names]
    found = [question for sheet in sheets if sheet.is_worded for question in of_sheet(ask, sheet)]
    if ask.key == "same_evening":
        found.sort(key=lambda question: question.item.id != "s3")
    return found


def of_sheet(ask: Ask, sheet: Instrument) -> list[Question]:
    if sheet.id == "side-effects":
        return [Question(sheet, sheet.items, "several")]
    asked = items_asked(ask, sheet)
    return [Question(sheet, (item,), "choice" if item.choices else "scale") for item in asked]


# Whole stretches that forms look back on, by their days; the owner's own words stand on the form where we have them.
LOOKS_BACK = {1: "last_day", 7: "last_week", 14: "last_two_weeks", 28: "last_month", 365: "last_year"}


def about(question: Question) -> str:
    """What time these questions are about, where neither a stem of the owner's says it nor the words themselves."""
    sheet = question.sheet
    return "" if sheet.stem or sheet.charted_only else LOOKS_BACK.get(sheet.recall_days, "")


def explained(ask: Ask, question: Question) -> str:
    """A fact of ours beside the owner's question, in the language that was chosen."""
    return question.sheet.explains(question.item.id, ask.language)


def shows_event(ask: Ask) -> bool:
    """Whether a page of this form will show what the patient and their clinic call the event."""
    return queries.event_named(ask) is not None


def event_of(ask: Ask, question: Question) -> str:
    """What the patient and their clinic call the event that these questions are about."""
    if question.sheet.id not in queries.ABOUT_AN_EVENT:
        return ""
    found = queries.event_named(ask)
    return say(ask.language, "about_event", event=found.words) if found else say(ask.language, "same_event")


def read(question: Question, data: QueryDict, language: str) -> dict[str, int | None]:
    """What was tapped, as item -> code. "I would rather not" is an answer of its own: asked, and not known."""
    if data.get("skip"):
        return {item.id: None for item in question.items}
    if question.kind == "several":
        return picked(question, data, language)
    return {question.item.id: code_of(question, data.get("answer", "").strip(), language)}


def picked(question: Question, data: QueryDict, language: str) -> dict[str, int | None]:
    """Nothing ticked is no answer (I14): that there is none of these has its own button. Pressed after something was
    ticked it takes the ticks away and is asked once more: its neighbour may have been meant."""
    ticked = data.getlist("several")
    if bool(ticked) == bool(data.get("none")):
        why = "none_after_ticks" if ticked else "several_or_none"
        raise Refused(Refusal("answer", say(language, why, none=say(language, "none_of_these")), ""))
    return {item.id: int(item.id in ticked) for item in question.items}


def code_of(question: Question, text: str, language: str) -> int:
    if text.isascii() and text.isdecimal() and question.item.allows(int(text)):
        return int(text)
    raise Refused(Refusal("answer", wrong(question, language), ""))


def wrong(question: Question, language: str) -> str:
    if question.kind == "choice":
        return say(language, "choose")
    rather_not = say(language, "rather_not")
    return say(language, "scale_wrong", low=question.item.low, high=question.item.high, rather_not=rather_not)
