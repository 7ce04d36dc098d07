"""Reads what was measured in one person from parsed JSON, beside the case of prediction, and tells its form.

A concentration names analyte, unit, site and the arm it was drawn from; one below its limit says so and gives that
limit. A score names its scale. All faults are told at once.
"""

from collections.abc import Mapping
from math import inf
from typing import Any

from ketacare.medicine.pharmacology import cases, individual_reader
from ketacare.medicine.pharmacology.cases import Reading
from ketacare.medicine.pharmacology.individual import Observation, Sample, Score
from ketacare.medicine.pharmacology.terms import Case, PredictionRefused, Site

ANALYTES = ("ketamine", "norketamine", "s_ketamine", "r_ketamine", "s_norketamine", "r_norketamine")
UNITS = ("ng/mL", "nmol/mL", "umol/L")
ARMS = ("other", "infusion")
_SITES = (Site.ARTERIAL, Site.VENOUS)
_SAMPLE_KEYS = ("time_min", "analyte", "value", "unit", "site", "arm", "below_limit", "lloq")
_SCORE_KEYS = ("time_min", "effect", "value")
_KEY = "observations"


def case_from_json(document: Any) -> tuple[Case, tuple[Observation, ...]]:
    """The case and its observations, or PredictionRefused with every fault of both."""
    if not isinstance(document, Mapping):
        raise PredictionRefused(f"case: must be an object: a case of prediction with {_KEY}.")
    read, case = Reading(), None
    faults: list[str] = []
    try:
        case = cases.case_from_json({key: value for key, value in document.items() if key != _KEY})
    except PredictionRefused as refused:
        faults += refused.faults
    rows = read.rows(document.get(_KEY), _KEY)
    if not rows and not read.faults:
        read.faults.append(f"{_KEY}: empty. Give at least one measurement or score; without any it is a prediction.")
    found = tuple(_observation(read, row, f"{_KEY}[{place}]") for place, row in enumerate(rows))
    if case is None or read.faults:
        raise PredictionRefused(*faults, *read.faults)
    return case, found


def _observation(read: Reading, row: Any, at: str) -> Observation:
    if isinstance(row, Mapping) and "effect" in row:
        return _score(read, row, at)
    return _sample(read, row, at)


def _score(read: Reading, row: Mapping[str, Any], at: str) -> Score:
    table = read.table(row, at, _SCORE_KEYS)
    name = read.choice(table.get("effect"), f"{at}.effect", tuple(individual_reader.scales()))
    value = read.number(table, "value", f"{at}.value", needed=True)
    scale = individual_reader.scale(name)
    if value is not None and not scale.lowest <= value <= scale.highest:
        read.faults.append(
            f"{at}.value: {value:g} is not between {scale.lowest:g} and {scale.highest:g}, the ends of {name}. "
            "Correct the score."
        )
    return Score(_minute(read, table, at), name, value or 0.0)


def _sample(read: Reading, row: Any, at: str) -> Sample:
    table = read.table(row, at, _SAMPLE_KEYS)
    analyte = read.choice(table.get("analyte"), f"{at}.analyte", ANALYTES)
    unit = read.choice(table.get("unit"), f"{at}.unit", UNITS)
    site = read.choice(table.get("site"), f"{at}.site", _SITES)
    if read.choice(table.get("arm"), f"{at}.arm", ARMS) == "infusion":
        read.faults.append(
            f"{at}.arm: drawn from the arm of the infusion, where what is measured is the infusion. Leave it out; draw "
            "from the other arm."
        )
    below = read.yes(table, "below_limit")
    amount = _amount(read, table, at, below=below)
    substance = "norketamine" if analyte.endswith("norketamine") else "ketamine"
    factor = 1.0 if unit == "ng/mL" else individual_reader.ng_per_nmol(substance)
    return Sample(_minute(read, table, at), analyte, amount * factor, site, below)


def _minute(read: Reading, table: Mapping[str, Any], at: str) -> float:
    minute = read.number(table, "time_min", f"{at}.time_min", needed=True)
    if minute is not None and not 0 <= minute < inf:
        read.faults.append(
            f"{at}.time_min: {minute:g} is not a minute from the beginning on. Count from the first dose."
        )
    return minute or 0.0


def _amount(read: Reading, table: Mapping[str, Any], at: str, *, below: bool) -> float:
    """The value; or, for a sample below it, the limit, and then there is no value."""
    key, other = ("lloq", "value") if below else ("value", "lloq")
    amount = read.number(table, key, f"{at}.{key}", needed=True)
    limit = read.number(table, other, f"{at}.{other}")
    if below and limit is not None:
        read.faults.append(f"{at}.value: given although the sample is below its limit. Leave it out, or below_limit.")
    elif limit is not None and amount is not None and amount < limit:
        read.faults.append(f"{at}.value: {amount:g} is under the limit {limit:g}. Write below_limit and leave it out.")
    if amount is not None and not 0 < amount < inf:
        read.faults.append(f"{at}.{key}: {amount:g} is not a concentration above zero. Correct it.")
    return amount or 1.0


# --- the same as a JSON schema --------------------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The form of a case of prediction with observations."""
    whole = cases.case_schema()
    minute, amount = {"type": "number", "minimum": 0}, {"type": "number", "exclusiveMinimum": 0}
    sample = {
        "time_min": minute,
        "analyte": {"enum": list(ANALYTES)},
        "value": amount,
        "unit": {"enum": list(UNITS)},
        "site": {"enum": [str(site) for site in _SITES]},
        "arm": {"enum": list(ARMS)},
        "below_limit": {"type": "boolean"},
        "lloq": amount,
    }
    scales = individual_reader.scales()
    score = {
        "time_min": minute,
        "effect": {"enum": list(scales), "known": {name: one.title for name, one in scales.items()}},
        "value": {"type": "number"},
    }
    forms = [
        cases.form(sample, "time_min", "analyte", "unit", "site", "arm"),
        cases.form(score, "time_min", "effect", "value"),
    ]
    properties = {**whole["properties"], _KEY: {"type": "array", "minItems": 1, "items": {"anyOf": forms}}}
    required = [*whole["required"], _KEY]
    return whole | {"title": "case with observations", "properties": properties, "required": required}
