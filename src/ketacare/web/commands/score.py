"""Score the answers to an instrument: total, band, subscales, flags. Missing answers are never zero.

Answers are {"answers": {"1": 0, "2": 3}} by item, or a list in the order of the items with null for an item that was
not answered; one JSON document, or JSON Lines for many.
"""

from __future__ import annotations

import argparse
from typing import Any

from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import AnswersRefused, Instrument, Item
from ketacare.web.runtime import documents
from ketacare.web.runtime.faults import BadInput

HELP = "answers to an instrument -> total, band, subscales, flags"
EXAMPLE = "ketacare score phq-9 answers.json"


def schema() -> dict[str, Any]:
    """The two forms of answers, and every instrument with its items and what may be answered."""
    code = {"type": ["integer", "null"]}
    by_item = {"type": "object", "additionalProperties": code}
    in_order = {"type": "array", "items": code}
    answers = {
        "type": "object",
        "properties": {"instrument": {"enum": list(reader.INSTRUMENTS)}, "answers": {"anyOf": [by_item, in_order]}},
        "required": ["answers"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "answers",
        "anyOf": [answers, in_order],
        "instruments": [described(reader.instrument(name)) for name in reader.INSTRUMENTS],
    }


def described(instrument: Instrument) -> dict[str, Any]:
    return {
        "instrument": instrument.id,
        "version": instrument.version,
        "title": instrument.name,
        "items": [described_item(item) for item in instrument.items],
    }


def described_item(item: Item) -> dict[str, Any]:
    return {"id": item.id, "lowest": item.low, "highest": item.high, "scored": item.scored}


SCHEMA = schema()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("instrument", metavar="INSTRUMENT", help=f"one of {', '.join(reader.INSTRUMENTS)}")
    parser.add_argument("answers", metavar="ANSWERS", help="path of the answers, or - for standard input")


def run(arguments: argparse.Namespace) -> int:
    instrument = named(arguments.instrument)
    documents.answer_each(arguments.answers, lambda document: scored(instrument, document))
    return 0


def named(name: str) -> Instrument:
    if name not in reader.INSTRUMENTS:
        raise BadInput("INSTRUMENT", f"{name!r} is not known. Known: {', '.join(reader.INSTRUMENTS)}.")
    return reader.instrument(name)


def scored(instrument: Instrument, document: Any) -> dict[str, object]:
    answers = by_item(instrument, within(document, instrument))
    try:
        return rules.score_plain(rules.score(instrument, answers))
    except AnswersRefused as refused:
        raise BadInput.of((str(refused),)) from None


def within(document: Any, instrument: Instrument) -> Any:
    """The answers in a document, which is the list itself or an object around them."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict) or "answers" not in document:
        raise BadInput("answers", 'missing. Write {"answers": {"1": 0}} or a list of answers.')
    for key in sorted(document.keys() - {"answers", "instrument"}):
        raise BadInput(key, "is not a part of answers. Remove it or correct its spelling.")
    if document.get("instrument", instrument.id) != instrument.id:
        raise BadInput("instrument", f"{document['instrument']!r} was given to {instrument.id}. Score it with its own.")
    return document["answers"]


def by_item(instrument: Instrument, answers: Any) -> dict[str, Any]:
    if isinstance(answers, dict):
        return answers
    if not isinstance(answers, list):
        raise BadInput("answers", "must be an object by item, or a list in the order of the items.")
    for items in (instrument.scored_items, instrument.items):
        if len(items) == len(answers):
            return {item.id: answer for item, answer in zip(items, answers, strict=True)}
    needed = len(instrument.scored_items)
    raise BadInput("answers", f"{len(answers)} given, {instrument.id} has {needed}. Write null where one is missing.")
