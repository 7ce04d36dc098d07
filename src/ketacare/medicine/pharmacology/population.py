"""Who is predicted: typical values for one patient, and virtual patients around them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.exponentials import Array
from ketacare.medicine.pharmacology.terms import Condition, Drug, Model, Parameter, Patient, Route, Spread

Values = dict[str, float]


@dataclass(frozen=True, slots=True)
class Changes:
    """What the conditions on board change, put together: factors of the liver's own clearance, of the share that
    survives the gut wall, of clearance as a whole, of the band's upper end; and ancestries."""

    clint: float = 1.0
    gut: float = 1.0
    clearance: float = 1.0
    widen: float = 1.0
    ancestries: tuple[str, ...] = ()


def changes_of(conditions: Sequence[Condition]) -> Changes:
    """Factors multiply; the gut's share is taken against that of the nasal model."""
    gut = _nasal()["Fgut"]
    return Changes(
        clint=_product(c.clint for c in conditions),
        gut=_product(None if c.gut is None else c.gut / gut for c in conditions),
        clearance=_product(c.clearance for c in conditions),
        widen=_product(c.widen for c in conditions),
        ancestries=tuple(c.ancestry for c in conditions if c.ancestry),
    )


def beyond_the_liver(model: Model, changes: Changes) -> bool:
    """Would more be cleared than flows through the liver? No rate of this structure gives that."""
    if model.structure != "liver":
        return False
    return _extractions(changes)[1] * changes.clearance * max(model.clearance_of.values()) >= 1


def _product(factors: Iterable[float | None]) -> float:
    return prod(1.0 if factor is None else factor for factor in factors)


def _nasal() -> Values:
    return {p.name: p.typical for p in reader.model("perez-ruixo-2021").parameters}


def typical(
    model: Model, patient: Patient, routes: frozenset[Route], changes: Changes = Changes(), drug: Drug | None = None
) -> Array:
    """The typical parameter vector for this patient, in the order of `model.of_routes(routes)`.

    `drug` is what of the dose is followed, S or R; None is what the model's dose means.
    """
    size = patient.weight_kg / reader.STANDARD_WEIGHT_KG
    kept = model.of_routes(routes)
    values = {p.name: p.typical * size**p.weight_exponent for p in kept}
    factor = 1.0 if drug is None or drug is model.given_as else model.clearance_of.get(drug, 1.0)
    _CHANGERS[model.structure](values, changes, factor)
    _ancestry(model, values, changes)
    _age(model, values, patient)
    return np.array([values[p.name] for p in kept])


def _by_clearance(values: Values, changes: Changes, factor: float) -> None:
    """Where clearance is one number: it changes as extraction by the liver does, and first pass with it."""
    extraction, changed = _extractions(changes)
    name = "CL" if "CL" in values else "k10"
    values[name] *= factor * changes.clearance * changed / extraction
    if "F_po" in values:
        values["F_po"] *= changes.gut * (1 - changed) / (1 - extraction)
        values["Ffp_po"] *= changes.gut * changed / extraction


def _extractions(changes: Changes) -> tuple[float, float]:
    """What the liver takes out of what passes it once: usually, and as changed."""
    nasal = _nasal()
    clint = nasal["Vh"] * (nasal["kel"] + nasal["kmet"])
    return _extraction(clint, nasal["Qh"]), _extraction(clint * changes.clint, nasal["Qh"])


def _extraction(clint: float, flow: float) -> float:
    return clint / (flow + clint)


def _by_liver(values: Values, changes: Changes, factor: float) -> None:
    """Where the liver has a place of its own: its rate constants, and the gut's share."""
    clint, flow = values["Vh"] * (values["kel"] + values["kmet"]), values["Qh"]
    wanted = _extraction(clint * changes.clint, flow) * changes.clearance * factor
    change = flow * wanted / (1 - wanted) / clint
    values["kel"] *= change
    values["kmet"] *= change
    values["Fgut"] = min(values["Fgut"] * changes.gut, 1.0)


_CHANGERS = {"compartments": _by_clearance, "rates": _by_clearance, "film": _by_clearance, "liver": _by_liver}


def _ancestry(model: Model, values: Values, changes: Changes) -> None:
    """Each rate once: who is Japanese is Asian too, and the sheet's row for Japanese holds both."""
    factors = {name: factor for one in changes.ancestries for name, factor in model.ancestry.get(one, {}).items()}
    for name, factor in factors.items():
        if name in values:
            values[name] *= factor


def _age(model: Model, values: Values, patient: Patient) -> None:
    if model.liver_flow_by_age and patient.age_years is not None:
        over, a_year = model.liver_flow_by_age
        values["Qh"] -= a_year * max(patient.age_years - over, 0)


@dataclass(frozen=True, slots=True)
class Fitted:
    """How one person differs from typical, found from their own samples: deviations eta in the order of
    `model.of_routes(routes)`: `centre` (parameters,), and `draws` (patients, parameters) that tell how sure it is."""

    centre: Array
    draws: Array


# --- virtual patients -----------------------------------------------------------------------------------------------


def covariance(model: Model, parameters: Sequence[Parameter]) -> Array:
    """Between-subject covariance of eta; zero rows where a parameter is not known to differ."""
    omega = np.array([p.omega or 0.0 for p in parameters])
    matrix = np.diag(omega * omega)
    place = {p.name: number for number, p in enumerate(parameters)}
    for (one, other), value in model.correlations.items():
        i, j = place[one], place[other]
        matrix[i, j] = matrix[j, i] = value * omega[i] * omega[j]
    return matrix


def etas(model: Model, parameters: Sequence[Parameter], patients: int, random: np.random.Generator) -> Array:
    """Drawn deviations, (patients, parameters)."""
    draws = random.standard_normal((patients, len(parameters)))
    matrix = covariance(model, parameters)
    drawn: Array = draws @ _root(matrix).T
    return drawn


def _root(matrix: Array) -> Array:
    """The lower triangle whose square a covariance is; parameters that do not differ stay out."""
    moving = np.flatnonzero(np.diag(matrix))
    root = np.zeros_like(matrix)
    root[np.ix_(moving, moving)] = np.linalg.cholesky(matrix[np.ix_(moving, moving)])
    return root


def individual(values: Array, parameters: Sequence[Parameter], deviations: Array) -> Array:
    """Parameter vectors, (patients, parameters), from typical values and deviations eta."""
    found: Array = values * np.exp(deviations)
    for place, parameter in enumerate(parameters):
        if parameter.spread is Spread.LOGIT:
            odds = values[place] / (1 - values[place]) * np.exp(deviations[:, place])
            found[:, place] = odds / (1 + odds)
    return found


def table(vectors: Array, parameters: Sequence[Parameter]) -> Mapping[str, Array]:
    """The same by name, one contiguous row a parameter."""
    rows = np.ascontiguousarray(vectors.T)
    return {parameter.name: row for parameter, row in zip(parameters, rows, strict=True)}
