"""How two versions of a plan differ, what a version is signed for, and until when somebody is shown least."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any

from ketacare.medicine.careplan.terms import AfterDose, Difference, Kind, Section, Statement

Placed = dict[tuple[str, str], tuple[str, Statement]]
# What passes from hand to hand all day: it stands in the plan as it is now, and its passing changes no plan.
PASSING = "duty "


def differences(before: Iterable[Section], now: Iterable[Section]) -> tuple[Difference, ...]:
    """In the order of the newer plan; what is gone comes last, in the order of the older. Moving a statement about
    inside the plan, or another heading for the same key, is no difference; nor is a duty that was done or passed on."""
    old, new = placed(before), placed(now)
    found = [
        Difference(title, statement.label, Kind.ADDED if key not in old else Kind.CHANGED, said(old, key), statement)
        for key, (title, statement) in new.items()
        if key not in old or is_different(old[key][1], statement)
    ]
    gone = [
        Difference(title, statement.label, Kind.REMOVED, statement, None)
        for key, (title, statement) in old.items()
        if key not in new
    ]
    return (*found, *gone)


def placed(sections: Iterable[Section]) -> Placed:
    return {
        (section.id, statement.key): (section.title, statement)
        for section in sections
        for statement in section.statements
        if not statement.key.startswith(PASSING)
    }


def said(where: Placed, key: tuple[str, str]) -> Statement | None:
    return where[key][1] if key in where else None


def is_different(one: Statement, other: Statement) -> bool:
    return (one.value, one.note) != (other.value, other.note)


def unknown(sections: Iterable[Section]) -> tuple[Statement, ...]:
    return tuple(statement for section in sections for statement in section.statements if not statement.is_known)


def kept(sections: Iterable[Section]) -> list[dict[str, Any]]:
    """A plan as plain values, to be kept and read again."""
    return [
        {
            "id": section.id,
            "title": section.title,
            "statements": [
                {"key": one.key, "label": one.label, "value": one.value, "note": one.note} for one in section.statements
            ],
        }
        for section in sections
    ]


def read(content: Sequence[Mapping[str, Any]]) -> tuple[Section, ...]:
    return tuple(
        Section(row["id"], row["title"], tuple(Statement(**one) for one in row["statements"])) for row in content
    )


def digest(content: Any) -> str:
    """The fingerprint of what was signed: the same content has the same one, however it was kept."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def shown_least_until(began: datetime, sheet: AfterDose) -> datetime:
    """The next morning on the clock of the place, whose zone `began` carries."""
    tomorrow = began.date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(sheet.until.integer), tzinfo=began.tzinfo)
