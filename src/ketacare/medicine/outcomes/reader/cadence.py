"""The cadence of asking, from its sheet."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from ketacare.medicine.evidence.reader import EARLIER, SheetRefused, read_sheet
from ketacare.medicine.evidence.terms import Series, Sheet
from ketacare.medicine.outcomes.reader.instruments import KNOWLEDGE
from ketacare.medicine.outcomes.reader.tables import rows
from ketacare.medicine.outcomes.rules.asking import tailored
from ketacare.medicine.outcomes.terms import UNSAID, Addition, Anchor, AskRule, Cadence, Treated

_SHEET = "cadence"
BEFORE_KEPT = "2.0.0"  # what was in force when courses and asks began to keep their version
_QUIET = ("wait", "send")


@cache
def cadence(anchor: Anchor = Anchor.DOSE, treated: Treated = UNSAID, version: str = "") -> tuple[AskRule, ...]:
    """What is asked of somebody: after each dose, before the next, or as the course goes on."""
    return tuple(rule for rule in tailored(cadence_sheet(version), treated) if rule.anchor is anchor)


@cache
def ask_rules(version: str = "") -> Mapping[str, AskRule]:
    """All of them by key, as they are for everybody."""
    return {rule.key: rule for rule in cadence_sheet(version).rules}


@cache
def cadence_sheet(version: str = "") -> Cadence:
    """The version that ships now, or the one that a course began with; one that is not on file is the newest (H19)."""
    earlier = KNOWLEDGE / EARLIER / f"{_SHEET}-{version}.toml"
    return cadence_from(read_sheet(earlier if version and earlier.is_file() else KNOWLEDGE / f"{_SHEET}.toml"))


def cadence_from(sheet: Sheet) -> Cadence:
    rules = tuple(_ask(row) for row in rows(sheet.body, "asks"))
    additions = tuple(_addition(row) for row in rows(sheet.body, "added"))
    known = {rule.key for rule in rules}
    if strange := sorted({more.to for more in additions} - known):
        raise SheetRefused(sheet.header.id, [f"added.to: no ask is called {strange[0]}. Name one of [[asks]]."])
    if strange := sorted({rule.takes_in for rule in rules} - known - {""}):
        raise SheetRefused(sheet.header.id, [f"takes_in: no ask is called {strange[0]}. Name one of [[asks]]."])
    rests = tuple(
        (name, row["again_after"].integer) for row in rows(sheet.body, "rests") for name in row["instruments"]
    )
    baseline = sheet.body.get("baseline")
    fresh = baseline["fresh"].integer if isinstance(baseline, Mapping) else 0
    return Cadence(sheet.header.version, rules, additions, rests, fresh)


def _addition(row: Mapping[str, Any]) -> Addition:
    after = row.get("after_doses")
    values = () if after is None else after.values if isinstance(after, Series) else (after.value,)
    return Addition(
        row["to"],
        frozenset(row.get("diagnoses", ())),
        frozenset(row.get("protocols", ())),
        frozenset(int(value) for value in values),
        tuple(row.get("instruments", ())),
        tuple(row.get("staff", ())),
        tuple(row.get("checks", ())),
        tuple(row.get("unless", {}).items()),
    )


def _ask(row: Mapping[str, Any]) -> AskRule:
    opens, due, closes = row["opens"], row["due"], row["closes"]
    if {opens.unit, due.unit, closes.unit} != {"h"} or not opens.value <= due.value < closes.value:
        raise SheetRefused("cadence", [f"{row['key']}: opens, due, closes are hours in that order. Correct them."])
    anchor = Anchor(row.get("anchor", "dose"))
    if (anchor is Anchor.COURSE) != ("every" in row):
        raise SheetRefused("cadence", [f"{row['key']}: what goes on with the course, and only that, says every."])
    if row.get("quiet", "wait") not in _QUIET:
        raise SheetRefused("cadence", [f"{row['key']}: quiet is {row['quiet']!r}. Write wait or send."])
    return AskRule(
        row["key"],
        row["title"],
        row["instruments"],
        opens.integer,
        due.integer,
        closes.integer,
        past_next_dose=row.get("past_next_dose", False),
        until_next_dose=row.get("until_next_dose", False),
        room_h=row["room"].integer if "room" in row else 0,
        only_with=row.get("only_with", ""),
        anchor=anchor,
        every_days=row["every"].integer if "every" in row else 0,
        in_place_of=row.get("in_place_of", ""),
        takes_in=row.get("takes_in", ""),
        staff=tuple(row.get("staff", ())),
        checks=tuple(row.get("checks", ())),
        has_words=row.get("words", False),
        is_sent_at_night=row.get("quiet", "wait") == "send",
        after_end=row.get("after_end", False),
        if_flagged=tuple(row.get("if_flagged", ())),
        if_rated=tuple(row.get("if_rated", ())),
    )
