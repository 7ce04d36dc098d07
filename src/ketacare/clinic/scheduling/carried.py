"""A planned visit as it travels through a page and back; the page seals what it carries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ketacare.medicine.scheduling.terms import Booked, Kind, PlaceKind, Span, Watch


def visit_out(one: Booked) -> dict[str, Any]:
    hands = [one.hands_on.starts.isoformat(), one.hands_on.ends.isoformat()] if one.hands_on else None
    return {
        "key": one.key,
        "patient": one.patient,
        "kind": str(one.kind),
        "span": [one.span.starts.isoformat(), one.span.ends.isoformat()],
        "places": {str(kind): name for kind, name in one.places.items()},
        "person": one.person,
        "hands": hands,
        "follows": one.follows,
        "number": one.number,
        "lane": one.lane,
        "sitter": one.sitter,
        "watch": str(one.watch),
    }


def visit_in(held: dict[str, Any]) -> Booked:
    return Booked(
        key=held["key"],
        patient=held["patient"],
        kind=Kind(held["kind"]),
        span=span_in(held["span"]),
        places={PlaceKind(kind): name for kind, name in held["places"].items()},
        person=held["person"],
        hands_on=span_in(held["hands"]) if held["hands"] else None,
        follows=held["follows"],
        number=held["number"],
        lane=held["lane"],
        sitter=held.get("sitter", ""),
        watch=Watch(held.get("watch", Watch.USUAL)),
    )


def span_in(pair: list[str]) -> Span:
    return Span(datetime.fromisoformat(pair[0]), datetime.fromisoformat(pair[1]))
