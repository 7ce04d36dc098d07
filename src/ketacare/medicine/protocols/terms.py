"""A protocol as a frozen value: the dose, the course, the ceilings, what is due when, and what happens afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ketacare.medicine.evidence.terms import Condition, Effect, Figure, Grade, Series, SheetHeader, SheetRef, Source
from ketacare.medicine.quantities.terms import Concentration, Duration, Mass, MassPerWeight, Volume


class Need(StrEnum):
    REQUIRED = "required"
    CONTINUOUS = "continuous"
    SPOT = "spot"
    OFFERED = "offered"


@dataclass(frozen=True, slots=True)
class DueReading:
    """A reading owed at a minute from T0; minute None is owed just before leaving."""

    parameter: str
    minute: int | None
    need: Need

    @property
    def before_leaving(self) -> bool:
        return self.minute is None


@dataclass(frozen=True, slots=True)
class WeightRules:
    descriptor: str
    valid_days: int
    recalculate_percent: Decimal
    question_percent: Decimal
    bmi_low: Decimal
    bmi_high: Decimal


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Lines a dose may not pass alone: confirmed, refused, or held until two people say why. A route that is not dosed
    by weight has no lines by weight; only an infusion can be too fast."""

    most: Mass
    two_people_times_plan: Decimal
    two_people_times_last: Decimal
    floor_by_weight: MassPerWeight | None = None
    most_by_weight: MassPerWeight | None = None
    confirm_over: Mass | None = None
    two_people_over_by_weight: MassPerWeight | None = None
    two_people_under: Duration | None = None
    two_people_most_by_weight: MassPerWeight | None = None
    most_per_week: int | None = None
    most_injections: int | None = None
    first_dose_fixed: bool = False

    def __post_init__(self) -> None:
        floor, most = self.floor_by_weight, self.most_by_weight
        if (self.confirm_over or self.most) > self.most or (floor is not None and most is not None and floor > most):
            raise ValueError("Ceilings: the confirm line is above the refuse line. Correct the sheet.")

    @property
    def last_by_weight(self) -> MassPerWeight | None:
        """What is passed by nobody: two people may go above the most by weight, as far as this."""
        return self.two_people_most_by_weight or self.most_by_weight


@dataclass(frozen=True, slots=True)
class Vial:
    concentration: Concentration
    volume: Volume
    dilute_first: bool

    @property
    def content(self) -> Mass:
        return self.volume.holding(self.concentration)

    @property
    def label(self) -> str:
        """Total mg and mL together, so the strength is never read as the dose (H1)."""
        return f"{self.concentration.written()}, {self.volume.written()} ({self.content.written()})"


class Means(StrEnum):
    """How a dose is measured and given: by a pump, injected at once, as a measured volume, or piece by piece."""

    INFUSION = "infusion"
    INJECTION = "injection"
    MEASURED = "measured"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class Syringe:
    """A size of syringe and the step of its scale: nothing between two marks can be drawn."""

    size: Volume
    step: Volume


@dataclass(frozen=True, slots=True)
class Piece:
    """What is counted: one device, spray or lozenge. `rest` is waited after each before the next (H37)."""

    name: str
    mass: Mass
    rest: Duration | None = None
    serial_each: bool = False

    @property
    def label(self) -> str:
        return f"{self.name} of {self.mass.written()}"


@dataclass(frozen=True, slots=True)
class SecondDose:
    """A second injection in the same session: when after the first, how large beside it, on a pressure of when."""

    earliest: Duration
    latest: Duration
    most_share_percent: Decimal
    pressure_within: Duration


@dataclass(frozen=True, slots=True)
class TwoSteps:
    """An infusion in two parts: the second only when stable after the first, by a pressure not older than this."""

    first_share_percent: Decimal
    first: Duration
    second_least: Duration
    second_most: Duration
    pressure_within: Duration


@dataclass(frozen=True, slots=True)
class PumpRules:
    """How far the set rate may be off the one worked out, and from when a dose is complete by rate and time alone."""

    rate_most_off_percent: Decimal
    complete_from_percent: Decimal


@dataclass(frozen=True, slots=True)
class HomeRules:
    """A dose that may be taken at home: how many are watched in the clinic first, and the most by what is done with
    what was held in the mouth."""

    observed_doses: int
    most: Mapping[str, Mass]


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A duty after the dose, in hours from T0; `owner` is a role."""

    kind: str
    title: str
    owner: str
    opens_h: int
    due_h: int
    escalate_h: int

    def __post_init__(self) -> None:
        if not self.opens_h <= self.due_h <= self.escalate_h:
            raise ValueError(f"{self.kind}: opens, due and escalate must follow each other. Correct the sheet.")


@dataclass(frozen=True)
class ParameterLimits:
    """One parameter's lines as the sheet has them; the monitoring room says how they alarm."""

    parameter: str
    title: str
    unit: str
    kind: str
    lines: Mapping[str, Figure]

    def line(self, name: str) -> Decimal | None:
        figure = self.lines.get(name)
        return None if figure is None else figure.value


@dataclass(frozen=True)
class LimitSet:
    header: SheetHeader
    parameters: Mapping[str, ParameterLimits]
    general: Mapping[str, Figure]
    symptoms_medium: tuple[str, ...]
    symptoms_high: tuple[str, ...]

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)


@dataclass(frozen=True)
class ReleaseSet:
    """The minimum times and lines of the release criteria, by name."""

    header: SheetHeader
    figures: Mapping[str, Figure]

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)

    def value(self, name: str) -> Decimal:
        return self.figures[name].value


@dataclass(frozen=True)
class Check:
    """One row of the readiness list: when it is a no-go, and when the prescriber must decide.

    `routes` and `drugs` say for which it is asked; empty is all.
    """

    id: str
    title: str
    strict: bool
    no_go: Condition | None
    prescriber: Condition | None
    sources: tuple[Source, ...]
    grade: Grade
    words: Mapping[str, str]
    routes: frozenset[str] = frozenset()
    drugs: frozenset[str] = frozenset()

    def is_asked(self, drug: str, route: str) -> bool:
        return (not self.routes or route in self.routes) and (not self.drugs or drug in self.drugs)

    @property
    def effect_when_unknown(self) -> Effect:
        return Effect.STOP if self.strict else Effect.CLEAR


@dataclass(frozen=True)
class Checklist:
    header: SheetHeader
    checks: tuple[Check, ...]

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.header.id, self.header.version)


@dataclass(frozen=True)
class Phase:
    """A stretch of a regimen: its doses, times, counts and gaps by name, as figures or series."""

    name: str
    figures: Mapping[str, Figure | Series]
    words: str = ""


@dataclass(frozen=True)
class Unordered:
    """Why a published regimen is read here and never ordered."""

    rule: str
    words: str
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class Regimen:
    """A published way of giving the drug, by any route. What can also be ordered here is a `Protocol`."""

    header: SheetHeader
    drug: str
    route: str
    indication: str
    site_of_care: str
    label: str
    phases: tuple[Phase, ...]
    refused: Unordered | None = None

    @property
    def id(self) -> str:
        return self.header.id


@dataclass(frozen=True)
class DosingRule:
    """A rule between sessions (titration, missed sessions, stopping), or of amounts and devices."""

    id: str
    title: str
    applies: str
    words: str
    figures: Mapping[str, Figure | Series]
    sources: tuple[Source, ...]
    grade: Grade


@dataclass(frozen=True)
class Protocol:
    """A regimen that can be ordered here; `headers` are of the sheets that it is put together from. `dose` is by weight
    or, where everybody gets the same, an amount; `minutes`, `bags` and `pump` are an infusion's, as are `minutes_least`
    and `minutes_most`, the shortest and the longest that one person may order; of one that is `never_raised` the rate
    only goes down. `listed` are the doses that the sheet itself names, `reduced_to` where it goes down once and stays;
    `afterwards` says in its words what follows, `later` with its figures."""

    header: SheetHeader
    drug: str
    route: str
    indication: str
    site_of_care: str
    headers: tuple[SheetHeader, ...]
    means: Means
    dose: MassPerWeight | Mass
    minutes: Duration | None
    sessions: int
    per_week: int
    most_sessions: int
    min_days_between: int
    least_hours_between: int | None
    minutes_least: Duration | None
    minutes_most: Duration | None
    never_raised: bool
    pump: PumpRules | None
    bags: tuple[Volume, ...]
    weight: WeightRules
    ceilings: Ceilings
    vials: tuple[Vial, ...]
    pieces: tuple[Piece, ...]
    doses: tuple[Mass, ...]
    sites: Mapping[str, Volume]
    syringes: tuple[Syringe, ...]
    rounding_most_percent: Decimal
    second: SecondDose | None
    steps: TwoSteps | None
    home: HomeRules | None
    readings: tuple[DueReading, ...]
    follow_ups: tuple[FollowUp, ...]
    limits: LimitSet
    release: ReleaseSet
    readiness: Checklist
    figures: Mapping[str, Figure]
    listed: tuple[MassPerWeight | Mass, ...] = ()
    reduced_to: Mass | None = None
    afterwards: str = ""
    later: tuple[Phase, ...] = ()

    @property
    def id(self) -> str:
        return self.header.id

    @property
    def version(self) -> str:
        return self.header.version

    @property
    def title(self) -> str:
        return self.header.title

    @property
    def ref(self) -> SheetRef:
        return SheetRef(self.id, self.version)

    @property
    def parts(self) -> tuple[SheetRef, ...]:
        """The sheets beside its own, at their versions."""
        return tuple(header.ref for header in self.headers[1:])

    @property
    def bag(self) -> Volume | None:
        """What an infusion is made up to unless the order says otherwise."""
        return self.bags[0] if self.bags else None

    @property
    def by_weight(self) -> bool:
        return isinstance(self.dose, MassPerWeight)

    def vial(self, concentration: Concentration) -> Vial | None:
        """The listed vial of this strength, if there is one."""
        return next((vial for vial in self.vials if vial.concentration == concentration), None)

    def piece(self, mass: Mass) -> Piece | None:
        """The listed device, spray or lozenge of this content, if there is one."""
        return next((piece for piece in self.pieces if piece.mass == mass), None)

    def syringe_for(self, volume: Volume) -> Syringe | None:
        """The smallest syringe that holds it; None when not even the largest does."""
        return next((syringe for syringe in self.syringes if volume <= syringe.size), None)
