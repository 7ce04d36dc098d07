"""A score in the form other programs read."""

import json
from decimal import Decimal

from ketacare.medicine.outcomes.terms import Score


def score_json(scored: Score) -> str:
    """The score in the form other programs read; the same score gives the same bytes."""
    return json.dumps(score_plain(scored), ensure_ascii=False)


def score_plain(scored: Score) -> dict[str, object]:
    return {
        "instrument": scored.instrument,
        "version": scored.version,
        "total": _number(scored.total),
        "complete": scored.complete,
        "band": scored.band,
        "subscales": {name: _number(value) for name, value in scored.subscales.items()},
        "flags": list(scored.flags),
        "sources": list(scored.sources),
    }


def _number(value: Decimal | bool | None) -> int | float | bool | None:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
