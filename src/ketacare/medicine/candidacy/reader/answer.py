"""Writes the answer in its fixed form: keys and words stand as they are; new sheets only add criteria."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import structs

from ketacare.medicine.evidence.terms import Decision, Effect, FactUsed, Reason


def answer_to_json(decision: Decision) -> dict[str, Any]:
    """The fixed form other tools rely on. What is cleared is told as the caution that it then is (RUL-06): where it
    says that a clearance is needed, none is in force."""
    told = [structs.replace(one, effect=Effect.CAUTION) if one.cleared else one for one in decision.reasons]
    return kept_answer(replace(decision, reasons=tuple(told)))


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
