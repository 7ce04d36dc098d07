"""A clinic's own copy of a sheet: figures changed by name, each with its reason, everything else as it was."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ketacare.medicine.evidence.rules.contents import Entry, figures_of
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet, Status

_OWN = "CLINIC"


class AmendmentRefused(ValueError):
    """Amendments that cannot be read, with every fault: place, rule, remedy."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(faults))


@dataclass(frozen=True, slots=True)
class Amendment:
    """One figure as the director wants it, in the words typed; `place` as the loader's faults name it."""

    place: str
    value: str
    unit: str
    reason: str


def amended(sheet: Sheet, amendments: Sequence[Amendment], *, version: str, by: str, on: date) -> dict[str, Any]:
    """The table of the amended copy, to be loaded like any other; AmendmentRefused when an amendment cannot be read.

    Whoever amends becomes the author and the source of what changed; the sheet's own review date stays.
    """
    table: dict[str, Any] = deepcopy(dict(sheet.table))
    faults: list[str] = []
    known = {entry.place: entry for entry in figures_of(sheet)}
    for amendment in amendments:
        entry = known.get(amendment.place)
        if entry is None:
            faults.append(f"{amendment.place}: no figure of this sheet. Open the sheet again.")
        else:
            _put(table, entry, _figure(amendment, entry, table["sources"], by, on, faults))
    if faults:
        raise AmendmentRefused(faults)
    table["sheet"] |= {"version": version, "status": str(Status.ADOPTED), "author": by}
    return table


def _figure(
    amendment: Amendment, entry: Entry, sources: dict[str, str], by: str, on: date, faults: list[str]
) -> dict[str, Any]:
    if not amendment.reason.strip():
        faults.append(f"{amendment.place}.reason: the reason is empty. Say why this clinic differs.")
    assert isinstance(entry.value, (Figure, Series))  # only figures can be amended
    unit = amendment.unit.strip()
    if unit != entry.value.unit:
        fault = f"{unit!r} is not its unit" if unit else "empty"
        remedy = f"What reads this figure counts in {entry.value.unit}: convert the value."
        faults.append(f"{amendment.place}.unit: {fault}. {remedy}")
    is_series = isinstance(entry.value, Series)
    typed = amendment.value.split(",") if is_series else [amendment.value]
    numbers = [_number(part, amendment.place, faults) for part in typed]
    return {
        "value": numbers if is_series else numbers[0],
        "unit": unit,
        "source": _label(sources, f"Clinic's own: {by}, {on:%d-%b-%Y}, {amendment.reason.strip()}"),
        "grade": str(Grade.D),
    }


def _put(table: dict[str, Any], entry: Entry, figure: dict[str, Any]) -> None:
    tree: Any = table
    for step in entry.steps[:-1]:
        tree = tree[step]
    tree[entry.steps[-1]] = figure


def _number(text: str, place: str, faults: list[str]) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite():
        return number
    faults.append(f"{place}: {text.strip()!r} is not a number. Write it with a point, as 0.5.")
    return None


def _label(sources: dict[str, str], citation: str) -> str:
    """The label of this citation among the sheet's sources; one reason given twice is one source."""
    for label, known in sources.items():
        if known == citation:
            return label
    number = next(n for n in range(1, len(sources) + 2) if f"{_OWN}-{n}" not in sources)
    sources[f"{_OWN}-{number}"] = citation
    return f"{_OWN}-{number}"
