"""What flows where, an equation a line, for many courses at once. Amounts in mg, volumes in L, time in hours.

Nothing here is shared with the engine and nothing is solved: `stepping` takes these derivatives as they stand. Each
function gets its parameters by name, one value a course, and the amounts as rows in the order of its `STATES`; what is
given from outside (a dose, a pump) is added by the stepping. `rates` are the flows by volume, an hour, worked out once.
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
    rates: Callable[[Named], Named]
    change: Callable[[Named, Rows], Rows]
    read: Callable[[Named, Rows], dict[str, Rows]]
    fastest: Callable[[Named], Rows]


# --- three compartments of the parent, two of norketamine, venous sample and effect site behind a link each -----------

ROUTES = ("im", "po", "sl", "nasal")
MAMMILLARY_STATES = (*ROUTES, "x1", "x2", "x3", "n1", "n2", "cv", "cvn", "ce")


def mammillary_rates(p: Named) -> Named:
    return dict(p) | {
        "k10": p["cl"] / p["v1"], "k12": p["q2"] / p["v1"], "k21": p["q2"] / p["v2"], "k13": p["q3"] / p["v1"],
        "k31": p["q3"] / p["v3"], "m10": p["cln"] / p["vn1"], "m12": p["qn"] / p["vn1"], "m21": p["qn"] / p["vn2"],
        "kv_v1": p["kv"] / p["v1"], "kv_vn1": p["kv"] / p["vn1"], "ke0_v1": p["ke0"] / p["v1"],
    }  # fmt: skip


def mammillary_change(k: Named, amounts: Rows) -> Rows:
    *depots, x1, x2, x3, n1, n2, cv, cvn, ce = amounts
    absorbed = {route: k[f"ka_{route}"] * depot for route, depot in zip(ROUTES, depots, strict=True)}
    unchanged = sum(k[f"f_{route}"] * absorbed[route] for route in ROUTES)
    first_pass = sum(k[f"ffp_{route}"] * absorbed[route] for route in ROUTES)
    eliminated = k["k10"] * x1
    to_second = k["k12"] * x1 - k["k21"] * x2
    to_third = k["k13"] * x1 - k["k31"] * x3
    nk_to_second = k["m12"] * n1 - k["m21"] * n2
    return np.array(
        [
            *(-absorbed[route] for route in ROUTES),
            unchanged - eliminated - to_second - to_third,
            to_second,
            to_third,
            k["fm"] * eliminated + first_pass - k["m10"] * n1 - nk_to_second,
            nk_to_second,
            k["kv_v1"] * x1 - k["kv"] * cv,
            k["kv_vn1"] * n1 - k["kv"] * cvn,
            k["ke0_v1"] * x1 - k["ke0"] * ce,
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


MAMMILLARY = System(MAMMILLARY_STATES, mammillary_rates, mammillary_change, mammillary_read, mammillary_fastest)

# --- nasal spray and oral solution: nose, swallowed part, gut, central, two peripheral, liver, noresketamine ----------

LIVER_STATES = ("nose", "swallowed", "gut", "c", "p1", "p2", "liver", "n", "np")


def liver_rates(p: Named) -> Named:
    return dict(p) | {
        "k1": p["q1"] / p["vc"], "k1_back": p["q1"] / p["vp1"], "k2": p["q2"] / p["vc"], "k2_back": p["q2"] / p["vp2"],
        "kh": p["qh"] / p["vc"], "kh_back": p["qh"] / p["vh"], "taken": p["kel"] + p["kmet"],
        "m10": p["cln"] / p["vnc"], "m12": p["qn"] / p["vnc"], "m21": p["qn"] / p["vnp"],
    }  # fmt: skip


def liver_change(k: Named, amounts: Rows) -> Rows:
    nose, swallowed, gut, c, p1, p2, liver, n, np_ = amounts
    through_nose, through_throat, through_gut = k["ka_n"] * nose, k["ka_sw"] * swallowed, k["ka_po"] * gut
    to_first = k["k1"] * c - k["k1_back"] * p1
    to_second = k["k2"] * c - k["k2_back"] * p2
    to_liver = k["kh"] * c - k["kh_back"] * liver
    nk_to_second = k["m12"] * n - k["m21"] * np_
    return np.array(
        [
            -through_nose,
            -through_throat,
            -through_gut,
            through_nose - to_first - to_second - to_liver,
            to_first,
            to_second,
            through_throat + through_gut + to_liver - k["taken"] * liver,
            k["kmet"] * liver - k["m10"] * n - nk_to_second,
            nk_to_second,
        ]
    )


def liver_read(p: Named, amounts: Rows) -> dict[str, Rows]:
    row = dict(zip(LIVER_STATES, amounts, strict=True))
    return {"ketamine_venous": 1000 * row["c"] / p["vc"], "norketamine_venous": 1000 * row["n"] / p["vnc"]}


def liver_fastest(p: Named) -> Rows:
    leaving = [(p["q1"] + p["q2"] + p["qh"]) / p["vc"], p["q1"] / p["vp1"], p["q2"] / p["vp2"]]
    leaving += [p["qh"] / p["vh"] + p["kel"] + p["kmet"], (p["cln"] + p["qn"]) / p["vnc"], p["qn"] / p["vnp"]]
    return np.max([*leaving, p["ka_n"], p["ka_sw"], p["ka_po"]], axis=0)


LIVER = System(LIVER_STATES, liver_rates, liver_change, liver_read, liver_fastest)

# --- film under the tongue: mucosa, swallowed part and its delay, parent, chain to norketamine, norketamine ----------

FILM_STATES = ("mucosa", "gut", "delayed", "x1", "x2", "x3", "chain1", "chain2", "n1", "n2")


MOLAR = 223.70 / 237.73  # amounts are in ketamine mass here; norketamine weighs less


def film_rates(p: Named) -> Named:
    return dict(p) | {
        "k10": p["cl"] / p["v1"], "k12": p["q2"] / p["v1"], "k21": p["q2"] / p["v2"], "k13": p["q3"] / p["v1"],
        "k31": p["q3"] / p["v3"], "m10": p["cln"] / p["vn1"], "m12": p["qn"] / p["vn1"], "m21": p["qn"] / p["vn2"],
    }  # fmt: skip


def film_change(k: Named, amounts: Rows) -> Rows:
    mucosa, gut, delayed, x1, x2, x3, chain1, chain2, n1, n2 = amounts
    through_mucosa, through_gut, arriving = k["ka1"] * mucosa, k["ka2"] * gut, k["k_delay"] * delayed
    eliminated = k["k10"] * x1
    to_second = k["k12"] * x1 - k["k21"] * x2
    to_third = k["k13"] * x1 - k["k31"] * x3
    along, out_of_chain = k["k_chain"] * chain1, k["k_chain"] * chain2
    nk_to_second = k["m12"] * n1 - k["m21"] * n2
    return np.array(
        [
            -through_mucosa,
            -through_gut,
            through_gut - arriving,
            through_mucosa - eliminated - to_second - to_third,
            to_second,
            to_third,
            eliminated + arriving - along,
            along - out_of_chain,
            k["fm"] * out_of_chain - k["m10"] * n1 - nk_to_second,
            nk_to_second,
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


FILM = System(FILM_STATES, film_rates, film_change, film_read, film_fastest)
