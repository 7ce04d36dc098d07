"""Turns the protocol, limit and release sheets of this room into terms; refuses a sheet that contradicts itself."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from ketacare.medicine.evidence.reader import SheetRefused, cite, condition_from, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, weakest
from ketacare.medicine.protocols.reader.contradictions import crossed, crowded
from ketacare.medicine.protocols.reader.products import product_of
from ketacare.medicine.protocols.reader.regimens import dosing_rules_from, later_of, regimen_from
from ketacare.medicine.protocols.reader.tables import all_figures, amount_of, figures_of, rows_of, table_of
from ketacare.medicine.protocols.terms import (
    Ceilings,
    Check,
    Checklist,
    DosingRule,
    DueReading,
    FollowUp,
    HomeRules,
    LimitSet,
    Means,
    Need,
    ParameterLimits,
    Protocol,
    PumpRules,
    Regimen,
    ReleaseSet,
    SecondDose,
    TwoSteps,
    Unordered,
)
from ketacare.medicine.quantities.terms import Duration, Mass, MassPerWeight

__all__ = [
    "PARTS", "PROTOCOLS", "REGIMENS", "RULES", "check_tries", "checklist", "checklist_from", "crossed", "crowded",
    "dosing_rules", "dosing_rules_from", "limit_set", "limit_set_from", "protocol", "protocol_from", "regimen",
    "regimen_from", "release_set", "release_set_from", "rules_in", "time_out_lasts", "unordered",
]  # fmt: skip

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"
PROTOCOLS = (
    *("p-iv-05-2w", "p-iv-05-3w", "p-iv-05-1", "p-iv-05-60", "p-iv-10", "p-iv-crt", "p-iv-kap", "p-iv-2step"),
    *("p-si-1", "p-si-2", "p-im-05", "p-im-kap", "p-sc-kads", "p-sc-old", "p-in-rac", "p-sl-kap", "p-po-1"),
    *("p-sl-home", "p-esk-trd", "p-esk-65", "p-esk-si"),
)
REGIMENS = (
    *("p-iv-2step", "p-iv-96h", "p-im-05", "p-im-kap", "p-sc-kads", "p-sc-old", "p-in-rac", "p-sl-kap", "p-sl-home"),
    *("p-po-1", "p-esk-trd", "p-esk-65", "p-esk-si", "p-arket"),
)
PARTS = (
    *("iv-amounts-1", "other-amounts-1", "syringes-1", "esketamine-device-1", "follow-up-1", "tx-1", "readiness-1"),
    *("mon-iv", "mon-im", "mon-sc", "mon-esk", "mon-sl", "rl-iv", "rl-im", "rl-sl", "rl-esk"),
)
RULES = ("titration-1", "esketamine-device-1", "amounts-1", "reviews-1")


@cache
def protocol(sheet_id: str) -> Protocol:
    """The shipped protocol of this id; KeyError when there is none."""
    return protocol_from(_sheet(sheet_id, PROTOCOLS))


@cache
def regimen(sheet_id: str) -> Regimen:
    """The shipped regimen of this id as published, in phases; KeyError when there is none."""
    return regimen_from(_sheet(sheet_id, REGIMENS))


def unordered(sheet_id: str) -> Unordered | None:
    """Why nothing is ordered by this sheet, where it says so."""
    return regimen(sheet_id).refused if sheet_id in REGIMENS else None


@cache
def dosing_rules(sheet_id: str) -> tuple[DosingRule, ...]:
    """The shipped rules of this id: titration, device, amounts."""
    return dosing_rules_from(_sheet(sheet_id, RULES))


def rules_in(sheet: Sheet) -> dict[str, DosingRule]:
    """The rules of this version by their ids. One from before a line was drawn is held to the line that ships (H19)."""
    own = {rule.id: rule for rule in dosing_rules_from(sheet)}
    ships = {rule.id: rule for rule in dosing_rules(sheet.header.id)}
    return {
        name: replace(own.get(name, rule), figures={**rule.figures, **own.get(name, rule).figures})
        for name, rule in ships.items()
    }


@cache
def limit_set(sheet_id: str) -> LimitSet:
    """The shipped alarm limits of this id, as plain lines per parameter."""
    return limit_set_from(_sheet(sheet_id, ("tx-1",)))


@cache
def release_set(sheet_id: str) -> ReleaseSet:
    """The shipped release lines of this id."""
    return release_set_from(_sheet(sheet_id, tuple(part for part in PARTS if part.startswith("rl-"))))


@cache
def checklist(sheet_id: str) -> Checklist:
    """The shipped readiness checks of this id."""
    return checklist_from(_sheet(sheet_id, ("readiness-1",)))


def _sheet(sheet_id: str, known: tuple[str, ...]) -> Sheet:
    if sheet_id not in known:
        raise KeyError(f"{sheet_id}: no such sheet. Known: {', '.join(known)}.")
    return _shipped(sheet_id)


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


@cache
def check_tries() -> int:
    """How many second entries may differ before the dose is drawn again."""
    return int(table_of(_part("syringes-1").body, "double_check")["most_tries"].integer)


@cache
def time_out_lasts() -> timedelta:
    """How long before the dose the time-out may have been read."""
    return timedelta(minutes=table_of(_part("syringes-1").body, "time_out")["lasts"].integer)


def _shipped(sheet_id: str) -> Sheet:
    return read_sheet(_KNOWLEDGE / f"{sheet_id}.toml")


def _part(sheet_id: str) -> Sheet:
    return _sheet(sheet_id, PARTS)


def _protocol(sheet: Sheet, part: Callable[[str], Sheet]) -> Protocol:
    published = table_of(sheet.body, "regimen") if "regimen" in sheet.body else {}
    main = {**published, **table_of(sheet.body, "protocol")}
    amounts, monitoring, follow_up = (part(main[key]) for key in ("amounts", "monitoring", "follow_up"))
    limits = limit_set_from(part(main["limits"]))
    release, readiness = release_set_from(part(main["release"])), checklist_from(part(main["readiness"]))
    product = product_of(main, amounts, part)
    composed = (sheet, amounts, *product.sheets, monitoring, follow_up)
    means = Means(main.get("means", Means.INFUSION))
    use = table_of(sheet.body, "limits_of_use") if "limits_of_use" in sheet.body else {}
    return Protocol(
        header=sheet.header,
        **{key: main[key] for key in ("drug", "route", "indication", "site_of_care")},
        headers=(*(part.header for part in composed), limits.header, release.header, readiness.header),
        means=means,
        dose=_dose(main["dose"], product.fields["ceilings"].most_by_weight is not None),
        minutes=amount_of(Duration, main["minutes"]) if means is Means.INFUSION else None,
        **{key: main[key].integer for key in ("sessions", "per_week", "most_sessions", "min_days_between")},
        least_hours_between=main["least_hours_between"].integer if "least_hours_between" in main else None,
        **{**product.fields, "ceilings": _of_use(product.fields["ceilings"], use)},
        **_of_pump(main, amounts, use) if means is Means.INFUSION else _NO_PUMP,
        second=_second(_with_pressure(main["second"], "second", sheet.header.id)) if "second" in main else None,
        steps=_steps(_with_pressure(main["steps"], "steps", sheet.header.id)) if "steps" in main else None,
        home=_home(main["home"]) if "home" in main else None,
        readings=_readings(table_of(monitoring.body, "schedule")),
        follow_ups=tuple(_follow_up(row) for row in rows_of(follow_up.body, "follow_ups")),
        limits=limits,
        release=release,
        readiness=readiness,
        figures={name: figure for part in composed for name, figure in all_figures(part.body, "").items()},
        **_of_course(sheet, main["dose"]),
    )


def _of_course(sheet: Sheet, first: Figure) -> dict[str, Any]:
    """What the sheet says of the doses after the first: those it names, the one it goes down to, and what follows."""
    phases, steps, then = (rows_of(sheet.body, name) if name in sheet.body else [] for name in _AFTER_THE_FIRST)
    rows = [*phases, *steps]
    kind = MassPerWeight if first.unit == MassPerWeight.unit else Mass
    named, reduced = {first.value}, None
    for row in rows:
        for name in ("dose", "reduced_once_to"):
            figure = row.get(name)
            if figure is not None and figure.unit == first.unit:
                named |= set(figure.values if isinstance(figure, Series) else (figure.value,))
        reduced = row.get("reduced_once_to", reduced)
    return {
        "listed": tuple(kind(value) for value in sorted(named)),
        "reduced_to": None if reduced is None else amount_of(Mass, reduced),
        "afterwards": "; ".join(row["words"] for row in then),
        "later": later_of(sheet),
    }


_AFTER_THE_FIRST = ("phases", "steps", "then")


_NO_PUMP = {"pump": None, "minutes_least": None, "minutes_most": None, "never_raised": False}


def _of_pump(main: Mapping[str, Any], amounts: Sheet, use: Mapping[str, Any]) -> dict[str, Any]:
    """The lines of an infusion; the protocol's own longest time where it has one, else so many times its usual."""
    lines = amounts.body if "pump" in amounts.body else _shipped(amounts.header.id).body
    pump, times = table_of(lines, "pump"), table_of(lines, "ceilings")["two_people_times_minutes"]
    usual = amount_of(Duration, main["minutes"])
    most = Duration(use["minutes"].values[1]) if "minutes" in use else usual.times(times.value)
    least = amount_of(Duration, use["least_minutes"]) if "least_minutes" in use else usual
    return {
        "pump": PumpRules(pump["rate_most_off"].value, pump["complete_from"].value),
        "minutes_least": least,
        "minutes_most": most,
        "never_raised": bool(use.get("never_raised", False)),
    }


def _with_pressure(table: Mapping[str, Any], name: str, sheet_id: str) -> Mapping[str, Any]:
    """A version from before this line was drawn is held to the line that ships (H19)."""
    if "pressure_within" in table:
        return table
    return {**table, "pressure_within": table_of(_shipped(sheet_id).body, "protocol")[name]["pressure_within"]}


def _of_use(ceilings: Ceilings, use: Mapping[str, Any]) -> Ceilings:
    """A protocol given less often than its drug may be has that line."""
    if "per_week" not in use:
        return ceilings
    most = int(use["per_week"].values[1])
    return replace(ceilings, most_per_week=min(most, ceilings.most_per_week or most))


def _dose(figure: Figure, by_weight: bool) -> MassPerWeight | Mass:
    """By weight where the ceilings are; otherwise the same for everybody."""
    return amount_of(MassPerWeight, figure) if by_weight else amount_of(Mass, figure)


def _second(table: Mapping[str, Any]) -> SecondDose:
    earliest, latest = table["after"].values
    within = amount_of(Duration, table["pressure_within"])
    return SecondDose(Duration(earliest), Duration(latest), table["most_share"].value, within)


def _steps(table: Mapping[str, Any]) -> TwoSteps:
    least, most = table["second_minutes"].values
    first, within = (amount_of(Duration, table[name]) for name in ("first_minutes", "pressure_within"))
    return TwoSteps(table["first_share"].value, first, Duration(least), Duration(most), within)


def _home(table: Mapping[str, Any]) -> HomeRules:
    most = {words: amount_of(Mass, table[f"most_{words.replace(' ', '_')}"]) for words in ("spat out", "swallowed")}
    return HomeRules(table["observed_doses"].integer, most)


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


def _follow_up(row: Mapping[str, Any]) -> FollowUp:
    hours = [row[key] for key in ("opens", "due", "escalate")]
    for figure in hours:
        if figure.unit != "h":
            raise ValueError(f"follow_ups.{row['kind']}: in {figure.unit}, not in h. Write hours from T0.")
    return FollowUp(row["kind"], row["title"], row["owner"], *(figure.integer for figure in hours))


# --- readiness ------------------------------------------------------------------------------------------------------


def checklist_from(sheet: Sheet) -> Checklist:
    """The readiness checks a sheet holds, or SheetRefused with every fault."""
    faults: list[str] = []
    rows = [_check(row, f"checks[{place}]", sheet, faults) for place, row in enumerate(rows_of(sheet.body, "checks"))]
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return Checklist(sheet.header, tuple(row for row in rows if row is not None))


def _check(row: Mapping[str, Any], path: str, sheet: Sheet, faults: list[str]) -> Check | None:
    absent = sorted({"id", "title", "strict", "source", "grade", "words"} - row.keys())
    if not {"no_go", "prescriber"} & row.keys():
        absent.append("no_go")
    if absent:
        faults.extend(f"{path}: the check has no {key}. Add it." for key in absent)
        return None
    grades = [Grade(row["grade"])]
    no_go, prescriber = (
        condition_from(row[word], f"{path}.{word}", grades, faults) if word in row else None
        for word in ("no_go", "prescriber")
    )
    cited = cite(row["source"], path, sheet.sources, faults)
    asked_for = (frozenset(row.get(key, ())) for key in ("routes", "drugs"))
    return Check(
        row["id"], row["title"], row["strict"], no_go, prescriber, cited, weakest(grades), row["words"], *asked_for
    )


# --- release --------------------------------------------------------------------------------------------------------


def release_set_from(sheet: Sheet) -> ReleaseSet:
    """The release lines a sheet holds."""
    return ReleaseSet(sheet.header, figures_of(table_of(sheet.body, "release")))


# --- limits ---------------------------------------------------------------------------------------------------------

_LADDER = ("low_high", "low_medium", "low_notice", "high_notice", "high_medium", "high_high")


def limit_set_from(sheet: Sheet) -> LimitSet:
    """The limits a sheet holds; refused when a low line is not under a high one, or units differ (A14)."""
    general = table_of(sheet.body, "general")
    parameters = {name: _parameter(name, row) for name, row in table_of(sheet.body, "parameters").items()}
    faults = [fault for limits in parameters.values() for fault in _faults(limits)]
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return LimitSet(
        sheet.header,
        parameters,
        figures_of(general),
        tuple(general["symptoms_medium"]),
        tuple(general["symptoms_high"]),
    )


def _parameter(name: str, row: Mapping[str, Any]) -> ParameterLimits:
    return ParameterLimits(name, row["title"], row["unit"], row["kind"], figures_of(row))


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
