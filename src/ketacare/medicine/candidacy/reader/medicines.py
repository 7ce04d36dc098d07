"""Reads the local formulary: every drug by every name, and what to do with it by form, use and dose."""

from collections.abc import Mapping
from typing import Any

from ketacare.medicine.candidacy.terms import Route
from ketacare.medicine.candidacy.terms.medicines import Action, Code, Does, Drug, Formulary, Use, Writing
from ketacare.medicine.candidacy.terms.names import plain_name
from ketacare.medicine.evidence.reader import SheetRefused, cite
from ketacare.medicine.evidence.terms import Figure, Grade, Sheet

_DRUG_KEYS = {
    *(
        "name",
        "class",
        "brands",
        "spanish",
        "also",
        "brands_by_form",
        "rxcui",
        "rows",
        "groups",
        "uses",
        "does",
        "unit",
        "never_abrupt",
    ),
}
_USE_KEYS = {
    *("row", "action", "hold", "consult", "caution", "form", "as_needed", "over", "up_to", "pressure", "routes"),
}
STRENGTHS = ("strong", "weak", "named")


def formulary_from(sheet: Sheet) -> Formulary:
    """The drugs of a sheet; refused when a name means two drugs, or a use says what is not written out."""
    faults: list[str] = []
    body: Mapping[str, Any] = sheet.body
    writing = body.get("writing", {})
    drugs = tuple(
        _drug(row, f"drugs[{place}] {row.get('name', '')}", sheet, faults)
        for place, row in enumerate(body.get("drugs", ()))
    )
    by_name = _by_name(drugs, faults)
    written = _writing(body, faults)
    if faults or written is None:
        raise SheetRefused(sheet.header.id, faults)
    return Formulary(
        header=sheet.header,
        drugs=drugs,
        by_name=by_name,
        form_of_name={plain_name(name): form for drug in drugs for name, form in drug.brands_by_form.items()},
        forms={plain_name(name): form for name, form in writing.get("forms", {}).items()},
        salts=frozenset(plain_name(name) for name in writing.get("salts", ())),
        writing=written,
    )


def _writing(body: Mapping[str, Any], faults: list[str]) -> Writing | None:
    writing, doses = body.get("writing", {}), body.get("doses", {})
    absent = [f"writing.{key}: missing. Doses cannot be read without it." for key in _WRITING if key not in writing]
    absent += [f"doses.{key}: missing. Slips cannot be asked about without it." for key in _SLIPS if key not in doses]
    faults += absent
    if absent:
        return None
    spelled = {name.casefold(): unit for name, unit in writing["spelled"].items()}
    often = {plain_name(name): figure for name, figure in writing["often"].items()}
    return Writing(writing["units"], spelled, often, *(doses[key] for key in _SLIPS))


_WRITING = ("units", "spelled", "often")
_SLIPS = ("unlikely", "impossible", "unlikely_as_diazepam")


def _by_name(drugs: tuple[Drug, ...], faults: list[str]) -> dict[str, Drug]:
    found: dict[str, Drug] = {}
    for drug in drugs:
        for name in {plain_name(name) for name in drug.names}:
            if name in found:
                faults.append(f"{name}: means {found[name].name} and {drug.name}. Leave it at one of them.")
            found[name] = drug
    return found


def _drug(row: Mapping[str, Any], path: str, sheet: Sheet, faults: list[str]) -> Drug:
    faults += [f"{path}: has no {key}. Add it." for key in ("name", "class") if key not in row]
    faults += [
        f"{path}.{key}: not a part of a drug. Remove it or correct it." for key in sorted(row.keys() - _DRUG_KEYS)
    ]
    rows = tuple(row.get("rows", ()))
    groups = dict(row.get("groups", {}))
    faults += [
        f"{path}.groups: {strength!r} is not one of {', '.join(STRENGTHS)}. Choose one."
        for strength in groups.values()
        if strength not in STRENGTHS
    ]
    uses = [_use(use, rows, f"{path}.uses[{n}]", sheet, faults) for n, use in enumerate(row.get("uses", ()))]
    return Drug(
        name=str(row.get("name", "")),
        drug_class=str(row.get("class", "")),
        brands=tuple(row.get("brands", ())),
        also=tuple(row.get("also", ())),
        spanish=tuple(row.get("spanish", ())),
        brands_by_form=dict(row.get("brands_by_form", {})),
        rxcui=_code(row.get("rxcui"), f"{path}.rxcui", sheet, faults),
        rows=rows,
        groups=groups,
        uses=tuple(use for use in uses if use is not None),
        does=_does(row.get("does", ()), f"{path}.does", faults),
        unit=row.get("unit", "mg"),
        never_abrupt=row.get("never_abrupt") is True,
    )


def _does(names: tuple[str, ...], path: str, faults: list[str]) -> tuple[Does, ...]:
    """What this drug does where it differs from its class."""
    faults += [
        f"{path}: {name!r} is not one of {', '.join(Does)}. Choose one." for name in names if name not in list(Does)
    ]
    return tuple(Does(name) for name in names if name in list(Does))


def _code(row: Mapping[str, Any] | None, path: str, sheet: Sheet, faults: list[str]) -> Code | None:
    """A code as written; one without source and grade is refused like a naked figure."""
    if row is None:
        return None
    if not str(row.get("code", "")).isdigit() or row.get("grade") not in list(Grade):
        faults.append(
            f"{path}: needs code (digits in quotes), source and grade. Leave it out when no reference gives it."
        )
        return None
    return Code(row["code"], cite(row.get("source"), path, dict(sheet.sources), faults), Grade(row["grade"]))


def _use(row: Mapping[str, Any], rows: tuple[str, ...], path: str, sheet: Sheet, faults: list[str]) -> Use | None:
    before = len(faults)
    faults += [f"{path}.{key}: not a part of a use. Remove it or correct it." for key in sorted(row.keys() - _USE_KEYS)]
    named = row.get("row", rows[0] if rows else "")
    if named not in rows:
        faults.append(f"{path}.row: {named!r} is not a row of this drug. Name it under rows.")
    if row.get("action") not in list(_ACTIONS):
        faults.append(f"{path}.action: {row.get('action')!r} is not one of {', '.join(_ACTIONS)}. Choose one.")
    hold = _figure(row.get("hold"), "holds", f"{path}.hold", sheet, faults)
    over = _figure(row.get("over"), "doses", f"{path}.over", sheet, faults)
    up_to = _figure(row.get("up_to"), "doses", f"{path}.up_to", sheet, faults)
    if row.get("action") in ("hold", "stop") and hold is None:
        faults.append(f"{path}.hold: says {row['action']} without hours. Name them under [holds].")
    if len(faults) > before:
        return None
    return Use(
        row=named,
        action=_ACTIONS[row["action"]],
        hold=hold,
        consult=row.get("consult", ""),
        caution=row.get("caution", ""),
        form=row.get("form", ""),
        as_needed=row.get("as_needed"),
        over=over,
        up_to=up_to,
        pressure=row.get("pressure", ""),
        routes=frozenset(Route(name) for name in row.get("routes", Route)),
    )


_ACTIONS = {"continue": Action.CONTINUE, "hold": Action.HOLD, "stop": Action.STOP, "ask": Action.ASK}


def _figure(name: str | None, table: str, path: str, sheet: Sheet, faults: list[str]) -> Figure | None:
    """The figure that a use names, so that one number stands in one place."""
    if name is None:
        return None
    named: Mapping[str, Any] = sheet.body.get(table, {})  # type: ignore[assignment]
    figure = named.get(name)
    if not isinstance(figure, Figure):
        faults.append(f"{path}: {name!r} is not a figure under [{table}]. Write it there.")
        return None
    return figure
