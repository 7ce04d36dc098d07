"""A check-in taken by telephone: what came of the call, and the safety questions as they were read aloud."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import QueryDict

from ketacare.clinic.outcomes import queries
from ketacare.clinic.outcomes.asked import items_asked
from ketacare.clinic.outcomes.forms.check_in import SAFETY
from ketacare.clinic.outcomes.models import Ask, Call, CallResult
from ketacare.clinic.tenancy.refusals import Refusal, Refused
from ketacare.medicine.outcomes.terms import Instrument, Item

NOT_SAID = "-"  # asked, and they would rather not say
NOT_TOLD = "Would rather not say"


def safety_form(ask: Ask) -> str:
    """The safety questions of this ask, by the name of their form; nothing where it has none."""
    return next((name for name in SAFETY if name in ask.instruments), "")


def safety_questions(ask: Ask) -> list[tuple[Item, Item]]:
    """Each in the patient's language, to be read aloud, beside the English of it."""
    name = safety_form(ask)
    if not name:
        return []
    english = queries.instrument(name)
    theirs: Instrument = queries.shown(ask.organisation_id, name, ask.language)
    return [(theirs.item(item.id) or item, item) for item in items_asked(ask, english)]


def field_of(item: Item) -> str:
    return f"asked-{item.id}"


def options_of(theirs: Item, english: Item) -> list[tuple[str, str]]:
    pairs = zip(theirs.choices, english.choices, strict=True)
    said = [(str(own.code), own.words if own.words == en.words else f"{own.words} ({en.words})") for own, en in pairs]
    return [*said, (NOT_SAID, NOT_TOLD)]


def said_in(call: Call) -> list[tuple[str, str]]:
    """What was answered on the telephone, in the words of the questions, for whoever may read answers."""
    items = queries.instrument(safety_form(call.ask)).items if call.said else ()
    return [(item.words, words_of(item, call.said[item.id])) for item in items if item.id in call.said]


def words_of(item: Item, code: int | None) -> str:
    return next((choice.words for choice in item.choices if choice.code == code), NOT_TOLD)


def answers_in(ask: Ask, data: QueryDict) -> dict[str, int | None]:
    """What they said to each. Whoever was reached and is said to be well was asked all of them (H13)."""
    faults: list[Refusal] = []
    found = dict(read(ask, data, faults))
    if faults:
        raise Refused(faults)
    return found


def read(ask: Ask, data: QueryDict, faults: list[Refusal]) -> Iterator[tuple[str, int | None]]:
    result = data.get("result", "")
    for _, item in safety_questions(ask):
        text = data.get(field_of(item), "")
        if text and result == CallResult.NOT_REACHED:
            faults.append(Refusal(field_of(item), "Nobody was reached who could answer.", "Say what came of the call."))
        elif text == NOT_SAID:
            yield item.id, None
        elif text:
            if not (text.isascii() and text.isdecimal() and item.allows(int(text))):
                faults.append(Refusal(field_of(item), "This is none of its answers.", "Choose one of those shown."))
                continue
            yield item.id, int(text)
        elif result == CallResult.WELL:
            remedy = "Without it nobody knows that they are well: ask it, or choose that they would rather not say."
            faults.append(Refusal(field_of(item), f"“{item.words}” is not answered.", remedy))
