"""Reads the stored cases: invented patients, one file each, drawn on the ground of one ordinary candidate.

A file says only what its person is about. Everything else is as in `normal.toml`, where all facts are known on the day
of the case. A file has one expectation, or several steps that each stand on the file's own case.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy.reader.case import case_from_json
from ketacare.medicine.candidacy.reader.knowledge import shipped
from ketacare.medicine.candidacy.terms import StoredCase

_NORMAL = "normal.toml"
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
def stored_cases(folder: Path) -> tuple[StoredCase, ...]:
    """Every case of a folder of vignettes, in the order of their files; none where there is no such folder."""
    if not (folder / _NORMAL).is_file():
        return ()
    normal = _read(folder / _NORMAL)
    vignettes = [_read(path) for path in sorted(folder.glob("[0-9]*.toml"))]
    steps = [step for vignette in vignettes for step in steps_of(vignette, normal)]
    return tuple(StoredCase(step.label, step.title, case_from_json(step.case)) for step in steps)


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def steps_of(vignette: Mapping[str, Any], normal: Mapping[str, Any]) -> Iterator[Step]:
    """A vignette with one expectation is one step; else every step stands on the vignette's own case."""
    told = vignette.get("step") or [{"name": vignette["title"], "expected": vignette["expected"]}]
    for place, step in enumerate(told, start=1):
        layers = [vignette.get("case", {}), {key: value for key, value in step.items() if key in PARTS}]
        yield Step(vignette["id"], place, step["name"], vignette["title"], case_of([normal, *layers]), step["expected"])


def case_of(layers: list[Mapping[str, Any]]) -> dict[str, Any]:
    """The ordinary candidate, the first layer, with the others on top, later ones over earlier ones."""
    parts: dict[str, Any] = {}
    for layer in layers:
        parts |= {key: value for key, value in layer.items() if key not in CHANGES}
    on = datetime.fromisoformat(parts["on"])
    known: dict[str, list[dict[str, Any]]] = {}
    for layer in layers:
        _change(known, layer, on)
    case = {
        "on": parts["on"],
        "stage": parts["stage"],
        "route": None if parts["route"] == "open" else parts["route"],
        "facts": [row for rows in known.values() for row in rows],
        "pressures": [_pressure(row, on) for row in parts["pressures"]],
        "clearances": [_clearance(row, on) for row in parts["clearances"]],
    }
    asked = {key: parts[key] for key in ("trials", "courses", "medicines") if parts[key] != "unknown"}
    return case | {key: [_trial(row) if key == "trials" else row for row in rows] for key, rows in asked.items()}


def _change(known: dict[str, list[dict[str, Any]]], layer: Mapping[str, Any], on: datetime) -> None:
    if layer.get("pressures"):  # readings of the day stand in place of a gate value
        for name in ("gate_sbp", "gate_dbp", "gate_severe"):
            known.pop(name, None)
    for name in layer.get("unknown", ()):
        known.pop(name, None)
    for name, told in layer.get("facts", {}).items():
        known[name] = [_fact(name, told, on)]
    for name, days in layer.get("stale", {}).items():
        known[name] = [row | {"known_on": _day(on, days)} for row in known[name]]
    for name, several in layer.get("contradictory", {}).items():
        known[name] = [_fact(name, told, on) for told in several]


def _fact(name: str, told: Any, on: datetime) -> dict[str, Any]:
    """A bare value is known on the day; a table adds the day of the event, the age of the knowledge, or who said so."""
    more = told if isinstance(told, Mapping) else {"value": told}
    kind = shipped().facts[name]
    value = _day(on, more["event_days_ago"]) if "event_days_ago" in more else more["value"]
    numeric = kind.kind in ("number", "hours or no") and value is not False
    return {
        "name": name,
        "value": value,
        "unit": kind.unit if numeric else None,
        "known_on": _day(on, more.get("known_days_ago", 0)),
        "source": more.get("source", TELLERS[kind.told_by]),
        "settles": more.get("settles", False),
    }


def _day(on: datetime, days_ago: int) -> str:
    return (on.date() - timedelta(days=days_ago)).isoformat()


def _trial(row: Mapping[str, Any]) -> dict[str, Any]:
    """Steps are written [mg, days], with "unknown" where nobody knows."""
    steps = [
        {key: None if value == "unknown" else value for key, value in zip(("dose_mg", "days"), step, strict=True)}
        for step in row.get("steps", ())
    ]
    return {"stopped_for_side_effects": False, **row, "steps": steps}


def _pressure(row: list[int], on: datetime) -> dict[str, Any]:
    """Written [minutes ago, systolic, diastolic]."""
    minutes, systolic, diastolic = row
    taken_at = (on - timedelta(minutes=minutes)).isoformat()
    return {"taken_at": taken_at, "systolic_mmhg": systolic, "diastolic_mmhg": diastolic}


def _clearance(row: Mapping[str, Any], on: datetime) -> dict[str, Any]:
    """Given on the day of the case, on which its facts are known, or so many days ago; in force for `until_days` more,
    none when below zero, open-ended without it."""
    until = {"until": _day(on, -row["until_days"])} if "until_days" in row else {}
    return {
        "criterion": row["criterion"],
        "signatures": row["signatures"],
        "given_on": _day(on, row.get("given_days_ago", 0)),
        "conditions": row.get("conditions", ""),
        "for": row.get("for"),
    } | until
