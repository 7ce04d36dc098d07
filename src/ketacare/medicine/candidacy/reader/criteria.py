"""Reads the sheets of criteria: contraindications, indications, blood pressure; and refuses what cannot be judged."""

from collections.abc import Iterable, Iterator, Mapping
from string import Formatter
from typing import Any

from ketacare.medicine.candidacy.reader.bands import gate_faults, holes
from ketacare.medicine.candidacy.terms import (
    WORKED_OUT,
    ContraindicationSheet,
    CriteriaSheet,
    ExpectedRise,
    FactKind,
    IndicationSheet,
    PressureLines,
    PressureSheet,
    Route,
    SeverityGate,
    Signatures,
)
from ketacare.medicine.candidacy.terms.knowledge import UNTIL, WAIT
from ketacare.medicine.evidence.reader import SheetRefused, criteria_of
from ketacare.medicine.evidence.rules import leaves
from ketacare.medicine.evidence.terms import EVER, Compare, Comparison, Criterion, Figure, Grade, Sheet, Within

OVERRIDES = ("none", *Signatures)
_WORKED_OUT = {name: FactKind(name, name, "", "", "yes or no") for name in WORKED_OUT}
_NUMBERS = ("over", "at_least", "under", "at_most")
_DATES = ("within", "for")
_KINDS = {
    "yes or no": ("is", "is_not"),
    "choice": ("is", "is_not", "one_of"),
    "number": _NUMBERS,
    "hours or no": _NUMBERS,
    "date or no": _DATES,
}


def criteria_sheet_from(sheet: Sheet, facts: Mapping[str, FactKind]) -> CriteriaSheet:
    """The criteria of a sheet; refused when a condition reads what the vocabulary cannot answer."""
    criteria = checked(sheet, criteria_of(sheet), facts)
    return CriteriaSheet(sheet.header, criteria, reads_of(sheet.body))


def contraindication_sheet_from(sheet: Sheet, facts: Mapping[str, FactKind]) -> ContraindicationSheet:
    body: Mapping[str, Any] = sheet.body
    criteria = checked(sheet, criteria_of(sheet), facts)
    return ContraindicationSheet(sheet.header, criteria, reads_of(body), frozenset(body["sedatives"]["rows"]))


def indication_sheet_from(sheet: Sheet, facts: Mapping[str, FactKind]) -> IndicationSheet:
    gate = _severity_gate(sheet)
    reads = reads_of(sheet.body) | gate.lines.keys() | {gate.statement, gate.entry, gate.diagnosis}
    label = tuple(source for name, source in sheet.sources.items() if name == "EU-LABEL-ESKETAMINE")
    return IndicationSheet(sheet.header, checked(sheet, criteria_of(sheet), facts), reads, gate, label)


def pressure_sheet_from(sheet: Sheet, facts: Mapping[str, FactKind]) -> PressureSheet:
    body: Mapping[str, Any] = sheet.body
    gate: Mapping[str, Figure] = body["gate"]
    calm = gate["calm_systolic"].value, gate["calm_diastolic"].value
    severe = gate["severe_systolic"].value, gate["severe_diastolic"].value
    most = gate["most_readings"].integer
    criteria = checked(sheet, criteria_of(sheet), facts)
    waits = tuple(gate[key].integer for key in ("minutes_rest", "again_minutes", "minutes_apart"))
    lines = PressureLines(calm, severe, most, *waits)
    if faults := list(gate_faults(lines, facts)):
        raise SheetRefused(sheet.header.id, faults)
    rises = tuple(
        ExpectedRise(row["title"], row["words"].split(";")[0], row["systolic"], row["diastolic"], row.get("share"))
        for row in body.get("expected", ())
        if row["words"].startswith("mean ") or "share" in row
    )
    return PressureSheet(sheet.header, criteria, reads_of(body), lines, rises)


def _severity_gate(sheet: Sheet) -> SeverityGate:
    body: Mapping[str, Any] = sheet.body
    gate: Mapping[str, Any] = body["severity_gate"]
    return SeverityGate(
        **{key: gate[key] for key in ("id", "title", "override", "lines", "statement", "entry", "diagnosis")},
        valid_days=gate["valid"].integer,
        diagnoses=gate["diagnoses"],
        words={key: gate[key] for key in ("met", "not_met", "not_asked", "unknown")},
        sources=(sheet.sources[gate["source"]],),
        grade=Grade(gate["grade"]),
    )


# --- what cannot be judged ------------------------------------------------------------------------------------------


def checked(sheet: Sheet, criteria: tuple[Criterion, ...], facts: Mapping[str, FactKind]) -> tuple[Criterion, ...]:
    """The same criteria, or SheetRefused with every fault: a fact nobody describes, a comparison it cannot answer."""
    faults = [fault for leaf in leaves_of(sheet.body) for fault in _leaf_faults(leaf, facts)]
    faults += [fault for criterion in criteria for fault in _word_faults(criterion)]
    if not faults:
        faults = list(holes(sheet.header.id, criteria, facts))
    if faults:
        raise SheetRefused(sheet.header.id, sorted(set(faults)))
    return criteria


def _leaf_faults(leaf: Mapping[str, Any], facts: Mapping[str, FactKind]) -> Iterator[str]:
    name = leaf["fact"]
    kind = facts.get(name) or _WORKED_OUT.get(name)
    if kind is None:
        yield f"{name}: read by a criterion, not in facts-1. Describe it."
        return
    (test,) = leaf.keys() & {*_NUMBERS, *_DATES, "is", "is_not", "one_of"}
    line = leaf[test]
    if test not in _KINDS[kind.kind]:
        yield f"{name}: is a {kind.kind} and cannot be held against {test}. Choose another comparison."
    elif isinstance(line, Figure) and test in _NUMBERS and line.unit != kind.unit:
        yield f"{name}: is in {kind.unit}, the line is in {line.unit}. Write it in {kind.unit}."
    elif isinstance(line, Figure) and kind.range is not None:
        low, high = kind.range.values
        if not low <= line.value <= high:
            yield f"{name}: {line.value} is impossible: {kind.title} is from {low} to {high} {kind.unit}. Correct it."
    elif kind.kind == "choice":
        named = line if isinstance(line, tuple) else (line,)
        yield from (f"{name}: {choice!r} is not one of its answers." for choice in named if choice not in kind.choices)


def _word_faults(criterion: Criterion) -> Iterator[str]:
    if criterion.override not in OVERRIDES:
        yield f"{criterion.id}: override {criterion.override!r} is not one of {', '.join(OVERRIDES)}. Choose one."
    if criterion.label_or_house not in ("label", "house"):
        yield f"{criterion.id}: {criterion.label_or_house!r} is neither label nor house. Say which it is."
    for words in criterion.words.values():
        for _, place, _, _ in Formatter().parse(words):
            if place is not None and place not in _places(criterion):
                yield f"{criterion.id}: {{{place}}} in its words follows from no reading of its condition. Remove it."
    for route in criterion.routes:
        if route not in list(Route):
            yield f"{criterion.id}: {route!r} is not one of {', '.join(Route)}. Choose one."


def _places(criterion: Criterion) -> set[str]:
    """What the words may leave open: a day where a dated event is read, a wait where hours are."""
    read = list(leaves(criterion.condition))
    dated = any(isinstance(leaf, Within) and leaf.days != EVER for leaf in read)
    hours = any(isinstance(leaf, Compare) and leaf.comparison is Comparison.UNDER and leaf.unit == "h" for leaf in read)
    return {place for place, is_there in ((UNTIL, dated), (WAIT, hours)) if is_there}


def leaves_of(tree: Any) -> Iterator[Mapping[str, Any]]:
    """Every reading of a fact in a sheet's conditions."""
    if isinstance(tree, Mapping):
        if isinstance(tree.get("fact"), str):
            yield tree
        parts: Iterable[Any] = tree.values()
    else:
        parts = tree if isinstance(tree, tuple) else ()
    for part in parts:
        yield from leaves_of(part)


def reads_of(tree: Any) -> frozenset[str]:
    """The facts that somebody tells; what is worked out is nobody's to answer."""
    return frozenset(leaf["fact"] for leaf in leaves_of(tree)) - WORKED_OUT.keys()
