"""Reads the sheet of interactions: what a class does, how large that was found, and what follows."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

from ketacare.medicine.candidacy.terms import Route
from ketacare.medicine.candidacy.terms.medicines import (
    Does,
    Formulary,
    InteractionRow,
    InteractionSheet,
    Pair,
    Ratio,
    Together,
)
from ketacare.medicine.candidacy.terms.names import plain_name
from ketacare.medicine.evidence.reader import EFFECT_WORDS, SheetRefused, cite, condition_from, criteria_of
from ketacare.medicine.evidence.terms import Effect, Figure, Grade, Series, Sheet, weakest
from ketacare.medicine.quantities.terms import plain

_ROW_KEYS = {
    *("id", "title", "does", "mechanism", "size", "advice", "figures", "source", "grade", "unmet", "missed", "watch"),
    *("watched", "route"),
}
ROUTE_ACTIONS = ("consult", "caution", "note")


def interactions_from(sheet: Sheet) -> InteractionSheet:
    """The rows of a sheet as values, or SheetRefused with every fault."""
    faults: list[str] = []
    body: Mapping[str, Any] = sheet.body
    parts = ("rows", "ratios", "together", "pairs", "lines", "extra_pressure", "never_abrupt", "equivalents")
    absent = [f"{part}: missing. Interactions cannot be judged without it." for part in parts if part not in body]
    if absent:
        raise SheetRefused(sheet.header.id, absent)
    rows = [_row(row, f"rows[{place}] {row.get('id', '')}", sheet, faults) for place, row in enumerate(body["rows"])]
    ratios = [_ratio(row, f"ratios[{place}]", faults) for place, row in enumerate(body["ratios"])]
    together = {name: _together(name, row, sheet, faults) for name, row in body["together"].items()}
    equal = body["equivalents"]
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return InteractionSheet(
        header=sheet.header,
        rows={row.id: row for row in rows if row is not None},
        ratios=tuple(ratio for ratio in ratios if ratio is not None),
        substances=criteria_of(sheet, "substances"),
        measured=criteria_of(sheet, "measured"),
        habits=criteria_of(sheet, "habits"),
        together=together,
        pairs=tuple(Pair(row["row"], frozenset(row["with"]), row["consult"], row["words"]) for row in body["pairs"]),
        lines=body["lines"],
        extra_pressure={name: body["extra_pressure"][name] for name in ("every", "for")},
        extra_pressure_rows=frozenset(body["extra_pressure"]["rows"]),
        never_abrupt=_filled(body["never_abrupt"]["words"], body["never_abrupt"]),
        equal_to=equal["of"],
        tables=equal["tables"],
        equivalents={
            drug: {table: _ends(figure) for table, figure in tables.items()} for drug, tables in equal["drugs"].items()
        },
        equivalents_sources=cite(equal["source"], "equivalents", dict(sheet.sources), faults),
        reads=frozenset(_read(body)),
    )


def _row(row: Mapping[str, Any], path: str, sheet: Sheet, faults: list[str]) -> InteractionRow | None:
    before = len(faults)
    needed = ("id", "title", "does", "mechanism", "advice", "source", "grade")
    faults += [f"{path}: has no {key}. Add it." for key in needed if key not in row]
    faults += [f"{path}.{key}: not a part of a row. Remove it or correct it." for key in sorted(row.keys() - _ROW_KEYS)]
    if len(faults) > before:
        return None
    figures: Mapping[str, Figure | Series] = row.get("figures", {})
    does = [name for name in row["does"] if name in list(Does)]
    if len(does) < len(row["does"]):
        faults.append(f"{path}.does: {', '.join(row['does'])}: not all are of {', '.join(Does)}. Choose from these.")
    grades = [Grade(row["grade"]), *(figure.grade for figure in figures.values())]
    route = row.get("route", {})
    if not set(route.values()) <= set(ROUTE_ACTIONS) or not route.keys() <= set(Route):
        faults.append(f"{path}.route: a route says one of {', '.join(ROUTE_ACTIONS)}. Choose one.")
    watch = condition_from(row["watch"], f"{path}.watch", grades, faults) if "watch" in row else None
    cited = cite(row["source"], path, dict(sheet.sources), faults)
    if len(faults) > before:
        return None
    return InteractionRow(
        id=row["id"],
        title=row["title"],
        does=tuple(Does(name) for name in does),
        mechanism=row["mechanism"],
        size=_filled(row.get("size", ""), figures),
        advice=_filled(row["advice"], figures),
        figures=figures,
        sources=cited,
        grade=weakest(grades),
        unmet=EFFECT_WORDS[row.get("unmet", "clear")],
        missed="missed" in row,
        watch=watch,
        watched=_filled(row.get("watched", ""), figures),
        by_route={Route(name): action for name, action in route.items()},
    )


def _ratio(row: Mapping[str, Any], path: str, faults: list[str]) -> Ratio | None:
    needed = ("id", "drug", "given", "enzyme", "victim", "routes", "effect", "advice", "auc")
    absent = [f"{path}: has no {key}. Add it." for key in needed if key not in row]
    if absent:
        faults += absent
        return None
    return Ratio(
        id=row["id"],
        drug=row["drug"],
        given=row["given"],
        enzyme=row["enzyme"],
        victim=row["victim"],
        routes=frozenset(Route(name) for name in row["routes"]),
        effect=Effect.CAUTION if row["effect"] == "caution" else Effect.NOTE,
        advice=row["advice"],
        auc=row["auc"],
        cmax=row.get("cmax"),
        auc_range=row.get("auc_range"),
        cmax_range=row.get("cmax_range"),
        half_life_rise=row.get("half_life_rise"),
        fact=row.get("fact", ""),
        when=row.get("is", ""),
    )


def _together(name: str, row: Mapping[str, Any], sheet: Sheet, faults: list[str]) -> Together:
    figures = {key: figure for key, figure in row.items() if isinstance(figure, Figure)}
    cited = cite(row.get("source"), f"together.{name}", dict(sheet.sources), faults)
    words = _filled(row["words"], figures)
    return Together(name, row["title"], words, row["override"], cited, Grade(row["grade"]), figures)


def _ends(figure: Figure | Series) -> tuple[Decimal, ...]:
    return figure.values if isinstance(figure, Series) else (figure.value,)


# --- figures in words ------------------------------------------------------------------------------------------------

_LENGTHS = frozenset({"min", "h"})  # two of these are a range; two days are two days
_UNITS = {"1": "", "mg/d": " mg a day", "d": " days"}


def _filled(words: str, figures: Mapping[str, Any]) -> str:
    """The words with their figures filled in, so that no sentence can say another number than its figure."""
    for name, figure in figures.items():
        if isinstance(figure, (Figure, Series)):
            words = words.replace("{" + name + "}", told(figure))
    return words


def told(figure: Figure | Series) -> str:
    """8 mg a day, 80 %, 3 and 7."""
    numbers = figure.values if isinstance(figure, Series) else (figure.value,)
    between = " to " if figure.unit in _LENGTHS else " and "
    return between.join(plain(number) for number in numbers) + _UNITS.get(figure.unit, f" {figure.unit}")


def _read(tree: Any) -> set[str]:
    """Every fact that a condition of the sheet reads."""
    if isinstance(tree, Mapping):
        named = {tree["fact"]} if isinstance(tree.get("fact"), str) else set()
        return named.union(*(_read(part) for part in tree.values()))
    return set().union(*(_read(part) for part in tree)) if isinstance(tree, tuple) else set()


# --- the two sheets together -----------------------------------------------------------------------------------------


def faults_between(formulary: Formulary, sheet: InteractionSheet, facts: Collection[str]) -> list[str]:
    """What one of the two names and the other lacks: a drug of no row is known, a row of no drug is a slip."""
    named = {row for drug in formulary.drugs for row in (*drug.rows, *drug.groups)}
    wanted = {pair.row for pair in sheet.pairs}.union(*(pair.others for pair in sheet.pairs), sheet.extra_pressure_rows)
    drugs = {*sheet.equivalents, *(ratio.drug for ratio in sheet.ratios if ratio.drug)}
    return [
        *(f"{name}: read here, not in facts-1. Describe it." for name in sorted(sheet.reads - set(facts))),
        *(
            f"{name}: named in {formulary.header.id}, not a row here. Write it."
            for name in sorted(named - sheet.rows.keys())
        ),
        *(f"{name}: named here, not a row. Write it." for name in sorted(wanted - sheet.rows.keys())),
        *(
            f"{name}: named here, not a drug of {formulary.header.id}. Add it there."
            for name in sorted(drugs)
            if plain_name(name) not in formulary.by_name
        ),
    ]
