"""What is measured and given by each route: vials, syringes, counted pieces, and the lines a dose may not pass."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ketacare.medicine.evidence.terms import Figure, Series, Sheet
from ketacare.medicine.protocols.reader.regimens import dosing_rules_from
from ketacare.medicine.protocols.reader.tables import Kind, amount_of, rows_of, table_of
from ketacare.medicine.protocols.terms import Ceilings, Piece, Syringe, Vial, WeightRules
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, Volume

_SHARED_LINES = ("two_people_times_plan", "two_people_times_last", "most_per_week")


@dataclass(frozen=True)
class Product:
    """What the sheets of amounts say of one route, and which sheets beside the named one say it."""

    sheets: tuple[Sheet, ...]
    fields: Mapping[str, Any]


def product_of(main: Mapping[str, Any], amounts: Sheet, part: Callable[[str], Sheet]) -> Product:
    """An infusion's amounts stand in one sheet; every other route shares its weight rules, strengths and lines."""
    if "routes" not in amounts.body:
        return _drawn(amounts, table_of(amounts.body, "ceilings"), (), part)
    shared = part(table_of(amounts.body, "shared")["amounts"])
    row: Mapping[str, Any] = table_of(table_of(amounts.body, "routes"), main["ceilings"])
    people = {name: table_of(shared.body, "ceilings")[name] for name in _SHARED_LINES}
    own = {name: value for name, value in row.items() if isinstance(value, Figure | bool)}
    lines = people | own
    counted = _counted(row, part)
    if counted is None:
        return _drawn(shared, lines, (shared,), part, sites=_sites(row))
    common = {"weight": _weight(table_of(shared.body, "weight")), "ceilings": _ceilings(lines), "bags": (), "vials": ()}
    none = {"sites": {}, "syringes": (), "rounding_most_percent": Decimal(0)}
    return Product((shared, *counted.sheets), common | none | dict(counted.fields))


def _drawn(
    amounts: Sheet,
    ceilings: Mapping[str, Any],
    sheets: tuple[Sheet, ...],
    part: Callable[[str], Sheet],
    sites: Mapping[str, Volume] | None = None,
) -> Product:
    """From a vial, into a syringe; only an infusion (which has no sites and no sheet of its own) is made up further."""
    syringes = part(table_of(amounts.body, "draw")["syringes"])
    bags = tuple(amount_of(Volume, figure) for figure in table_of(amounts.body, "bag").values()) if not sheets else ()
    fields = {
        "weight": _weight(table_of(amounts.body, "weight")),
        "ceilings": _ceilings(ceilings),
        "bags": bags,
        "vials": tuple(_vial(row) for row in rows_of(amounts.body, "vials")),
        "pieces": (),
        "doses": (),
        "sites": sites or {},
        "syringes": tuple(_syringe(row) for row in rows_of(syringes.body, "syringes")),
        "rounding_most_percent": table_of(syringes.body, "rounding")["most_off"].value,
    }
    return Product((*sheets, syringes), fields)


def _counted(row: Mapping[str, Any], part: Callable[[str], Sheet]) -> Product | None:
    if "device" in row:
        sheet = part(row["device"])
        rules = {rule.id: rule.figures for rule in dosing_rules_from(sheet)}
        content, allowed = rules["DEV-1"]["device"], rules["DEV-2"]["doses"]
        assert isinstance(content, Figure)
        assert isinstance(allowed, Series)
        piece = Piece("device", amount_of(Mass, content), _rest(rules["DEV-2"]), serial_each=True)
        return Product((sheet,), {"pieces": (piece,), "doses": tuple(Mass(value) for value in allowed.values)})
    if "units" in row:
        pieces = tuple(Piece(each["name"], amount_of(Mass, each["mass"]), _rest(each)) for each in row["units"])
        return Product((), {"pieces": pieces, "doses": ()})
    return None


def _rest(row: Mapping[str, Any]) -> Duration | None:
    return amount_of(Duration, row["rest"]) if "rest" in row else None


def _sites(row: Mapping[str, Any]) -> dict[str, Volume]:
    return {name.replace("_", " "): amount_of(Volume, figure) for name, figure in row.get("sites", {}).items()}


def _syringe(row: Mapping[str, Any]) -> Syringe:
    return Syringe(amount_of(Volume, row["size"]), amount_of(Volume, row["step"]))


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
    def line(kind: type[Kind], name: str) -> Kind | None:
        return amount_of(kind, table[name]) if name in table else None

    return Ceilings(
        most=amount_of(Mass, table["most"]),
        two_people_times_plan=table["two_people_times_plan"].value,
        two_people_times_last=table["two_people_times_last"].value,
        floor_by_weight=line(MassPerWeight, "floor_by_weight"),
        most_by_weight=line(MassPerWeight, "most_by_weight"),
        confirm_over=line(Mass, "confirm_over"),
        two_people_over_by_weight=line(MassPerWeight, "two_people_over_by_weight"),
        two_people_under=line(Duration, "two_people_under_minutes"),
        two_people_most_by_weight=line(MassPerWeight, "two_people_most_by_weight"),
        most_per_week=table["most_per_week"].integer if "most_per_week" in table else None,
        most_injections=table["most_injections"].integer if "most_injections" in table else None,
        first_dose_fixed=bool(table.get("first_dose_fixed", False)),
    )


def _vial(row: Mapping[str, Any]) -> Vial:
    return Vial(amount_of(Concentration, row["concentration"]), amount_of(Volume, row["volume"]), row["dilute_first"])
