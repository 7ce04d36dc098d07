"""Judge whether a person may be offered treatment: permit, warn, stop or unknown, with every reason and its source.

A case is {"on": DATE, "stage": "evaluation" or "dose", "route": …, "facts": […], "trials": […], "medicines": […]}; one
JSON document, or JSON Lines for many: each line is answered, one that can't be used by {"line", "error": [{"field",
"rule"}]}, and then the exit code is 2. What is not known is left out: it is never taken for a no. `--schema` prints the
form of the case, and under `$defs` that of the answer.

`missing` is the smallest set of facts that would settle an unknown answer, each told anew: a fact stands there too
where the case holds it, but too old or in a form that does not count today, as a pregnancy test of last week or the
screener since the last visit where the lifetime form is due. A yes may ask more, which `--explain` names. A row that
only cautions never makes the whole unknown (RUL-01): while its fact is not known it stands among the reasons, to be
asked, and the answer may be permit where the fact would have made it warn.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from typing import Any

from ketacare.medicine.candidacy import reader, rules
from ketacare.medicine.candidacy.reader.at_odds import at_odds_rows
from ketacare.medicine.candidacy.terms import Case
from ketacare.medicine.evidence.rules import day_of, warnings
from ketacare.medicine.evidence.terms import Decision, FactUsed, Grade, Reason, Result
from ketacare.web.runtime import documents
from ketacare.web.runtime.faults import BadInput

HELP = "facts of a case -> permit, warn, stop or unknown, with reasons and sources"
EXAMPLE = "ketacare candidacy docs/reference/examples/candidacy.json --explain"
# What is read, and beside it what is answered.
SCHEMA = reader.case_schema() | {"$defs": {"answer": reader.answer_schema()}}
WORDS = {
    "evaluation": {
        "permit": "Nothing stands against offering treatment.",
        "warn": "Treatment may be offered once the points below are weighed, and cleared where they need it.",
        "stop": "Treatment must not be offered as things stand.",
        "unknown": "It cannot be said yet: facts are missing that decide.",
    },
    "dose": {
        "permit": "Nothing stands against this dose today.",
        "warn": "This dose may be given once the points below are weighed, and cleared where they need it.",
        "stop": "This dose must not be given today as things stand.",
        "unknown": "It cannot be said yet whether this dose may be given: facts are missing that decide.",
    },
}
LIFTED_BY = {
    "none": "nobody may override",
    "P": "the prescriber may go on, with a reason",
    "P+MD": "prescriber and medical director may go on together, with a reason",
    "P+spec": "the prescriber may go on with a specialist's written opinion",
    "P+MD+guardian+spec": "prescriber, medical director, guardian and specialist together",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="CASE", help="path of the case, or - for standard input")
    parser.add_argument("--explain", action="store_true", help="answer in plain words instead of JSON")


def run(arguments: argparse.Namespace) -> int:
    if arguments.explain:
        documents.answer_each(arguments.case, told_in_words, refusal=documents.refused_in_words)
        return 0
    past_review: dict[str, None] = {}
    try:
        documents.answer_each(arguments.case, lambda document: told_in_json(document, past_review))
    finally:
        # The form of the answer is fixed, so that a sheet past its review date is told beside it, and once.
        for late in past_review:
            print(f"Past its review date: {late}.", file=sys.stderr)
    return 0


def told_in_json(document: Any, past_review: dict[str, None]) -> dict[str, Any]:
    case = case_in(document)
    past_review.update(dict.fromkeys(overdue(day_of(case.at, case.at))))
    return reader.answer_to_json(rules.judge(case, reader.shipped()))


def told_in_words(document: Any) -> str:
    case = case_in(document)
    return explained(rules.judge(case, reader.shipped()), case)


def case_in(document: Any) -> Case:
    try:
        return reader.case_from_json(document)
    except reader.CaseRefused as refused:
        raise BadInput.of(refused.faults) from None


def example() -> str:
    """What the example answers, as far as what decides and what would settle it."""
    document = documents.parsed(documents.read(EXAMPLE.split()[2]))
    return told_in_words(document).split("Also looked at:")[0].rstrip()


# --- in plain words ---


def explained(decision: Decision, case: Case) -> str:
    """The decision as a colleague would say it: the answer, what decides, what is missing, what it rests on."""
    deciding = decision.deciding
    others = [reason for reason in decision.reasons if reason not in deciding and not reason.cleared]
    today = day_of(case.at, case.at)
    parts = [
        [f"{str(decision.outcome).upper()}. {WORDS[case.stage][decision.outcome]}"],
        titled("Cleared", [line for reason in decision.reasons if reason.cleared for line in told(reason)]),
        titled("What decides", [line for reason in deciding for line in told(reason)]),
        titled("What would settle it", to_ask(decision, case)),
        titled("Does not fit together", odd_in(case)),
        titled("Rests on unconfirmed figures", [f"  - {name}" for name in unconfirmed(deciding)]),
        titled("Past its review date", [f"  - {name}" for name in overdue(today)]),
        titled("Also looked at", [line for reason in others for line in told(reason)]),
        [f"By {', '.join(f'{sheet.id} {sheet.version}' for sheet in decision.sheets)}."],
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def to_ask(decision: Decision, case: Case) -> list[str]:
    """Each missing fact, with what a yes to it would ask besides; of one that was told, that it is asked anew."""
    more = rules.opened(decision, case, reader.shipped())
    then = {name: f", and, if yes, {'; '.join(asked(one) for one in names)}" for name, names in more.items()}
    anew = {name: ": anew, what was told of it does not do" for name in decision.missing if case.facts.all(name)}
    return [f"  - {asked(name)}{anew.get(name, '')}{then.get(name, '')}" for name in decision.missing]


def odd_in(case: Case) -> list[str]:
    """Answers that cannot both be right, with what was said."""
    return [
        f"  - {odd.title}: {'; '.join(fact_told(fact) for fact in odd.facts)}"
        for odd in (*rules.at_odds(case.facts, at_odds_rows(), case.at), *rules.odd_lists(case, reader.shipped().odd))
    ]


def titled(title: str, lines: list[str]) -> list[str]:
    return [f"{title}:", *lines] if lines else []


def told(reason: Reason) -> list[str]:
    mark = "?" if reason.result is Result.UNKNOWN else "-"
    lines = [f"  {mark} {reason.criterion} {reason.title} ({stands(reason)}). {words_of(reason)}."]
    lines += [f"      {fact_told(fact)}" for fact in reason.facts]
    if reason.holds_back:
        lines += [f"      Instead: {reason.alternative}."] if reason.alternative else []
        lines += [f"      {LIFTED_BY.get(reason.override, f'only by {reason.override}').capitalize()}."]
    cited = "; ".join(source.citation for source in reason.sources) or "none"
    return [*lines, f"      Source: {cited}. Grade {reason.grade}: {reason.grade.words}."]


def words_of(reason: Reason) -> str:
    return rules.with_titles(reason.words, reader.shipped().facts)


def stands(reason: Reason) -> str:
    """Its result, and what that does."""
    if reason.cleared:
        return f"{reason.result}, cleared"
    return str(reason.effect) if reason.result is Result.MET else f"{reason.result}: {reason.effect}"


def unconfirmed(reasons: Iterable[Reason]) -> list[str]:
    return [f"{reason.criterion} {reason.title}" for reason in reasons if reason.grade is Grade.M]


@lru_cache(maxsize=64)
def overdue(today: date) -> tuple[str, ...]:
    return tuple(
        f"{header.id} {header.version} was to be reviewed by {header.next_review_on:%d-%b-%Y}"
        for header in warnings(reader.shipped().headers, today)
    )


def asked(name: str) -> str:
    """A missing fact by its title, with the name under which a case tells it."""
    kind = reader.shipped().facts.get(name)
    return f"{kind.title} ({name})" if kind else name


def fact_told(fact: FactUsed) -> str:
    """A fact with its age, since an old one may no longer hold."""
    kind = reader.shipped().facts.get(fact.name)
    name = fact.name.replace("_", " ")
    title = kind.title if kind else f"{name[:1].upper()}{name[1:]}"
    return f"{title}: {', '.join(filter(None, (value_told(fact), age_told(fact), fact.source)))}"


UNITS = {"1": "", "a": "years", "mo": "months", "Cel": "°C", "kg/m2": "kg/m²", "/min": "a minute", "xULN": "x ULN"}


def value_told(fact: FactUsed) -> str:
    if isinstance(fact.value, bool):
        return "yes" if fact.value else "no"
    if isinstance(fact.value, date):
        return f"{fact.value:%d-%b-%Y}"
    return f"{fact.value} {UNITS.get(fact.unit or '', fact.unit or '')}".rstrip()


def age_told(fact: FactUsed) -> str:
    if fact.age_days is None:
        return ""
    return {0: "known today", 1: "1 day old"}.get(fact.age_days, f"{fact.age_days} days old")
