"""Structured conditions: all, any, not, or one fact held against one line, and for how long the fact counts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ketacare.medicine.evidence.terms import (
    EVER,
    Compare,
    Comparison,
    Condition,
    Every,
    Figure,
    Grade,
    Not,
    Some,
    Within,
)


@dataclass(frozen=True, slots=True)
class Ages:
    """How old a fact may be where its reading does not say: days, what else on the dosing day, and in a series. What is
    asked anew counts for that day alone, and what others said within the row's own days may yet contradict it."""

    valid_days: int | None = None
    valid_hours: int | None = None
    on_dosing_day: bool = False
    admission: str = ""
    disputed_days: int | None = None

    def counting(self, figure: Any, path: str, faults: list[str]) -> "Ages":
        days, hours = validity(figure, path, faults)
        return replace(self, valid_days=days, valid_hours=hours)


def condition_from(
    table: Any, path: str, grades: list[Grade], faults: list[str], ages: Ages = Ages()
) -> Condition | None:
    """A structured condition: all, any, not, or a fact with one comparison; `grades` collects its figures' grades.

    The days for which a fact counts carry their own grade, and do not weaken the row.
    """
    if not isinstance(table, Mapping):
        faults.append(f"{path}: a condition is a table. Write all, any, not, or fact with a comparison.")
        return None
    if "valid" in table:
        ages = ages.counting(table["valid"], f"{path}.valid", faults)
    for key, kind in (("all", Every), ("any", Some)):
        if key in table:
            parts = [condition_from(p, f"{path}.{key}[{i}]", grades, faults, ages) for i, p in enumerate(table[key])]
            return kind(tuple(part for part in parts if part is not None))
    if "not" in table:
        part = condition_from(table["not"], f"{path}.not", grades, faults, ages)
        return None if part is None else Not(part)
    if "valid_in_series" in table:
        return _by_series(table, path, grades, faults, ages)
    return _leaf(table, path, grades, faults, ages)


def _by_series(
    table: Mapping[str, Any], path: str, grades: list[Grade], faults: list[str], ages: Ages
) -> Condition | None:
    """A test counts for so long at the entry to a series, and for another time within it."""
    if not ages.admission:
        faults.append(
            f"{path}.valid_in_series: the sheet does not say which fact is the entry. Add validity.admission."
        )
        return None
    bare = {key: value for key, value in table.items() if key not in ("valid", "valid_in_series")}
    later = ages.counting(table["valid_in_series"], f"{path}.valid_in_series", faults)
    at_entry, in_series = (_leaf(bare, path, grades, faults, age) for age in (ages, later))
    if at_entry is None or in_series is None:
        return None
    entry = Compare(ages.admission, Comparison.IS, True)
    return Some((Every((entry, at_entry)), Every((Not(entry), in_series))))


_TESTS = (*Comparison, "within", "for")
_LEAF_KEYS = {"fact", "valid", "each_dose"}


def _leaf(table: Mapping[str, Any], path: str, grades: list[Grade], faults: list[str], ages: Ages) -> Condition | None:
    tests = [key for key in table if key in _TESTS]
    if "fact" not in table or len(tests) != 1 or table.keys() - {*_LEAF_KEYS, *tests}:
        faults.append(f"{path}: names one fact and one of {', '.join(_TESTS)}, and may say valid or each_dose.")
        return None
    test, name = tests[0], table["fact"]
    line = table[test]
    if isinstance(line, Figure):
        grades.append(line.grade)
    if ages.on_dosing_day and table.get("each_dose") is True:
        own = EVER if ages.valid_days is None else ages.valid_days
        ages = replace(ages, valid_days=0, valid_hours=None, disputed_days=own)
    if test in ("within", "for"):
        return _dated(name, test, _days(line, f"{path}.{test}", faults), ages)
    value, unit = (line.value, line.unit) if isinstance(line, Figure) else (line, None)
    return Compare(name, Comparison(test), value, unit, ages.valid_days, ages.valid_hours, ages.disputed_days)


def _dated(name: str, test: str, days: int | None, ages: Ages) -> Condition:
    """An event within so many days; or a state that has lasted for so many."""
    if test == "within":
        within = EVER if days is None else days
        return Within(name, within, ages.valid_days, ages.valid_hours, ages.disputed_days)
    begun = Within(name, EVER, ages.valid_days, ages.valid_hours)
    return begun if days is None else Every((begun, Not(replace(begun, days=days - 1))))


# --- how long -------------------------------------------------------------------------------------------------------


def validity(figure: Any, path: str, faults: list[str]) -> tuple[int | None, int | None]:
    """Days and hours for which a fact counts: one of them, or neither where it counts for ever."""
    if isinstance(figure, Figure) and figure.unit == "h" and _whole(figure):
        return None, figure.integer
    needs = 'a figure in whole days (unit "d") or hours (unit "h"), "today" or "ever"'
    return _days(figure, path, faults, needs), None


def _whole(figure: Figure) -> bool:
    return figure.value >= 0 and figure.value == figure.value.to_integral_value()


def _days(
    figure: Any, path: str, faults: list[str], needs: str = 'a figure in whole days (unit "d") or "ever"'
) -> int | None:
    """Whole days of a figure; "today" is none at all; absent or "ever" is for ever."""
    if figure is None or figure == "ever":
        return None
    if figure == "today":
        return 0
    if not isinstance(figure, Figure) or figure.unit != "d" or not _whole(figure):
        faults.append(f"{path}: needs {needs}.")
        return None
    return figure.integer
