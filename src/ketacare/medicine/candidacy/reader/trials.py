"""Reads the sheet of adequate trials: medicines, augmentation, courses, other disorders and definitions."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from ketacare.medicine.candidacy.terms import (
    Code,
    CourseLine,
    Definition,
    Disorder,
    FormDoses,
    Medicine,
    TrialLines,
    Window,
)
from ketacare.medicine.evidence.reader import SheetRefused, cite, read_sheet
from ketacare.medicine.evidence.terms import Figure, Grade, Series, Sheet

_KNOWLEDGE = Path(__file__).parent.parent / "knowledge"
_WEEK = 7


@cache
def trial_lines() -> TrialLines:
    """The shipped adequate-dose table and the lines of the TRIAL rules."""
    return trial_lines_from(read_sheet(_KNOWLEDGE / "trials-1.toml"))


def trial_lines_from(sheet: Sheet) -> TrialLines:
    """The medicines and lines of a sheet, found by generic or brand name."""
    body: Mapping[str, Any] = sheet.body
    faults: list[str] = []
    medicines = _by_name([_medicine(row, sheet, faults) for row in body["medicines"]])
    augmenters = _by_name([_medicine(row, sheet, faults) for row in body["augmenters"]])
    if faults:
        raise SheetRefused(sheet.header.id, faults)
    return TrialLines(
        header=sheet.header,
        medicines=medicines,
        augmenters=augmenters,
        figures=body["lines"],
        needed=body["enough"]["trials"],
        diagnoses=frozenset(body["enough"]["diagnoses"]),
        courses={kind: CourseLine(**row) for kind, row in body["courses"].items()},
        disorders={name: _disorder(row, medicines, augmenters) for name, row in body["disorders"].items()},
        definitions=tuple(_definition(row) for row in body["definitions"]),
    )


def _by_name(medicines: list[Medicine]) -> dict[str, Medicine]:
    return {name.casefold(): medicine for medicine in medicines for name in medicine.names}


def _names(row: Mapping[str, Any]) -> tuple[str, ...]:
    return (row["name"], *((row["brand"],) if "brand" in row else ()), *row.get("also", ()))


_AS_WRITTEN = (
    *("usual", "most_inpatient", "low", "preferred", "payer", "reduced", "reduced_when", "other_use", "other_use_is"),
    *("level_least", "by_level", "never_counts", "also_augments", "not_oral", "dose_of", "note"),
)


def _medicine(row: Mapping[str, Any], sheet: Sheet, faults: list[str]) -> Medicine:
    return Medicine(
        id=row["id"],
        name=row["name"],
        names=_names(row),
        drug_class=row["class"],
        molecule=row.get("molecule", row["name"]),
        least=row["least"],
        forms={name: FormDoses(**doses) for name, doses in row.get("forms", {}).items()},
        most=_upper(row.get("most")),
        level_most=_upper(row.get("level_most")),
        days=row.get("days") or in_days(row.get("weeks")),
        rxcui=_code(row, sheet, faults),
        **{key: row[key] for key in _AS_WRITTEN if key in row},
    )


def _code(row: Mapping[str, Any], sheet: Sheet, faults: list[str]) -> Code | None:
    """Codes are text and so pass the loader; they need a source and a grade all the same."""
    if "rxcui" not in row:
        return None
    written, path = row["rxcui"], f"{row['id']}.rxcui"
    if not isinstance(written, Mapping) or not str(written.get("code", "")).isdigit():
        faults.append(f"{path}: not a code. Write code, source and grade.")
        return None
    cited = cite(written.get("source"), path, sheet.sources, faults)
    if written.get("grade") not in list(Grade):
        faults.append(f"{path}.grade: {written.get('grade')!r} is not one of V, S, M, D. Say how sure it is.")
        return None
    return Code(written["code"], cited[0], Grade(written["grade"])) if cited else None


def _upper(figure: Figure | Series | None) -> Figure | None:
    """A range stands for its upper end."""
    return _end(figure, -1)


def _lower(figure: Figure | Series | None) -> Figure | None:
    return _end(figure, 0)


def _end(figure: Figure | Series | None, place: int) -> Figure | None:
    if isinstance(figure, Series):
        return Figure(figure.values[place], figure.unit, figure.sources, figure.grade)
    return figure


def in_days(weeks: Figure | Series | None) -> Figure | None:
    """A duration in weeks as days; a range of weeks is enough at its lower end."""
    least = _lower(weeks)
    return None if least is None else replace(least, value=least.value * _WEEK, unit="d")


# --- other disorders -----------------------------------------------------------------------------------------------


def _disorder(
    row: Mapping[str, Any], medicines: Mapping[str, Medicine], augmenters: Mapping[str, Medicine]
) -> Disorder:
    known = {**augmenters, **medicines}
    at_dose = in_days(row["weeks_at_dose"])
    counted: dict[str, Medicine] = {}
    for name in (*row.get("doses", {}), *row.get("levels", {})):
        days = in_days(row.get("longer", {}).get(name)) or at_dose
        counted |= _by_name([_counted(name, row, known, days)])
    classes = set(row.get("classes", ()))
    counted |= {n: replace(m, days=at_dose) for n, m in medicines.items() if m.drug_class in classes}
    return Disorder(
        id=row["id"],
        title=row["title"],
        words=row["words"],
        medicines=counted,
        days=in_days(row.get("weeks")),
        needed=row.get("needed"),
        therapy_sessions=row.get("therapy_sessions"),
    )


def _counted(name: str, row: Mapping[str, Any], known: Mapping[str, Medicine], days: Figure | None) -> Medicine:
    """A medicine as it counts for this disorder: its own minimum or level, and no dose that is only low."""
    level, dose = row.get("levels", {}).get(name), _lower(row.get("doses", {}).get(name))
    brands = (row["brands"][name],) if name in row.get("brands", {}) else ()
    medicine = known.get(name)
    if medicine is None:
        assert dose is not None
        return Medicine(row["id"], name, (name, *brands), "", name, dose, days=days)
    return replace(
        medicine,
        least=dose or medicine.least,
        level_least=level or medicine.level_least,
        days=days,
        forms={},
        low=None,
        other_use=None,
    )


# --- definitions of others ---


def _definition(row: Mapping[str, Any]) -> Definition:
    words = {key: row[key] for key in ("id", "title", "words")}
    figures = ("count", "days", "days_over", "failure_at_most", "failure_under", "partial_days", "in_episode")
    more = (*figures, "augmentations", "different_classes", "oral", "not_stated", "asks")
    return Definition(**words, window=Window(row["window"]), **{key: row[key] for key in more if key in row})
