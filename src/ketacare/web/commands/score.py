"""Score the answers to an instrument: total, band, subscales, flags. Missing answers are never zero.

Answers are {"answers": {"1": 0, "2": 3}} by item, or a list in the order of the items with null for an item that was
not answered; or the total of a form that was added up elsewhere, as {"answers": {"total": 40}}, with the item about
suicide beside it where the form shows it. One JSON document, or JSON Lines for many. Yes is 1, no is 0. `total` is null
while an item is missing that the instrument needs; what was answered of it, or would be made up for it, then stands
among `subscales` by its own name (`sum_answered`, `total_prorated`) and is not a score. A flag is raised as soon as
nothing could take it back, also on a form left unfinished.

Our own questions have no total (safety-items after a dose, safety-first before any, mania-items, side-effects): their
flags are the answers by which a person is called, as the safety sheets name them: `s1.3` is the fourth answer to s1.
Where an answer weighs more in bipolar illness, it is read as if there were any.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from ketacare.medicine.outcomes import reader, rules
from ketacare.medicine.outcomes.terms import AnswersRefused, Instrument, Item
from ketacare.medicine.safety import reader as safety
from ketacare.medicine.safety.rules import triage
from ketacare.medicine.safety.terms import TriageContext
from ketacare.web.runtime import documents
from ketacare.web.runtime.faults import BadInput

HELP = "answers to an instrument -> total, band, subscales, flags"
EXAMPLE = "ketacare score pcl-5 answers.json"
A_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)  # by when somebody must act is not told here
OURS = {
    asked.id: asked
    for asked in (safety.safety_items(), safety.safety_first(), safety.mania_items(), safety.side_effects_asked())
}


def schema() -> dict[str, Any]:
    """The two forms of answers, and every instrument with its items and what may be answered."""
    scored = [one for name in reader.INSTRUMENTS if not (one := reader.instrument(name)).disabled]
    scored += OURS.values()
    code = {"type": ["integer", "null"]}
    by_item = {"type": "object", "properties": {"total": {"type": "integer"}}, "additionalProperties": code}
    in_order = {"type": "array", "items": code}
    answers = {
        "type": "object",
        "properties": {"instrument": {"enum": [one.id for one in scored]}, "answers": {"anyOf": [by_item, in_order]}},
        "required": ["answers"],
        "additionalProperties": False,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "answers",
        "anyOf": [answers, in_order],
        "instruments": [described(one) for one in scored],
    }


def described(instrument: Instrument) -> dict[str, Any]:
    return {
        "instrument": instrument.id,
        "version": instrument.version,
        "title": instrument.name,
        "full_name": instrument.full_name,
        "purpose": instrument.purpose,
        "answered_by": str(instrument.rated),
        "looks_back": instrument.recall_words,
        "also_called": list(instrument.also_called),
        "wording": str(instrument.licence.wording),
        "items": [described_item(item) for item in instrument.items],
    }


def described_item(item: Item) -> dict[str, Any]:
    """An item whose codes have gaps names every one."""
    plain = {"id": item.id, "lowest": item.codes[0], "highest": item.codes[-1], "scored": item.scored}
    has_gaps = item.codes != tuple(range(item.codes[0], item.codes[-1] + 1))
    return plain | ({"codes": list(item.codes)} if has_gaps else {}) | ({"reversed": True} if item.is_reversed else {})


SCHEMA = schema()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "instrument", metavar="INSTRUMENT", help="its name in lower case with hyphens; --schema lists them"
    )
    parser.add_argument("answers", metavar="ANSWERS", help="path of the answers, or - for standard input")
    parser.add_argument(
        "--lines", action="store_true", help="the answers are JSON Lines, also where there is one or none"
    )


def run(arguments: argparse.Namespace) -> int:
    instrument = named(arguments.instrument)
    documents.answer_each(arguments.answers, lambda document: scored(instrument, document), by_line=arguments.lines)
    return 0


def named(name: str) -> Instrument:
    if name in OURS:
        return OURS[name]
    if name not in reader.called():
        raise BadInput("INSTRUMENT", f"{name!r} is not known. {reader.near(name, *OURS)}")
    instrument = reader.instrument(reader.called()[name])
    if instrument.disabled:
        raise BadInput("INSTRUMENT", instrument.disabled)
    return instrument


def scored(instrument: Instrument, document: Any) -> dict[str, object]:
    answers = by_item(instrument, within(document, instrument))
    try:
        plain = rules.score_plain(rules.score_as_given(instrument, answers))
    except AnswersRefused as refused:
        raise BadInput.of((str(refused),)) from None
    return plain | of_ours(instrument, answers) if instrument.id in OURS else plain


def of_ours(asked: Instrument, answers: dict[str, Any]) -> dict[str, object]:
    """No total: what was answered, and what of it calls somebody. How soon, the sheets say."""
    flags = triage(asked.id, answers, TriageContext(at=A_MOMENT), safety.triage_sheet())
    complete = all(answers.get(item.id) is not None for item in asked.items)
    return {"total": None, "complete": complete, "band": None, "subscales": {}, "flags": [flag.rule for flag in flags]}


def within(document: Any, instrument: Instrument) -> Any:
    """The answers in a document, which is the list itself or an object around them."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict) or "answers" not in document:
        raise BadInput("answers", 'missing. Write {"answers": {"1": 0}} or a list of answers.')
    for key in sorted(document.keys() - {"answers", "instrument"}):
        raise BadInput(key, "is not a part of answers. Remove it or correct its spelling.")
    given = document.get("instrument", instrument.id)
    if not isinstance(given, str) or reader.called().get(given, given) != instrument.id:
        raise BadInput("instrument", f"{given!r} was given to {instrument.id}. Score it with its own.")
    return document["answers"]


def by_item(instrument: Instrument, answers: Any) -> dict[str, Any]:
    if isinstance(answers, dict):
        return answers
    if not isinstance(answers, list):
        raise BadInput("answers", "must be an object by item, or a list in the order of the items.")
    for items in (instrument.scored_items, instrument.items):
        if len(items) == len(answers):
            return {item.id: answer for item, answer in zip(items, answers, strict=True)}
    if answers and all(isinstance(one, list | dict) for one in answers):
        rule = "holds forms, not answers. Write each form on a line of its own (JSON Lines)."
        raise BadInput("answers", rule)
    needed = len(instrument.scored_items or instrument.items)
    raise BadInput("answers", f"{len(answers)} given, {instrument.id} has {needed}. Write null where one is missing.")
