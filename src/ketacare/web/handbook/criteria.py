"""Rows of criteria and checks as a handbook tells them: when, what then, by which route, on whose word, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ketacare.web.handbook.cells import called, condition, fact, shown, validity

EFFECTS = {"stop": "Stop", "clear": "Needs clearance", "caution": "Caution", "note": "Note"}
SAYS = ("not_met", "unknown")
TOLD = {"id", "title", "effect", "when", "only_if", "optional", "routes", "stage", "override", "label_or_house", "met"}


# Of a row that stops by one value of its fact and only notes another, the sheet says which.
BY_VALUE = "By "


def criterion(row: Mapping[str, Any]) -> Iterator[str]:
    """A row with its outcomes, the severest first as the sheet has them."""
    outcomes = row.get("parts") or (row,)
    lines = [outcome({**row, **part}) for part in outcomes]
    own = {key: value for key, value in row.items() if key not in {*TOLD, *SAYS, "parts", "source", "grade", "valid"}}
    lines += [f"{called(key)}: {shown(value)}" for key, value in own.items()]
    lines.append(f"sources: {shown(row['source'])}; grade {row['grade']}")
    lines += [f"says, when {called(key)}: {row[key]}" for key in SAYS if key in row]
    yield "\n".join(f"- {line}" for line in lines)


def outcome(part: Mapping[str, Any]) -> str:
    """One outcome in a sentence."""
    by = f" by {' or '.join(part['routes'])}" if part.get("routes") else ""
    at = {"dose": ", on the dosing day", "evaluation": ", at the evaluation"}.get(part.get("stage", ""), "")
    rule = {"label": "label", "house": "house rule"}[part.get("label_or_house", "house")]
    owed = f". Owed only if {condition(part['only_if'])}" if "only_if" in part else ""
    owed = ". Never owed; counts where it was done" if part.get("optional") else owed
    says = f". Says: {part['met']}" if "met" in part else ""
    if part.get("met", "").startswith(BY_VALUE):
        how, _, each = part["met"].partition(": ")
        return f"**{how}**{by}{at} when {condition(part['when'])}{counts(part)}: {each}; {rule}"
    lifted = called(part.get("override", "none"), "override")
    when = f"**{EFFECTS[part['effect']]}**{by}{at} when {condition(part['when'])}{counts(part)}{owed}"
    return f"{when}. May be overridden by {lifted}; {rule}{says}"


def counts(part: Mapping[str, Any]) -> str:
    return f"; an answer counts {validity(part['valid'])}" if "valid" in part else ""


def check(row: Mapping[str, Any]) -> Iterator[str]:
    """What must be known, for how long it counts, and when it is owed."""
    lines = [f"for: {row['purpose']}"]
    lines += [need(part) for part in row.get("needs", ())]
    lines += [f"{called(key)}: {row[key]}" for key in ("owed", "repeat") if key in row]
    lines.append(f"while it is missing, may be overridden by {called(row.get('override', 'P'), 'override')}")
    lines.append(f"sources: {shown(row['source'])}; grade of the need {row['grade']}")
    yield "\n".join(f"- {line}" for line in lines)


def need(part: Mapping[str, Any]) -> str:
    names = [fact(name) for name in part.get("facts", part.get("any_of", ()))]
    joint = ", " if "facts" in part else " or "
    by = f" by {' or '.join(part['routes'])}" if part.get("routes") else ""
    at = {"dose": ", on the dosing day", "evaluation": ", at the evaluation"}.get(part.get("stage", ""), "")
    again = part.get("again")
    later = "; within a series not again" if again == "never" else ""
    later = f"; within a series {validity(again)}" if again and not later else later
    owed = f"; only if {condition(part['only_if'])}" if "only_if" in part else ""
    strict = "; nobody may override" if part.get("override") == "none" else ""
    done = ", done" if part.get("done") else ""
    ahead = "; holds nothing back before the first dose" if part.get("ahead") else ""
    return f"**needs**{by}{at} {joint.join(names)}{done}: counts {validity(part['valid'])}{later}{owed}{strict}{ahead}"
