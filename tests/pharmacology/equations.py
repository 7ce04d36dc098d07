"""What flows where, an equation a line, for many courses at once. Amounts in mg, volumes in L, time in hours.

Nothing here is shared with the engine and nothing is solved: `stepping` takes these derivatives as they stand. Each
function gets its parameters by name, one value a course, and the amounts as rows in the order of its `STATES`; what is
given from outside (a dose, a pump) is added by the stepping.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Named = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True)
class System:
    """A model as its equations: rows of amounts, how they change, and what is read off them in ng/mL."""

    states: tuple[str, ...]
    change: Callable[[Named, Rows], Rows]
    read: Callable[[Named, Rows], dict[str, Rows]]
    fastest: Callable[[Named], Rows]


# --- three compartments of the parent, two of norketamine, venous sample and effect site behind a link each -----------

ROUTES = ("im", "po", "sl", "nasal")
MAMMILLARY_STATES = (*ROUTES, "x1", "x2", "x3", "n1", "n2", "cv", "cvn", "ce")


def mammillary_change(p: Named, amounts: Rows) -> Rows:
    *depots, x1, x2, x3, n1, n2, cv, cvn, ce = amounts
    absorbed = {route: p[f"ka_{route}"] * depot for route, depot in zip(ROUTES, depots, strict=True)}
    unchanged = sum(p[f"f_{route}"] * absorbed[route] for route in ROUTES)
    first_pass = sum(p[f"ffp_{route}"] * absorbed[route] for route in ROUTES)
    eliminated = p["cl"] / p["v1"] * x1
    to_second, from_second = p["q2"] / p["v1"] * x1, p["q2"] / p["v2"] * x2
    to_third, from_third = p["q3"] / p["v1"] * x1, p["q3"] / p["v3"] * x3
    nk_out, nk_back = p["qn"] / p["vn1"] * n1, p["qn"] / p["vn2"] * n2
    return np.array(
        [
            *(-absorbed[route] for route in ROUTES),
            unchanged - eliminated - to_second + from_second - to_third + from_third,
            to_second - from_second,
            to_third - from_third,
            p["fm"] * eliminated + first_pass - p["cln"] / p["vn1"] * n1 - nk_out + nk_back,
            nk_out - nk_back,
            p["kv"] * (x1 / p["v1"] - cv),
            p["kv"] * (n1 / p["vn1"] - cvn),
            p["ke0"] * (x1 / p["v1"] - ce),
        ]
    )


def mammillary_read(p: Named, amounts: Rows) -> dict[str, Rows]:
    row = dict(zip(MAMMILLARY_STATES, amounts, strict=True))
    return {
        "ketamine_arterial": 1000 * row["x1"] / p["v1"],
        "ketamine_venous": 1000 * row["cv"],
        "norketamine_arterial": 1000 * row["n1"] / p["vn1"],
        "norketamine_venous": 1000 * row["cvn"],
        "effect_site": 1000 * row["ce"],
    }


def mammillary_fastest(p: Named) -> Rows:
    leaving = [(p["cl"] + p["q2"] + p["q3"]) / p["v1"], p["q2"] / p["v2"], p["q3"] / p["v3"]]
    leaving += [(p["cln"] + p["qn"]) / p["vn1"], p["qn"] / p["vn2"], p["kv"], p["ke0"]]
    return np.max([*leaving, *(p[f"ka_{route}"] for route in ROUTES)], axis=0)


MAMMILLARY = System(MAMMILLARY_STATES, mammillary_change, mammillary_read, mammillary_fastest)

# --- nasal spray and oral solution: nose, swallowed part, gut, central, two peripheral, liver, noresketamine ----------

LIVER_STATES = ("nose", "swallowed", "gut", "c", "p1", "p2", "liver", "n", "np")


def liver_change(p: Named, amounts: Rows) -> Rows:
    nose, swallowed, gut, c, p1, p2, liver, n, np_ = amounts
    through_nose, through_throat, through_gut = p["ka_n"] * nose, p["ka_sw"] * swallowed, p["ka_po"] * gut
    to_first, from_first = p["q1"] / p["vc"] * c, p["q1"] / p["vp1"] * p1
    to_second, from_second = p["q2"] / p["vc"] * c, p["q2"] / p["vp2"] * p2
    to_liver, from_liver = p["qh"] / p["vc"] * c, p["qh"] / p["vh"] * liver
    nk_out, nk_back = p["qn"] / p["vnc"] * n, p["qn"] / p["vnp"] * np_
    return np.array(
        [
            -through_nose,
            -through_throat,
            -through_gut,
            through_nose - to_first + from_first - to_second + from_second - to_liver + from_liver,
            to_first - from_first,
            to_second - from_second,
            through_throat + through_gut + to_liver - from_liver - (p["kel"] + p["kmet"]) * liver,
            p["kmet"] * liver - p["cln"] / p["vnc"] * n - nk_out + nk_back,
            nk_out - nk_back,
        ]
    )


def liver_read(p: Named, amounts: Rows) -> dict[str, Rows]:
    row = dict(zip(LIVER_STATES, amounts, strict=True))
    return {"ketamine_venous": 1000 * row["c"] / p["vc"], "norketamine_venous": 1000 * row["n"] / p["vnc"]}


def liver_fastest(p: Named) -> Rows:
    leaving = [(p["q1"] + p["q2"] + p["qh"]) / p["vc"], p["q1"] / p["vp1"], p["q2"] / p["vp2"]]
    leaving += [p["qh"] / p["vh"] + p["kel"] + p["kmet"], (p["cln"] + p["qn"]) / p["vnc"], p["qn"] / p["vnp"]]
    return np.max([*leaving, p["ka_n"], p["ka_sw"], p["ka_po"]], axis=0)


LIVER = System(LIVER_STATES, liver_change, liver_read, liver_fastest)

# --- film under the tongue: mucosa, swallowed part and its delay, parent, chain to norketamine, norketamine ----------

FILM_STATES = ("mucosa", "gut", "delayed", "x1", "x2", "x3", "chain1", "chain2", "n1", "n2")


MOLAR = 223.70 / 237.73  # amounts are in ketamine mass here; norketamine weighs less


def film_change(p: Named, amounts: Rows) -> Rows:
    mucosa, gut, delayed, x1, x2, x3, chain1, chain2, n1, n2 = amounts
    through_mucosa, through_gut = p["ka1"] * mucosa, p["ka2"] * gut
    arriving = p["k_delay"] * delayed
    eliminated = p["cl"] / p["v1"] * x1
    to_second, from_second = p["q2"] / p["v1"] * x1, p["q2"] / p["v2"] * x2
    to_third, from_third = p["q3"] / p["v1"] * x1, p["q3"] / p["v3"] * x3
    nk_out, nk_back = p["qn"] / p["vn1"] * n1, p["qn"] / p["vn2"] * n2
    return np.array(
        [
            -through_mucosa,
            -through_gut,
            through_gut - arriving,
            through_mucosa - eliminated - to_second + from_second - to_third + from_third,
            to_second - from_second,
            to_third - from_third,
            eliminated + arriving - p["k_chain"] * chain1,
            p["k_chain"] * (chain1 - chain2),
            p["fm"] * p["k_chain"] * chain2 - p["cln"] / p["vn1"] * n1 - nk_out + nk_back,
            nk_out - nk_back,
        ]
    )


def film_read(p: Named, amounts: Rows) -> dict[str, Rows]:
    row = dict(zip(FILM_STATES, amounts, strict=True))
    return {
        "ketamine_arterial": 1000 * row["x1"] / p["v1"],
        "norketamine_arterial": 1000 * MOLAR * row["n1"] / p["vn1"],
    }


def film_fastest(p: Named) -> Rows:
    leaving = [(p["cl"] + p["q2"] + p["q3"]) / p["v1"], p["q2"] / p["v2"], p["q3"] / p["v3"], p["k_chain"]]
    return np.max(
        [*leaving, (p["cln"] + p["qn"]) / p["vn1"], p["qn"] / p["vn2"], p["ka1"], p["ka2"], p["k_delay"]], axis=0
    )


FILM = System(FILM_STATES, film_change, film_read, film_fastest)
