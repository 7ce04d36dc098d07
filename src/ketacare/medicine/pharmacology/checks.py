"""What no prediction is made from: each fault with its field, the rule and the remedy, all at once."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite

from ketacare.medicine.pharmacology import reader, regimens
from ketacare.medicine.pharmacology.terms import Case, Dose, Patient, PredictionRefused, Route

MOST_PATIENTS = 100_000
MOST_VALUES = 100_000_000  # patients times times: what fits the memory of an ordinary machine
MEETS_MIN = 0.01  # stretches that share an edge are off by what rounding leaves; no slip of the pen is so small


def refuse_unsound(case: Case) -> None:
    """PredictionRefused with every fault, or nothing."""
    faults = [
        *_patient(case.patient),
        *(fault for place, dose in enumerate(case.regimen) for fault in _dose(dose, f"regimen[{place}]", case.patient)),
        *_overlaps(case.regimen),
        *_times(case.times_min),
        *_asked(case),
    ]
    if not case.regimen:
        faults.append("regimen: empty. Give at least one dose.")
    if case.model is not None and not reader.knows(case.model):
        ids = ", ".join(one.id for one in reader.models())
        faults.append(f"model: {case.model!r} is not known. Known: {ids}.")
    if not faults:
        faults = list(_devices(case))
    if faults:
        raise PredictionRefused(*faults)


def _patient(patient: Patient) -> Iterator[str]:
    lines = reader.effect_numbers("plausible")
    low, high = lines["weight_low"], lines["weight_high"]
    weight = patient.weight_kg
    if not isfinite(weight) or weight <= 0:
        yield f"patient.weight_kg: {weight:g} is not a weight. Give the weight in kg."
    elif not low <= weight <= high:
        yield f"patient.weight_kg: {weight:g} kg is not between {low:g} and {high:g}. Check number and unit (kg)."
    elif (bmi := patient.bmi) is not None and not lines["bmi_low"] <= bmi <= lines["bmi_high"]:
        yield (
            f"patient.height_cm: {patient.height_cm:g} cm with {weight:g} kg is a body-mass index of {bmi:.4g}, "
            f"not between {lines['bmi_low']:g} and {lines['bmi_high']:g}. Check height (cm) and weight (kg, no pounds)."
        )
    yield from _weighed(patient, lines["weight_valid"])
    age = patient.age_years
    if age is not None and not lines["age_low"] <= age <= lines["age_high"]:
        yield (
            f"patient.age_years: {age:g} is not between {lines['age_low']:g} and {lines['age_high']:g}; the models are "
            "of adults. Check the age."
        )


def _weighed(patient: Patient, most_days: float) -> Iterator[str]:
    """The line that an order holds its weight to, in an order's words (H3)."""
    days = patient.weight_days
    if days is None or 0 <= days <= most_days:
        return
    told, remedy = f"{days} days old; no dose from a weight older than {most_days:g} days", "Weigh the patient today."
    if days < 0:
        told, remedy = "in the future", "Correct the day, or weigh the patient today."
    yield f"patient.weighed_on: {patient.weight_kg:g} kg is {told}. {remedy}"


def _dose(dose: Dose, at: str, patient: Patient) -> Iterator[str]:
    lines = reader.effect_numbers("plausible")
    if not isfinite(dose.dose_mg) or dose.dose_mg <= 0:
        yield f"{at}.dose_mg: {dose.dose_mg:g} is not a dose; it must be above zero. Give mg of free base."
    elif dose.dose_mg > lines["dose_by_weight_most"] * patient.weight_kg > 0:
        yield (
            f"{at}.dose_mg: {dose.dose_mg:g} mg is above {lines['dose_by_weight_most']:g} mg/kg. "
            "Check the number and its unit (mg)."
        )
    drug, route = regimens.PRODUCTS.get(dose.product or "", (dose.drug, dose.route))
    if (dose.drug, dose.route) != (drug, route):
        yield (
            f"{at}.product: {dose.product} is {drug} by route {route}, and this dose is {dose.drug} by route "
            f"{dose.route}. Correct drug, route or product."
        )
    if not isfinite(dose.start_min) or dose.start_min < 0:
        yield f"{at}.start_min: {dose.start_min:g} is before the beginning. Count minutes from the first dose."
    if not isfinite(dose.duration_min) or not 0 <= dose.duration_min <= lines["duration_most"]:
        yield (
            f"{at}.duration_min: {dose.duration_min:g} is not between 0 and {lines['duration_most']:g}. "
            "Give minutes; 0 or nothing for a dose at once."
        )


def _overlaps(regimen: Sequence[Dose]) -> Iterator[str]:
    for route in Route:
        runs = sorted(
            (dose.start_min, dose.start_min + dose.duration_min, place)
            for place, dose in enumerate(regimen)
            if dose.route is route and dose.duration_min > 0
        )
        for (_, end, one), (start, _, other) in pairwise(runs):
            if start < end - MEETS_MIN:
                yield (
                    f"regimen[{other}].start_min: begins at {start:g} min while regimen[{one}] runs by the same route "
                    f"until {end:g}. Write rate steps that follow one another."
                )


def _times(times: Sequence[float]) -> Iterator[str]:
    most = reader.effect_numbers("plausible")["time_most"]
    if not times:
        yield "times_min: empty. Give the minutes to predict, from the first dose."
    for place, time in enumerate(times):
        if not isfinite(time) or not 0 <= time <= most:
            yield f"times_min[{place}]: {time:g} is not between 0 and {most:g} min. Count minutes from the first dose."
    for place, (before, after) in enumerate(pairwise(times)):
        if after <= before:
            yield f"times_min[{place + 1}]: {after:g} does not follow {before:g}. Put the times in order, each once."


def _asked(case: Case) -> Iterator[str]:
    if not 1 <= case.patients <= MOST_PATIENTS:
        remedy = "Ask for fewer." if case.patients > MOST_PATIENTS else "Ask for one or more."
        yield f"population.n: {case.patients} is not between 1 and {MOST_PATIENTS}. {remedy}"
    elif case.patients * len(case.times_min) > MOST_VALUES:
        yield f"population.n: {case.patients} patients at {len(case.times_min)} times are too many. Ask for fewer."
    if case.seed < 0:
        yield f"population.seed: {case.seed} is below zero. Give a whole number from 0 on."
    window, level = case.window, case.level_ng_per_ml
    if window is not None and not 0 <= window.low_ng_per_ml < window.high_ng_per_ml:
        yield "window: needs a low end from 0 on, under its high end. Correct one of the two."
    if level is not None and not (isfinite(level) and level > 0):
        yield f"below_ng_per_ml: {level:g} is not a concentration above zero. Correct it or leave it out."


def _devices(case: Case) -> Iterator[str]:
    """Nasal esketamine comes in whole devices; a film dissolves by itself."""
    for place, dose in enumerate(case.regimen):
        name = case.model or regimens.default_model(dose)
        devices = reader.model(name).devices
        if dose.route is Route.IN and devices is not None and dose.dose_mg % devices.dose_mg:
            yield (
                f"regimen[{place}].dose_mg: {dose.dose_mg:g} mg is not whole devices of {devices.dose_mg:g} mg. "
                "Give what was sprayed, or choose model kamp-2020 for a compounded spray."
            )
        if dose.route is Route.SL and reader.model(name).structure == "film" and dose.duration_min:
            yield f"regimen[{place}].duration_min: the film's own dissolving is in its model. Leave it out."
