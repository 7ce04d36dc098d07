"""What do a thousand virtual patients cost? Closed form beside step-by-step solvers, and beside memory itself."""

from __future__ import annotations

import ctypes
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import kernel, peers
from bench.candidacy import best
from bench.figures import Found, Spread, Table, ratio
from bench.ground import Ground
from ketacare.medicine.pharmacology import individual_answers, population, reader
from ketacare.medicine.pharmacology.individual import Sample, individualise
from ketacare.medicine.pharmacology.kinetics import Kinetics
from ketacare.medicine.pharmacology.predictions import predict
from ketacare.medicine.pharmacology.terms import Analyte, Case, Dose, Drug, Patient, Route, Site

Rows = NDArray[np.float64]
SEED, WEIGHT_KG, MG, MINUTES = 20261128, 70.0, 35.0, 40.0
TIMES_MIN = np.arange(1, 201) * 2.0  # the infusion ends on the twentieth
ANALYTES = (Analyte.KETAMINE, Analyte.NORKETAMINE)
PEOPLE = (1_000, 10_000)
EXACT, INDIVIDUALS, ROUNDS = 50, 200, 15
TOLERANCES = (1e-6, 1e-9)
DOSES = (Dose(Drug.KETAMINE, Route.IV, 0.0, MG, MINUTES),)
ARTERIAL, VENOUS = (Kinetics(reader.model("kamp-2020"), frozenset({Route.IV}), s) for s in (Site.ARTERIAL, Site.VENOUS))
NAMES = {"v1": "V1", "v2": "V2", "v3": "V3", "cl": "CL", "q2": "Q2", "q3": "Q3", "vn1": "VN1", "cln": "CLN"}
NAMES |= {"vn2": "VN2", "qn": "QN"}


def measure(ground: Ground | None = None) -> Found:
    found = Found("Kinetics: many patients at 200 times, ketamine and norketamine, 40-min infusion, in closed form")
    whole = vectors(max(PEOPLE))
    with tempfile.TemporaryDirectory() as folder:
        course = kernel.compiled(Path(folder))
        speed(found.table("200 times, both analytes, float64, one process", *SPEED), whole, course)
    individuals(found.table("One person from 3 samples, and their own prediction", *INDIVIDUAL), whole)
    errors(found.table(f"Largest relative error, {EXACT} patients, against {peers.DIGITS} digits", *ERRORS), whole)
    found.notes.append(
        f"Patients drawn from seed {SEED} by the default model ({WEIGHT_KG:.0f} kg); best of {ROUNDS} rounds."
    )
    found.notes.append(
        "LSODA and libroadrunner ran once for every patient, one after another. LSODA has the Jacobian; libroadrunner "
        "is compiled once and given each one's parameters."
    )
    found.notes.append(
        "Memory bound: copying as many doubles as the answer holds with numpy.copyto, measured in the same run; the "
        "share is copy time over our time. Peak memory is what a process of its own grew by at most."
    )
    return found


def vectors(count: int) -> Rows:
    """Virtual patients as parameter vectors of the default model."""
    kept = ARTERIAL.parameters
    values = population.typical(ARTERIAL.model, Patient(WEIGHT_KG), ARTERIAL.routes)
    drawn = population.etas(ARTERIAL.model, kept, count, np.random.default_rng(SEED))
    return population.individual(values, kept, drawn)


def ours(some: Rows, kinetics: Kinetics = ARTERIAL) -> list[Rows]:
    """Each analyte in ng/mL, (patients, times)."""
    return kinetics.courses(some, DOSES, TIMES_MIN, ANALYTES)


def by_kernel(some: Rows, course: kernel.Course) -> list[Rows]:
    """The same by compiled code, from the engine's exponents; terms that nearly nobody has are left out."""
    found = []
    for analyte in ANALYTES:
        (flow,) = ARTERIAL.flows(some, DOSES, analyte)
        common = np.count_nonzero(flow.answer.share, axis=1) > len(some) / 8
        share, rate = flow.answer.share[common], flow.answer.rate[common]
        step = (TIMES_MIN[1] - TIMES_MIN[0]) / 60
        found.append(course(share, rate, MG / MINUTES * 60, round(MINUTES / 60 / step), step, len(TIMES_MIN)).T)
    return found


# --- how fast, and in how much memory ---

SPEED = ("work", "patients", "ms", "µs a patient", "beside ours", "share of memory bound", "peak MB")


def speed(table: Table, whole: Rows, course: kernel.Course | None) -> None:
    for count in PEOPLE:
        some = whole[:count]
        took = best(lambda some=some: ours(some), ROUNDS)
        bound = copying(count)
        line(table, "closed form (ours)", count, took, took, f"{100 * bound / took:.0f} %", peak(ours, some))
        linked = best(lambda some=some: ours(some, VENOUS), ROUNDS)
        line(table, "the same, venous: one link more", count, linked, took, f"{100 * bound / linked:.0f} %", "")
        if course is not None:
            by_c = best(lambda some=some: by_kernel(some, course), ROUNDS)
            line(
                table,
                "compiled C, one thread",
                count,
                by_c,
                took,
                f"{100 * bound / by_c:.0f} %",
                peak(by_kernel, some, course),
            )
        line(table, "numpy.copyto of the answer", count, bound, took, "100 %", "")
        for name, work in others(some):
            line(table, name, count, best(work, 1), took, "", peak(work) if count == min(PEOPLE) else "")


def line(table: Table, name: str, count: int, seconds: float, beside: float, share: str, memory: Any) -> None:
    table.add(name, count, 1e3 * seconds, 1e6 * seconds / count, ratio(seconds, beside), share, memory)


def others(some: Rows) -> list[tuple[str, partial[list[Rows]]]]:
    people = persons(some)
    by_scipy = [
        (f"SciPy LSODA, rtol {rtol:g}", partial(each, partial(lsoda, rtol=rtol), people)) for rtol in TOLERANCES
    ]
    runners = [(rtol, peers.Roadrunner(rtol=rtol)) for rtol in TOLERANCES]
    return by_scipy + [
        (f"libroadrunner CVODE, rtol {rtol:g}", partial(each, partial(ran, run), people)) for rtol, run in runners
    ]


def each(solved: Callable[[peers.Person], Rows], people: list[dict[str, float]]) -> list[Rows]:
    return [solved(person) for person in people]


def copying(count: int) -> float:
    """Seconds in which this machine copies as many doubles as the answer holds: less can't be asked of any method."""
    answer = np.ones((len(ANALYTES), count, len(TIMES_MIN)))
    room = np.zeros_like(answer)
    return best(lambda: np.copyto(room, answer), 3 * ROUNDS)


def peak(work: Callable[..., Any], *arguments: Any) -> float:
    """By how many MB a process of its own grew at most while it did this."""
    context = multiprocessing.get_context("fork")
    receiving, sending = context.Pipe(duplex=False)
    child = context.Process(target=grown, args=(sending, work, arguments))
    child.start()
    megabytes = float(receiving.recv())
    child.join()
    return megabytes


def grown(sending: Any, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    ctypes.CDLL(None).malloc_trim(0)  # what the parent freed and kept would be used again unseen
    begun = resident_mb()
    with open("/proc/self/clear_refs", "w") as marks:
        marks.write("5")  # the highest mark begins again from here
    work(*arguments)
    sending.send(resident_mb("VmHWM") - begun)


def resident_mb(name: str = "VmRSS") -> float:
    with open("/proc/self/status") as lines:
        for text in lines:
            if text.startswith(name):
                return int(text.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


# --- one person ---

INDIVIDUAL = ("work", "people", "p50 ms", "p95 ms", "p50 beside one typical prediction")
SAMPLES_MIN = np.array([40.0, 80.0, 230.0])


def individuals(table: Table, whole: Rows) -> None:
    """People drawn like the population, with 3 noisy venous samples each."""
    chance = np.random.default_rng(SEED)
    people = whole[:INDIVIDUALS]
    seen = VENOUS.concentrations(people, DOSES, SAMPLES_MIN)
    seen = seen * np.exp(VENOUS.model.residual[Analyte.KETAMINE].log_sd * chance.standard_normal(seen.shape))
    case = Case(Patient(WEIGHT_KG, 40.0), DOSES, tuple(TIMES_MIN[::10]), Site.VENOUS)
    samples = [
        [Sample(t, "ketamine", float(v), Site.VENOUS) for t, v in zip(SAMPLES_MIN, row, strict=True)] for row in seen
    ]
    plain = timed([lambda: predict(case)] * INDIVIDUALS)
    for name, work in (
        ("one typical prediction (baseline)", plain),
        ("estimate and its interval", timed([lambda s=s: individualise(case, s) for s in samples])),
        ("the same, with the person's prediction in bands", timed([lambda s=s: told(case, s) for s in samples])),
    ):
        table.add(name, work.count, work.p50, work.p95, ratio(work.p50, plain.p50))


def told(case: Case, samples: list[Sample]) -> object:
    return individual_answers.answer_to_json(individualise(case, samples))


def timed(works: list[Callable[[], object]]) -> Spread:
    took = []
    for work in works:
        began = time.perf_counter()
        work()
        took.append(1e3 * (time.perf_counter() - began))
    return Spread.of(took)


# --- how exact ---

ERRORS = ("method", "ketamine", "norketamine")


def errors(table: Table, whole: Rows) -> None:
    people = persons(whole[:EXACT])
    hours = list(TIMES_MIN / 60)
    wanted = np.array([1000 * peers.exact(p, MG, MINUTES / 60, hours) for p in people])
    table.add("closed form (ours)", *off(np.array(ours(whole[:EXACT])).swapaxes(0, 1), wanted))
    for rtol in TOLERANCES:
        run = peers.Roadrunner(rtol=rtol)
        table.add(f"SciPy LSODA, rtol {rtol:g}", *off(1000 * np.array([lsoda(p, rtol) for p in people]), wanted))
        table.add(f"libroadrunner CVODE, rtol {rtol:g}", *off(1000 * np.array([ran(run, p) for p in people]), wanted))


def off(found: Rows, wanted: Rows) -> tuple[str, str]:
    furthest = np.abs(found / wanted - 1).max(axis=(0, 2))
    return f"{furthest[0]:.1e}", f"{furthest[1]:.1e}"


def persons(some: Rows) -> list[dict[str, float]]:
    values = population.table(some, ARTERIAL.parameters)
    return [{ours: float(values[name][place]) for ours, name in NAMES.items()} for place in range(len(some))]


def lsoda(person: peers.Person, rtol: float) -> Rows:
    return peers.by_lsoda(person, MG, MINUTES / 60, TIMES_MIN / 60, rtol=rtol)


def ran(runner: peers.Roadrunner, person: peers.Person) -> Rows:
    return runner(person, MG, MINUTES / 60, TIMES_MIN / 60)


if __name__ == "__main__":
    print(measure().as_markdown())
