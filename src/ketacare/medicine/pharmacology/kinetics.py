"""Concentrations for parameter vectors: the engine's inner function, with nothing of a case about it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ketacare.medicine.pharmacology.exponentials import Array, Exponentials, Input, area_until, course
from ketacare.medicine.pharmacology.population import table
from ketacare.medicine.pharmacology.structures import Way, ways
from ketacare.medicine.pharmacology.terms import Analyte, Dose, Model, Parameter, Route, Site

_MINUTES = 60.0


@dataclass(frozen=True)
class Kinetics:
    """A model for these routes and this site. `parameters` is the order of every parameter vector."""

    model: Model
    routes: frozenset[Route]
    site: Site

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return self.model.of_routes(self.routes)

    def flows(self, vectors: Array, doses: Sequence[Dose], analyte: Analyte) -> "tuple[Flow, ...]":
        """What of these doses flows where, and what it does; ready to be asked at any times.

        `vectors` is (patients, parameters) in L, L/h, 1/h, h.
        """
        return self.flows_of_all(vectors, doses).get(analyte, ())

    def flows_of_all(self, vectors: Array, doses: Sequence[Dose]) -> "dict[Analyte, tuple[Flow, ...]]":
        """The same of every substance the model has, worked out once."""
        values = table(np.atleast_2d(vectors), self.parameters)
        given = expanded(doses, self.model)
        found: dict[Analyte, tuple[Flow, ...]] = {}
        for route in dict.fromkeys(dose.route for dose, _ in given):
            some = [(dose, later) for dose, later in given if dose.route is route]
            for way in ways(self.model, values, route, self.site):
                inputs = tuple(_input(dose, way, later) for dose, later in some)
                for analyte, answer in way.answers.items():
                    found[analyte] = (*found.get(analyte, ()), Flow(answer, inputs, route))
        return found

    def concentrations(
        self, vectors: Array, doses: Sequence[Dose], times_min: Array, analyte: Analyte = Analyte.KETAMINE
    ) -> Array:
        """Concentrations in ng/mL, (patients, times), for parameter vectors (patients, parameters)."""
        return self.courses(vectors, doses, times_min, [analyte])[0]

    def courses(
        self, vectors: Array, doses: Sequence[Dose], times_min: Array, analytes: Sequence[Analyte]
    ) -> list[Array]:
        """The same for several substances at once, in their order: what they share is worked out once."""
        flows = self.flows_of_all(vectors, doses)
        patients = len(np.atleast_2d(vectors))
        return [concentrations(flows.get(analyte, ()), patients, times_min) for analyte in analytes]


@dataclass(frozen=True, slots=True)
class Flow:
    """One answer and the inputs that it answers."""

    answer: Exponentials
    inputs: tuple[Input, ...]
    route: Route


def concentrations(flows: Sequence[Flow], patients: int, times_min: Array) -> Array:
    times_h = np.asarray(times_min, dtype=float) / _MINUTES
    if not flows:
        return np.zeros((patients, len(times_h)))
    total = course(flows[0].answer, flows[0].inputs, times_h)
    for flow in flows[1:]:
        total += course(flow.answer, flow.inputs, times_h)
    return total


def areas(flows: Sequence[Flow], patients: int, until_min: float) -> Array:
    """Area under the course from 0 on, in ng h/mL, exact."""
    return sum((area_until(f.answer, f.inputs, until_min / _MINUTES) for f in flows), start=np.zeros(patients))


def _input(dose: Dose, way: Way, later: bool) -> Input:
    share = way.share_later if later and way.share_later is not None else way.share
    own = isinstance(way.duration_h, np.ndarray) or way.duration_h > 0
    duration = way.duration_h if own else dose.duration_min / _MINUTES
    return Input(dose.dose_mg * share, dose.start_min / _MINUTES, duration)


def expanded(doses: Sequence[Dose], model: Model) -> tuple[tuple[Dose, bool], ...]:
    """Doses as the model sees them: a nasal dose is one event a device, and is marked when it is a later one."""
    devices = model.devices
    if devices is None:
        return tuple((dose, False) for dose in doses)
    found: list[tuple[Dose, bool]] = []
    first = -np.inf
    for dose in sorted(doses, key=lambda one: one.start_min):
        if dose.route is not Route.IN:
            found.append((dose, False))
            continue
        count = max(round(dose.dose_mg / devices.dose_mg), 1)
        apart = dose.duration_min / max(count - 1, 1) if dose.duration_min else devices.apart_min
        for number in range(count):
            start = dose.start_min + number * apart
            later = start - first < devices.afresh_min
            first = first if later else start
            one = Dose(dose.drug, dose.route, start, dose.dose_mg / count, 0.0, dose.product)
            found.append((one, later))
    return tuple(found)
