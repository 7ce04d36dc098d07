"""What a prediction must not be shown without: how it is weak, and where it leaves the data it was built on."""

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from ketacare.medicine.evidence.terms import Grade
from ketacare.medicine.pharmacology import reader
from ketacare.medicine.pharmacology.effects import site_known
from ketacare.medicine.pharmacology.summaries import Percentiles
from ketacare.medicine.pharmacology.terms import Band, Case, Condition, Dose, Drug, Model, Route, Site

ALWAYS = "Predicted, not measured: it describes groups of people, not this patient."


class Predicted(Protocol):
    @property
    def model(self) -> Model: ...
    @property
    def site(self) -> Site: ...
    @property
    def doses(self) -> tuple[Dose, ...]: ...
    @property
    def routes(self) -> frozenset[Route]: ...


def of(
    case: Case,
    by: Sequence[Predicted],
    conditions: Sequence[Condition],
    spreads: bool,
    alarms: Sequence[str],
) -> tuple[str, ...]:
    """Every reservation, the gravest first: `alarms` are those of the peak."""
    told = [
        *alarms,
        *_quick_and_high(case),
        ALWAYS,
        *_weighed(case),
        *(words for one in by for words in _of_model(case, one)),
        *_of_case(case, by, spreads),
        *(words for condition in conditions for words in _of_condition(condition, by)),
    ]
    return tuple(dict.fromkeys(told))


def outside(case: Case, by: Sequence[Predicted]) -> tuple[str, ...]:
    """Those that stand beside a course of a running session: outside the data, or poorly known."""
    told = [words for one in by for words in (*_range(case, one), *_route(one), *_grades(one, {Grade.M}))]
    return tuple(dict.fromkeys(told))


def _weighed(case: Case) -> Iterator[str]:
    if case.patient.weight_days is None:
        most = reader.effect_numbers("plausible")["weight_valid"]
        yield (
            f"patient.weighed_on: how old the weight is, is not known; no dose is ordered from one older than {most:g} "
            "days. Say when it was taken."
        )


def of_peak(peak: Percentiles, site: Site | None) -> Iterator[str]:
    """The line of a peak is one of arterial blood; it is held to another site only where no artery is known."""
    line = reader.effect_numbers("alarm")["upper"]
    highest = peak.typical if peak.p95 is None else peak.p95
    if highest > line:
        where = "" if site is None else f" in {site} blood"
        yield f"ketamine: the upper end of the peak{where}, {highest:.0f} ng/mL, is above {line:g}. Check the dose."


def _quick_and_high(case: Case) -> Iterator[str]:
    lines = reader.effect_numbers("alarm")
    for mg, minutes in _quick(case, lines["dose_under"]):
        if mg / case.patient.weight_kg > lines["dose_by_weight"]:
            yield (
                f"regimen: {mg / case.patient.weight_kg:.2f} mg/kg into a vein in {minutes:g} min is above "
                f"{lines['dose_by_weight']:g} mg/kg in under {lines['dose_under']:g} min. Two people check it."
            )
            return


def _quick(case: Case, under_min: float) -> Iterator[tuple[float, float]]:
    """Doses into a vein that follow one another within fewer minutes than this: mg in all, and in how many minutes."""
    veins = sorted((dose for dose in case.regimen if dose.route is Route.IV), key=lambda dose: dose.start_min)
    for place, first in enumerate(veins):
        mg = end = 0.0
        for dose in veins[place:]:
            mg, end = mg + dose.dose_mg, max(end, dose.start_min + dose.duration_min)
            if end - first.start_min < under_min:
                yield mg, end - first.start_min


def _of_model(case: Case, one: Predicted) -> Iterator[str]:
    model = one.model
    if not model.for_clinics:
        yield f"{model.id}: not for a ketamine clinic. {model.words}."
    else:
        yield f"{model.id}: {model.words[0].lower()}{model.words[1:]}."
    yield from _site(case, one)
    yield from _range(case, one)
    yield from _route(one)
    yield from _grades(one)


def _site(case: Case, one: Predicted) -> Iterator[str]:
    if case.site is None:
        yield f"site: not given; {one.site} by {one.model.id}."
    elif one.site is not case.site:
        yield f"site: {one.model.id} predicts {one.site} blood only; its numbers are {one.site}, not {case.site}."


def _range(case: Case, one: Predicted) -> Iterator[str]:
    built, name = one.model.built_on, one.model.id
    age, weight = case.patient.age_years, case.patient.weight_kg
    if age is None:
        yield "patient.age_years: not given; an adult's course is shown."
    elif not built.age_low <= age <= built.age_high:
        yield f"patient.age_years: {age:g} is outside the {built.age_low:g} to {built.age_high:g} years behind {name}."
    if not built.weight_low <= weight <= built.weight_high:
        yield (
            f"patient.weight_kg: {weight:g} is outside the {built.weight_low:g} to {built.weight_high:g} kg "
            f"behind {name}."
        )
    longest = max(dose.duration_min for dose in one.doses)
    if longest > built.infusion_most_min:
        yield f"duration_min: {longest:g} is longer than the {built.infusion_most_min:g} min behind {name}."


def _route(one: Predicted) -> Iterator[str]:
    routes = one.routes
    if one.model.structure == "liver" and Route.IV in routes:
        yield f"{one.model.id}: predicts too little at the end of an infusion into a vein."
    if one.model.structure == "compartments":
        if Route.IN in routes:
            yield "route in, racemic: poorly known; published shares that reach plasma conflict badly."
        if routes & {Route.IM, Route.PO, Route.SL}:
            yield "route: absorption constants were chosen by hand against few volunteers."
        if any(dose.drug is not Drug.KETAMINE and dose.route is not Route.IV for dose in one.doses):
            yield "route: what is known of the racemate stands for S or R alone by this route."
    if any(dose.drug is Drug.ARKETAMINE for dose in one.doses):
        yield "arketamine: only its clearance is known to differ; norketamine is that of the S form."


_WEAK = {Grade.M: "unconfirmed", Grade.D: "house defaults", Grade.S: "second-hand"}


def _grades(one: Predicted, told: Collection[Grade] = _WEAK) -> Iterator[str]:
    """Which parameters rest on weak figures, the weakest kind first."""
    used = one.model.of_routes(one.routes)
    for grade, words in _WEAK.items():
        if grade not in told:
            continue
        values = [parameter.name for parameter in used if parameter.grade is grade]
        spreads = [parameter.name for parameter in used if parameter.spread_grade is grade]
        if values:
            yield f"{one.model.id}: {words} (grade {grade}): {', '.join(values)}."
        if spreads:
            yield f"{one.model.id}: how people differ, {words} (grade {grade}): {', '.join(spreads)}."


def _of_case(case: Case, by: Sequence[Predicted], spreads: bool) -> Iterator[str]:
    if len(by) > 1:
        yield "model: doses of different models are added; their virtual patients are drawn apart."
    if not spreads and case.patients > 1:
        names = ", ".join(one.model.id for one in by if not one.model.spreads)
        yield f"band: how people differ is not published for {names}; only the typical course is given."
    if case.band is Band.MEASURED:
        yield "band: measured, for a lab result; the summary is of the true concentration."
    if case.effects and not site_known(by):
        yield "effects: the effect site follows arterial blood, which this model does not know; none is predicted."


def _of_condition(condition: Condition, by: Sequence[Predicted]) -> Iterator[str]:
    weak = f" (grade {condition.grade}: {condition.grade.words})" if condition.grade in (Grade.M, Grade.D) else ""
    yield f"{condition.title}: {condition.words[0].lower()}{condition.words[1:]}{weak}."
    if condition.widen is not None:
        yield f"{condition.title}: the upper end of the band is multiplied by {condition.widen:g}."
    partly = {Route.SL, Route.IN, Route.IM}
    if condition.clint is not None and any(one.model.structure != "liver" and one.routes & partly for one in by):
        yield f"{condition.title}: only clearance is changed; what reaches plasma by this route is left as it was."
