"""Judge whether a person may be offered treatment: permit, warn, stop or unknown, with every reason and its source.

A case is {"on": DATE, "stage": "evaluation" or "dose", "route": …, "facts": […], "trials": […], "medicines": […]}; one
JSON document, or JSON Lines for many. What is not known is left out: it is never taken for a no.
"""

from __future__ import annotations

import argparse
from typing import Any

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.evidence.terms import Decision, FactUsed, Reason, Result
from ketacare.web.runtime import documents
from ketacare.web.runtime.faults import BadInput

HELP = "facts of a case -> permit, warn, stop or unknown, with reasons and sources"
EXAMPLE = "ketacare candidacy case.json --explain"
SCHEMA = reader.case_schema()
WORDS = {
    "permit": "Nothing stands against offering treatment.",
    "warn": "Treatment may be offered once the points below are weighed, and cleared where they need it.",
    "stop": "Treatment must not be offered as things stand.",
    "unknown": "It cannot be said yet: facts are missing that decide.",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", help="path of the case, or - for standard input")
    parser.add_argument("--explain", action="store_true", help="answer in plain words instead of JSON")


def run(arguments: argparse.Namespace) -> int:
    tell = explained if arguments.explain else reader.answer_to_json
    documents.answer_each(arguments.case, lambda document: tell(judged(document)))
    return 0


def judged(document: Any) -> Decision:
    try:
        case = reader.case_from_json(document)
    except reader.CaseRefused as refused:
        raise BadInput.of(refused.faults) from None
    return rules.judge(case, reader.shipped())


# --- in plain words ---


def explained(decision: Decision) -> str:
    """The decision as a colleague would say it: the answer, what decides, what is missing, what it rests on."""
    deciding = decision.deciding
    others = [reason for reason in decision.reasons if reason not in deciding]
    parts = [
        [f"{str(decision.outcome).upper()}. {WORDS[decision.outcome]}"],
        titled("What decides", [line for reason in deciding for line in told(reason)]),
        titled("What would settle it", [f"  - {name}" for name in decision.missing]),
        titled("Also looked at", [line for reason in others for line in told(reason)]),
        [f"By {', '.join(f'{sheet.id} {sheet.version}' for sheet in decision.sheets)}."],
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def titled(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:", *lines] if lines else []


def told(reason: Reason) -> list[str]:
    mark = "?" if reason.result is Result.UNKNOWN else "-"
    lines = [f"  {mark} {reason.criterion} {reason.words} ({reason.effect})"]
    lines += [f"      {fact_told(fact)}" for fact in reason.facts]
    cited = "; ".join(source.citation for source in reason.sources)
    return [*lines, f"      Source: {cited}. Grade {reason.grade}: {reason.grade.words}."]


def fact_told(fact: FactUsed) -> str:
    """A fact with its age, since an old one may no longer hold."""
    value = {True: "yes", False: "no"}.get(fact.value, fact.value) if isinstance(fact.value, bool) else fact.value
    unit = f" {fact.unit}" if fact.unit and fact.unit != "1" else ""
    age = "" if fact.age_days is None else f", {fact.age_days} days old"
    source = f", {fact.source}" if fact.source else ""
    return f"{fact.name.replace('_', ' ')}: {value}{unit}{age}{source}"
