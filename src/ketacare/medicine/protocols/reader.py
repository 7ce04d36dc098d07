"""Turns the protocol, limit and release sheets of this room into terms; refuses a sheet that contradicts itself."""

from collections.abc import Callable, Mapping
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from ketacare.medicine.evidence.reader import SheetRefused, cite, condition_from, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, weakest
from ketacare.medicine.protocols.terms import (
    AfterCrossing,
    Ceilings,
    Check,
    Checklist,
    DosingRule,
    DueReading,
    FollowUp,
    LimitSet,
    Need,
    ParameterLimits,
    Phase,
    Protocol,
    Regimen,
    ReleaseSet,
    Vial,
    WeightRules,
)
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, Quantity, Volume

_KNOWLEDGE = Path(__file__).parent / "knowledge"
PROTOCOLS = (
    *("p-iv-05-2w", "p-iv-05-3w", "p-iv-05-1", "p-iv-05-60", "p-iv-10", "p-iv-crt", "p-iv-kap"),
    *("p-si-1", "p-si-2"),
)
REGIMENS = (
    *("p-iv-2step", "p-iv-96h", "p-im-05", "p-im-kap", "p-sc-kads", "p-sc-old", "p-in-rac", "p-sl-kap", "p-sl-home"),
    *("p-po-1", "p-esk-trd", "p-esk-65", "p-esk-si", "p-arket"),
)
PARTS = ("iv-amounts-1", "mon-iv", "follow-up-1", "tx-1", "rl-iv", "readiness-1")
RULES = ("titration-1", "esketamine-device-1", "amounts-1")
Kind = TypeVar("Kind", bound=Quantity)


@cache
def protocol(sheet_id: str) -> Protocol:
    """The shipped protocol of this id; KeyError when there is none."""
    return protocol_from(_sheet(sheet_id, PROTOCOLS))


@cache
def regimen(sheet_id: str) -> Regimen:
    """The shipped regimen of this id, by a route that is not ordered here; KeyError when there is none."""
    return regimen_from(_sheet(sheet_id, REGIMENS))


@cache
def dosing_rules(sheet_id: str) -> tuple[DosingRule, ...]:
    """The shipped rules of this id: titration, device, amounts."""
    return dosing_rules_from(_sheet(sheet_id, RULES))


@cache
def limit_set(sheet_id: str) -> LimitSet:
    """The shipped alarm limits of this id, as plain lines per parameter."""
    return limit_set_from(_sheet(sheet_id, ("tx-1",)))


@cache
def release_set(sheet_id: str) -> ReleaseSet:
    """The shipped release lines of this id."""
    return release_set_from(_sheet(sheet_id, ("rl-iv",)))


@cache
def checklist(sheet_id: str) -> Checklist:
    """The shipped readiness checks of this id."""
    return checklist_from(_sheet(sheet_id, ("readiness-1",)))


def _sheet(sheet_id: str, known: tuple[str, ...]) -> Sheet:
    if sheet_id not in known:
        raise KeyError(f"{sheet_id}: no such sheet. Known: {', '.join(known)}.")
    return read_sheet(_KNOWLEDGE / f"{sheet_id}.toml")


# --- protocol -------------------------------------------------------------------------------------------------------


def protocol_from(sheet: Sheet, part: Callable[[str], Sheet] | None = None) -> Protocol:
    """The protocol a sheet holds, or SheetRefused naming what is absent or contradictory.

    `part` finds the sheets that it is put together from; by default those that ship.
    """
    try:
        return _protocol(sheet, part or _part)
    except KeyError as absent:
        raise SheetRefused(sheet.header.id, [f"{absent.args[0]}: the protocol lacks it. Add it."])
    except (ValueError, TypeError) as wrong:
        raise SheetRefused(sheet.header.id, [str(wrong)])


def _part(sheet_id: str) -> Sheet:
    return _sheet(sheet_id, PARTS)


def _protocol(sheet: Sheet, part: Callable[[str], Sheet]) -> Protocol:
    main = _table(sheet.body, "protocol")
    amounts, monitoring, follow_up = (part(main[key]) for key in ("amounts", "monitoring", "follow_up"))
    limits = limit_set_from(part(main["limits"]))
    release, readiness = release_set_from(part(main["release"])), checklist_from(part(main["readiness"]))
    composed = (sheet, amounts, monitoring, follow_up)
    return Protocol(
        header=sheet.header,
        drug=main["drug"],
        route=main["route"],
        indication=main["indication"],
        site_of_care=main["site_of_care"],
        headers=(*(part.header for part in composed), limits.header, release.header, readiness.header),
        dose=_amount(MassPerWeight, main["dose"]),
        minutes=_amount(Duration, main["minutes"]),
        sessions=main["sessions"].integer,
        per_week=main["per_week"].integer,
        most_sessions=main["most_sessions"].integer,
        min_days_between=main["min_days_between"].integer,
        bag=_amount(Volume, _table(amounts.body, "bag")["volume"]),
        weight=_weight(_table(amounts.body, "weight")),
        ceilings=_ceilings(_table(amounts.body, "ceilings")),
        vials=tuple(_vial(row) for row in _rows(amounts.body, "vials")),
        readings=_readings(_table(monitoring.body, "schedule")),
        after_crossing=_after_crossing(_table(monitoring.body, "after_crossing")),
        follow_ups=tuple(_follow_up(row) for row in _rows(follow_up.body, "follow_ups")),
        limits=limits,
        release=release,
        readiness=readiness,
        figures={name: figure for part in composed for name, figure in _all_figures(part.body, "").items()},
    )


def _weight(table: Mapping[str, Any]) -> WeightRules:
    return WeightRules(
        descriptor=table["descriptor"],
        valid_days=table["valid"].integer,
        recalculate_percent=table["recalculate"].value,
        question_percent=table["question"].value,
        bmi_low=table["bmi_low"].value,
        bmi_high=table["bmi_high"].value,
    )


def _ceilings(table: Mapping[str, Any]) -> Ceilings:
    return Ceilings(
        floor_by_weight=_amount(MassPerWeight, table["floor_by_weight"]),
        confirm_over=_amount(Mass, table["confirm_over"]),
        most=_amount(Mass, table["most"]),
        most_by_weight=_amount(MassPerWeight, table["most_by_weight"]),
        two_people_times_plan=table["two_people_times_plan"].value,
        two_people_times_last=table["two_people_times_last"].value,
        two_people_over_by_weight=_amount(MassPerWeight, table["two_people_over_by_weight"]),
        two_people_under=_amount(Duration, table["two_people_under_minutes"]),
    )


def _vial(row: Mapping[str, Any]) -> Vial:
    return Vial(_amount(Concentration, row["concentration"]), _amount(Volume, row["volume"]), row["dilute_first"])


def _after_crossing(table: Mapping[str, Any]) -> AfterCrossing:
    return AfterCrossing(table["every"].integer, table["inside_times"].integer, table["then_every"].integer)


def _follow_up(row: Mapping[str, Any]) -> FollowUp:
    hours = [row[key] for key in ("opens", "due", "escalate")]
    for figure in hours:
        if figure.unit != "h":
            raise ValueError(f"follow_ups.{row['kind']}: in {figure.unit}, not in h. Write hours from T0.")
    return FollowUp(row["kind"], row["title"], row["owner"], *(figure.integer for figure in hours))


def _readings(table: Mapping[str, Any]) -> tuple[DueReading, ...]:
    due = [reading for parameter, row in table.items() for reading in _readings_of(parameter, row)]
    return tuple(sorted(due, key=lambda reading: (reading.minute is None, reading.minute or 0)))


def _readings_of(parameter: str, row: Mapping[str, Any]) -> list[DueReading]:
    due = [
        DueReading(parameter, int(minute), need)
        for need in Need
        if isinstance(series := row.get(need), Series)
        for minute in series.values
    ]
    return [*due, DueReading(parameter, None, Need.REQUIRED)] if row.get("before_leaving") else due


# --- regimens and rules ---------------------------------------------------------------------------------------------


def regimen_from(sheet: Sheet) -> Regimen:
    """The regimen a sheet holds, or SheetRefused naming what is absent."""
    try:
        main = _table(sheet.body, "regimen")
        return Regimen(
            header=sheet.header,
            **{key: main[key] for key in ("drug", "route", "indication", "site_of_care", "label")},
            phases=tuple(_phase(row) for row in _rows(sheet.body, "phases")),
        )
    except KeyError as absent:
        raise SheetRefused(sheet.header.id, [f"{absent.args[0]}: the regimen lacks it. Add it."])


def _phase(row: Mapping[str, Any]) -> Phase:
    return Phase(row["name"], _figures_and_series(row), row.get("words", ""))


def dosing_rules_from(sheet: Sheet) -> tuple[DosingRule, ...]:
    """The rules a sheet holds, or SheetRefused naming what is absent."""
    faults: list[str] = []
    try:
        rules = tuple(_rule(row, place, sheet, faults) for place, row in enumerate(_rows(sheet.body, "rules")))
    except KeyError as absent:
        raise SheetRefused(sheet.header.id, [f"{absent.args[0]}: a rule lacks it. Add it."])
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return rules


def _rule(row: Mapping[str, Any], place: int, sheet: Sheet, faults: list[str]) -> DosingRule:
    cited = cite(row["source"], f"rules[{place}]", sheet.sources, faults)
    words = {key: row[key] for key in ("id", "title", "applies", "words")}
    return DosingRule(**words, figures=_figures_and_series(row), sources=cited, grade=Grade(row["grade"]))


def _figures_and_series(row: Mapping[str, Any]) -> dict[str, Figure | Series]:
    return {name: value for name, value in row.items() if isinstance(value, Figure | Series)}


# --- readiness ------------------------------------------------------------------------------------------------------


def checklist_from(sheet: Sheet) -> Checklist:
    """The readiness checks a sheet holds, or SheetRefused with every fault."""
    faults: list[str] = []
    rows = [_check(row, f"checks[{place}]", sheet, faults) for place, row in enumerate(_rows(sheet.body, "checks"))]
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return Checklist(sheet.header, tuple(row for row in rows if row is not None))


def _check(row: Mapping[str, Any], path: str, sheet: Sheet, faults: list[str]) -> Check | None:
    absent = sorted({"id", "title", "strict", "no_go", "source", "grade", "words"} - row.keys())
    if absent:
        faults.extend(f"{path}: the check has no {key}. Add it." for key in absent)
        return None
    grades = [Grade(row["grade"])]
    no_go = condition_from(row["no_go"], f"{path}.no_go", grades, faults)
    prescriber = None
    if "prescriber" in row:
        prescriber = condition_from(row["prescriber"], f"{path}.prescriber", grades, faults)
    cited = cite(row["source"], path, sheet.sources, faults)
    if no_go is None:
        return None
    return Check(row["id"], row["title"], row["strict"], no_go, prescriber, cited, weakest(grades), row["words"])


# --- release --------------------------------------------------------------------------------------------------------


def release_set_from(sheet: Sheet) -> ReleaseSet:
    """The release lines a sheet holds."""
    return ReleaseSet(sheet.header, _figures(_table(sheet.body, "release")))


# --- limits ---------------------------------------------------------------------------------------------------------

_LADDER = ("low_high", "low_medium", "low_notice", "high_notice", "high_medium", "high_high")


def limit_set_from(sheet: Sheet) -> LimitSet:
    """The limits a sheet holds; refused when a low line is not under a high one, or units differ (A14)."""
    general = _table(sheet.body, "general")
    parameters = {name: _parameter(name, row) for name, row in _table(sheet.body, "parameters").items()}
    faults = [fault for limits in parameters.values() for fault in _faults(limits)]
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return LimitSet(
        sheet.header, parameters, _figures(general), tuple(general["symptoms_medium"]), tuple(general["symptoms_high"])
    )


def _parameter(name: str, row: Mapping[str, Any]) -> ParameterLimits:
    return ParameterLimits(name, row["title"], row["unit"], row["kind"], _figures(row))


def _faults(limits: ParameterLimits) -> list[str]:
    rungs = [(name, limits.lines[name]) for name in _LADDER if name in limits.lines]
    faults = [
        f"parameters.{limits.parameter}: {low} must be under {high}. Correct one."
        for (low, below), (high, above) in pairwise(rungs)
        if not below.value < above.value
    ]
    return faults + [
        f"parameters.{limits.parameter}.{name}: in {figure.unit}, the parameter in {limits.unit}. Use one unit."
        for name, figure in rungs
        if figure.unit != limits.unit
    ]


# --- tables ---------------------------------------------------------------------------------------------------------


def _table(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = body[name]
    return table


def _rows(body: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    rows: tuple[Mapping[str, Any], ...] = body[name]
    return rows


def _amount(kind: type[Kind], figure: Figure) -> Kind:
    """A figure as an amount of this kind; another unit is refused."""
    if figure.unit != kind.unit:
        raise ValueError(f"{kind.name}: the sheet has {figure.unit}, needs {kind.unit}. Correct the unit.")
    return kind(figure.value)


def _figures(table: Mapping[str, Any]) -> dict[str, Figure]:
    return {name: value for name, value in table.items() if isinstance(value, Figure)}


def _all_figures(tree: Any, path: str) -> dict[str, Figure]:
    """Every figure of a sheet by its path, for the pages that show where each comes from."""
    if isinstance(tree, Figure):
        return {path: tree}
    if isinstance(tree, Mapping):
        parts = [(f"{path}.{key}".lstrip("."), part) for key, part in tree.items()]
    elif isinstance(tree, tuple):
        parts = [(f"{path}[{place}]", part) for place, part in enumerate(tree)]
    else:
        return {}
    return {name: figure for at, part in parts for name, figure in _all_figures(part, at).items()}
