"""Published regimens in their phases, and the rules between sessions, of amounts and devices."""

from collections.abc import Mapping
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, cite
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet
from ketacare.medicine.protocols.reader.tables import rows_of, table_of
from ketacare.medicine.protocols.terms import DosingRule, Phase, Regimen, Unordered


def regimen_from(sheet: Sheet) -> Regimen:
    """The regimen a sheet holds, or SheetRefused naming what is absent."""
    faults: list[str] = []
    try:
        main = table_of(sheet.body, "regimen")
        regimen = Regimen(
            header=sheet.header,
            **{key: main[key] for key in ("drug", "route", "indication", "site_of_care", "label")},
            phases=tuple(_phase(row) for row in rows_of(sheet.body, "phases")),
            refused=_unordered(sheet, faults),
        )
    except KeyError as absent:
        raise SheetRefused(sheet.header.id, [f"{absent.args[0]}: the regimen lacks it. Add it."])
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return regimen


def _unordered(sheet: Sheet, faults: list[str]) -> Unordered | None:
    if "refused" not in sheet.body:
        return None
    table = table_of(sheet.body, "refused")
    cited = cite(table["source"], "refused", sheet.sources, faults)
    return Unordered(table["rule"], table["words"], cited, Grade(table["grade"]))


def later_of(sheet: Sheet) -> tuple[Phase, ...]:
    """The stretches after the course, in their order: how far apart their doses stand, and how many they are; only the
    last one has no end."""
    rows = rows_of(sheet.body, "later") if "later" in sheet.body else []
    found = tuple(_phase(row) for row in rows)
    for place, one in enumerate(found):
        days, doses = one.figures.get("days_between"), one.figures.get("doses")
        if days is None or days.unit != "d":
            raise ValueError(f"{one.name}: the days between its doses are missing, or not in d. Write them.")
        if (doses is None) != (place == len(found) - 1):
            raise ValueError(f"{one.name}: every stretch but the last says how many doses it has. Write them.")
    return found


def _phase(row: Mapping[str, Any]) -> Phase:
    return Phase(row["name"], figures_and_series(row), row.get("words", ""))


def dosing_rules_from(sheet: Sheet) -> tuple[DosingRule, ...]:
    """The rules a sheet holds, or SheetRefused naming what is absent."""
    faults: list[str] = []
    try:
        rules = tuple(_rule(row, place, sheet, faults) for place, row in enumerate(rows_of(sheet.body, "rules")))
    except KeyError as absent:
        raise SheetRefused(sheet.header.id, [f"{absent.args[0]}: a rule lacks it. Add it."])
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return rules


def _rule(row: Mapping[str, Any], place: int, sheet: Sheet, faults: list[str]) -> DosingRule:
    cited = cite(row["source"], f"rules[{place}]", sheet.sources, faults)
    words = {key: row[key] for key in ("id", "title", "applies", "words")}
    return DosingRule(**words, figures=figures_and_series(row), sources=cited, grade=Grade(row["grade"]))


def figures_and_series(row: Mapping[str, Any]) -> dict[str, Figure | Series]:
    return {name: value for name, value in row.items() if isinstance(value, Figure | Series)}
