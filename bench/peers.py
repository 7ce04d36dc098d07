"""Other ways to the same curves: a matrix exponential in forty digits, SciPy's LSODA, and libroadrunner on SBML.

One person at a time: ketamine in three compartments, norketamine in two, one infusion. Volumes in L, flows in L/h, time
in hours, amounts in mg, concentrations in mg/L; the infusion ends on one of the times asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float64]
Person = Mapping[str, float]
DIGITS = 40


def flows(p: Person) -> Rows:
    """x' = A x + input: parent central and two peripheral, norketamine central and peripheral."""
    k10, k12, k13 = p["cl"] / p["v1"], p["q2"] / p["v1"], p["q3"] / p["v1"]
    k21, k31 = p["q2"] / p["v2"], p["q3"] / p["v3"]
    m10, m12, m21 = p["cln"] / p["vn1"], p["qn"] / p["vn1"], p["qn"] / p["vn2"]
    return np.array(
        [
            [-(k10 + k12 + k13), k21, k31, 0, 0],
            [k12, -k21, 0, 0, 0],
            [k13, 0, -k31, 0, 0],
            [k10, 0, 0, -(m10 + m12), m21],
            [0, 0, 0, m12, -m21],
        ]
    )


def seen(p: Person, amounts: Rows) -> Rows:
    """Ketamine and norketamine, a row each."""
    return np.array([amounts[0] / p["v1"], amounts[3] / p["vn1"]])


# --- forty digits ---------------------------------------------------------------------------------------------------


def exact(p: Person, mg: float, hours: float, times: Sequence[float]) -> Rows:
    """By mpmath, one matrix exponential for the even step of the times; rounded to doubles at the very end."""
    import mpmath

    with mpmath.workdps(DIGITS):
        named = {name: mpmath.mpf(value) for name, value in p.items()}
        step, ends_at = mpmath.mpf(times[1]) - mpmath.mpf(times[0]), round(hours / (times[1] - times[0]))
        on, off = (transition(mpmath, named, step, rate) for rate in (mpmath.mpf(mg) / hours, mpmath.mpf(0)))
        state = mpmath.matrix([0, 0, 0, 0, 0, 1])
        found = np.empty((2, len(times)))
        for place in range(len(times)):
            state = (on if place < ends_at else off) * state
            found[:, place] = float(state[0] / named["v1"]), float(state[3] / named["vn1"])
    return found


def transition(mpmath: Any, p: Mapping[str, Any], step: Any, rate: Any) -> Any:
    """exp(step · [[A, b], [0, 0]]), with A written out again so that no double takes part."""
    whole = mpmath.matrix(6, 6)
    k10, k12, k13 = p["cl"] / p["v1"], p["q2"] / p["v1"], p["q3"] / p["v1"]
    m10, m12 = p["cln"] / p["vn1"], p["qn"] / p["vn1"]
    whole[0, 0], whole[0, 1], whole[0, 2] = -(k10 + k12 + k13), p["q2"] / p["v2"], p["q3"] / p["v3"]
    whole[1, 0], whole[1, 1] = k12, -p["q2"] / p["v2"]
    whole[2, 0], whole[2, 2] = k13, -p["q3"] / p["v3"]
    whole[3, 0], whole[3, 3], whole[3, 4] = k10, -(m10 + m12), p["qn"] / p["vn2"]
    whole[4, 3], whole[4, 4] = m12, -p["qn"] / p["vn2"]
    whole[0, 5] = rate
    return mpmath.expm(whole * step)


# --- SciPy ----------------------------------------------------------------------------------------------------------


def by_lsoda(p: Person, mg: float, hours: float, times: Rows, *, rtol: float) -> Rows:
    """solve_ivp with LSODA and the Jacobian, broken where the infusion ends."""
    from scipy.integrate import solve_ivp

    matrix = flows(p)
    pumped = np.array([mg / hours, 0, 0, 0, 0])
    during, after = times[times <= hours * (1 + 1e-12)], times[times > hours * (1 + 1e-12)]
    how = {"method": "LSODA", "jac": lambda t, x: matrix, "rtol": rtol, "atol": rtol * 1e-4}
    first = solve_ivp(lambda t, x: matrix @ x + pumped, (0, hours), np.zeros(5), t_eval=during.clip(max=hours), **how)
    second = solve_ivp(lambda t, x: matrix @ x, (hours, after[-1]), first.y[:, -1], t_eval=after, **how)
    return seen(p, np.concatenate([first.y, second.y], axis=1))


# --- libroadrunner --------------------------------------------------------------------------------------------------

SPECIES = ("x1", "x2", "x3", "n1", "n2")
REACTIONS = (
    ("", "x1", "pump"),
    ("x1", "n1", "cl / v1 * x1"),
    ("x1", "x2", "q2 / v1 * x1 - q2 / v2 * x2"),
    ("x1", "x3", "q3 / v1 * x1 - q3 / v3 * x3"),
    ("n1", "", "cln / vn1 * n1"),
    ("n1", "n2", "qn / vn1 * n1 - qn / vn2 * n2"),
)
PARAMETERS = ("v1", "v2", "v3", "cl", "q2", "q3", "vn1", "cln", "vn2", "qn", "pump")


def sbml() -> str:
    """The same model as a document of the Systems Biology Markup Language; formulas as MathML of their words."""
    parameters = "".join(f'<parameter id="{name}" value="1" constant="false"/>' for name in PARAMETERS)
    species = "".join(
        f'<species id="{name}" compartment="body" initialAmount="0" hasOnlySubstanceUnits="true" '
        'boundaryCondition="false" constant="false"/>'
        for name in SPECIES
    )
    reactions = "".join(reaction(f"r{place}", *row) for place, row in enumerate(REACTIONS))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="ketamine">'
        '<listOfCompartments><compartment id="body" size="1" constant="true"/></listOfCompartments>'
        f"<listOfSpecies>{species}</listOfSpecies><listOfParameters>{parameters}</listOfParameters>"
        f"<listOfReactions>{reactions}</listOfReactions></model></sbml>"
    )


def reaction(name: str, from_: str, to: str, formula: str) -> str:
    def side(tag: str, species: str) -> str:
        reference = f'<speciesReference species="{species}" stoichiometry="1" constant="true"/>'
        return f"<{tag}>{reference}</{tag}>" if species else ""

    return (
        f'<reaction id="{name}" reversible="false" fast="false">{side("listOfReactants", from_)}'
        f"{side('listOfProducts', to)}<kineticLaw>"
        f'<math xmlns="http://www.w3.org/1998/Math/MathML">{mathml(formula)}</math></kineticLaw></reaction>'
    )


def mathml(formula: str) -> str:
    """A difference of products `a / b * c`, or a single name: all that these reactions need."""
    terms = [term.strip() for term in formula.split(" - ")]
    if len(terms) == 2:
        return f"<apply><minus/>{mathml(terms[0])}{mathml(terms[1])}</apply>"
    if " * " in formula:
        flow, amount = formula.split(" * ")
        above, below = flow.split(" / ")
        return f"<apply><times/><apply><divide/><ci>{above}</ci><ci>{below}</ci></apply><ci>{amount}</ci></apply>"
    return f"<ci>{formula}</ci>"


class Roadrunner:
    """Compiled once; for each person the parameters are set, and CVODE goes through the infusion and beyond it."""

    def __init__(self, *, rtol: float) -> None:
        import roadrunner

        roadrunner.Logger.setLevel(roadrunner.Logger.LOG_ERROR)
        self.runner = roadrunner.RoadRunner(sbml())
        self.runner.setIntegrator("cvode")
        self.runner.timeCourseSelections = ["time", "x1", "n1"]
        self.runner.getIntegrator().setValue("relative_tolerance", rtol)
        self.runner.getIntegrator().setValue("absolute_tolerance", rtol * 1e-4)

    def __call__(self, p: Person, mg: float, hours: float, times: Rows) -> Rows:
        self.runner.resetAll()
        for name in PARAMETERS[:-1]:
            self.runner[name] = p[name]
        step = times[1] - times[0]
        during = round(hours / step)
        self.runner["pump"] = mg / hours
        first = np.array(self.runner.simulate(0, hours, during + 1))
        self.runner["pump"] = 0
        second = np.array(self.runner.simulate(hours, times[-1], len(times) - during + 1))
        amounts = np.concatenate([first[1:], second[1:]])[:, 1:]
        return np.array([amounts[:, 0] / p["v1"], amounts[:, 1] / p["vn1"]])
