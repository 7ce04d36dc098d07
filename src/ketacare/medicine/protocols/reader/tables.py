"""Tables, rows and figures of a sheet, as amounts of the kind that is asked for."""

from collections.abc import Mapping
from typing import Any, TypeVar

from ketacare.medicine.evidence.terms import Figure
from ketacare.medicine.quantities.terms import Quantity

Kind = TypeVar("Kind", bound=Quantity)


def table_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table: Mapping[str, Any] = body[name]
    return table


def rows_of(body: Mapping[str, Any], name: str) -> tuple[Mapping[str, Any], ...]:
    rows: tuple[Mapping[str, Any], ...] = body[name]
    return rows


def amount_of(kind: type[Kind], figure: Figure) -> Kind:
    """A figure as an amount of this kind; another unit is refused."""
    if figure.unit != kind.unit:
        raise ValueError(f"{kind.name}: the sheet has {figure.unit}, needs {kind.unit}. Correct the unit.")
    return kind(figure.value)


def figures_of(table: Mapping[str, Any]) -> dict[str, Figure]:
    return {name: value for name, value in table.items() if isinstance(value, Figure)}


def all_figures(tree: Any, path: str) -> dict[str, Figure]:
    """Every figure of a sheet by its path, for the pages that show where each comes from."""
    if isinstance(tree, Figure):
        return {path: tree}
    if isinstance(tree, Mapping):
        parts = [(f"{path}.{key}".lstrip("."), part) for key, part in tree.items()]
    elif isinstance(tree, tuple):
        parts = [(f"{path}[{place}]", part) for place, part in enumerate(tree)]
    else:
        return {}
    return {name: figure for at, part in parts for name, figure in all_figures(part, at).items()}
