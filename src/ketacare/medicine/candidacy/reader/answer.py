"""Writes the answer in its fixed form: keys and words stand as they are; new sheets only add criteria."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import structs

from ketacare.medicine.candidacy.reader.fields import list_schema, record_schema
from ketacare.medicine.evidence.terms import Decision, Effect, FactUsed, Grade, Outcome, Reason, Result

MISSING = "the smallest set of facts that would settle it, each told anew; none that only cautions"


def answer_to_json(decision: Decision) -> dict[str, Any]:
    """The fixed form other tools rely on. What is cleared is told as the caution that it then is (RUL-06): where it
    says that a clearance is needed, none is in force."""
    told = [structs.replace(one, effect=Effect.CAUTION) if one.cleared else one for one in decision.reasons]
    answer = kept_answer(replace(decision, reasons=tuple(told)))
    for reason, row in zip(told, answer["reasons"], strict=True):
        for fact, written in zip(reason.facts, row["facts"], strict=True):
            if isinstance(fact.value, Decimal):
                written["value"] = float(written["value"]) if isinstance(written["value"], str) else written["value"]
    return answer


def answer_schema() -> dict[str, Any]:
    """The JSON schema of the answer, beside that of the case."""
    texts = {"type": "array", "items": {"type": "string"}}
    fact = {
        "name": {"type": "string"},
        "value": {"type": ["number", "string", "boolean"], "description": "a day as 2026-07-14"},
        "unit": {"type": ["string", "null"]},
        "age_days": {"type": ["integer", "null"], "description": "null: nobody says since when it is known"},
        "source": {"type": "string"},
    }
    reason = {
        "criterion": {"type": "string"},
        "result": {"enum": list(Result)},
        "effect": {"enum": list(Effect), "description": "a clearance in force is a caution"},
        "facts": list_schema(fact, tuple(fact)),
        "sources": texts,
        "grade": {"enum": list(Grade)},
    }
    sheet = {"id": {"type": "string"}, "version": {"type": "string"}}
    rows = {
        "outcome": {"enum": list(Outcome)},
        "reasons": list_schema(reason, tuple(reason)),
        "missing": texts | {"description": MISSING},
        "sheets": list_schema(sheet, tuple(sheet)),
    }
    return {"title": "answer", **record_schema(rows, tuple(rows))}


def kept_answer(decision: Decision) -> dict[str, Any]:
    """The same as a record keeps it: each reason with what it did before anybody cleared it."""
    return {
        "outcome": str(decision.outcome),
        "reasons": reasons_to_json(decision.reasons),
        "missing": list(decision.missing),
        "sheets": [{"id": sheet.id, "version": sheet.version} for sheet in decision.sheets],
    }


def reasons_to_json(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    return [
        {
            "criterion": reason.criterion,
            "result": str(reason.result),
            "effect": str(reason.effect),
            "facts": [_fact_json(fact) for fact in reason.facts],
            "sources": [source.citation for source in reason.sources],
            "grade": str(reason.grade),
        }
        for reason in reasons
    ]


def _fact_json(fact: FactUsed) -> dict[str, Any]:
    value = fact.value
    if isinstance(value, Decimal):
        value_json: Any = int(value) if value == value.to_integral_value() else str(value)
    else:
        value_json = value.isoformat() if isinstance(value, date) else value
    return {
        "name": fact.name,
        "value": value_json,
        "unit": fact.unit,
        "age_days": fact.age_days,
        "source": fact.source,
    }
