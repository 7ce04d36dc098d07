"""What each kind of model answers to a dose by each route: the ways drug takes, as sums of exponentials.

A parameter table is {name: one value a patient}, in L, L/h, 1/h, h. Answers are ng/mL for one mg that enters.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import log

import numpy as np

from ketacare.medicine.pharmacology.disposition import one_of_three, one_of_two, tree
from ketacare.medicine.pharmacology.exponentials import Array, Exponentials, after, after_two_links, link, together
from ketacare.medicine.pharmacology.terms import Analyte, Model, Route, Site

Values = Mapping[str, Array]
_NG_PER_ML = 1000.0  # mg/L to ng/mL
_LN2 = log(2)


@dataclass(frozen=True, slots=True)
class Way:
    """One way that part of a dose takes: which share of it, how late, over how long, and what one mg of it does.

    `share_later` holds instead of `share` for a second or later nasal device.
    """

    share: Array | float
    answers: Mapping[Analyte, Exponentials]
    share_later: Array | float | None = None
    duration_h: Array | float = field(default=0.0)


class Answers(Mapping[Analyte, Exponentials]):
    """What one mg does to each substance, worked out when it is asked for: most questions are of one of them."""

    def __init__(self, makers: Mapping[Analyte, Callable[[], Exponentials]]) -> None:
        self._makers = makers

    def __getitem__(self, analyte: Analyte) -> Exponentials:
        return self._makers[analyte]()

    def __iter__(self) -> Iterator[Analyte]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)

    def __contains__(self, analyte: object) -> bool:
        return analyte in self._makers


def ways(model: Model, values: Values, route: Route, site: Site) -> tuple[Way, ...]:
    """The ways of a dose by this route, sampled at this site."""
    return _STRUCTURES[model.structure](model, values, route, site)


# --- compartments by volumes and clearances -------------------------------------------------------------------------


def _compartments(model: Model, v: Values, route: Route, site: Site) -> tuple[Way, ...]:
    """Three compartments, norketamine in two; a venous sample follows the artery by one link."""
    body = one_of_three(v["CL"] / v["V1"], v["Q2"] / v["V1"], v["Q2"] / v["V2"], v["Q3"] / v["V1"], v["Q3"] / v["V3"])
    share: Array | float = 1.0 if route is Route.IV else np.minimum(v[f"F_{route}"], 1)

    def absorbed(found: Exponentials) -> Exponentials:
        return found if route is Route.IV else after(link(v[f"ka_{route}"]), found)

    def drawn(found: Exponentials) -> Exponentials:
        behind = site is Site.VENOUS and "venous_half_time" in v
        return after(found, link(_LN2 / v["venous_half_time"])) if behind else found

    def norketamine() -> Exponentials:
        metabolite = _norketamine(v).times(_NG_PER_ML / v["VN1"])
        found = absorbed(after(body.times(v["fm"] * v["CL"] / v["V1"]), metabolite))
        if f"Ffp_{route}" in v:
            first_pass = np.minimum(v[f"Ffp_{route}"], 1 - share) / share
            found = together(found, absorbed(metabolite).times(first_pass))
        return drawn(found)

    makers = {
        Analyte.KETAMINE: lambda: drawn(absorbed(body.times(_NG_PER_ML / v["V1"]))),
        Analyte.NORKETAMINE: norketamine,
    }
    return (Way(share, Answers(makers)),)


def _norketamine(v: Values) -> Exponentials:
    return one_of_two(v["CLN"] / v["VN1"], v["QN"] / v["VN1"], v["QN"] / v["VN2"])


def _rates(model: Model, v: Values, route: Route, site: Site) -> tuple[Way, ...]:
    """Two or three compartments by rate constants; no metabolite."""
    if "k13" in v:
        body = one_of_three(v["k10"], v["k12"], v["k21"], v["k13"], v["k31"])
    else:
        body = one_of_two(v["k10"], v["k12"], v["k21"])
    return (Way(1.0, {Analyte.KETAMINE: body.times(_NG_PER_ML / v["V1"])}),)


# --- gut, liver and body --------------------------------------------------------------------------------------------

_BODY, _NEAR, _FAR, _LIVER = range(4)


def _liver(model: Model, v: Values, route: Route, site: Site) -> tuple[Way, ...]:
    """A liver of its own between gut and body: what is swallowed passes it first, and only it clears."""
    whole = tree(
        np.stack([v["Vc"], v["Vp1"], v["Vp2"], v["Vh"]]),
        {(_BODY, _NEAR): v["Q1"], (_BODY, _FAR): v["Q2"], (_BODY, _LIVER): v["Qh"]},
        {_LIVER: v["Vh"] * (v["kel"] + v["kmet"])},
    )
    metabolite = one_of_two(v["CLN"] / v["VNc"], v["QN"] / v["VNc"], v["QN"] / v["VNp"]).times(_NG_PER_ML / v["VNc"])
    forming = v["kmet"] * v["Vh"]

    def entering(place: int, depot: Exponentials | None) -> dict[Analyte, Exponentials]:
        ketamine = whole.answer(place, _BODY).times(_NG_PER_ML)
        norketamine = after(whole.answer(place, _LIVER).times(forming), metabolite)
        if depot is None:
            return {Analyte.KETAMINE: ketamine, Analyte.NORKETAMINE: norketamine}
        return {Analyte.KETAMINE: after(depot, ketamine), Analyte.NORKETAMINE: after(depot, norketamine)}

    if route is Route.IV:
        return (Way(1.0, entering(_BODY, None)),)
    if route is Route.PO:
        return (Way(v["Fgut"], entering(_LIVER, link(v["ka_po"])), duration_h=_one(v["D_po"])),)
    first, later = v["FRn"], v["FRn"] * v["later_device"]
    swallowed = entering(_LIVER, link(v["ka_swallowed"]))
    return (
        Way(first, entering(_BODY, link(v["ka_nose"])), later),
        Way((1 - first) * v["Fgut"], swallowed, (1 - later) * v["Fgut"], _one(v["D_swallowed"])),
    )


def _one(value: Array) -> Array | float:
    """One number where all patients share it: evenly spaced times can then be stepped through."""
    return float(value[0]) if (value == value[0]).all() else value


# --- film -----------------------------------------------------------------------------------------------------------


def _film(model: Model, v: Values, route: Route, site: Site) -> tuple[Way, ...]:
    """Mucosa into plasma, and what is swallowed straight into the chain that makes norketamine."""
    body = one_of_three(v["CL"] / v["V1"], v["Q2"] / v["V1"], v["Q2"] / v["V2"], v["Q3"] / v["V1"], v["Q3"] / v["V3"])
    ketamine = body.times(_NG_PER_ML / v["V1"])
    norketamine, hydroxynorketamine = _chain(model, v)

    def passing(into_chain: Exponentials) -> dict[Analyte, Exponentials]:
        return {
            Analyte.NORKETAMINE: after(into_chain, norketamine),
            Analyte.HYDROXYNORKETAMINE: after(into_chain, hydroxynorketamine),
        }

    cleared = body.times(v["CL"] / v["V1"])
    if route is Route.IV:
        return (Way(1.0, {Analyte.KETAMINE: ketamine, **passing(cleared)}),)
    mucosa = link(v["ka_mucosa"])
    gut = after(link(v["ka_swallowed"]), link(1 / v["gut_transit"]))
    held = {Analyte.KETAMINE: after(mucosa, ketamine), **passing(after(mucosa, cleared))}
    return (
        Way(v["F_mucosa"], held, duration_h=_one(v["D_mucosa"])),
        Way(v["F_swallowed"], passing(gut), duration_h=_one(v["D_swallowed"])),
    )


def _chain(model: Model, v: Values) -> tuple[Exponentials, Exponentials]:
    """What one mg of ketamine that enters the chain shows as norketamine, and as hydroxynorketamine."""
    made = one_of_two(v["CLN"] / v["V1"], v["QN"] / v["V1"], v["QN"] / v["VN2"])
    made = after_two_links(made, 2 / v["transit"]).times(v["fm"])
    further = one_of_two(v["CLH"] / v["VH1"], v["QH"] / v["VH1"], v["QH"] / v["VH2"]).times(v["fh"])
    flow = after(made.times(v["CLN"] / v["V1"]), link(1 / v["transit_hydroxy"]))
    to_norketamine, to_hydroxynorketamine = model.molar_ratios
    return (
        made.times(_NG_PER_ML * to_norketamine / v["V1"]),
        after(flow, further).times(_NG_PER_ML * to_hydroxynorketamine / v["VH1"]),
    )


_STRUCTURES: dict[str, Callable[[Model, Values, Route, Site], tuple[Way, ...]]] = {
    "compartments": _compartments,
    "rates": _rates,
    "liver": _liver,
    "film": _film,
}
