"""The words of kinetics: a model and its parameters, who is predicted, what is given, and why something is refused."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import inf

from ketacare.medicine.evidence.terms import Figure, Grade, SheetHeader, Source

SPREADS = ("omega", "cv", "logit_sd")


class Drug(StrEnum):
    KETAMINE = "ketamine"  # the racemate
    ESKETAMINE = "esketamine"
    ARKETAMINE = "arketamine"


class Route(StrEnum):
    IV = "iv"
    IM = "im"
    IN = "in"
    PO = "po"
    SL = "sl"


class Site(StrEnum):
    """Where blood is drawn. While an infusion runs the artery is higher, after it the vein."""

    ARTERIAL = "arterial"
    VENOUS = "venous"
    UNSTATED = "unstated"


class Band(StrEnum):
    """True: how people differ. Measured: that, and what a laboratory and the fit add; hold a lab result to this."""

    TRUE = "true"
    MEASURED = "measured"


class Analyte(StrEnum):
    KETAMINE = "ketamine"
    NORKETAMINE = "norketamine"
    HYDROXYNORKETAMINE = "hydroxynorketamine"


class Spread(StrEnum):
    """How a parameter differs between people: multiplied by exp(eta), or eta added to its logit."""

    LOG = "log"
    LOGIT = "logit"


class PredictionRefused(ValueError):
    """What cannot be predicted, with every fault: field, rule, remedy."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__("\n".join(faults))


# --- a model --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in the units of the engine (L, L/h, 1/h, h, or a share), with the figures behind it."""

    name: str
    title: str
    typical: float  # for an adult of 70 kg
    weight_exponent: float
    omega: float | None  # SD of eta between people; None: not published
    spread: Spread
    route: Route | None  # only for doses by this route; None: always
    figures: Mapping[str, Figure]  # typical, and where there are: weight_exponent, omega, cv, logit_sd

    @property
    def grade(self) -> Grade:
        """How well the typical value is known."""
        return self.figures["typical"].grade

    @property
    def spread_grade(self) -> Grade | None:
        """How well it is known how people differ; None where nothing is."""
        found = [figure.grade for key, figure in self.figures.items() if key in SPREADS]
        return found[0] if found else None


@dataclass(frozen=True, slots=True)
class BuiltOn:
    """Inside these the model has data: age in years, weight in kg, the longest infusion in minutes."""

    age_low: float
    age_high: float
    weight_low: float
    weight_high: float
    infusion_most_min: float


@dataclass(frozen=True, slots=True)
class Devices:
    """Nasal devices: mg in each, minutes between them by the label, minutes after which counting begins afresh."""

    dose_mg: float
    apart_min: float
    afresh_min: float


@dataclass(frozen=True, slots=True)
class Residual:
    """What a measurement adds: SD of the log, and an SD in ng/mL."""

    log_sd: float
    plus_ng_per_ml: float = 0.0


@dataclass(frozen=True)
class Model:
    """A published model as its sheet says it."""

    header: SheetHeader
    structure: str
    aliases: tuple[str, ...]
    words: str
    drugs: tuple[Drug, ...]
    given_as: Drug  # what its dose means: the racemate or S-ketamine
    routes: tuple[Route, ...]
    sites: tuple[Site, ...]
    for_clinics: bool
    parameters: tuple[Parameter, ...]
    correlations: Mapping[tuple[str, str], float]
    residual: Mapping[Analyte, Residual]
    clearance_of: Mapping[Drug, float]  # S and R: clearance as a factor
    built_on: BuiltOn
    devices: Devices | None
    ancestry: Mapping[str, Mapping[str, float]]
    liver_flow_by_age: tuple[float, float] | None  # over this age in years, so much less a year in L/h
    molar_ratios: tuple[float, float]  # norketamine and hydroxynorketamine to ketamine, where kept as ketamine
    built_from: tuple[Source, ...]  # what it was made of, beside the sources of its constants

    @property
    def id(self) -> str:
        return self.header.id

    @property
    def spreads(self) -> bool:
        """Is it published how people differ?"""
        return any(parameter.omega is not None for parameter in self.parameters)

    def sources_for(self, routes: frozenset[Route]) -> tuple[Source, ...]:
        """Where the model and the parameters for these routes come from, the paper that it is named by first."""
        figures = (figure for parameter in self.of_routes(routes) for figure in parameter.figures.values())
        cited = (source for figure in figures for source in figure.sources)
        return tuple(dict.fromkeys((*self.built_from, *cited)))

    def of_routes(self, routes: frozenset[Route]) -> tuple[Parameter, ...]:
        """The parameters that matter for these routes, in the order of the sheet."""
        return tuple(p for p in self.parameters if p.route is None or p.route in routes)


# --- a case ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Patient:
    weight_kg: float
    age_years: float | None = None
    height_cm: float | None = None
    sex: str | None = None
    weight_days: int | None = None  # days since the weight was taken; None: nobody knows

    @property
    def bmi(self) -> float | None:
        """Body-mass index, kg/m2; None without a height, endless where the height is none."""
        if self.height_cm is None:
            return None
        return self.weight_kg / (self.height_cm / 100) ** 2 if self.height_cm > 0 else inf


@dataclass(frozen=True, slots=True)
class Dose:
    """One dose or one rate step: mg of free base, from this minute on, evenly over `duration_min` (0: at once)."""

    drug: Drug
    route: Route
    start_min: float
    dose_mg: float
    duration_min: float = 0.0
    product: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A range of concentrations in ng/mL."""

    low_ng_per_ml: float
    high_ng_per_ml: float


@dataclass(frozen=True, slots=True)
class Case:
    """What is asked: who, what is given, at which minutes, sampled where, which band, how many virtual patients."""

    patient: Patient
    regimen: tuple[Dose, ...]
    times_min: tuple[float, ...]
    site: Site | None = None
    band: Band = Band.TRUE
    patients: int = 1
    seed: int = 1
    conditions: tuple[str, ...] = ()
    model: str | None = None
    enantiomers: bool = False
    effects: bool = False
    window: Window | None = None
    level_ng_per_ml: float | None = None


# --- what the drug meets --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Condition:
    """What changes or colours a prediction: a medicine, an illness, a trait.

    `clint` multiplies the liver's own clearance, `gut` is the share that survives the gut wall, `clearance` multiplies
    clearance as a whole, `widen` multiplies the upper end of the band; None changes nothing.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    words: str
    clint: float | None
    gut: float | None
    clearance: float | None
    widen: float | None
    ancestry: str
    refused: bool  # no course is predicted at all
    refused_by: tuple[Route, ...]  # nor one by these routes
    routes: tuple[Route, ...]
    excludes: tuple[str, ...]  # names that cannot be true of the same person
    grade: Grade
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Landmark:
    """A range of racemic ketamine in plasma and what it means."""

    name: str
    title: str
    low: Figure
    high: Figure
