"""Expands a vignette into the JSON form of its cases.

`python -m tests.vignettes.expand` lists the vignettes; with a name, as `V12`, it prints its cases by step; with a
name and a number, as `V12 2`, the case of that step alone, ready for `ketacare candidacy`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from ketacare.medicine.candidacy import reader
from ketacare.web.handbook.vignettes import FOLDER, files, read

NORMAL = FOLDER / "normal.toml"
# Who is taken to have told a fact, where a vignette does not say.
TELLERS = {
    "patient": "patient at interview",
    "clinician": "clinician's interview",
    "test": "test result",
    "plan": "treatment plan",
    "day": "nurse on the day",
}
CHANGES = {"facts", "unknown", "stale", "contradictory"}
PARTS = {"on", "stage", "route", "trials", "courses", "medicines", "pressures", "clearances"} | CHANGES


@dataclass(frozen=True)
class Step:
    """One case of a vignette, and what the sources say of it."""

    vignette: str
    place: int
    name: str
    title: str
    case: Mapping[str, Any]
    expected: Mapping[str, Any]

    @property
    def label(self) -> str:
        return f"{self.vignette}.{self.place} {self.name}"


@cache
def all_steps() -> tuple[Step, ...]:
    return tuple(step for path in files() for step in steps_of(read(path)))


def outcomes(step: Step) -> set[str]:
    """Usually one; several where the sources leave open which."""
    told = step.expected["outcome"]
    return {told} if isinstance(told, str) else set(told)


def steps_of(vignette: Mapping[str, Any]) -> Iterator[Step]:
    """A vignette with one expectation is one step; else every step stands on the vignette's own case."""
    told = vignette.get("step") or [{"name": vignette["title"], "expected": vignette["expected"]}]
    for place, step in enumerate(told, start=1):
        layers = [vignette.get("case", {}), {key: value for key, value in step.items() if key in PARTS}]
        yield Step(vignette["id"], place, step["name"], vignette["title"], case_of(layers), step["expected"])


def case_of(layers: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The ordinary candidate with these layers of changes on top, later ones over earlier ones."""
    parts: dict[str, Any] = {}
    for layer in [read(NORMAL), *layers]:
        parts |= {key: value for key, value in layer.items() if key not in CHANGES}
    on = datetime.fromisoformat(parts["on"])
    known: dict[str, list[dict[str, Any]]] = {}
    for layer in [read(NORMAL), *layers]:
        change(known, layer, on)
    case = {
        "on": parts["on"],
        "stage": parts["stage"],
        "route": None if parts["route"] == "open" else parts["route"],
        "facts": [row for rows in known.values() for row in rows],
        "pressures": [pressure(row, on) for row in parts["pressures"]],
        "clearances": [clearance(row, on) for row in parts["clearances"]],
    }
    asked = {key: parts[key] for key in ("trials", "courses", "medicines") if parts[key] != "unknown"}
    return case | {key: [trial(row) if key == "trials" else row for row in rows] for key, rows in asked.items()}


def change(known: dict[str, list[dict[str, Any]]], layer: Mapping[str, Any], on: datetime) -> None:
    if layer.get("pressures"):  # readings of the day stand in place of a gate value
        for name in ("gate_sbp", "gate_dbp", "gate_severe"):
            known.pop(name, None)
    for name in layer.get("unknown", ()):
        known.pop(name, None)
    for name, told in layer.get("facts", {}).items():
        known[name] = [fact(name, told, on)]
    for name, days in layer.get("stale", {}).items():
        known[name] = [row | {"known_on": day(on, days)} for row in known[name]]
    for name, several in layer.get("contradictory", {}).items():
        known[name] = [fact(name, told, on) for told in several]


def fact(name: str, told: Any, on: datetime) -> dict[str, Any]:
    """A bare value is known on the day; a table adds the day of the event, the age of the knowledge, or who said so."""
    more = told if isinstance(told, Mapping) else {"value": told}
    kind = reader.shipped().facts[name]
    value = day(on, more["event_days_ago"]) if "event_days_ago" in more else more["value"]
    numeric = kind.kind in ("number", "hours or no") and value is not False
    return {
        "name": name,
        "value": value,
        "unit": kind.unit if numeric else None,
        "known_on": day(on, more.get("known_days_ago", 0)),
        "source": more.get("source", TELLERS[kind.told_by]),
        "settles": more.get("settles", False),
    }


def day(on: datetime, days_ago: int) -> str:
    return (on.date() - timedelta(days=days_ago)).isoformat()


def trial(row: Mapping[str, Any]) -> dict[str, Any]:
    """Steps are written [mg, days], with "unknown" where nobody knows."""
    steps = [
        {key: None if value == "unknown" else value for key, value in zip(("dose_mg", "days"), step, strict=True)}
        for step in row.get("steps", ())
    ]
    return {**row, "steps": steps}


def pressure(row: list[int], on: datetime) -> dict[str, Any]:
    """Written [minutes ago, systolic, diastolic]."""
    minutes, systolic, diastolic = row
    taken_at = (on - timedelta(minutes=minutes)).isoformat()
    return {"taken_at": taken_at, "systolic_mmhg": systolic, "diastolic_mmhg": diastolic}


def clearance(row: Mapping[str, Any], on: datetime) -> dict[str, Any]:
    """Given so many days ago; in force for `until_days` more, none when below zero, open-ended without it."""
    until = {"until": day(on, -row["until_days"])} if "until_days" in row else {}
    return {
        "criterion": row["criterion"],
        "signatures": row["signatures"],
        "given_on": day(on, row.get("given_days_ago", 3)),
        "conditions": row.get("conditions", ""),
    } | until


def main(wanted: list[str]) -> int:
    vignettes = {vignette["id"]: vignette for vignette in map(read, files())}
    if not wanted:
        for name, vignette in vignettes.items():
            print(name, vignette["title"])
        return 0
    if wanted[0] not in vignettes:
        print(f"{wanted[0]}: no such vignette. Without a name all are listed.", file=sys.stderr)
        return 2
    steps = list(steps_of(vignettes[wanted[0]]))
    if len(wanted) > 1:
        print(json.dumps(steps[int(wanted[1]) - 1].case, indent=1))
        return 0
    print(json.dumps({step.label: step.case for step in steps}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
