"""Bands that must meet, and figures that cannot be: an amended sheet leaves no pressure without its row (H19)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from ketacare.medicine.candidacy.terms import FactKind, PressureLines
from ketacare.medicine.evidence.rules import evaluate, leaves
from ketacare.medicine.evidence.terms import Compare, Criterion, Fact, Facts, Result

_NAMES = ("gate_sbp", "gate_dbp")
# Which rows divide all pressures between them: of one sheet from the lowest on, of the other above the first line.
_OF_A_SHEET = {
    "pressure-1": ("BP-1", "BP-2", "BP-3", "BP-4"),
    "contraindications-1": ("CI-13", "CI-15", "CI-16"),
}
_ON = date(2000, 1, 1)
_LEAST_READINGS = 2


def gate_faults(lines: PressureLines, facts: Mapping[str, FactKind]) -> Iterator[str]:
    """The lines of the gate value: within what can be measured, calm below severe, and a mean is of two readings."""
    for name, calm, severe in zip(_NAMES, lines.calm, lines.severe, strict=True):
        kind = facts[name]
        assert kind.range is not None  # a number in the vocabulary has a range, its tests hold
        low, high = kind.range.values
        if not low <= calm < severe <= high:
            yield f"gate: {name}: calm {calm} and severe {severe} must rise, from {low} to {high} mmHg. Correct them."
    if lines.most < _LEAST_READINGS:
        yield f"gate.most_readings: {lines.most} make no mean. Give {_LEAST_READINGS} or more."
    if min(lines.rest_minutes, lines.again_minutes, lines.apart_minutes) < 1:
        yield "gate: minutes between readings are 1 or more. Correct them."


def holes(sheet: str, criteria: Sequence[Criterion], facts: Mapping[str, FactKind]) -> Iterator[str]:
    """Pressures at which none of the rows is met that divide them: the first of each hole."""
    rows = [criterion for criterion in criteria if criterion.id in _OF_A_SHEET.get(sheet, ())]
    for name in _NAMES if rows else ():
        lines = {value for row in rows for value in _lines(row, name)}
        kind = facts[name]
        assert kind.range is not None  # a number in the vocabulary has a range, its tests hold
        low, high = kind.range.values
        around = {value + step for value in lines for step in (-1, 0, 1)} | {high}
        begin = low if sheet == "pressure-1" else min(lines, default=low) + 1
        found = [value for value in sorted(around) if begin <= value <= high and not _any_met(rows, name, value)]
        if found:
            ids = ", ".join(dict.fromkeys(row.id for row in rows))
            yield f"{ids}: none is met at {name} {found[0]} mmHg. Move the line of both neighbours."


def _lines(row: Criterion, name: str) -> Iterator[Decimal]:
    for leaf in leaves(row.condition):
        if isinstance(leaf, Compare) and leaf.fact == name and isinstance(leaf.value, Decimal):
            yield leaf.value


def _any_met(rows: Sequence[Criterion], name: str, value: Decimal) -> bool:
    """With the other component as low as can be, and no symptoms."""
    calm = {"gate_sbp": Decimal(60), "gate_dbp": Decimal(30)} | {name: value}
    known = [Fact(told, number, "mmHg", _ON, "") for told, number in calm.items()]
    known += [Fact(told, False, None, _ON, "") for told in ("gate_severe", "pressure_symptoms")]
    return any(evaluate(row.condition, Facts(known), _ON).result is Result.MET for row in rows)
