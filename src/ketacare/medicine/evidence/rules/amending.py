"""A clinic's own copy of a sheet: figures changed by name, each with its reason, everything else as it was."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ketacare.medicine.evidence.rules import bounding, titles
from ketacare.medicine.evidence.rules.bounding import Fault
from ketacare.medicine.evidence.rules.contents import Entry, figures_of
from ketacare.medicine.evidence.terms import Bounds, Figure, Grade, Series, Sheet, Status

_OWN = "CLINIC"


class AmendmentRefused(ValueError):
    """Amendments that cannot be read or cannot be, and questions to answer first: each with place, rule, remedy."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, faults)))


@dataclass(frozen=True, slots=True)
class Amendment:
    """One figure as the director wants it, in the words typed; `place` as the loader's faults name it.

    `is_meant`: asked whether so unlikely a figure is meant, the director said yes.
    """

    place: str
    value: str
    unit: str
    reason: str
    is_meant: bool = False


def amended(
    sheet: Sheet,
    amendments: Sequence[Amendment],
    *,
    shipped: Sheet,
    bounds: Bounds,
    version: str,
    by: str,
    on: date,
) -> dict[str, Any]:
    """The table of the amended copy, to be loaded like any other; AmendmentRefused when an amendment cannot stand.

    Whoever amends becomes the author and the source of what changed; the sheet's own review date stays. Each figure is
    held against the one that ships, so that small steps do not lead where one step may not.
    """
    table: dict[str, Any] = deepcopy(dict(sheet.table))
    faults: list[Fault] = []
    known = {entry.place: entry for entry in figures_of(sheet)}
    released = {entry.place: entry.value for entry in figures_of(shipped)}
    now = dict(known)
    for amendment in amendments:
        entry = known.get(amendment.place)
        if entry is None:
            faults.append(Fault(amendment.place, "no figure of this sheet. Open the sheet again."))
            continue
        numbers = _numbers(amendment, entry, faults)
        if numbers:
            ships = released.get(entry.place, entry.value)
            assert isinstance(ships, (Figure, Series))
            held = list(bounding.of_figure(entry, ships, numbers, bounds))
            asked = any(fault.is_question for fault in held)
            faults += [fault for fault in held if not (fault.is_question and amendment.is_meant)]
            now[entry.place] = replace(entry, value=_with(entry.value, numbers))
            _put(table, entry, _figure(amendment, numbers, entry, table["sources"], by, on, asked=asked))
    faults += bounding.of_order(now, {amendment.place for amendment in amendments}, bounds)
    if faults:
        raise AmendmentRefused(faults)
    changes = [(known[amendment.place], now[amendment.place]) for amendment in amendments]
    title = titles.after(table["sheet"]["title"], changes)
    table["sheet"] |= {"title": title, "version": version, "status": str(Status.ADOPTED), "author": by}
    return table


def _numbers(amendment: Amendment, entry: Entry, faults: list[Fault]) -> list[Decimal]:
    """What was typed, or nothing where a part of it is no number."""
    assert isinstance(entry.value, (Figure, Series))  # only figures can be amended
    if not amendment.reason.strip():
        faults.append(Fault(f"{amendment.place}.reason", "the reason is empty. Say why this clinic differs."))
    unit = amendment.unit.strip()
    if unit != entry.value.unit:
        fault = f"{unit!r} is not its unit" if unit else "empty"
        remedy = f"What reads this figure counts in {entry.value.unit}: convert the value."
        faults.append(Fault(f"{amendment.place}.unit", f"{fault}. {remedy}"))
    typed = amendment.value.split(",") if isinstance(entry.value, Series) else [amendment.value]
    numbers = [_number(part, amendment.place, faults) for part in typed]
    read = [number for number in numbers if number is not None]
    return read if len(read) == len(numbers) else []


def _with(figure: object, numbers: list[Decimal]) -> Figure | Series:
    if isinstance(figure, Series):
        return replace(figure, values=tuple(numbers))
    assert isinstance(figure, Figure)
    return replace(figure, value=numbers[0])


def _figure(
    amendment: Amendment,
    numbers: list[Decimal],
    entry: Entry,
    sources: dict[str, str],
    by: str,
    on: date,
    *,
    asked: bool,
) -> dict[str, Any]:
    said = ", asked whether it is meant: yes" if asked else ""
    return {
        "value": numbers if isinstance(entry.value, Series) else numbers[0],
        "unit": amendment.unit.strip(),
        "source": _label(sources, f"Clinic's own: {by}, {on:%d-%b-%Y}, {amendment.reason.strip()}{said}"),
        "grade": str(Grade.D),
    }


def _put(table: dict[str, Any], entry: Entry, figure: dict[str, Any]) -> None:
    tree: Any = table
    for step in entry.steps[:-1]:
        tree = tree[step]
    tree[entry.steps[-1]] = figure


def _number(text: str, place: str, faults: list[Fault]) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if number.is_finite():
        return number
    faults.append(Fault(place, f"{text.strip()!r} is not a number. Write it with a point, as 0.5."))
    return None


def _label(sources: dict[str, str], citation: str) -> str:
    """The label of this citation among the sheet's sources; one reason given twice is one source."""
    for label, known in sources.items():
        if known == citation:
            return label
    number = next(n for n in range(1, len(sources) + 2) if f"{_OWN}-{n}" not in sources)
    sources[f"{_OWN}-{number}"] = citation
    return f"{_OWN}-{number}"
